// SPDX-License-Identifier: MIT
//! Looking at a whole heap: figures, and a check of every invariant.
#![forbid(unsafe_code)]

use super::Heap;
use crate::bins::{bin_of, BinMap, BIN_MIN};
use crate::block::{Guard, Layout};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::stats::Figures;
use crate::units::{At, Size, BLOCK_MIN};

impl<S: Space, L: Layout, G: Guard> Heap<'_, S, L, G> {
    /// Figures of the heap. Cost: one step for each free block.
    pub fn figures(&mut self) -> Figures {
        let mut figures = Figures {
            free: self.control.counters.free,
            free_min: self.control.free_min,
            largest: Size::ZERO,
            smallest: None,
            free_blocks: 0,
            allocations: self.control.counters.allocations,
            frees: self.control.counters.frees,
        };
        let lists = self.lists();
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.has(bin) {
                continue;
            }
            let mut back = lists.space.head(bin);
            let mut block = lists.next(back);
            // With the protector a link that is not answered ends its list: it could lead anywhere, or in a ring.
            while block != At::NONE && (!G::LINKS || lists.is_answered(block, back)) {
                let size = L::size(lists.space, block);
                figures.largest = figures.largest.max(size);
                figures.smallest = Some(figures.smallest.map_or(size, |least| least.min(size)));
                figures.free_blocks += 1;
                back = block;
                block = lists.next(block);
            }
        }
        figures
    }

    fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        core::iter::once(self.control.first)
            .filter(|span| span.granules != 0)
            .chain(self.others.iter())
    }

    /// Checks every invariant of the whole heap, calling `visit(block, size, used)` on the way.
    /// Cost: O(blocks).
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&mut self, mut visit: impl FnMut(At, Size, bool)) -> Result<(), Fault> {
        let mut free = Size::ZERO;
        let mut free_blocks = 0u32;
        let mut used_blocks = 0u32;
        for span in self.spans() {
            let (size, blocks) = self.check_span(span, &mut |at, size, used| {
                used_blocks += u32::from(used);
                visit(at, size, used);
            })?;
            free += size;
            free_blocks += blocks;
        }
        let counters = &self.control.counters;
        let live = counters.allocations.wrapping_sub(counters.frees);
        if free != counters.free || self.control.free_min > free || used_blocks != live {
            return Err(Fault::new(Kind::CountersDisagree, At::NONE));
        }
        if self.check_lists(free_blocks)? != free_blocks {
            return Err(Fault::new(Kind::IndexDamaged, At::NONE));
        }
        Ok(())
    }

    /// I2 to I4 for one region; returns size and number of its free blocks.
    ///
    /// # Errors
    /// The first fault found.
    fn check_span(
        &self,
        span: Span,
        visit: &mut impl FnMut(At, Size, bool),
    ) -> Result<(Size, u32), Fault> {
        let mut free = Size::ZERO;
        let mut free_blocks = 0;
        let mut left: Option<At> = None;
        let mut left_used = true;
        let mut block = span.start;
        loop {
            if !L::agrees(self.space, block, left) {
                return Err(Fault::new(Kind::LeftDisagrees, block));
            }
            let size = L::size(self.space, block);
            if block == span.end() {
                let sound = size == Size::ZERO && L::is_used(self.space, block);
                return if sound {
                    Ok((free, free_blocks))
                } else {
                    Err(Fault::new(Kind::RightDisagrees, block))
                };
            }
            let room = span.end().0 - block.0;
            if size < BLOCK_MIN || !L::is_possible(size) || size.bytes() > room {
                return Err(Fault::new(Kind::RightDisagrees, block));
            }
            let used = L::is_used(self.space, block);
            if !used {
                if !left_used {
                    return Err(Fault::new(Kind::FreeBlockDamaged, block));
                }
                free += size;
                free_blocks += 1;
            }
            visit(block, size, used);
            left_used = used;
            left = Some(block);
            block = block.right(size);
        }
    }

    /// I5 and I6; returns the number of blocks on all lists, which is at most `limit`.
    ///
    /// # Errors
    /// The first fault found.
    fn check_lists(&mut self, limit: u32) -> Result<u32, Fault> {
        let first = self.control.first;
        let lists = self.lists();
        let mut blocks = 0;
        if first.granules == 0 {
            return Ok(0);
        }
        // There are heads for the blocks of the largest region, and no more.
        let highest = bin_of(first.size(), L::LARGEST);
        if lists.map.above(highest).is_some() {
            return Err(Fault::new(Kind::IndexDamaged, At::NONE));
        }
        for bin in BIN_MIN..=highest {
            let mut back = lists.space.head(bin);
            let mut block = lists.next(back);
            if (block != At::NONE) != lists.map.has(bin) {
                return Err(Fault::new(Kind::IndexDamaged, back));
            }
            while block != At::NONE {
                let stands = blocks < limit && self.is_listed_block(block, bin);
                if !stands || lists.back(block) != back {
                    return Err(Fault::new(Kind::IndexDamaged, block));
                }
                blocks += 1;
                back = block;
                block = lists.next(block);
            }
        }
        Ok(blocks)
    }

    /// A free block of this bin is at this address, and its right neighbour confirms it: the header of a block
    /// that was merged away can look like one.
    fn is_listed_block(&self, block: At, bin: u32) -> bool {
        let Some(span) = self.holder(block) else { return false };
        let size = L::size(self.space, block);
        size >= BLOCK_MIN
            && L::is_possible(size)
            && size.bytes() <= span.end().0 - block.0
            && bin_of(size, L::LARGEST) == bin
            && !L::is_used(self.space, block)
            && L::free_agrees(self.space, size, block.right(size))
    }
}
