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
//!   `xFirmheapRegions` with room for `ulFirmheapRegionLimit` spans. The anchor proves that both
//!   sides were built for the same options.
//! * **P-lock**: a `TheHeap` value exists only between `vTaskSuspendAll` and the port's resumption, or
//!   while the kernel's contract says that nothing else runs (definition and reset of the regions).
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types)]
// C has no `unsafe`: what is done with an alleged pointer is each function's documented promise.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

use crate::bins::{WideMap, BIN_MIN};
use crate::block::{Checked, Flagged, Layout, Opened, Paired, Protected, Unchecked};
use crate::config;
use crate::fault::Kind;
use crate::heap::{Block, Heap};
#[cfg(target_pointer_width = "32")]
use crate::hint::keep;
use crate::region::{Array, Space, Span};
use crate::regions::{Others, Place, Table};
use crate::stats::Control;
use crate::units::{At, Size};
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
type TheSpace = crate::region::Window;
type TheLayout = <Either<Flagged, Paired> as Choice<{ config::LARGE }>>::Picked;
type Guarded = <Either<Protected, Checked> as Choice<{ config::INTEGRITY >= 2 }>>::Picked;
type TheGuard = <Either<Guarded, Unchecked> as Choice<{ config::INTEGRITY >= 1 }>>::Picked;
type TheMap = <TheLayout as Layout>::Map;
/// The heap of a request: other regions than the largest are asked about through the port file.
type HotHeap = Heap<'static, TheSpace, TheLayout, TheGuard, ThroughPort>;
/// The heap with its table of regions at hand.
type TheHeap = Heap<'static, TheSpace, TheLayout, TheGuard, Table<'static>>;

/// Firmware with one region has no table, and its port file answers without this archive's code for
/// tables, which the linker then drops. Only integrity level 2 asks.
struct ThroughPort;

impl Others for ThroughPort {
    #[cfg(firmheap_integrity_2)]
    fn hold(&self, block: At) -> bool {
        // SAFETY: a call into the port, which reads the table.
        unsafe { ulFirmheapHold(block.0) != 0 }
    }
    #[cfg(not(firmheap_integrity_2))]
    fn hold(&self, _: At) -> bool {
        false
    }
}

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
    // Returns a BaseType_t, whose width is the port's affair: it comes in a register and is ignored.
    fn xTaskResumeAll();
    // The port file.
    static mut xFirmheapState: Control<TheMap>;
    static ulFirmheapRegionLimit: u32;
    static mut ulFirmheapRegions: u32;
    static mut xFirmheapRegions: Span;
    #[cfg(target_pointer_width = "64")]
    static mut xFirmheapRoot: usize;
    #[cfg(firmheap_integrity_2)]
    static ulFirmheapCanary: u32;
    #[cfg(firmheap_integrity_2)]
    fn vFirmheapDrawCanary();
    fn vFirmheapSetUp();
    fn vFirmheapForget();
    fn vFirmheapMallocEnd(pv: *mut c_void, xBlockBytes: size_t);
    fn pvFirmheapRefused(pvDamaged: *mut c_void) -> *mut c_void;
    fn vFirmheapFreeEnd(pv: *mut c_void, xBlockBytes: size_t);
    fn vFirmheapFreeOutside(pv: *mut c_void);
    #[cfg(firmheap_integrity_2)]
    fn ulFirmheapHold(ulBlock: u32) -> u32;
    fn vFirmheapFreeFailed(ulKind: u32, pv: *mut c_void);
    fn vFirmheapResume();
    fn vFirmheapFault(ulKind: u32, pv: *mut c_void);
    fn vFirmheapClear(pv: *mut c_void, xBytes: size_t);
    fn xFirmheapNoFreeBlock() -> size_t;
}

/// Bytes of the control words, for the port file's `xFirmheapState`.
pub const FIRMHEAP_CONTROL_BYTES_COMPACT: u32 = 32;
/// The same for an archive with `FIRMHEAP_REGIONS=large`.
pub const FIRMHEAP_CONTROL_BYTES_LARGE: u32 = 36;
const _: () = assert!(size_of::<Control<u32>>() == FIRMHEAP_CONTROL_BYTES_COMPACT as usize);
const _: () = assert!(size_of::<Control<WideMap>>() == FIRMHEAP_CONTROL_BYTES_LARGE as usize);

/// The largest `configTOTAL_HEAP_SIZE` of an archive with `FIRMHEAP_REGIONS=compact`.
pub const FIRMHEAP_COMPACT_BYTES_MAX: u32 = 261_120;
const _: () = assert!(FIRMHEAP_COMPACT_BYTES_MAX == Paired::REQUEST_MAX);

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
/// Proof for a port file with `configENABLE_HEAP_PROTECTOR` that this archive can do that.
#[cfg(firmheap_integrity_2)]
#[no_mangle]
pub static firmheap_archive_of_INTEGRITY_2_or_higher: u8 = 0;

/// The words that every request changes, in the middle of `xFirmheapState`: counters, map and, behind them, the
/// heads. One base register reaches all of it if the optimiser does not know what it is made of.
#[inline(always)]
fn counters() -> *mut u8 {
    // SAFETY: P-state: inside the object.
    let middle = unsafe { addr_of_mut!(xFirmheapState).cast::<u8>().add(COUNTERS) };
    #[cfg(target_pointer_width = "32")]
    return core::ptr::with_exposed_provenance_mut(keep(middle.expose_provenance()));
    #[cfg(target_pointer_width = "64")]
    middle
}
const COUNTERS: usize = core::mem::offset_of!(Control<TheMap>, allocations);

/// Heap memory, and the heads of the free lists behind the control words.
#[inline(always)]
fn space(counters: *mut u8) -> TheSpace {
    let heads =
        counters.wrapping_add(size_of::<Control<TheMap>>() - COUNTERS - 4 * BIN_MIN as usize);
    // SAFETY: P-state; on 64-bit hosts the root changes only while no block exists.
    unsafe {
        #[cfg(target_pointer_width = "32")]
        return TheSpace::new(heads);
        #[cfg(target_pointer_width = "64")]
        return TheSpace::new(core::ptr::with_exposed_provenance_mut(xFirmheapRoot), heads);
    }
}

/// The pointer of a heap address.
#[inline(always)]
fn pointer(at: At) -> *mut c_void {
    space(counters()).pointer(at).cast()
}

/// The heap in the port file's data.
///
/// # Safety
/// P-lock.
#[inline(always)]
unsafe fn heap_with<O>(others: O) -> Heap<'static, TheSpace, TheLayout, TheGuard, O> {
    let counters = counters();
    // SAFETY: P-state and P-lock for all of it.
    unsafe {
        Heap {
            space: space(counters),
            control: &mut *counters.wrapping_sub(COUNTERS).cast(),
            others,
            #[cfg(firmheap_integrity_2)]
            canary: ulFirmheapCanary,
            #[cfg(not(firmheap_integrity_2))]
            canary: 0,
            guard: PhantomData,
        }
    }
}

/// The heap with its table of regions.
///
/// # Safety
/// P-lock.
unsafe fn heap() -> TheHeap {
    // SAFETY: P-state and P-lock.
    unsafe {
        heap_with(Table {
            limit: ulFirmheapRegionLimit,
            count: &mut *addr_of_mut!(ulFirmheapRegions),
            spans: Array::new(addr_of_mut!(xFirmheapRegions)),
        })
    }
}

/// Suspends the scheduler; the port file resumes it.
#[inline(always)]
fn lock() -> HotHeap {
    // SAFETY: P-lock: this is the lock. A plain kernel call that nests.
    unsafe {
        vTaskSuspendAll();
        heap_with(ThroughPort)
    }
}

#[inline(always)]
fn alleged(pv: *mut c_void) -> At {
    let address = pv as usize;
    #[cfg(target_pointer_width = "32")]
    return At(address as u32);
    // Out of the window means in no region: such a pointer becomes an address below every region.
    #[cfg(target_pointer_width = "64")]
    return space(counters()).at(address).unwrap_or(At::NONE);
}

/// Allocates `xWantedSize` bytes, aligned to `portBYTE_ALIGNMENT`.
///
/// NULL if the size is zero or nothing fits; `vApplicationMallocFailedHook` has run then.
/// Cost: O(1), no loop. Context: task, also with the scheduler suspended; never an ISR.
#[no_mangle]
pub extern "C" fn pvPortMalloc(xWantedSize: size_t) -> *mut c_void {
    let Some(size) = HotHeap::request(xWantedSize) else {
        return refuse_outside(xWantedSize);
    };
    match lock().allocate(size) {
        Ok(Block { at, size }) => {
            let pv = pointer(at);
            // SAFETY: P-lock: the scheduler is resumed; no heap value is left.
            unsafe {
                if config::TRACE {
                    vFirmheapMallocEnd(pv, size.bytes() as size_t);
                } else {
                    xTaskResumeAll();
                }
            }
            pv
        }
        Err(damaged) => refuse(size, damaged),
    }
}

/// Sizes off the ordinary way: too small for the arithmetic, zero, or more than any block.
#[cold]
#[inline(never)]
extern "C" fn refuse_outside(xWantedSize: size_t) -> *mut c_void {
    if let Some(bytes) = Size::for_tiny_request(xWantedSize, TheLayout::HEADER) {
        return pvPortMalloc(bytes);
    }
    // A request that can never succeed still sets the heap up, is traced and runs the hook, as in the kernel.
    let _ = lock();
    refuse(Size::ZERO, At::NONE)
}

/// Nothing fits `size`, or the heap was not set up yet, or a block is damaged. The lock is held.
#[cold]
#[inline(never)]
extern "C" fn refuse(size: Size, damaged: At) -> *mut c_void {
    // SAFETY: P-lock: refuse is called under the lock, and no heap value is left when the port is called.
    unsafe {
        if !heap_with(ThroughPort).is_defined() {
            vFirmheapSetUp();
            if size != Size::ZERO && heap_with(ThroughPort).is_defined() {
                vFirmheapResume();
                return pvPortMalloc(size.bytes() as size_t - TheLayout::HEADER as size_t);
            }
        }
        // The port tells of the damaged block once the scheduler is resumed.
        pvFirmheapRefused(if damaged == At::NONE { null_mut() } else { pointer(damaged) })
    }
}

/// Allocates zeroed memory for `xNum` elements of `xSize` bytes.
///
/// NULL without trace and hook if the product overflows, else as [`pvPortMalloc`].
/// Cost: O(bytes), the zeroing outside the lock. Context: as [`pvPortMalloc`].
#[no_mangle]
pub extern "C" fn pvPortCalloc(xNum: size_t, xSize: size_t) -> *mut c_void {
    let Some(bytes) = product(xNum, xSize) else {
        return null_mut();
    };
    let pv = pvPortMalloc(bytes);
    if !pv.is_null() {
        // SAFETY: `pv` was just handed out for this many bytes.
        unsafe { vFirmheapClear(pv, bytes) };
    }
    pv
}

/// The product, or `None` if it overflows. By halves, because the compiler would call its run-time library
/// for a double-width product or a division on CPUs that lack them.
fn product(one: usize, other: usize) -> Option<usize> {
    const HALF: u32 = usize::BITS / 2;
    const LOW: usize = usize::MAX >> HALF;
    let (one_high, other_high) = (one >> HALF, other >> HALF);
    if one_high != 0 && other_high != 0 {
        return None;
    }
    // One of the two is zero, so the sum cannot overflow.
    let middle = one_high * (other & LOW) + other_high * (one & LOW);
    if middle > LOW {
        return None;
    }
    (middle << HALF).checked_add((one & LOW) * (other & LOW))
}

/// Gives a block back. NULL is ignored. A pointer that is not a used block of this heap raises
/// `configASSERT` and changes nothing (integrity level 1).
/// Cost: O(1), no loop. Context: as [`pvPortMalloc`].
#[no_mangle]
pub extern "C" fn vPortFree(pv: *mut c_void) {
    if pv.is_null() {
        return;
    }
    if config::CLEAR_ON_FREE {
        clear(pv);
    }
    let block = alleged(pv);
    // SAFETY: P-state; words that only the definition of the regions writes, before blocks exist.
    let span = unsafe { heap_with(ThroughPort).control.first };
    let index = if config::INTEGRITY == 0 { Some(0) } else { span.index(block) };
    match index {
        Some(index) => free_at(pv, block, Place { index, span }),
        // SAFETY: a call into the port without the lock.
        None => unsafe { vFirmheapFreeOutside(pv) },
    }
}

#[inline(always)]
fn free_at(pv: *mut c_void, block: At, place: Place) {
    let freed = lock().free(block, place);
    match freed {
        // SAFETY: P-lock: the scheduler is resumed; no heap value is left.
        Ok(size) => unsafe {
            if config::TRACE {
                vFirmheapFreeEnd(pv, size.bytes() as size_t);
            } else {
                xTaskResumeAll();
            }
        },
        // SAFETY: P-lock: the port resumes the scheduler and raises the fault outside.
        Err(kind) => unsafe { vFirmheapFreeFailed(kind as u32, pv) },
    }
}

/// Frees a block that is not in the largest region; firmware with several has its port file call this.
#[no_mangle]
pub extern "C" fn vFirmheapFreeInTable(pv: *mut c_void) {
    let block = alleged(pv);
    // SAFETY: P-state; words that only the definition of the regions writes, before blocks exist.
    match unsafe { heap().others.place(block) } {
        Some(place) => free_at(pv, block, place),
        // SAFETY: a call into the port without the lock.
        None => unsafe { vFirmheapFault(Kind::ForeignPointer as u32, pv) },
    }
}

/// Not zero if a region beside the largest holds a block at this address.
#[no_mangle]
pub extern "C" fn ulFirmheapHoldInTable(ulBlock: u32) -> u32 {
    // SAFETY: P-lock: called under the lock.
    u32::from(unsafe { heap().others.hold(At(ulBlock)) })
}

/// Zeroes a payload about to be freed, outside the lock as in the kernel; the block is opened under
/// the lock, because its neighbours may be changing. What is no used block is left to the free itself.
#[inline(never)]
fn clear(pv: *mut c_void) {
    let block = alleged(pv);
    // SAFETY: P-lock, taken here and given back before the payload is touched.
    unsafe {
        vTaskSuspendAll();
        let opened = heap().place(block).map(|place| {
            TheLayout::open_used::<TheSpace, Checked>(
                space(counters()),
                block,
                place.index,
                place.span,
            )
        });
        vFirmheapResume();
        if let Some(Ok(opened)) = opened {
            let bytes = opened.size().bytes() - TheLayout::HEADER;
            vFirmheapClear(pv, bytes as size_t);
        }
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
    // SAFETY: P-lock; then the caller's struct, if there is one.
    unsafe {
        vTaskSuspendAll();
        let figures = heap().figures();
        vFirmheapResume();
        if let Some(stats) = pxHeapStats.as_mut() {
            let bytes = |size: Size| size.bytes() as size_t;
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
/// Once, before the first allocation. A port file compiled for `ucHeap`, a second call, regions out of order or overlapping, more regions
/// than the port file has room for, and a table without usable memory raise `configASSERT`; what
/// is wrong is left out. Regions too small for a block are left out silently.
///
/// # Safety
/// The table ends with an entry of size zero, and the memory it names is the heap's from now on.
#[no_mangle]
pub unsafe extern "C" fn vPortDefineHeapRegions(pxHeapRegions: *const HeapRegion_t) {
    // SAFETY: P-lock: the kernel's contract is one call before anything is allocated; the table is the caller's promise.
    unsafe {
        let table = pxHeapRegions as *mut c_void;
        if ulFirmheapRegionLimit == 0 {
            // The state has heads for the blocks of ucHeap only.
            return vFirmheapFault(Kind::RegionsNotConfigured as u32, table);
        }
        if heap().is_defined() {
            return vFirmheapFault(Kind::RegionsAlreadyDefined as u32, table);
        }
        #[cfg(firmheap_integrity_2)]
        vFirmheapDrawCanary();
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

/// Gives `ucHeap` to the heap; called once by the port file, under the lock.
///
/// # Safety
/// The memory is the heap's from now on, and the caller holds the lock.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapAddHeap(pucStart: *mut u8, xBytes: size_t) {
    let address = pucStart.expose_provenance();
    set_root(address);
    if let (Some(start), Some(end)) = (border(address), border(address.wrapping_add(xBytes))) {
        // SAFETY: the caller's.
        unsafe { heap_with(ThroughPort).add_only(start, end) }
    }
}

/// # Safety
/// P-lock by the caller; faults are raised while no heap value exists.
unsafe fn add(start: *mut u8, bytes: size_t) {
    let address = start.expose_provenance();
    // SAFETY: the caller's.
    unsafe {
        if !heap().is_defined() {
            set_root(address);
        }
        let ends = (border(address), address.checked_add(bytes).and_then(border));
        let fault = match ends {
            (Some(from), Some(to)) if from >= heap().control.limit => {
                heap().add_region(from, to).err().map(|fault| fault.kind)
            }
            _ => Some(Kind::RegionsOutOfOrder),
        };
        if let Some(kind) = fault {
            vFirmheapFault(kind as u32, start.cast());
        }
    }
}

/// On 64-bit hosts the heap reaches 2 GiB to either side of its first region.
#[cfg_attr(target_pointer_width = "32", allow(unused_variables))]
fn set_root(first: usize) {
    #[cfg(target_pointer_width = "64")]
    // SAFETY: P-lock by the callers, and no block exists yet.
    unsafe {
        xFirmheapRoot = first.wrapping_sub(1 << 31) & !63;
    }
}

/// A border of a region, or `None` if the heap cannot reach it.
fn border(address: usize) -> Option<At> {
    #[cfg(target_pointer_width = "32")]
    return Some(At(address as u32));
    #[cfg(target_pointer_width = "64")]
    return space(counters()).at(address).filter(|_| address != 0);
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
#[cfg(all(not(test), feature = "exports", panic = "abort"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    extern "C" {
        fn firmheap_panic() -> !;
    }
    // SAFETY: never reached; the symbol does not exist.
    unsafe { firmheap_panic() }
}
