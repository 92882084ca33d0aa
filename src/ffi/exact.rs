// SPDX-License-Identifier: MIT
//! The kernel's names with the C ABI, for the kernel's own schemes (`FIRMHEAP_SCHEME=heap_1` to `heap_5`).
//!
//! Each function is raw to typed, the scheme under the lock, and the end in the port file, which owns the macros of
//! `FreeRTOSConfig.h`. Where they are empty (`FIRMHEAP_TRACE=0`) the archive calls the kernel itself.
//!
//! Safety contracts, referred to below by name:
//! * **P-state**: the port file defines the words that `FIRMHEAP_PORT_ANCHOR` names, zeroed before the first call:
//!   the head of the free list, then `State`. Its name proves that it was compiled for this scheme and alignment.
//! * **P-lock**: `State` is changed only between `vTaskSuspendAll` and the resumption, or while the kernel's
//!   contract says that nothing else runs (definition and reset).
#![allow(non_snake_case, non_upper_case_globals, non_camel_case_types)]
// C has no `unsafe`: what is done with an alleged pointer is each function's documented promise.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

#[cfg(feature = "critical-section")]
mod critical;
mod exact_port;
mod exact_regions;
mod kernel;
#[cfg(feature = "pools")]
pub mod pool;
#[cfg(feature = "extensions")]
pub mod ring;

pub use exact_port::ANCHOR;
pub use exact_regions::vPortDefineHeapRegions;
pub use kernel::{HeapRegion_t, HeapStats_t};

use crate::config;
use crate::fault::Kind;
use crate::scheme::exact::{Bytes, Exact, Misuse, Taken, HEADER};
#[cfg(firmheap_scheme = "heap_1")]
use crate::scheme::heap_1::Heap1 as Scheme;
#[cfg(firmheap_scheme = "heap_2")]
use crate::scheme::heap_2::Heap2 as Scheme;
#[cfg(firmheap_scheme = "heap_3")]
use crate::scheme::heap_3::Heap3 as Scheme;
#[cfg(firmheap_scheme = "heap_4")]
use crate::scheme::heap_4::Heap4 as Scheme;
#[cfg(firmheap_scheme = "heap_5")]
use crate::scheme::heap_5::Heap5 as Scheme;
use core::ptr::null_mut;
use cty::{c_void, size_t};
use exact_port::{
    is_defined, means, pvFirmheapExactEnd, state, vApplicationMallocFailedHook, vFirmheapClear,
    vFirmheapFault, vFirmheapFreeEnd, vFirmheapResume, vTaskSuspendAll, xFirmheapNoFreeBlock,
    xTaskResumeAll,
};
use kernel::product;

/// Allocates `xWantedSize` bytes, aligned to `portBYTE_ALIGNMENT`.
///
/// NULL if nothing fits, or the size is zero (with `heap_3` the C library decides);
/// `vApplicationMallocFailedHook` has run then. Cost: one step for each free block with `heap_2`, `heap_4` and `heap_5`.
/// Context: task, also with the scheduler suspended; never an ISR.
#[no_mangle]
pub extern "C" fn pvPortMalloc(xWantedSize: size_t) -> *mut c_void {
    let wanted = Scheme::wanted(xWantedSize);
    // SAFETY: P-lock, taken here; the port is called with no reference to the state left.
    unsafe {
        if Scheme::REGIONS && config::INTEGRITY >= 1 && !is_defined() {
            vFirmheapFault(Kind::RegionsMissing as u32, null_mut());
        }
        vTaskSuspendAll();
        let taken = Scheme::allocate(means(), state(), wanted);
        match taken {
            Taken::Block(block, bytes) => end(block.cast(), bytes, wanted),
            Taken::Refused => end(null_mut(), 0, wanted),
            Taken::Damaged(at) => {
                let pv = end(null_mut(), 0, wanted);
                vFirmheapFault(Kind::FreeBlockDamaged as u32, exact_port::pointer(at));
                pv
            }
        }
    }
}

/// Traces, resumes the scheduler, runs the failed hook.
///
/// # Safety
/// P-lock: the lock is held, and given back.
#[inline(always)]
unsafe fn end(pv: *mut c_void, bytes: usize, wanted: usize) -> *mut c_void {
    // The kernel's heap_1 and heap_3 tell the request, also of a refused one.
    let told = if cfg!(any(firmheap_scheme = "heap_1", firmheap_scheme = "heap_3")) {
        wanted
    } else {
        bytes
    };
    // SAFETY: the caller's.
    unsafe {
        if config::TRACE {
            return pvFirmheapExactEnd(pv, told, wanted);
        }
        xTaskResumeAll();
        if config::HOOK && pv.is_null() {
            vApplicationMallocFailedHook();
        }
    }
    pv
}

/// Allocates zeroed memory for `xNum` elements of `xSize` bytes.
///
/// NULL without trace and hook if the product overflows, else as [`pvPortMalloc`].
/// Cost: O(bytes) more, the zeroing outside the lock. Context: as [`pvPortMalloc`].
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

/// Gives a block back. NULL is ignored. What is no block in use raises `configASSERT`, once or twice as in
/// the kernel's file, and changes nothing. With `heap_1` every other pointer does.
/// Cost: one step for each free block with `heap_2`, `heap_4` and `heap_5`. Context: as [`pvPortMalloc`].
#[no_mangle]
pub extern "C" fn vPortFree(pv: *mut c_void) {
    if pv.is_null() {
        return;
    }
    let payload = pv.cast();
    // SAFETY: P-state; the caller's block is nobody else's. P-lock for the rest.
    unsafe {
        match Scheme::open(means(), state(), payload) {
            Ok(bytes) => {
                if config::CLEAR_ON_FREE && bytes >= HEADER {
                    vFirmheapClear(pv, (bytes - HEADER) as size_t);
                }
                vTaskSuspendAll();
                match Scheme::close(means(), state(), payload, bytes) {
                    Ok(()) if config::TRACE => vFirmheapFreeEnd(pv, bytes as size_t),
                    Ok(()) => {
                        xTaskResumeAll();
                    }
                    Err(kind) => {
                        vFirmheapResume();
                        vFirmheapFault(kind as u32, pv);
                    }
                }
            }
            Err(misuse) => report(misuse, pv),
        }
    }
}

/// # Safety
/// No lock is held.
#[inline(always)]
unsafe fn report(misuse: Misuse, pv: *mut c_void) {
    // SAFETY: calls into the port without the lock.
    unsafe {
        match misuse {
            Misuse::Pointer(kind) => vFirmheapFault(kind as u32, pv),
            Misuse::Header { unused, linked } => {
                if unused {
                    vFirmheapFault(Kind::DoubleFree as u32, pv);
                }
                if linked {
                    vFirmheapFault(Kind::LeftDisagrees as u32, pv);
                }
            }
        }
    }
}

/// Bytes in free blocks, headers included; 0 with `heap_3`. Any task; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetFreeHeapSize() -> size_t {
    // SAFETY: P-state; one aligned word.
    unsafe { Scheme::free_bytes(means(), state()) as size_t }
}

/// Lowest number of free bytes since start or the last reset of this mark. `heap_1` and `heap_2`: what is free now;
/// `heap_3`: 0. Any task; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetMinimumEverFreeHeapSize() -> size_t {
    // SAFETY: P-state; one aligned word.
    unsafe { Scheme::free_bytes_min(means(), state()) as size_t }
}

/// Sets the mark of [`xPortGetMinimumEverFreeHeapSize`] to what is free now.
#[no_mangle]
pub extern "C" fn xPortResetHeapMinimumEverFreeHeapSize() {
    // SAFETY: P-state; two aligned words, unlocked as in the kernel.
    unsafe { Scheme::reset_free_bytes_min(state()) }
}

/// Fills `pxHeapStats`, all figures of one moment. NULL is ignored. What the scheme does not know is 0.
/// Cost: one step for each free block, with the scheduler suspended. Context: task.
#[no_mangle]
pub extern "C" fn vPortGetHeapStats(pxHeapStats: *mut HeapStats_t) {
    // SAFETY: P-lock; then the caller's struct, if there is one.
    unsafe {
        vTaskSuspendAll();
        let found: Bytes = Scheme::figures(means(), state());
        vFirmheapResume();
        if let Some(stats) = pxHeapStats.as_mut() {
            *stats = HeapStats_t {
                xAvailableHeapSpaceInBytes: found.free as size_t,
                xSizeOfLargestFreeBlockInBytes: found.largest as size_t,
                xSizeOfSmallestFreeBlockInBytes: match found.smallest {
                    Some(bytes) => bytes as size_t,
                    None => xFirmheapNoFreeBlock(),
                },
                xNumberOfFreeBlocks: found.blocks as size_t,
                xMinimumEverFreeBytesRemaining: found.free_min as size_t,
                xNumberOfSuccessfulAllocations: found.allocations as size_t,
                xNumberOfSuccessfulFrees: found.frees as size_t,
            };
        }
    }
}

/// `heap_1` takes everything back; with the other schemes nothing happens, as in the kernel's files.
#[no_mangle]
pub extern "C" fn vPortInitialiseBlocks() {
    // SAFETY: P-lock: the caller's promise that nothing else runs.
    unsafe { Scheme::initialise(means(), state()) }
}

/// Forgets every block and region, before the scheduler is started again. Regions must then be defined again;
/// an array is set up again by the next request. Context: nothing else runs.
#[no_mangle]
pub extern "C" fn vPortHeapResetState() {
    // SAFETY: P-lock: the kernel calls this while nothing else runs.
    unsafe { Scheme::reset(means(), state()) }
}
