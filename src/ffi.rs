// SPDX-License-Identifier: MIT
//! The kernel's names with the C ABI.
//!
//! Each function is three steps: raw to typed (or an early return), the core under the lock, and a tail call
//! into the port file, which owns every macro of the user's `FreeRTOSConfig.h`: trace macros, the resumption
//! of the scheduler, the failed hook and `configASSERT` keep their exact place there.
//!
//! Safety contracts, referred to below by name:
//! * **P-state**: the port file defines `xFirmheapState`, zeroed before the first call, with
//!   `Control` first and behind it a head for each bin of the largest block it can be given; and
//!   `xFirmheapRegions` with room for `ulFirmheapRegionLimit` spans. The anchor proves that both
//!   sides were built for the same options.
//! * **P-lock**: a `TheHeap` value exists only between `vTaskSuspendAll` and the port's resumption, or
//!   while the kernel's contract says that nothing else runs (definition and reset of the regions).
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types)]
// C has no `unsafe`: what is done with an alleged pointer is each function's documented promise.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

#[cfg(feature = "extensions")]
pub mod health;
mod kernel;
#[cfg(feature = "extensions")]
pub mod memory;
#[cfg(feature = "extensions")]
mod memory_plain;
#[cfg(feature = "extensions")]
mod memory_ward;
#[cfg(feature = "extensions")]
pub mod caps;
#[cfg(feature = "extensions")]
pub mod own;
#[cfg(all(feature = "extensions", not(firmheap_integrity_3)))]
mod own_plain;
#[cfg(all(feature = "extensions", firmheap_integrity_3))]
mod own_ward;
#[cfg(firmheap_free_from_isr)]
mod pending;
#[cfg(feature = "pools")]
pub mod pool;
mod port;
mod regions;
mod report;
#[cfg(feature = "extensions")]
pub mod ring;
mod state;
mod text;
#[cfg(firmheap_track_trace)]
mod trace;
#[cfg(firmheap_budgets)]
mod budget;
#[cfg(firmheap_track_tasks)]
mod leaks;
#[cfg(firmheap_track_tasks)]
mod track;
#[cfg(firmheap_track_tasks)]
mod tracked;
#[cfg(firmheap_track_sites)]
mod trampoline;
#[cfg(not(firmheap_track_tasks))]
#[path = "ffi/untracked.rs"]
mod tracked;
mod ward;

#[cfg(feature = "critical-section")]
mod critical;

pub use kernel::{HeapRegion_t, HeapStats_t};
pub use port::{
    ANCHOR, FIRMHEAP_COMPACT_BYTES_MAX, FIRMHEAP_CONTROL_BYTES_COMPACT,
    FIRMHEAP_CONTROL_BYTES_LARGE, FIRMHEAP_LARGE_BYTES_MAX, FIRMHEAP_WARD_BYTES,
};
pub use regions::{vFirmheapAddHeap, vPortDefineHeapRegions};
pub use report::{
    vFirmheapExplain, xPortHeapCheck, xPortHeapCheckBlock, xPortHeapFaultText, xPortHeapInspect,
    xPortHeapInspectBlock, HeapFault,
};

use crate::block::{Checked, Layout, Opened};
use crate::config;
use crate::fault::Kind;
use crate::heap::{Block, Refused, Step};
use crate::hint::keep;
use crate::region::Span;
use crate::stats::Figures;
use crate::units::{At, Size};
use core::ptr::{addr_of, addr_of_mut, null_mut};
use cty::{c_void, size_t};
use kernel::product;
use port::{
    pvFirmheapRefused, vFirmheapClear, vFirmheapFaultWithin, vFirmheapForget, vFirmheapFreeEnd,
    vFirmheapFreeFailed, vFirmheapFreeOutside, vFirmheapMallocEnd, vFirmheapResume, vFirmheapSetUp,
    vTaskSuspendAll, xFirmheapNoFreeBlock, xFirmheapState, xTaskResumeAll,
};
use state::{
    alleged, counters, first_span, heap, heap_with, lock, pointer, space, HotHeap, TheLayout,
    TheSpace, ThroughPort,
};
use tracked::Caller;

/// Allocates `xWantedSize` bytes, aligned to `portBYTE_ALIGNMENT`.
///
/// NULL if the size is zero or nothing fits; `vApplicationMallocFailedHook` has run then.
/// Cost: O(1), no loop. Context: task, also with the scheduler suspended; never an ISR.
#[cfg(not(firmheap_track_sites))]
#[cfg_attr(not(firmheap_inject_failures), no_mangle)]
#[cfg_attr(firmheap_inject_failures, export_name = "pvFirmheapMalloc")]
pub extern "C" fn pvPortMalloc(xWantedSize: size_t) -> *mut c_void {
    malloc(xWantedSize, Caller::NONE)
}

/// [`pvPortMalloc`] for a caller that is known.
#[inline(always)]
fn malloc(xWantedSize: size_t, caller: Caller) -> *mut c_void {
    #[cfg(firmheap_free_from_isr)]
    pending::drain_some();
    if config::WARDED {
        return ward::malloc(xWantedSize, caller);
    }
    let caller = caller.wants(xWantedSize);
    let Some(size) = HotHeap::request(xWantedSize) else {
        return refuse_outside(xWantedSize, caller);
    };
    let mut heap = lock();
    #[cfg(firmheap_budgets)]
    // SAFETY: P-lock, held.
    if let Err(why) = unsafe { budget::may_take(size, heap.control.counters.free) } {
        return budget::refuse(size, why, caller);
    }
    match heap.allocate(size) {
        Ok(Block { at, size }) => {
            // SAFETY: P-lock, still held.
            unsafe { tracked::taken(at, size, caller) };
            let pv = pointer(at);
            // SAFETY: P-lock: the scheduler is resumed; no heap value is left.
            unsafe {
                if config::TRACE {
                    vFirmheapMallocEnd(pv, size.bytes() as size_t);
                } else {
                    xTaskResumeAll();
                }
            }
            #[cfg(firmheap_budgets)]
            budget::tell();
            pv
        }
        Err(damaged) => refuse(size, damaged, caller),
    }
}

/// A request is begun again.
#[cfg(not(firmheap_track_sites))]
fn again(bytes: size_t, _: Caller) -> *mut c_void {
    pvPortMalloc(bytes)
}

#[cfg(firmheap_track_sites)]
fn again(bytes: size_t, caller: Caller) -> *mut c_void {
    trampoline::pvFirmheapMallocFrom(bytes, caller.place, caller.is_text)
}

/// Sizes off the ordinary way: too small for the arithmetic, zero, or more than any block.
#[cold]
#[inline(never)]
#[export_name = "pvFirmheapRefuseOutside"]
fn refuse_outside(xWantedSize: size_t, caller: Caller) -> *mut c_void {
    if let Some(bytes) =
        Size::for_tiny_request(xWantedSize, TheLayout::HEADER, TheLayout::BLOCK_MIN)
    {
        return again(bytes, caller);
    }
    // A request that can never succeed still sets the heap up, is traced and runs the hook, as in the kernel.
    let _ = lock();
    refuse_bytes(xWantedSize, At::NONE, caller)
}

/// What was asked for, or a few bytes more.
#[inline(always)]
fn payload_of(size: Size) -> size_t {
    keep(size.bytes() as size_t) - TheLayout::HEADER as size_t
}

/// Nothing fits `size`, or the heap was not set up yet, or a block is damaged. The lock is held.
#[cold]
#[inline(never)]
#[export_name = "pvFirmheapRefuse"]
fn refuse(size: Size, damaged: At, caller: Caller) -> *mut c_void {
    refuse_bytes(payload_of(size), damaged, caller)
}

/// The same for this many bytes of payload.
#[cold]
#[inline(never)]
#[export_name = "pvFirmheapRefuseBytes"]
fn refuse_bytes(bytes: size_t, damaged: At, caller: Caller) -> *mut c_void {
    // SAFETY: P-lock: refuse is called under the lock, and no heap value is left when the port is called.
    unsafe {
        if !heap_with(ThroughPort).is_defined() {
            vFirmheapSetUp();
            if bytes != 0 && heap_with(ThroughPort).is_defined() {
                xTaskResumeAll();
                return again(caller.wanted_or(bytes), caller);
            }
        }
        #[cfg(firmheap_free_from_isr)]
        let bytes = bytes.min(TheLayout::REQUEST_MAX as size_t); // the block may have more than may be asked for
        #[cfg(firmheap_free_from_isr)]
        if bytes != 0 && pending::any() {
            vFirmheapResume();
            pending::drain(u32::MAX);
            return again(caller.wanted_or(bytes), caller);
        }
        tracked::refused(caller);
        // The port tells of the damaged block once the scheduler is resumed, or looks for another memory.
        pvFirmheapRefused(if damaged == At::NONE { null_mut() } else { pointer(damaged) }, bytes)
    }
}

/// Allocates zeroed memory for `xNum` elements of `xSize` bytes.
///
/// NULL without trace and hook if the product overflows, else as [`pvPortMalloc`].
/// Cost: O(bytes), the zeroing outside the lock. Context: as [`pvPortMalloc`].
#[cfg(not(firmheap_track_sites))]
#[cfg_attr(not(firmheap_inject_failures), no_mangle)]
#[cfg_attr(firmheap_inject_failures, export_name = "pvFirmheapCalloc")]
pub extern "C" fn pvPortCalloc(xNum: size_t, xSize: size_t) -> *mut c_void {
    calloc(xNum, xSize, Caller::NONE)
}

/// [`pvPortCalloc`] for a caller that is known.
#[inline(always)]
fn calloc(xNum: size_t, xSize: size_t, caller: Caller) -> *mut c_void {
    let Some(bytes) = product(xNum, xSize) else {
        return null_mut();
    };
    let pv = again(bytes, caller);
    if !pv.is_null() {
        // SAFETY: `pv` was just handed out for this many bytes.
        unsafe { vFirmheapClear(pv, bytes) };
    }
    pv
}

/// Gives a block back. NULL is ignored. A pointer that is not a used block of this heap raises
/// `configASSERT` and changes nothing (integrity level 1), but that with `configHEAP_CLEAR_MEMORY_ON_FREE` a payload may be
/// zero by then.
/// Cost: O(1), no loop. Context: as [`pvPortMalloc`].
#[no_mangle]
pub extern "C" fn vPortFree(pv: *mut c_void) {
    #[cfg(firmheap_free_from_isr)]
    {
        pending::drain_some();
        pending::free(pv);
    }
    #[cfg(not(firmheap_free_from_isr))]
    give_back(pv);
}

#[inline(always)]
fn give_back(pv: *mut c_void) {
    if config::INTEGRITY == 0 && pv.is_null() {
        return;
    }
    if config::WARDED {
        return ward::free(pv);
    }
    if config::CLEAR_ON_FREE && !pv.is_null() {
        clear(pv);
    }
    let block = alleged(pv).kept_apart();
    // SAFETY: P-state; the regions were defined before blocks exist.
    let span = unsafe { first_span() };
    if config::INTEGRITY == 0 || span.holds(block) {
        return free_at(pv, block, span);
    }
    // NULL lies outside, too, so it is asked for only there.
    // SAFETY: a call into the port without the lock.
    unsafe { vFirmheapFreeOutside(pv) }
}

#[inline(always)]
fn free_at(pv: *mut c_void, block: At, span: Span) {
    let freed = lock().try_free(block, span);
    match freed {
        // SAFETY: P-lock: the scheduler is resumed; no heap value is left.
        Ok(size) => unsafe {
            tracked::given(block, tracked::tag_of(block), size);
            if config::TRACE {
                vFirmheapFreeEnd(pv, size.bytes() as size_t);
            } else {
                xTaskResumeAll();
            }
        },
        Err(refused) => refuse_free(refused.block, refused.step),
    }
}

/// A block, or a neighbour of one, is not what it is alleged to be. The lock is held.
#[cold]
#[inline(never)]
#[export_name = "vFirmheapRefuseFree"]
extern "C" fn refuse_free(block: At, step: Step) {
    // SAFETY: P-lock: the port resumes the scheduler and raises the fault outside.
    unsafe {
        let fault = heap_with(ThroughPort).give_up(Refused { block, step });
        vFirmheapFreeFailed(fault.kind as u32, pointer(fault.at));
    }
}

/// Zeroes a payload about to be freed, outside the lock as in the kernel; the block is opened under
/// the lock, because its neighbours may be changing. What is no used block is left to the free itself.
#[inline(never)]
fn clear(pv: *mut c_void) {
    let block = alleged(pv);
    // SAFETY: P-lock, taken here and given back before the payload is touched.
    unsafe {
        vTaskSuspendAll();
        let opened = heap()
            .holder(block)
            .map(|span| TheLayout::open_used::<TheSpace, Checked>(space(counters()), block, span));
        vFirmheapResume();
        if let Some(Some(opened)) = opened {
            let bytes = opened.size().bytes() - TheLayout::HEADER;
            vFirmheapClear(pv, bytes as size_t);
        }
    }
}

/// Bytes in free blocks, headers included. 0 until the heap is set up. Any task; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetFreeHeapSize() -> size_t {
    free_now().bytes() as size_t
}

/// What is free, with what waits in the quarantine.
fn free_now() -> Size {
    // SAFETY: P-state; one aligned word, which another task may change.
    let free = unsafe { addr_of!((*addr_of!(xFirmheapState)).counters.free).read_volatile() };
    if config::WARDED {
        free + ward::waiting()
    } else {
        free
    }
}

/// Lowest number of free bytes since start or the last reset of this mark. Any task; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetMinimumEverFreeHeapSize() -> size_t {
    // SAFETY: P-state; one aligned word.
    unsafe { (*addr_of_mut!(xFirmheapState)).counters.free_min.bytes() as size_t }
}

/// Sets the mark of [`xPortGetMinimumEverFreeHeapSize`] to what is free now. Any task; without a lock, as in the kernel.
#[no_mangle]
pub extern "C" fn xPortResetHeapMinimumEverFreeHeapSize() {
    // SAFETY: P-state.
    let mark = unsafe { addr_of_mut!((*addr_of_mut!(xFirmheapState)).counters.free_min) };
    loop {
        let free = free_now();
        // SAFETY: P-state; one aligned word.
        unsafe { mark.write_volatile(free) };
        // Who allocated meanwhile would leave a mark above what is free, which the check of the whole heap takes for damage.
        if free_now() >= free {
            return;
        }
    }
}

/// Fills `pxHeapStats`. All figures are of one moment. NULL is ignored. From integrity level 2 on a list that leads
/// astray is left there: the figures are those of the blocks before, and `configASSERT` is raised.
/// Cost: one step for each free block, with the scheduler suspended. Context: task.
#[no_mangle]
pub extern "C" fn vPortGetHeapStats(pxHeapStats: *mut HeapStats_t) {
    // SAFETY: P-lock; then the caller's struct, if there is one.
    unsafe {
        vTaskSuspendAll();
        let figures = if config::WARDED { ward::figures() } else { heap().figures() };
        vFirmheapResume();
        if config::LINKS && figures.damaged != At::NONE {
            vFirmheapFaultWithin(Kind::FreeBlockDamaged as u32, pointer(figures.damaged));
        }
        if let Some(stats) = pxHeapStats.as_mut() {
            *stats = HeapStats_t::from(figures);
        }
    }
}

impl From<Figures> for HeapStats_t {
    #[inline(always)]
    fn from(figures: Figures) -> HeapStats_t {
        let bytes = |size: Size| size.bytes() as size_t;
        HeapStats_t {
            xAvailableHeapSpaceInBytes: bytes(figures.free),
            xSizeOfLargestFreeBlockInBytes: bytes(figures.largest),
            xSizeOfSmallestFreeBlockInBytes: figures.smallest.map_or_else(
                // SAFETY: a call into the port, which knows the kernel's version.
                || unsafe { xFirmheapNoFreeBlock() },
                bytes,
            ),
            xNumberOfFreeBlocks: figures.free_blocks as size_t,
            xMinimumEverFreeBytesRemaining: bytes(figures.free_min),
            xNumberOfSuccessfulAllocations: figures.allocations as size_t,
            xNumberOfSuccessfulFrees: figures.frees as size_t,
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
