// SPDX-License-Identifier: MIT
//! What the port file and the kernel give to the archive, and what proves that they belong together.

use super::report::HeapFault;
use super::state::TheMap;
use crate::bins::WideMap;
use crate::block::{Compact, Wide, Width};
use crate::integrity::quarantine::Quarantine;
use crate::region::Span;
use crate::stats::Control;
use core::mem::size_of;
use cty::{c_void, size_t};

extern "C" {
    // The kernel; with FIRMHEAP_LOCK=critical the port file, which enters a critical section instead.
    #[cfg_attr(
        firmheap_lock_critical,
        link_name = "vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical"
    )]
    pub fn vTaskSuspendAll();
    // Returns a BaseType_t, whose width is the port's affair: it comes in a register and is ignored.
    #[cfg_attr(firmheap_lock_critical, link_name = "vFirmheapUnlock")]
    pub fn xTaskResumeAll();
    // The port file.
    pub static mut xFirmheapState: Control<TheMap>;
    pub static ulFirmheapRegionLimit: u32;
    pub static mut ulFirmheapRegions: u32;
    pub static mut xFirmheapRegions: Span;
    #[cfg(target_pointer_width = "64")]
    pub static mut xFirmheapRoot: usize;
    #[cfg(firmheap_integrity_2)]
    pub static mut ulFirmheapCanary: u32;
    #[cfg(firmheap_integrity_2)]
    pub fn vFirmheapDrawCanary();
    pub fn vFirmheapSetUp();
    pub fn vFirmheapForget();
    pub fn vFirmheapMallocEnd(pv: *mut c_void, xBlockBytes: size_t);
    pub fn pvFirmheapRefused(pvDamaged: *mut c_void, xBytes: size_t) -> *mut c_void;
    pub fn ulFirmheapCheckOthers(pxFault: *mut HeapFault) -> u32;
    pub fn ulFirmheapCheckOtherBlock(pv: *mut c_void, pxFault: *mut HeapFault) -> u32;
    pub fn vFirmheapFreeEnd(pv: *mut c_void, xBlockBytes: size_t);
    pub fn vFirmheapFreeOutside(pv: *mut c_void);
    #[cfg(firmheap_integrity_2)]
    pub fn ulFirmheapHold(ulBlock: u32) -> u32;
    pub fn vFirmheapFreeFailed(ulKind: u32, pv: *mut c_void);
    pub fn vFirmheapResume();
    pub fn vFirmheapFault(ulKind: u32, pv: *mut c_void);
    pub fn vFirmheapFaultWithin(ulKind: u32, pv: *mut c_void);
    pub fn vFirmheapClear(pv: *mut c_void, xBytes: size_t);
    pub fn xFirmheapNoFreeBlock() -> size_t;
    // Frees of interrupt handlers; the name tells who forgot the option.
    #[cfg(firmheap_free_from_isr)]
    #[link_name = "xFirmheapPending_of_a_port_file_with_FIRMHEAP_FREE_FROM_ISR_1"]
    pub static mut xFirmheapPending: crate::pending::Pending;
    #[cfg(firmheap_free_from_isr)]
    pub fn pvFirmheapTakePending() -> *mut c_void;
    // The extensions of the portable layer.
    #[cfg(feature = "extensions")]
    pub fn vFirmheapResizeEnd(
        pvOld: *mut c_void,
        xOldBytes: size_t,
        pvNew: *mut c_void,
        xNewBytes: size_t,
    );
    #[cfg(feature = "extensions")]
    #[allow(clashing_extern_declarations)]
    // memory.rs has it return a size, which is NULL's zero
    pub fn pvFirmheapResizeFailed(ulFault: u32, pv: *mut c_void, xBytes: size_t) -> *mut c_void;
    #[cfg(feature = "extensions")]
    pub fn vFirmheapMove(pvTo: *mut c_void, pvFrom: *const c_void, xBytes: size_t);
    // Integrity level 3 and above; the name is the linker's word to whoever compiled the port file for less.
    pub static mut xFirmheapWard_of_a_port_file_with_FIRMHEAP_INTEGRITY_3: Ward;
    pub static ulFirmheapQuarantineBytes: u32;
    pub fn pvFirmheapServed(ulFault: u32, pvBlamed: *mut c_void, pv: *mut c_void) -> *mut c_void;
    pub fn pvFirmheapRefusedFor(ulFault: u32, pvBlamed: *mut c_void) -> *mut c_void;
}

/// Bytes of the control words, for the port file's `xFirmheapState`.
pub const FIRMHEAP_CONTROL_BYTES_COMPACT: u32 = 32;
/// The same for an archive with `FIRMHEAP_REGIONS=large`.
pub const FIRMHEAP_CONTROL_BYTES_LARGE: u32 = 36;
const _: () = assert!(size_of::<Control<u32>>() == FIRMHEAP_CONTROL_BYTES_COMPACT as usize);
const _: () = assert!(size_of::<Control<WideMap>>() == FIRMHEAP_CONTROL_BYTES_LARGE as usize);

/// The largest `configTOTAL_HEAP_SIZE` of an archive with `FIRMHEAP_REGIONS=compact`.
pub const FIRMHEAP_COMPACT_BYTES_MAX: u32 = 261_120;
const _: () = assert!(FIRMHEAP_COMPACT_BYTES_MAX == Compact::REQUEST_MAX);
/// The largest `configTOTAL_HEAP_SIZE` of an archive with `FIRMHEAP_REGIONS=large`.
pub const FIRMHEAP_LARGE_BYTES_MAX: u32 = 66_846_720;
const _: () = assert!(FIRMHEAP_LARGE_BYTES_MAX == Wide::REQUEST_MAX);

/// What integrity level 3 keeps in the port file's data.
#[repr(C)]
pub struct Ward {
    /// Freed blocks that wait.
    pub quarantine: Quarantine,
    /// The fault that was found last, for the report: what it compared may be gone when it is told of.
    pub fault: [u32; 4],
}

/// Bytes of what integrity level 3 keeps, for the port file's `xFirmheapWard`.
pub const FIRMHEAP_WARD_BYTES: u32 = 28;
const _: () = assert!(size_of::<Ward>() == FIRMHEAP_WARD_BYTES as usize);

/// Proof for the port file that this archive was built for its options.
#[export_name = env!("FIRMHEAP_ANCHOR")]
pub static ANCHOR: u8 = 0;
/// Proof for a port file with `configHEAP_CLEAR_MEMORY_ON_FREE` that this archive can do that.
#[cfg(firmheap_clear_on_free)]
#[no_mangle]
pub static firmheap_archive_with_CLEAR_ON_FREE: u8 = 0;
/// Proof for a port file with trace macros that this archive calls them.
#[cfg(firmheap_trace)]
#[no_mangle]
pub static firmheap_archive_with_TRACE: u8 = 0;
/// Proof for a port file with `FIRMHEAP_INTEGRITY` 1 that this archive checks anything.
#[cfg(firmheap_integrity_1)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_1_or_higher: u8 = 0;
/// Proof for a port file with `configENABLE_HEAP_PROTECTOR` that this archive can do that.
#[cfg(firmheap_integrity_2)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_2_or_higher: u8 = 0;
/// Proof for a port file with `FIRMHEAP_INTEGRITY` 3 that this archive checks so much.
#[cfg(firmheap_integrity_3)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_3_or_higher: u8 = 0;
/// Proof for a port file with `FIRMHEAP_INTEGRITY` 4 that this archive checks so much.
#[cfg(firmheap_integrity_4)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_4: u8 = 0;
/// Proof for a port file with `FIRMHEAP_BUDGETS` that this archive has them.
#[cfg(firmheap_budgets)]
#[no_mangle]
pub static firmheap_archive_with_BUDGETS: u8 = 0;
/// Proof for a port file with `FIRMHEAP_TRACK` that this archive tracks as much.
#[cfg(firmheap_track_tasks)]
#[export_name = env!("FIRMHEAP_TRACK_ANCHOR")]
pub static TRACK_ANCHOR: u8 = 0;
/// Proof for a port file with `FIRMHEAP_INJECT_FAILURES` that this archive leaves it the kernel's names.
#[cfg(firmheap_inject_failures)]
#[no_mangle]
pub static firmheap_archive_with_INJECT_FAILURES: u8 = 0;
/// Proof for a port file with `FIRMHEAP_LOCK` critical that this archive takes that lock.
#[cfg(firmheap_lock_critical)]
#[no_mangle]
pub static firmheap_archive_with_LOCK_critical: u8 = 0;
/// Proof for a port file with `FIRMHEAP_FREE_FROM_ISR` that this archive frees what waits.
#[cfg(firmheap_free_from_isr)]
#[no_mangle]
pub static firmheap_archive_with_FREE_FROM_ISR: u8 = 0;
