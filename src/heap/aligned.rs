// SPDX-License-Identifier: MIT
//! Blocks whose payload lies on a larger power of two than a granule.
//!
//! The block is cut out of a free one: what lies before it stays free, as its left neighbour, and what lies behind it
//! becomes free, too. Its header is as any other, so that a plain free takes it back. If the block that a
//! request of this size would get has no such place, one is looked for that has it wherever it begins.
#![forbid(unsafe_code)]

use super::{Block, Heap};
use crate::block::{Guard, Layout};
use crate::region::Space;
use crate::regions::Others;
use crate::scheme::firm::Found;
use crate::units::{At, Size, GRANULE};

/// Bytes before a place that suits: a block that may be left free, or none. `misfit` is what the next multiple is
/// away, below `alignment`; `least` is the smallest block.
fn prefix(misfit: u32, alignment: u32, least: Size) -> u32 {
    if misfit != 0 && misfit < least.bytes() {
        misfit + alignment
    } else {
        misfit
    }
}

/// The most bytes that [`prefix`] can be.
fn prefix_max(alignment: u32, least: Size) -> u32 {
    let too_small = least.bytes() - GRANULE;
    if too_small == 0 {
        alignment - GRANULE
    } else {
        alignment + too_small
    }
}

impl<S: Space, L: Layout, G: Guard, O: Others> Heap<'_, S, L, G, O> {
    /// Allocates a block of at least this size whose payload is at a multiple of `alignment`, a power of two and a multiple
    /// of the granule. Cost: O(1): twice the search of [`Heap::allocate`].
    ///
    /// # Errors
    /// As [`Heap::allocate`].
    pub fn allocate_aligned(&mut self, wanted: Size, alignment: u32) -> Result<Block, At> {
        let found = self.find_servable(wanted)?;
        if let Some(before) = self.place(&found, wanted, alignment) {
            return self.cut(&found, before, wanted);
        }
        let room = prefix_max(alignment, L::BLOCK_MIN);
        if room > L::LARGEST.bytes() - wanted.bytes() {
            return Err(At::NONE);
        }
        let found = self.find_servable(wanted + Size::of_bytes(room))?;
        let before = self.place(&found, wanted, alignment).ok_or(At::NONE)?;
        self.cut(&found, before, wanted)
    }

    /// The free block that a request of this size would get.
    ///
    /// # Errors
    /// As [`Heap::allocate`].
    fn find_servable(&self, wanted: Size) -> Result<Found, At> {
        let found = self.lists().find(wanted).ok_or(At::NONE)?;
        if found.size < wanted || !self.is_servable(found.block(), found.size) {
            return Err(found.block());
        }
        Ok(found)
    }

    /// What stays free before a block of this size and alignment in a free block; `None` if it has no place for it.
    fn place(&self, found: &Found, wanted: Size, alignment: u32) -> Option<Size> {
        // The address itself: on 64-bit hosts an `At` is a distance.
        let address = self.space.pointer(found.block()).addr() as u32;
        let before = prefix(address.wrapping_neg() & (alignment - 1), alignment, L::BLOCK_MIN);
        let fits = before <= (found.size - wanted).bytes();
        fits.then(|| Size::of_bytes(before))
    }

    /// Takes a found block, but for what lies before and behind the wanted one.
    ///
    /// # Errors
    /// The found block, if its left neighbour or a list is damaged (level 2).
    fn cut(&mut self, found: &Found, before: Size, wanted: Size) -> Result<Block, At> {
        let space = self.space;
        let mut lists = self.lists();
        let room = found.size - before;
        let behind = room - wanted;
        let behind = if behind < L::BLOCK_MIN { Size::ZERO } else { behind };
        if G::LINKS {
            if !L::left_is_used(space, found.block(), |at| lists.is_credible(at)) {
                return Err(found.block());
            }
            let takes = |rest| rest == Size::ZERO || lists.can_take(rest);
            if !(takes(before) && takes(behind)) {
                return Err(found.block());
            }
        }
        lists.take(found);
        let block = Block { at: found.block().right(before), size: room - behind };
        if before != Size::ZERO {
            L::make_free(space, found.block(), before, block.at);
            lists.push(found.block(), before);
        }
        let right = found.block().right(found.size);
        let rest = L::set_used(space, block.at, block.size, before != Size::ZERO, behind, right);
        if behind != Size::ZERO {
            lists.push_second(rest, behind);
        }
        lists.map.store();
        let control = &mut *self.control;
        control.counters.allocations = control.counters.allocations.wrapping_add(1);
        control.counters.free -= block.size;
        control.counters.free_min = control.counters.free_min.min(control.counters.free);
        Ok(block)
    }
}
