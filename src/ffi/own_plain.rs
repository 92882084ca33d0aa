// SPDX-License-Identifier: MIT
//! The way into a heap in a memory of its own at integrity levels 0 to 2; `own_ward.rs` has that of the others.

use super::own::OwnHere;
use super::port::vFirmheapClear;
use super::state::TheGuard;
use crate::block::{Guard as _, Layout};
use crate::config;
use crate::fault::{Fault, Kind};
use crate::heap::{Heap, Resize};
use crate::region::{Here, Space};
use crate::regions::Alone;
use crate::stats::Figures;
use crate::units::{At, Size};

/// The checks of this build.
pub type Guard = TheGuard;

fn heap<'o, L: Layout>(own: &'o mut OwnHere<L>) -> Heap<'o, Here, L, Guard, Alone> {
    let canary = own.words.extra.canary();
    own.heap(canary)
}

/// Nothing more is to be done with a new heap.
pub fn start<L: Layout>(_: &mut OwnHere<L>) {}

/// A block, or none, and what was wrong.
#[inline(always)]
pub fn take<L: Layout>(own: &mut OwnHere<L>, bytes: usize) -> (Option<At>, Option<Fault>) {
    let bytes = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
    let Some(wanted) = Heap::<Here, L, Guard, Alone>::request(bytes) else { return (None, None) };
    let mut heap = heap(own);
    match heap.allocate(wanted) {
        Ok(block) => (Some(block.at), None),
        Err(At::NONE) => (None, None),
        Err(damaged) => (None, Some(heap.blame(Kind::FreeBlockDamaged, damaged))),
    }
}

/// The same at a multiple of `alignment`, a power of two above the granule.
pub fn take_aligned<L: Layout>(
    own: &mut OwnHere<L>,
    bytes: usize,
    alignment: u32,
) -> (Option<At>, Option<Fault>) {
    let bytes = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
    let Some(wanted) = Heap::<Here, L, Guard, Alone>::request(bytes) else { return (None, None) };
    let mut heap = heap(own);
    match heap.allocate_aligned(wanted, alignment) {
        Ok(block) => (Some(block.at), None),
        Err(At::NONE) => (None, None),
        Err(damaged) => (None, Some(heap.blame(Kind::FreeBlockDamaged, damaged))),
    }
}

/// What a block that shrinks gives back is zeroed (`configHEAP_CLEAR_MEMORY_ON_FREE`).
pub fn clear_rest<L: Layout>(space: impl Space, plan: &Resize) {
    if config::CLEAR_ON_FREE && plan.to.size < plan.from.size {
        let rest = space.pointer(plan.to.at.plus(plan.to.size.bytes() - L::HEADER));
        let bytes = (plan.from.size - plan.to.size).bytes();
        // SAFETY: a call into the port; the bytes are the caller's block's.
        unsafe { vFirmheapClear(rest.cast(), bytes as cty::size_t) };
    }
}

/// Gives a block another size where it is; false if that cannot be.
///
/// # Errors
/// What is wrong with the block or a neighbour.
pub fn resize<L: Layout>(own: &mut OwnHere<L>, at: At, bytes: usize) -> Result<bool, Fault> {
    let bytes = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
    let Some(wanted) = Heap::<Here, L, Guard, Alone>::request(bytes) else { return Ok(false) };
    let mut heap = heap(own);
    let span = heap.holder(at).ok_or(Fault::with(Kind::ForeignPointer, at, 0, at.0))?;
    let planned = heap.plan_resize(at, span, wanted);
    let Some(plan) = planned.map_err(|fault| heap.blame(fault.kind, fault.at))? else {
        return Ok(false);
    };
    if plan.moves() {
        return Ok(false);
    }
    clear_rest::<L>(heap.space, &plan);
    heap.resize(&plan);
    Ok(true)
}

/// The size of the block that was freed, or what was wrong.
#[inline(always)]
pub fn give<L: Layout>(own: &mut OwnHere<L>, at: At) -> (Option<Size>, Option<Fault>) {
    let mut heap = heap(own);
    let Some(span) = heap.holder(at) else {
        return (None, Some(Fault::with(Kind::ForeignPointer, at, 0, at.0)));
    };
    match heap.free(at, span) {
        Ok(size) => (Some(size), None),
        Err(fault) => (None, Some(heap.blame(fault.kind, fault.at))),
    }
}

/// Bytes of a used block's payload. At level 0 the caller is trusted that it is one.
///
/// # Errors
/// What is wrong with it.
pub fn payload<L: Layout>(own: &mut OwnHere<L>, at: At) -> Result<u32, Fault> {
    let heap = heap(own);
    if Guard::CHECKED {
        heap.check_block(at)?;
    }
    Ok(L::size(heap.space, at).bytes() - L::HEADER)
}

/// # Errors
/// The first fault found.
pub fn check<L: Layout>(own: &mut OwnHere<L>) -> Result<(), Fault> {
    heap(own).check(|_, _, _| ())
}

/// All figures.
pub fn figures<L: Layout>(own: &mut OwnHere<L>) -> Figures {
    heap(own).figures()
}

/// Bytes of the largest request that would be served; zero if the block it would meet is damaged.
pub fn largest<L: Layout>(own: &mut OwnHere<L>) -> u32 {
    heap(own).largest_request().unwrap_or(0)
}

/// Size of all free blocks.
pub fn free<L: Layout>(own: &mut OwnHere<L>) -> Size {
    own.words.control.counters.free
}
