// SPDX-License-Identifier: MIT
//! Resizing and alignment at integrity levels 0 to 2.

use super::memory::{Outcome, Way};
use super::port::{
    vFirmheapClear, vFirmheapMove, vFirmheapResizeEnd, vFirmheapResume, vFirmheapSetUp,
    vTaskSuspendAll,
};
use super::state::{counters, heap, heap_with, pointer, space, HotHeap, TheLayout, ThroughPort};
use super::tracked;
use crate::block::Layout;
use crate::config;
use crate::fault::{Fault, Kind};
use crate::heap::Resize;
use crate::units::{At, Size};
use cty::size_t;

/// More than any block has.
const TOO_LARGE: Size = Size(u32::MAX - 1);

/// The block for a request; `None` for zero and for too much.
fn wanted(bytes: size_t) -> Option<Size> {
    let tiny = Size::for_tiny_request(bytes, TheLayout::HEADER, TheLayout::BLOCK_MIN);
    HotHeap::request(tiny.unwrap_or(bytes))
}

/// See [`super::memory::pvPortRealloc`]. Takes the lock and gives it back, but for what [`Way`] says.
///
/// # Safety
/// P-state.
#[inline(never)]
pub unsafe fn resize(at: At, bytes: size_t) -> Outcome {
    // SAFETY: P-lock, taken here; what is moved and cleared without it is the caller's block.
    unsafe {
        vTaskSuspendAll();
        let size = wanted(bytes).unwrap_or(TOO_LARGE);
        let mut planned = plan(at, size);
        if let (true, Ok(Some(shrink))) = (config::CLEAR_ON_FREE, planned) {
            if shrink.to.size < shrink.from.size {
                vFirmheapResume();
                let given_back = shrink.from.size - shrink.to.size;
                let from = pointer(at.plus(shrink.to.size.bytes() - TheLayout::HEADER));
                vFirmheapClear(from, given_back.bytes() as size_t);
                vTaskSuspendAll();
                planned = plan(at, size); // the neighbours may have changed
            }
        }
        match planned {
            Err(fault) => Outcome::failed(fault.kind as u32),
            Ok(Some(plan)) => {
                #[cfg(firmheap_budgets)]
                if let Err(why) = super::budget::may_grow(at, plan.from.size, plan.to.size) {
                    return Outcome::over_budget(plan.to.size, why);
                }
                carry_out(&plan)
            }
            Ok(None) => {
                let size = TheLayout::size(space(counters()), at);
                vFirmheapResume();
                Outcome::new(Way::Elsewhere, size.bytes() - TheLayout::HEADER)
            }
        }
    }
}

/// Gives a block another size if it can stay where it is.
///
/// # Safety
/// P-lock.
#[cfg(not(firmheap_integrity_3))]
pub unsafe fn resize_here(at: At, bytes: size_t) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let planned = plan(at, wanted(bytes).unwrap_or(TOO_LARGE));
        let Ok(Some(plan)) = planned else { return false };
        if plan.moves() {
            return false;
        }
        super::own_plain::clear_rest::<TheLayout>(space(counters()), &plan);
        heap().resize(&plan);
        tracked::resized((plan.from.at, plan.from.size), (plan.to.at, plan.to.size));
    }
    true
}

/// # Errors
/// What is wrong with block, neighbours or lists.
///
/// # Safety
/// P-lock.
unsafe fn plan(at: At, wanted: Size) -> Result<Option<Resize>, Fault> {
    // SAFETY: the caller's.
    let heap = unsafe { heap() };
    let span = heap.holder(at).ok_or(Fault::new(Kind::ForeignPointer, at))?;
    heap.plan_resize(at, span, wanted)
}

/// # Safety
/// P-lock, given back.
unsafe fn carry_out(plan: &Resize) -> Outcome {
    let (from, to) = (plan.from, plan.to);
    let (old, new) = (pointer(from.at), pointer(to.at));
    // SAFETY: the caller's; then the block is the caller's of the C function.
    unsafe {
        heap().resize(plan);
        tracked::resized((from.at, from.size), (to.at, to.size));
        if config::TRACE && !plan.is_nothing() {
            vFirmheapResizeEnd(old, from.size.bytes() as size_t, new, to.size.bytes() as size_t);
        } else {
            vFirmheapResume();
        }
        if plan.moves() {
            let bytes = from.size.bytes() - TheLayout::HEADER;
            vFirmheapMove(new, old, bytes as size_t);
            if config::CLEAR_ON_FREE {
                let left_behind = pointer(to.at.plus(bytes));
                vFirmheapClear(left_behind, (to.size - from.size).bytes() as size_t);
            }
        }
    }
    Outcome::new(Way::Done, to.at.0)
}

/// See [`super::memory::pvPortAlignedAlloc`].
///
/// # Safety
/// P-lock, held on return.
#[inline(never)]
pub unsafe fn aligned(alignment: u32, bytes: size_t) -> Outcome {
    // SAFETY: the caller's.
    unsafe {
        if !heap_with(ThroughPort).is_defined() {
            vFirmheapSetUp();
        }
        let Some(size) = wanted(bytes) else { return Outcome::new(Way::Refused, 0) };
        #[cfg(firmheap_budgets)]
        if let Err(why) =
            super::budget::may_take(size, heap_with(ThroughPort).control.counters.free)
        {
            return Outcome::over_budget(size, why);
        }
        match heap_with(ThroughPort).allocate_aligned(size, alignment) {
            Ok(block) => Outcome::new(Way::Done, block.at.0),
            Err(damaged) => Outcome::new(Way::Refused, damaged.0),
        }
    }
}
