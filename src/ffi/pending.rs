// SPDX-License-Identifier: MIT
//! Frees of interrupt handlers (`FIRMHEAP_FREE_FROM_ISR`): judged and put on a list at once, carried out by a task.
//!
//! The port file has the functions that an application calls, and their critical sections.
//! Safety contract, referred to below by name:
//! * **P-pending**: the caller is within a critical section; so nobody else uses the list, nor the first words of the
//!   payloads on it.

use super::give_back;
use super::port::{pvFirmheapTakePending, xFirmheapPending};
use super::state::{alleged, counters, first_span, pointer, space, table, TheLayout, TheSpace};
use crate::block::{Checked, Layout, Opened};
use crate::config;
use crate::fault::Kind;
use crate::integrity::trailer::Trailer;
use crate::region::Span;
use crate::regions::Listed;
use crate::units::{At, Size};
use core::ptr::{addr_of, addr_of_mut, null_mut};
use cty::{c_void, size_t};

/// What one heap call frees for interrupt handlers before it does its own work.
const AT_A_CALL: u32 = 2;

/// Before a heap call: a look at one word, mostly.
#[inline(always)]
pub fn drain_some() {
    if any() {
        drain(AT_A_CALL);
    }
}

/// Does a block wait?
#[inline(always)]
pub fn any() -> bool {
    // SAFETY: P-state; an aligned word, whichever of its values is read.
    unsafe { addr_of!(xFirmheapPending.first).read_volatile() != At::NONE }
}

/// Frees blocks that wait, at most so many; returns how many.
#[cold]
#[inline(never)]
pub fn drain(limit: u32) -> u32 {
    let mut freed = 0;
    while freed < limit {
        // SAFETY: a call into the port without the lock.
        let pv = unsafe { pvFirmheapTakePending() };
        if pv.is_null() {
            break;
        }
        free(pv);
        freed += 1;
    }
    freed
}

/// [`give_back`], once in the archive.
#[inline(never)]
pub extern "C" fn free(pv: *mut c_void) {
    give_back(pv);
}

/// Frees every block that waits for it; returns how many. Cost: O(blocks that wait), the scheduler suspended for one of
/// them at a time. Context: task: of the idle hook, say.
#[no_mangle]
pub extern "C" fn xPortFreePending() -> size_t {
    drain(u32::MAX) as size_t
}

/// Blocks that interrupt handlers gave back and that are not freed yet: to all other figures they are in use. Any
/// context; a plain read.
#[no_mangle]
pub extern "C" fn xPortGetPendingFrees() -> size_t {
    // SAFETY: P-state; an aligned word.
    unsafe { addr_of!(xFirmheapPending.count).read_volatile() as size_t }
}

/// Zero if `pv` is a block in use, or the fault. Reads only words that stay as they are while the block is in use, so
/// it can interrupt a task at work in the heap. Cost: O(1), with several regions one step for each.
#[no_mangle]
pub extern "C" fn ulFirmheapMayDefer(pv: *mut c_void) -> u32 {
    let block = alleged(pv);
    let judged = match holder(block) {
        None => Err(Kind::ForeignPointer),
        Some(_) if config::INTEGRITY == 0 => Ok(()), // trusted, as what a task frees
        Some(span) => opened(block, span).and_then(|size| match trailer(block, size) {
            Some(trailer) => trailer.read().map(|_| ()).map_err(|fault| fault.kind),
            None => Ok(()),
        }),
    };
    judged.map_or_else(|kind| kind as u32, |()| Kind::None as u32)
}

/// The region that an alleged pointer lies in.
fn holder(block: At) -> Option<Span> {
    // SAFETY: P-state; the regions were defined before blocks exist.
    unsafe {
        let first = first_span();
        if first.holds(block) {
            return Some(first);
        }
        table().holder(block)
    }
}

/// The size of a block in use. The neighbours' own halves may be changing, and are not asked: the free does that.
///
/// # Errors
/// What is wrong with it.
fn opened(block: At, span: Span) -> Result<Size, Kind> {
    let space = space(counters());
    match TheLayout::open_used::<TheSpace, Checked>(space, block, span) {
        Some(opened) => Ok(opened.size()),
        None if TheLayout::is_used(space, block) => Err(Kind::RightDisagrees),
        None => Err(Kind::DoubleFree),
    }
}

/// At level 3 and above, that of a block whose size agrees with its neighbour's copy.
fn trailer(block: At, size: Size) -> Option<Trailer<TheSpace>> {
    #[cfg(firmheap_integrity_2)]
    // SAFETY: P-state; written before the first block exists.
    let canary = unsafe { addr_of!(super::port::ulFirmheapCanary).read() };
    #[cfg(not(firmheap_integrity_2))]
    let canary = 0;
    // Its fence begins behind the links: `least` in ward.rs.
    config::WARDED.then(|| Trailer::of::<TheLayout>(space(counters()), block, size, canary))
}

/// Puts a block that was judged on the list: zero, or the fault.
///
/// # Safety
/// P-pending, and [`ulFirmheapMayDefer`] found no fault.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapDefer(pv: *mut c_void) -> u32 {
    // SAFETY: P-pending.
    let pending = unsafe { &mut *addr_of_mut!(xFirmheapPending) };
    match pending.put(space(counters()), alleged(pv)) {
        Ok(()) => Kind::None as u32,
        Err(kind) => kind as u32,
    }
}

/// Takes a block off the list, or NULL if it is empty. `pulFault` gets the fault to raise behind the critical section:
/// the block was written to while it waited, and those that were put on the list before it are lost.
///
/// # Safety
/// P-pending; `pulFault` leads to a word.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapUndefer(pulFault: *mut u32) -> *mut c_void {
    // SAFETY: P-pending.
    let pending = unsafe { &mut *addr_of_mut!(xFirmheapPending) };
    let taken = pending.take(space(counters()), |at| holder(at).is_some());
    let Some(taken) = taken else { return null_mut() };
    if !taken.sound {
        // SAFETY: the caller's.
        unsafe { pulFault.write(Kind::WrittenAfterFree as u32) };
    }
    pointer(taken.block)
}
