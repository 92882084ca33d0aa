// SPDX-License-Identifier: MIT
//! Looking at a whole heap: figures, and a check of every invariant.
//!
//! The check is made for a heap that is damaged: it believes no size before it was compared with the region, no
//! link before it was found to lead to a block, and it stops after as many blocks as there can be.
#![forbid(unsafe_code)]

use super::Heap;
use crate::bins::{bin_of, BinMap, BIN_MIN};
use crate::block::{Guard, Layout};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::regions::Listed;
use crate::scheme::firm::Lists;
use crate::stats::Figures;
use crate::units::{At, Size};

/// What a walk over one region found.
#[derive(Clone, Copy, Default)]
struct Found {
    free: Size,
    free_blocks: u32,
}

impl<S: Space, L: Layout, G: Guard, O: Listed> Heap<'_, S, L, G, O> {
    /// Figures of the heap. With `G::LINKS` a list is left where a link is not answered.
    /// Cost: one step for each free block.
    pub fn figures(&mut self) -> Figures {
        let mut figures = Figures {
            free: self.control.counters.free,
            free_min: self.control.counters.free_min,
            largest: Size::ZERO,
            smallest: None,
            free_blocks: 0,
            allocations: self.control.counters.allocations,
            frees: self.control.counters.frees,
            damaged: At::NONE,
        };
        let most = figures.free.0 / L::BLOCK_MIN.0;
        let lists = self.lists();
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.get().has(bin) {
                continue;
            }
            let mut back = lists.space.head(bin);
            let mut block = lists.next(back);
            while block != At::NONE {
                let credible = || lists.room(block) != 0 && lists.back(block) == back;
                if G::LINKS && (figures.free_blocks == most || !credible()) {
                    figures.damaged = if back == lists.space.head(bin) { block } else { back };
                    break;
                }
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

    /// The regions, the largest first.
    pub fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        core::iter::once(self.control.first)
            .filter(|span| span.granules != 0)
            .chain(self.others.iter())
    }

    /// True if there is a used block at this address, whatever the address is.
    /// Cost: O(1); where nothing is checked (level 0), one step for each block before it.
    pub fn is_used_block(&self, at: At) -> bool {
        let Some(span) = self.holder(at) else { return false };
        if G::CHECKED {
            return self.judge_used(at, span).is_ok();
        }
        let mut block = span.start;
        while block < at {
            let size = L::size(self.space, block);
            if size < L::BLOCK_MIN || size.granules() > span.room(block) {
                return false;
            }
            block = block.right(size);
        }
        block == at && L::is_used(self.space, at)
    }

    /// Checks every invariant of the whole heap, calling `visit(block, size, used)` on the way.
    /// Reads nothing outside the regions and the heads, and ends, whatever the heap's memory holds.
    /// Cost: O(blocks).
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&mut self, visit: impl FnMut(At, Size, bool)) -> Result<(), Fault> {
        let used = self.check_with(Size::ZERO, visit)?;
        self.check_live(used)
    }

    /// So many blocks are in use as were handed out and not given back.
    ///
    /// # Errors
    /// `CountersDisagree`.
    pub fn check_live(&self, used: u32) -> Result<(), Fault> {
        let counters = &self.control.counters;
        let live = counters.allocations.wrapping_sub(counters.frees);
        if used == live {
            return Ok(());
        }
        Err(Fault::with(Kind::CountersDisagree, At::NONE, live, used))
    }

    /// The same for a heap of which `held` counts as free although it is in used blocks (a quarantine); returns the
    /// number of used blocks, which is the caller's to judge.
    ///
    /// # Errors
    /// The first fault found.
    pub fn check_with(
        &mut self,
        held: Size,
        mut visit: impl FnMut(At, Size, bool),
    ) -> Result<u32, Fault> {
        let mut all = Found::default();
        let mut used_blocks = 0u32;
        for span in self.spans() {
            let found = self.check_span(span, &mut |at, size, used| {
                used_blocks += u32::from(used);
                visit(at, size, used);
            })?;
            all.free += found.free;
            all.free_blocks += found.free_blocks;
        }
        let control = &*self.control;
        if all.free != control.counters.free {
            let fault =
                Fault::with(Kind::CountersDisagree, At::NONE, all.free.0, control.counters.free.0);
            return Err(fault);
        }
        if control.counters.free_min > all.free + held {
            let most = all.free + held;
            return Err(Fault::with(
                Kind::CountersDisagree,
                At::NONE,
                most.0,
                control.counters.free_min.0,
            ));
        }
        let listed = self.check_lists(all.free_blocks)?;
        if listed != all.free_blocks {
            return Err(Fault::with(Kind::IndexDamaged, At::NONE, all.free_blocks, listed));
        }
        Ok(used_blocks)
    }

    /// I2 to I5 for one region.
    ///
    /// # Errors
    /// The first fault found.
    fn check_span(
        &self,
        span: Span,
        visit: &mut impl FnMut(At, Size, bool),
    ) -> Result<Found, Fault> {
        let space = self.space;
        let lists = self.lists();
        let bins = self.bins();
        let mut found = Found::default();
        let mut left: Option<At> = None;
        let mut left_used = true;
        let mut block = span.start;
        loop {
            // Up to here blocks tile the region, so both headers lie in it.
            if !L::agrees(space, block, left) {
                let expected = left.map_or(0, |left| L::note_for_right(space, left));
                let found = L::left_note(space, block);
                return Err(Fault::with(Kind::LeftDisagrees, block, expected, found));
            }
            let size = L::size(space, block);
            if block == span.end() {
                return if size == Size::ZERO && L::is_used(space, block) {
                    Ok(found)
                } else {
                    Err(Fault::with(Kind::RightDisagrees, block, 0, size.0))
                };
            }
            // In granules: bytes of a size that is none could wrap.
            let room = span.room(block);
            if size < L::BLOCK_MIN || size.granules() > room {
                return Err(Fault::with(Kind::RightDisagrees, block, room, size.granules()));
            }
            let used = L::is_used(space, block);
            if !used {
                let listed = left_used && answered(&lists, block, bins);
                if !listed {
                    return Err(Fault::new(Kind::FreeBlockDamaged, block));
                }
                found.free += size;
                found.free_blocks += 1;
            }
            visit(block, size, used);
            left_used = used;
            left = Some(block);
            block = block.right(size);
        }
    }

    /// The bins that have heads: none above that of the largest region.
    fn bins(&self) -> u32 {
        if self.is_defined() {
            bin_of(self.control.first.size(), L::LARGEST).min(L::Map::BINS - 1) + 1
        } else {
            BIN_MIN
        }
    }

    /// I5 and I6; returns the number of blocks on all lists, which is at most `limit`.
    ///
    /// # Errors
    /// The first fault found.
    fn check_lists(&mut self, limit: u32) -> Result<u32, Fault> {
        let bins = self.bins();
        let lists = self.lists();
        let mut blocks = 0;
        for bin in BIN_MIN..L::Map::BINS {
            let is_set = lists.map.get().has(bin);
            if bin >= bins {
                if is_set {
                    return Err(Fault::with(Kind::IndexDamaged, At::NONE, bins, bin));
                }
                continue;
            }
            let mut back = lists.space.head(bin);
            let mut block = lists.next(back);
            if is_set == (block == At::NONE) && (is_set || self.is_defined()) {
                return Err(Fault::new(Kind::IndexDamaged, back));
            }
            while block != At::NONE {
                if blocks == limit || !is_listed::<S, L, G, O>(&lists, block, bin) {
                    return Err(Fault::new(Kind::IndexDamaged, block));
                }
                if lists.back(block) != back {
                    let found = lists.back(block).0;
                    return Err(Fault::with(Kind::IndexDamaged, block, back.0, found));
                }
                blocks += 1;
                back = block;
                block = lists.next(block);
            }
        }
        Ok(blocks)
    }
}

/// A block that a link leads to is in a region, free, and of a size for this bin.
fn is_listed<S: Space, L: Layout, G: Guard, O: Listed>(
    lists: &Lists<S, L, G, O>,
    block: At,
    bin: u32,
) -> bool {
    let room = lists.room(block);
    if room == 0 {
        return false;
    }
    let size = L::size(lists.space, block);
    size >= L::BLOCK_MIN
        && size.granules() <= room
        && !L::is_used(lists.space, block)
        && bin_of(size, L::LARGEST) == bin
        && L::free_agrees(lists.space, size, block.right(size))
}

/// Both links of a free block lead to where they are answered.
fn answered<S: Space, L: Layout, G: Guard, O: Listed>(
    lists: &Lists<S, L, G, O>,
    block: At,
    bins: u32,
) -> bool {
    let next = lists.next(block);
    let back = lists.back(block);
    let is_head = |bin| back.0 % 4 == 0 && (BIN_MIN..bins).contains(&bin);
    // A block right behind the heads passes for one of a bin that there is not.
    let leads = lists.bin_of_head(back).is_some_and(is_head) || lists.room(back) != 0;
    leads
        && lists.next(back) == block
        && (next == At::NONE || (lists.room(next) != 0 && lists.back(next) == block))
}
