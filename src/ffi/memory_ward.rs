// SPDX-License-Identifier: MIT
//! Resizing and alignment at integrity levels 3 and 4.

use super::memory::{Outcome, Way};
use super::port::{vFirmheapResizeEnd, vFirmheapResume, vFirmheapSetUp, vTaskSuspendAll};
use super::state::{counters, pointer, space};
use super::tracked;
use super::ward::{keep, least, warded, PATTERNS};
use crate::config;
use crate::fault::Fault;
use crate::integrity::Resizing;
use crate::units::At;
use cty::size_t;

/// See [`super::memory::pvPortRealloc`]. Takes the lock and gives it back, but for what [`Way`] says.
///
/// # Safety
/// P-state.
#[inline(never)]
pub unsafe fn resize(at: At, bytes: size_t) -> Outcome {
    let bytes = least(bytes);
    // SAFETY: P-lock, taken here; what is filled without it is the caller's block.
    unsafe {
        vTaskSuspendAll();
        let mut planned = plan(at, bytes, config::EVERY_CALL);
        if let Ok(Some((from, end))) = planned.map(|plan| plan.and_then(|plan| plan.given_back())) {
            vFirmheapResume();
            PATTERNS.spoil(space(counters()), from, end);
            vTaskSuspendAll();
            planned = plan(at, bytes, false); // the neighbours may have changed
        }
        match planned {
            Err(fault) => Outcome::failed(keep(fault)),
            Ok(Some(plan)) => {
                #[cfg(firmheap_budgets)]
                if let Err(why) = super::budget::may_grow(at, plan.from(), plan.to()) {
                    return Outcome::over_budget(plan.to(), why);
                }
                carry_out(at, &plan)
            }
            Ok(None) => match warded().open(at) {
                Ok(opening) => {
                    vFirmheapResume();
                    Outcome::new(Way::Elsewhere, opening.bytes)
                }
                Err(fault) => Outcome::failed(keep(fault)),
            },
        }
    }
}

/// # Errors
/// What is wrong.
///
/// # Safety
/// P-lock.
unsafe fn plan(at: At, bytes: size_t, check: bool) -> Result<Option<Resizing>, Fault> {
    // SAFETY: the caller's.
    let mut heap = unsafe { warded() };
    if check {
        heap.check()?;
    }
    heap.plan_resize(at, bytes)
}

/// # Safety
/// P-lock, given back.
unsafe fn carry_out(at: At, plan: &Resizing) -> Outcome {
    let pv = pointer(at);
    let (from, to) = (plan.from(), plan.to());
    // SAFETY: the caller's; then the block is the caller's of the C function.
    unsafe {
        let mut heap = warded();
        heap.resize(plan);
        tracked::resized((at, from), (at, to));
        let noticed = heap.noticed;
        let kind = noticed.map_or(0, keep);
        if config::TRACE && from != to {
            vFirmheapResizeEnd(pv, from.bytes() as size_t, pv, to.bytes() as size_t);
        } else {
            vFirmheapResume();
        }
        let kind = match plan.renew(PATTERNS, space(counters())) {
            Some(fault) if kind == 0 => keep(fault),
            _ => kind,
        };
        Outcome { way: Way::Done, value: at.0, kind }
    }
}

/// See [`super::memory::pvPortAlignedAlloc`].
///
/// # Safety
/// P-lock, held on return.
#[inline(never)]
pub unsafe fn aligned(alignment: u32, bytes: size_t) -> Outcome {
    // SAFETY: the caller's.
    unsafe {
        if !warded().heap.is_defined() {
            vFirmheapSetUp();
        }
        #[cfg(firmheap_budgets)]
        {
            let size = warded().block_for(bytes).unwrap_or(crate::units::Size::ZERO);
            let free = warded().free();
            if let Err(why) = super::budget::may_take(size, free) {
                return Outcome::over_budget(size, why);
            }
        }
        let mut heap = warded();
        let sound = if config::EVERY_CALL { heap.check().map_err(Some) } else { Ok(()) };
        let found = sound.and_then(|()| match bytes {
            0 => Err(None),
            _ => heap.allocate_aligned(least(bytes), alignment),
        });
        let kind = found.err().flatten().or(heap.noticed).map_or(0, keep);
        match found {
            Ok(block) => Outcome { way: Way::Done, value: block.at.0, kind },
            Err(_) => Outcome { way: Way::Refused, value: 0, kind },
        }
    }
}
