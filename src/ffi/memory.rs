// SPDX-License-Identifier: MIT
//! The portable layer's extensions (`include/firmheap_memory.h`): resizing, alignment, sizes.
//!
//! As in `ffi.rs` the macros are the port file's. Contents are copied, moved and cleared after the lock is given
//! back: they are the caller's. A resize in place is told of as a free and an allocation (`vFirmheapResizeEnd`), one that
//! moves to other memory is an allocation and a free, with all that belongs to them.

#[cfg(firmheap_budgets)]
use super::budget;
#[cfg(not(firmheap_track_sites))]
use super::kernel::product;
use super::port::{
    pvFirmheapRefused, pvFirmheapRefusedFor, pvFirmheapResizeFailed, pvFirmheapServed,
    vFirmheapFaultWithin, vFirmheapMallocEnd, vFirmheapMove, vFirmheapResume, vTaskSuspendAll,
    xTaskResumeAll,
};
use super::state::{alleged, counters, heap, heap_with, pointer, space, TheLayout, ThroughPort};
use super::tracked::{self, Caller};
use super::ward::{blamed_kept, keep, least, renew, warded};
use super::{again, vPortFree};
use super::{memory_plain as plain, memory_ward as ward};
use crate::block::Layout;
use crate::config;
use crate::fault::Kind;
#[cfg(firmheap_budgets)]
use crate::quota::Why;
#[cfg(firmheap_budgets)]
use crate::tracker::IS_TASK;
#[cfg(firmheap_budgets)]
use crate::units::Size;
use crate::units::{At, GRANULE};
use core::ptr::null_mut;
use cty::{c_void, size_t};

/// What became of a request under the lock, in three registers.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Outcome {
    pub(super) way: Way,
    /// The block; the bytes of its payload ([`Way::Elsewhere`]); the damaged block, if any ([`Way::Refused`]).
    pub(super) value: u32,
    /// A fault, or zero.
    pub(super) kind: u32,
}

impl Outcome {
    pub(super) fn new(way: Way, value: u32) -> Outcome {
        Outcome { way, value, kind: 0 }
    }

    #[cfg(firmheap_budgets)]
    pub(super) fn over_budget(size: Size, why: Why) -> Outcome {
        Outcome { way: Way::OverBudget, value: size.0, kind: why as u32 }
    }

    pub(super) fn failed(kind: u32) -> Outcome {
        Outcome { way: Way::Failed, value: 0, kind }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Way {
    /// Served. The lock is given back, but by an aligned allocation.
    Done,
    /// The block and its neighbours have too little room. The lock is given back.
    Elsewhere,
    /// There is no memory. The lock is held.
    Refused,
    /// A budget refuses it: `value` is the size of the block, `kind` says why. The lock is held.
    #[cfg(firmheap_budgets)]
    OverBudget,
    /// A bug of the caller, or damage. The lock is held.
    Failed,
}

/// Gives a block another size; its contents stay, up to the smaller of both sizes. NULL for `pv` is [`super::pvPortMalloc`], a
/// size of zero is [`super::vPortFree`] and gives NULL. NULL, and the block is as it was, if there is no memory or
/// `pv` is no used block (a fault then).
///
/// Smaller, and larger where the right neighbour is free, in place; else over a free left neighbour, else in other
/// memory. Cost: O(1), and O(bytes) with the scheduler running if contents move. Context: task.
#[cfg(not(firmheap_track_sites))]
#[cfg_attr(not(firmheap_inject_failures), no_mangle)]
#[cfg_attr(firmheap_inject_failures, export_name = "pvFirmheapRealloc")]
pub extern "C" fn pvPortRealloc(pv: *mut c_void, xWantedSize: size_t) -> *mut c_void {
    realloc(pv, xWantedSize, Caller::NONE)
}

/// [`pvPortRealloc`] for a caller that is known.
#[inline(always)]
pub(super) fn realloc(pv: *mut c_void, xWantedSize: size_t, caller: Caller) -> *mut c_void {
    if pv.is_null() {
        return again(xWantedSize, caller);
    }
    if xWantedSize == 0 {
        vPortFree(pv);
        return null_mut();
    }
    // SAFETY: P-lock: taken by what is called, given back by the port where it is still held.
    unsafe {
        let Outcome { way, value, kind } = if config::WARDED {
            ward::resize(alleged(pv), xWantedSize)
        } else {
            plain::resize(alleged(pv), xWantedSize)
        };
        // No match over all: CPUs without a table branch would get one of their own.
        if way == Way::Elsewhere {
            return elsewhere(pv, value as size_t, xWantedSize, caller);
        }
        #[cfg(firmheap_budgets)]
        if way == Way::OverBudget {
            let owner = tracked::tag_of(alleged(pv)).owner() & !IS_TASK;
            return budget::refuse_for(owner, Size(value), kind, 0, caller.wants(xWantedSize));
        }
        if way != Way::Done {
            return pvFirmheapResizeFailed(kind, pv, xWantedSize);
        }
        #[cfg(firmheap_budgets)]
        budget::tell();
        if config::WARDED && kind != 0 {
            return pvFirmheapServed(kind, blamed_kept(), pointer(At(value)));
        }
        pointer(At(value))
    }
}

/// # Safety
/// P-lock, given back.
#[inline(always)]
unsafe fn refused(damaged: u32, kind: u32, alignment: size_t, caller: Caller) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe {
        tracked::refused(caller);
        tracked::refused_alignment(alignment);
        if config::WARDED && kind != 0 {
            return pvFirmheapRefusedFor(kind, blamed_kept());
        }
        pvFirmheapRefused(if damaged == 0 { null_mut() } else { pointer(At(damaged)) }, 0)
    }
}

/// Other memory, and what the old block of `old_bytes` holds in it.
///
/// # Safety
/// `pv` is a used block of so many bytes.
#[inline(never)]
unsafe fn elsewhere(
    pv: *mut c_void,
    old_bytes: size_t,
    bytes: size_t,
    caller: Caller,
) -> *mut c_void {
    let new = again(bytes, caller);
    if !new.is_null() {
        // SAFETY: both are the caller's, and the new one is the larger.
        unsafe { vFirmheapMove(new, pv, old_bytes) };
        vPortFree(pv);
    }
    new
}

/// [`pvPortRealloc`] for `xNum` elements of `xSize` bytes; NULL without trace and hook if the product overflows.
#[cfg(not(firmheap_track_sites))]
#[cfg_attr(not(firmheap_inject_failures), no_mangle)]
#[cfg_attr(firmheap_inject_failures, export_name = "pvFirmheapReallocArray")]
pub extern "C" fn pvPortReallocArray(pv: *mut c_void, xNum: size_t, xSize: size_t) -> *mut c_void {
    match product(xNum, xSize) {
        Some(bytes) => pvPortRealloc(pv, bytes),
        None => null_mut(),
    }
}

/// Allocates as [`super::pvPortMalloc`], at a multiple of `xAlignment`: a power of two, anything else is a fault and NULL.
/// [`super::vPortFree`] takes it back. Cost: O(1), no loop. Context: as [`super::pvPortMalloc`].
#[cfg(not(firmheap_track_sites))]
#[cfg_attr(not(firmheap_inject_failures), no_mangle)]
#[cfg_attr(firmheap_inject_failures, export_name = "pvFirmheapAlignedAlloc")]
pub extern "C" fn pvPortAlignedAlloc(xAlignment: size_t, xWantedSize: size_t) -> *mut c_void {
    aligned(xAlignment, xWantedSize, Caller::NONE)
}

/// [`pvPortAlignedAlloc`] for a caller that is known.
#[inline(always)]
pub(super) fn aligned(xAlignment: size_t, xWantedSize: size_t, caller: Caller) -> *mut c_void {
    if xAlignment.is_power_of_two() && xAlignment <= GRANULE as size_t {
        return again(xWantedSize, caller);
    }
    #[cfg(firmheap_free_from_isr)]
    super::pending::drain_some();
    // SAFETY: P-lock: taken here; the port gives it back on every way.
    unsafe {
        vTaskSuspendAll();
        if !xAlignment.is_power_of_two() {
            return pvFirmheapResizeFailed(Kind::BadAlignment as u32, null_mut(), 0);
        }
        // On 64-bit hosts there are alignments that no address here has.
        let Ok(alignment) = u32::try_from(xAlignment) else {
            return refused(0, 0, xAlignment, caller.wants(xWantedSize));
        };
        let Outcome { way, value, kind } = if config::WARDED {
            ward::aligned(alignment, xWantedSize)
        } else {
            plain::aligned(alignment, xWantedSize)
        };
        #[cfg(firmheap_free_from_isr)]
        if way == Way::Refused && super::pending::any() {
            vFirmheapResume();
            super::pending::drain(u32::MAX);
            return aligned_again(xAlignment, xWantedSize, caller);
        }
        #[cfg(firmheap_budgets)]
        if way == Way::OverBudget {
            let (owner, size) = (tracked::owner(), Size(value));
            return budget::refuse_for(owner, size, kind, xAlignment, caller.wants(xWantedSize));
        }
        if way != Way::Done {
            return refused(value, kind, xAlignment, caller.wants(xWantedSize));
        }
        let pv = pointer(At(value));
        let size = TheLayout::size(space(counters()), At(value));
        tracked::taken(At(value), size, caller.wants(xWantedSize));
        if config::TRACE {
            vFirmheapMallocEnd(pv, size.bytes() as size_t);
        } else {
            xTaskResumeAll();
        }
        #[cfg(firmheap_budgets)]
        budget::tell();
        if config::WARDED {
            let kind = renew(At(value), least(xWantedSize) as u32, kind);
            if kind != 0 {
                return pvFirmheapServed(kind, blamed_kept(), pv);
            }
        }
        pv
    }
}

/// A request is begun again.
#[cfg(all(firmheap_free_from_isr, not(firmheap_track_sites)))]
fn aligned_again(alignment: size_t, bytes: size_t, _: Caller) -> *mut c_void {
    pvPortAlignedAlloc(alignment, bytes)
}

#[cfg(all(firmheap_free_from_isr, firmheap_track_sites))]
fn aligned_again(alignment: size_t, bytes: size_t, caller: Caller) -> *mut c_void {
    super::trampoline::pvFirmheapAlignedAllocFrom(alignment, bytes, caller.place, caller.is_text)
}

/// [`pvPortAlignedAlloc`] for a caller who holds the lock and keeps it: the block, or NULL; the number of a fault, or zero,
/// and what is to blame.
///
/// # Safety
/// P-lock; the heap is set up.
pub(super) unsafe fn take_aligned(
    alignment: size_t,
    bytes: size_t,
) -> (*mut c_void, u32, *mut c_void) {
    // SAFETY: P-lock.
    unsafe {
        if !alignment.is_power_of_two() {
            return (null_mut(), Kind::BadAlignment as u32, null_mut());
        }
        let Ok(alignment) = u32::try_from(alignment) else { return (null_mut(), 0, null_mut()) };
        let Outcome { way, value, kind } = if config::WARDED {
            ward::aligned(alignment, bytes)
        } else {
            plain::aligned(alignment, bytes)
        };
        #[cfg(firmheap_budgets)]
        if way == Way::OverBudget {
            return (null_mut(), 0, null_mut());
        }
        if way == Way::Done {
            if !config::WARDED {
                return (pointer(At(value)), 0, null_mut());
            }
            let kind = renew(At(value), least(bytes) as u32, kind);
            return (pointer(At(value)), kind, blamed_kept());
        }
        if config::WARDED && kind != 0 {
            return (null_mut(), kind, blamed_kept());
        }
        if value != 0 {
            return (null_mut(), Kind::FreeBlockDamaged as u32, pointer(At(value)));
        }
        (null_mut(), kind, null_mut())
    }
}

/// Bytes of a used block that its owner may use: what was asked for or a few more, at integrity level 3 and above
/// exactly what was asked for. 0 for NULL, and, with a fault as for [`super::vPortFree`], for what is no used block.
/// Cost: O(1), no loop but over the regions. Context: task.
#[no_mangle]
pub extern "C" fn xPortGetAllocationSize(pv: *mut c_void) -> size_t {
    extern "C" {
        // Of a size, which is the same register: a conversion would stand between the call and the return.
        #[link_name = "pvFirmheapResizeFailed"]
        fn xFirmheapResizeFailed(ulKind: u32, pv: *mut c_void, xBytes: size_t) -> size_t;
    }
    if pv.is_null() {
        return 0;
    }
    // SAFETY: P-lock: taken here; the port gives it back on both ways. Nothing but words is held, so that the port
    // is jumped to at the end and sees the caller.
    unsafe {
        vTaskSuspendAll();
        let (kind, bytes) = payload_bytes(alleged(pv));
        if kind != 0 {
            return xFirmheapResizeFailed(kind, pv, 0);
        }
        vFirmheapResume();
        bytes as size_t
    }
}

/// The number of a fault, zero for none, and the bytes of a used block's payload.
///
/// # Safety
/// P-lock.
#[inline(never)]
unsafe fn payload_bytes(at: At) -> (u32, u32) {
    // SAFETY: the caller's.
    let found = unsafe {
        if config::WARDED {
            warded().open(at).map(|opening| opening.bytes)
        } else {
            heap().used_size(at).map(|size| size.bytes() - TheLayout::HEADER)
        }
    };
    match found {
        Ok(bytes) => (0, bytes),
        Err(fault) if config::WARDED => (keep(fault), 0),
        Err(fault) => (fault.kind as u32, 0),
    }
}

/// Bytes of the largest request that would be served now; 0 until the heap is set up. At integrity level 3 and above
/// without what waits in the quarantine: a request that finds too little empties that first.
/// Cost: O(1), no loop. Context: task.
#[no_mangle]
pub extern "C" fn xPortGetLargestFreeBlockSize() -> size_t {
    // SAFETY: P-lock, taken here and given back.
    let found = unsafe {
        vTaskSuspendAll();
        let found = if config::WARDED {
            warded().largest_request()
        } else {
            heap_with(ThroughPort).largest_request()
        };
        vFirmheapResume();
        found
    };
    match found {
        Ok(bytes) => bytes as size_t,
        Err(damaged) => {
            // SAFETY: a call into the port without the lock.
            unsafe { vFirmheapFaultWithin(Kind::FreeBlockDamaged as u32, pointer(damaged)) };
            0
        }
    }
}
