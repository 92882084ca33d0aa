// SPDX-License-Identifier: MIT
//! The kernel's names with the C ABI.
//!
//! Each function is three steps: raw to typed (or an early return), the core under the lock, and a tail call
//! into the port file, which owns every macro of the user's `FreeRTOSConfig.h`: trace macros, the resumption
//! of the scheduler, the failed hook and `configASSERT` keep their exact place there.
//!
//! Safety contracts, referred to below by name:
//! * **P-state**: the port file defines `xFirmheapState`, zeroed before the first call, with
//!   [`Control`] first and behind it a head for each bin of the largest block it can be given; and
//!   `xFirmheapRegions` with room for as many spans as `xFirmheapOptions` says. The anchor proves that both sides were built for the same options.
//! * **P-lock**: a `TheHeap` value exists only between `vTaskSuspendAll` and the port's resumption, or
//!   while the kernel's contract says that nothing else runs (definition and reset of the regions).
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types)]

use crate::block::{Checked, Flagged, Layout, Paired, Protected, Unchecked};
use crate::config;
use crate::fault::Kind;
use crate::heap::{Block, Heap};
use crate::region::{Array, Space, Span};
use crate::regions::{Options, Place, Table};
use crate::stats::Control;
use crate::units::{At, Granules};
use core::marker::PhantomData;
use core::mem::size_of;
use core::ptr::{addr_of_mut, null_mut};
use cty::{c_void, size_t};

/// Picks one of two types by an option.
trait Choice<const FIRST: bool> {
    type Picked;
}
struct Either<A, B>(PhantomData<(A, B)>);
impl<A, B> Choice<true> for Either<A, B> {
    type Picked = A;
}
impl<A, B> Choice<false> for Either<A, B> {
    type Picked = B;
}

#[cfg(target_pointer_width = "32")]
type TheSpace = crate::region::Absolute;
#[cfg(target_pointer_width = "64")]
type TheSpace = crate::region::Rooted;
type TheLayout = <Either<Flagged, Paired> as Choice<{ config::LARGE }>>::Picked;
type Guarded = <Either<Protected, Checked> as Choice<{ config::INTEGRITY >= 2 }>>::Picked;
type TheGuard = <Either<Guarded, Unchecked> as Choice<{ config::INTEGRITY >= 1 }>>::Picked;
type TheMap = <TheLayout as Layout>::Map;
type TheHeap = Heap<'static, TheSpace, TheLayout, TheGuard>;

/// One region as `portable.h` declares it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HeapRegion_t {
    /// First byte.
    pub pucStartAddress: *mut u8,
    /// Bytes; zero ends the table.
    pub xSizeInBytes: size_t,
}

/// The figures as `portable.h` declares them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HeapStats_t {
    /// Bytes in free blocks, headers included.
    pub xAvailableHeapSpaceInBytes: size_t,
    /// Bytes in the largest free block, header included; 0 if there is none.
    pub xSizeOfLargestFreeBlockInBytes: size_t,
    /// Bytes in the smallest free block; the kernel version's own "none" value if there is none.
    pub xSizeOfSmallestFreeBlockInBytes: size_t,
    /// Free blocks.
    pub xNumberOfFreeBlocks: size_t,
    /// Lowest number of free bytes ever.
    pub xMinimumEverFreeBytesRemaining: size_t,
    /// Calls that returned memory.
    pub xNumberOfSuccessfulAllocations: size_t,
    /// Calls that gave memory back.
    pub xNumberOfSuccessfulFrees: size_t,
}

extern "C" {
    // The kernel.
    fn vTaskSuspendAll();
    // The port file.
    static mut xFirmheapState: Control<TheMap>;
    static xFirmheapOptions: Options;
    static mut ulFirmheapRegions: u32;
    static mut xFirmheapRegions: Span;
    #[cfg(target_pointer_width = "64")]
    static mut xFirmheapRoot: usize;
    static ulFirmheapCanary: u32;
    fn vFirmheapDrawCanary();
    fn vFirmheapSetUp();
    fn vFirmheapForget();
    fn vFirmheapClear(pv: *mut c_void, xBytes: size_t);
    fn pvFirmheapMallocEnd(pv: *mut c_void, xBlockBytes: size_t) -> *mut c_void;
    fn vFirmheapFreeEnd(pv: *mut c_void, xBlockBytes: size_t);
    fn vFirmheapResume();
    fn vFirmheapFault(ulKind: u32, pv: *mut c_void);
    fn xFirmheapNoFreeBlock() -> size_t;
}

/// Bytes of the control words, for the port file's `xFirmheapState`.
pub const FIRMHEAP_CONTROL_BYTES_COMPACT: u32 = 28;
/// The same for an archive with `FIRMHEAP_REGIONS=large`.
pub const FIRMHEAP_CONTROL_BYTES_LARGE: u32 = 32;
const _: () = assert!(size_of::<Control<u32>>() == FIRMHEAP_CONTROL_BYTES_COMPACT as usize);
const _: () = assert!(size_of::<Control<u64>>() == FIRMHEAP_CONTROL_BYTES_LARGE as usize);

/// Proof for the port file that this archive was built for its options.
#[export_name = env!("FIRMHEAP_ANCHOR")]
pub static ANCHOR: u8 = 0;
/// Proof for a port file with `configHEAP_CLEAR_MEMORY_ON_FREE` that this archive can do that.
#[cfg(firmheap_integrity_1)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_1_or_higher: u8 = 0;
/// Proof for a port file with `configENABLE_HEAP_PROTECTOR` that this archive can do that.
#[cfg(firmheap_integrity_2)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_2_or_higher: u8 = 0;

#[cfg(target_pointer_width = "32")]
#[inline(always)]
fn space() -> TheSpace {
    crate::region::Absolute
}
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn space() -> TheSpace {
    // SAFETY: P-lock; the root changes only while no block exists.
    crate::region::Rooted::new(unsafe { xFirmheapRoot })
}

/// The heap in the port file's data.
///
/// # Safety
/// P-lock.
#[inline(always)]
unsafe fn heap() -> TheHeap {
    let state = addr_of_mut!(xFirmheapState);
    // SAFETY: P-state and P-lock for all of it.
    unsafe {
        Heap {
            space: space(),
            heads: Array::new(state.cast::<u8>().add(size_of::<Control<TheMap>>()).cast()),
            control: &mut *state,
            table: Table {
                options: &xFirmheapOptions,
                count: &mut *addr_of_mut!(ulFirmheapRegions),
                spans: Array::new(addr_of_mut!(xFirmheapRegions)),
            },
            canary: if config::INTEGRITY >= 2 { ulFirmheapCanary } else { 0 },
            guard: PhantomData,
        }
    }
}

/// Suspends the scheduler; the port file resumes it.
#[inline(always)]
fn lock() -> TheHeap {
    // SAFETY: P-lock: this is the lock. A plain kernel call that nests.
    unsafe {
        vTaskSuspendAll();
        heap()
    }
}

#[inline(always)]
fn alleged(pv: *mut c_void) -> At {
    let address = pv as usize;
    #[cfg(target_pointer_width = "32")]
    return At(address as u32);
    // Out of the window means in no region: such a pointer becomes an address below every region.
    #[cfg(target_pointer_width = "64")]
    return space().at(address).unwrap_or(At::NONE);
}

/// Allocates `xWantedSize` bytes, aligned to `portBYTE_ALIGNMENT`.
///
/// NULL if the size is zero or nothing fits; `vApplicationMallocFailedHook` has run then.
/// Cost: O(1), no loop. Context: task, also with the scheduler suspended; never an ISR.
#[no_mangle]
pub extern "C" fn pvPortMalloc(xWantedSize: size_t) -> *mut c_void {
    let Some(size) = TheHeap::request(xWantedSize) else {
        return refuse_outside(xWantedSize);
    };
    match lock().allocate(size) {
        // SAFETY: P-lock: the port resumes the scheduler; no heap value is left.
        Some(block) => unsafe { hand_out(block) },
        None => refuse(xWantedSize),
    }
}

/// # Safety
/// The lock is held and no heap value is left: the port resumes the scheduler.
#[inline(always)]
unsafe fn hand_out(block: Block) -> *mut c_void {
    let payload = space().pointer(block.at).cast();
    // SAFETY: the caller's.
    unsafe { pvFirmheapMallocEnd(payload, block.size.bytes() as size_t) }
}

/// A request that can never succeed still sets the heap up, is traced and runs the hook, as in the kernel.
#[cold]
#[inline(never)]
extern "C" fn refuse_outside(xWantedSize: size_t) -> *mut c_void {
    let _ = lock();
    refuse(xWantedSize)
}

/// Nothing fits, or the heap was not set up yet. The lock is held.
#[cold]
#[inline(never)]
extern "C" fn refuse(xWantedSize: size_t) -> *mut c_void {
    let request = TheHeap::request(xWantedSize);
    // SAFETY: P-lock: refuse is called under the lock. The port's set-up adds the region under the same
    // lock, while no heap value exists here.
    unsafe {
        if !heap().is_defined() {
            vFirmheapSetUp();
            if let Some(block) = request.and_then(|size| heap().allocate(size)) {
                return hand_out(block);
            }
        }
        if let Some(fault) = request.and_then(|size| heap().damage(size)) {
            // Reported outside the suspension, then back, since the end of a failed call resumes.
            vFirmheapResume();
            vFirmheapFault(fault.kind as u32, space().pointer(fault.at).cast());
            vTaskSuspendAll();
        }
        pvFirmheapMallocEnd(null_mut(), 0)
    }
}

/// Allocates zeroed memory for `xNum` elements of `xSize` bytes.
///
/// NULL without trace and hook if the product overflows, else as [`pvPortMalloc`].
/// Cost: O(bytes), the zeroing outside the lock. Context: as [`pvPortMalloc`].
#[no_mangle]
pub extern "C" fn pvPortCalloc(xNum: size_t, xSize: size_t) -> *mut c_void {
    let Some(bytes) = xNum.checked_mul(xSize) else {
        return null_mut();
    };
    let pv = pvPortMalloc(bytes);
    if !pv.is_null() {
        // SAFETY: `pv` was just handed out for this many bytes.
        unsafe { vFirmheapClear(pv, bytes) };
    }
    pv
}

/// Gives a block back. NULL is ignored. A pointer that is not a used block of this heap raises
/// `configASSERT` and changes nothing (integrity level 1).
/// Cost: O(1), no loop. Context: as [`pvPortMalloc`].
#[no_mangle]
pub extern "C" fn vPortFree(pv: *mut c_void) {
    if pv.is_null() {
        return;
    }
    let block = alleged(pv);
    let Some(place) = locate(block) else {
        // SAFETY: a call into the port without the lock.
        return unsafe { vFirmheapFault(Kind::ForeignPointer as u32, pv) };
    };
    let freed = lock().free(block, place);
    match freed {
        // SAFETY: P-lock: the port resumes the scheduler; no heap value is left.
        Ok(size) => unsafe { vFirmheapFreeEnd(pv, size.bytes() as size_t) },
        Err(kind) => free_failed(kind, pv),
    }
}

#[cold]
#[inline(never)]
extern "C" fn free_failed(kind: Kind, pv: *mut c_void) {
    // SAFETY: P-lock: resumes the scheduler first, so that the fault is raised outside.
    unsafe {
        vFirmheapResume();
        vFirmheapFault(kind as u32, pv);
    }
}

/// Where the pointer lies. The regions do not change while blocks exist, so this needs no lock.
#[inline(always)]
fn locate(block: At) -> Option<Place> {
    // SAFETY: P-state; reads words that only the definition of the regions writes.
    let first = unsafe { (*addr_of_mut!(xFirmheapState)).first };
    if config::INTEGRITY == 0 {
        return Some(Place { index: Granules::ZERO, span: first });
    }
    match first.index(block) {
        Some(index) => Some(Place { index, span: first }),
        None => locate_in_table(block),
    }
}

/// The long way: regions beside the largest, and clearing on free, which is outside the lock as in
/// the kernel. The block is opened under the lock, because its neighbours may be changing.
#[cold]
#[inline(never)]
fn locate_in_table(block: At) -> Option<Place> {
    // SAFETY: P-lock, taken here and given back before the payload is touched.
    unsafe {
        let heap = lock();
        let place = heap.place(block);
        let around = place.map(|place| {
            TheLayout::open_used::<TheSpace, TheGuard>(space(), block, place.index, place.span)
        });
        let clear = heap.table.options.ucClearOnFree != 0;
        vFirmheapResume();
        if let (true, Some(Ok(around))) = (clear, around) {
            let bytes = around.size.bytes() - TheLayout::HEADER;
            vFirmheapClear(space().pointer(block).cast(), bytes as size_t);
        }
        place
    }
}

/// Bytes in free blocks, headers included. 0 until the heap is set up. Any task; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetFreeHeapSize() -> size_t {
    // SAFETY: P-state; one aligned word.
    unsafe { (*addr_of_mut!(xFirmheapState)).free.bytes() as size_t }
}

/// Lowest number of free bytes since start or the last reset of this mark. Any task; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetMinimumEverFreeHeapSize() -> size_t {
    // SAFETY: P-state; one aligned word.
    unsafe { (*addr_of_mut!(xFirmheapState)).free_min.bytes() as size_t }
}

/// Sets the mark of [`xPortGetMinimumEverFreeHeapSize`] to what is free now.
#[no_mangle]
pub extern "C" fn xPortResetHeapMinimumEverFreeHeapSize() {
    // SAFETY: P-state; two aligned words, unlocked as in the kernel.
    unsafe {
        let control = addr_of_mut!(xFirmheapState);
        (*control).free_min = (*control).free;
    }
}

/// Fills `pxHeapStats`. All figures are of one moment. NULL is ignored.
/// Cost: one step for each free block, with the scheduler suspended. Context: task.
#[no_mangle]
pub extern "C" fn vPortGetHeapStats(pxHeapStats: *mut HeapStats_t) {
    let figures = lock().figures();
    // SAFETY: P-lock: resumes; then the caller's struct, if there is one.
    unsafe {
        vFirmheapResume();
        if let Some(stats) = pxHeapStats.as_mut() {
            let bytes = |size: Granules| size.bytes() as size_t;
            *stats = HeapStats_t {
                xAvailableHeapSpaceInBytes: bytes(figures.free),
                xSizeOfLargestFreeBlockInBytes: bytes(figures.largest),
                xSizeOfSmallestFreeBlockInBytes: figures
                    .smallest
                    .map_or_else(|| xFirmheapNoFreeBlock(), bytes),
                xNumberOfFreeBlocks: figures.free_blocks as size_t,
                xMinimumEverFreeBytesRemaining: bytes(figures.free_min),
                xNumberOfSuccessfulAllocations: figures.allocations as size_t,
                xNumberOfSuccessfulFrees: figures.frees as size_t,
            };
        }
    }
}

/// Does nothing, as in heap_4: the heap sets itself up.
#[no_mangle]
pub extern "C" fn vPortInitialiseBlocks() {}

/// Forgets every block and region, before the scheduler is started again. Regions must then be defined again;
/// `ucHeap` is set up again by the next request. Context: nothing else runs.
#[no_mangle]
pub extern "C" fn vPortHeapResetState() {
    // SAFETY: P-lock: the kernel calls this while nothing else runs; the port zeroes what it defines.
    unsafe { vFirmheapForget() }
}

/// Gives the regions of a table that ends with a size of zero to the heap, lowest address first.
///
/// Once, before the first allocation. A second call, regions out of order or overlapping, more regions
/// than the port file has room for, and a table without usable memory raise `configASSERT`; what
/// is wrong is left out. Regions too small for a block are left out silently.
///
/// # Safety
/// The table ends with an entry of size zero, and the memory it names is the heap's from now on.
#[no_mangle]
pub unsafe extern "C" fn vPortDefineHeapRegions(pxHeapRegions: *const HeapRegion_t) {
    // SAFETY: P-lock: the kernel's contract is one call before anything is allocated; the table is the caller's promise.
    unsafe {
        if heap().is_defined() {
            return vFirmheapFault(
                Kind::RegionsAlreadyDefined as u32,
                pxHeapRegions as *mut c_void,
            );
        }
        if config::INTEGRITY >= 2 {
            vFirmheapDrawCanary();
        }
        let mut entry = pxHeapRegions;
        while !entry.is_null() && (*entry).xSizeInBytes != 0 {
            add((*entry).pucStartAddress, (*entry).xSizeInBytes);
            entry = entry.add(1);
        }
        if !heap().is_defined() {
            vFirmheapFault(Kind::RegionsEmpty as u32, pxHeapRegions as *mut c_void);
        }
    }
}

/// Gives one region to the heap; the port file uses it for `ucHeap`.
///
/// # Safety
/// The memory is the heap's from now on, and the caller holds the lock or runs alone.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapAddRegion(pucStart: *mut u8, xBytes: size_t) {
    // SAFETY: the caller's.
    unsafe { add(pucStart, xBytes) }
}

/// # Safety
/// As for [`vFirmheapAddRegion`].
unsafe fn add(start: *mut u8, bytes: size_t) {
    let address = start.expose_provenance();
    // SAFETY: P-lock by the caller; faults are raised while no heap value exists.
    unsafe {
        #[cfg(target_pointer_width = "64")]
        if !heap().is_defined() {
            // The window reaches 2 GiB to either side of the first region.
            xFirmheapRoot = address.wrapping_sub(1 << 31);
        }
        let ends = (alleged_end(address), address.checked_add(bytes).and_then(alleged_end));
        let fault = match ends {
            (Some(from), Some(to)) if from >= heap().end() => {
                heap().add_region(from, to).err().map(|fault| fault.kind)
            }
            _ => Some(Kind::RegionsOutOfOrder),
        };
        if let Some(kind) = fault {
            vFirmheapFault(kind as u32, start.cast());
        }
    }
}

/// A border of a region, or `None` if the heap cannot reach it.
fn alleged_end(address: impl Into<Option<usize>>) -> Option<At> {
    let address = address.into()?;
    #[cfg(target_pointer_width = "32")]
    return Some(At(address as u32));
    #[cfg(target_pointer_width = "64")]
    return space().at(address);
}

#[cfg(feature = "critical-section")]
mod critical {
    //! Rust code in the same image shares the kernel's critical sections, which count their nesting.
    use critical_section::{set_impl, Impl, RawRestoreState};

    extern "C" {
        fn vFirmheapEnterCritical();
        fn vFirmheapExitCritical();
    }

    struct KernelCriticalSection;
    set_impl!(KernelCriticalSection);

    // SAFETY: taskENTER_CRITICAL excludes every task and interrupt that may use the kernel, and nests.
    unsafe impl Impl for KernelCriticalSection {
        unsafe fn acquire() -> RawRestoreState {
            // SAFETY: a kernel call in task context, as the trait's contract with the user says.
            unsafe { vFirmheapEnterCritical() }
        }
        unsafe fn release((): RawRestoreState) {
            // SAFETY: pairs with `acquire`.
            unsafe { vFirmheapExitCritical() }
        }
    }
}

/// A stand-alone archive has no panic path: the symbol this calls exists nowhere, so that a panic
/// path that creeps in is an undefined symbol in the object, which the tests look for.
#[cfg(all(not(test), panic = "abort"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    extern "C" {
        fn firmheap_panic() -> !;
    }
    // SAFETY: never reached; the symbol does not exist.
    unsafe { firmheap_panic() }
}
