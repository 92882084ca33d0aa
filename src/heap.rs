// SPDX-License-Identifier: MIT
//! The main road: a heap of regions, blocks, lists and counters.
//!
//! Relies on every room above. Promises I7 (counters equal a walk) and that a fault or a refusal leaves
//! everything as it was (P7). It takes no lock: a `Heap` value exists only while its maker holds it (A2).
#![forbid(unsafe_code)]

use crate::bins::{bin_of, BinMap, FromBin, BIN_MIN};
use crate::block::{Guard, Layout, Opened};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::regions::{usable, Others, Place, Table};
use crate::scheme::firm::{Found, Lists};
use crate::stats::{Control, Figures};
use crate::units::{At, Size, BLOCK_MIN};
use core::marker::PhantomData;

/// A heap, for as long as the lock is held.
pub struct Heap<'a, S: Space, L: Layout, G: Guard, O = Table<'a>> {
    /// How addresses become pointers.
    pub space: S,
    /// Counters and map.
    pub control: &'a mut Control<L::Map>,
    /// Regions that the control words do not hold.
    pub others: O,
    /// Encodes the links of free lists at integrity level 2; zero below.
    pub canary: u32,
    /// Integrity level.
    pub guard: PhantomData<G>,
}

/// A block as handed out: where, and how large with its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Payload address.
    pub at: At,
    /// Size with header.
    pub size: Size,
}

/// The free lists of a heap, without borrowing all of it. They hold the map; whoever changes it stores it.
macro_rules! lists {
    ($heap:expr) => {
        Lists::<S, L, G, _> {
            space: $heap.space,
            map: $heap.control.map,
            canary: if G::LINKS { $heap.canary } else { 0 },
            first: $heap.control.first,
            others: &$heap.others,
            kind: PhantomData,
        }
    };
}
impl<S: Space, L: Layout, G: Guard, O: Others> Heap<'_, S, L, G, O> {
    /// The block size for a request of `payload_bytes`; see [`Size::for_request`].
    #[inline(always)]
    pub fn request(payload_bytes: usize) -> Option<Size> {
        Size::for_request(payload_bytes, L::HEADER, L::REQUEST_MAX)
    }

    /// Allocates a block of at least this size.
    /// Cost: O(1). Context: heap lock held; never from an ISR.
    ///
    /// # Errors
    /// `NONE` if nothing fits, or the damaged block that stood in the way. The heap is unchanged then.
    #[inline(always)]
    pub fn allocate(&mut self, wanted: Size) -> Result<Block, At> {
        let space = self.space;
        let limit = self.control.limit;
        let mut lists = lists!(self);
        let found = lists.find(wanted).ok_or(At::NONE)?;
        // In a higher bin every block is large enough, unless its header was overwritten.
        let (rest, too_small) = found.size.0.overflowing_sub(wanted.0);
        if G::CHECKED && (too_small || !is_intact(&lists, &found, limit)) {
            return Err(found.block);
        }
        lists.take(&found);
        let rest = Size(rest);
        let mut size = found.size;
        if rest >= BLOCK_MIN {
            size = wanted;
            let rest_block = L::take_part(space, found.block, size, rest);
            lists.push_second(rest_block, rest);
        } else {
            L::take_whole(space, found.block, size);
        }
        let map = lists.map;
        let control = &mut *self.control;
        let allocations = control.allocations.wrapping_add(1);
        let free = control.free - size;
        control.allocations = allocations;
        control.free = free;
        control.map = map;
        if free < control.free_min {
            control.free_min = free;
        }
        Ok(Block { at: found.block, size })
    }

    /// Frees the block at `place`, merging it with free neighbours; returns its size.
    /// Cost: O(1), touches at most four headers. Context: heap lock held; never from an ISR.
    ///
    /// # Errors
    /// What is wrong with the block; the heap is unchanged then.
    #[inline(always)]
    pub fn free(&mut self, block: At, place: Place) -> Result<Size, Kind> {
        let space = self.space;
        let opened = L::open_used::<S, G>(space, block, place.index, place.span)?;
        let mut lists = lists!(self);
        let mut merged = block;
        let mut size = opened.size();
        if G::LINKS {
            let right = opened.right_free().map(|_| block.right(size));
            let left = opened.left_free().map(|free| block.left(free));
            if [right, left].into_iter().flatten().any(|free| !lists.is_sound(free)) {
                return Err(Kind::FreeBlockDamaged);
            }
        }
        if let Some(free) = opened.right_free() {
            lists.unlink(block.right(size));
            size += free;
        }
        if let Some(free) = opened.left_free() {
            merged = block.left(free);
            lists.unlink(merged);
            size += free;
        }
        L::make_free(space, merged, size);
        lists.push(merged, size);
        let map = lists.map;
        let control = &mut *self.control;
        let free = control.free + opened.size();
        let frees = control.frees.wrapping_add(1);
        control.free = free;
        control.frees = frees;
        control.map = map;
        Ok(opened.size())
    }

    /// True once a region was added.
    pub fn is_defined(&self) -> bool {
        self.control.first.granules != 0
    }

    /// Makes one free block of a span that fits the layout and that [`Heap::add_region`] or the maker has
    /// noted in the control words or the table.
    pub fn open_span(&mut self, span: Span) {
        L::lay_out(self.space, span);
        let mut lists = lists!(self);
        lists.push(span.start, span.size());
        self.control.map = lists.map;
        self.control.free += span.size();
        self.control.free_min += span.size();
    }

    /// Gives memory from `start` to `end` (not included), not larger than the largest block, to a heap that
    /// has none yet. Memory too small for a block is left out.
    pub fn add_only(&mut self, start: At, end: At) {
        if let Some(span) = usable(start, end, L::HEADER) {
            L::lay_out(self.space, span);
            let mut lists = lists!(self);
            lists.start_with(span.start, span.size());
            let map = lists.map;
            *self.control = Control {
                free_min: span.size(),
                limit: span.end(),
                first: span,
                allocations: 0,
                free: span.size(),
                frees: 0,
                map,
            };
        }
    }
}

/// Questions about the whole heap, which need every region.
impl<S: Space, L: Layout, G: Guard> Heap<'_, S, L, G> {
    /// Where an alleged payload address lies, or `None` if it cannot be one of this heap.
    pub fn place(&self, at: At) -> Option<Place> {
        let first = self.control.first;
        match first.index(at) {
            Some(index) => Some(Place { index, span: first }),
            None => self.others.place(at),
        }
    }

    /// Gives memory from `start` to `end` (not included) to the heap. A region larger than
    /// the largest block becomes several neighbours. Memory too small for a block is left out.
    ///
    /// # Errors
    /// `RegionTableFull`: the rest of the region is left out.
    pub fn add_region(&mut self, start: At, end: At) -> Result<(), Fault> {
        let mut start = start;
        while let Some(mut span) = usable(start, end, L::HEADER) {
            span.granules = span.granules.min(L::LARGEST.granules());
            if !self.note_span(span) {
                return Err(Fault::new(Kind::RegionTableFull, start));
            }
            self.open_span(span);
            start = span.end();
        }
        Ok(())
    }

    /// Keeps the largest span where it is found fastest and the others in the table.
    fn note_span(&mut self, span: Span) -> bool {
        let largest = self.control.first;
        if largest.granules == 0 {
            self.control.first = span;
            self.control.limit = span.end();
            return true;
        }
        let (kept, listed) =
            if span.granules > largest.granules { (span, largest) } else { (largest, span) };
        if !self.others.add(listed) {
            return false;
        }
        self.control.first = kept;
        self.control.limit = self.control.limit.max(span.end());
        true
    }

    /// Figures of the heap. Cost: one step for each free block.
    pub fn figures(&mut self) -> Figures {
        let mut figures = Figures {
            free: self.control.free,
            free_min: self.control.free_min,
            largest: Size::ZERO,
            smallest: None,
            free_blocks: 0,
            allocations: self.control.allocations,
            frees: self.control.frees,
        };
        let lists = lists!(self);
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.seek(bin).has_first() {
                continue;
            }
            let mut block = lists.next(lists.space.head(bin));
            while block != At::NONE {
                let size = L::size(lists.space, block);
                figures.largest = figures.largest.max(size);
                figures.smallest = Some(figures.smallest.map_or(size, |least| least.min(size)));
                figures.free_blocks += 1;
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
        for span in self.spans() {
            let (size, blocks) = self.check_span(span, &mut visit)?;
            free += size;
            free_blocks += blocks;
        }
        if free != self.control.free || self.control.free_min > free {
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
            let used = L::is_used(self.space, block);
            let size = L::size(self.space, block);
            if block == span.end() {
                let sound = used && size == Size::ZERO;
                return if sound {
                    Ok((free, free_blocks))
                } else {
                    Err(Fault::new(Kind::RightDisagrees, block))
                };
            }
            if size < BLOCK_MIN || size.bytes() > span.end().0 - block.0 {
                return Err(Fault::new(Kind::RightDisagrees, block));
            }
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
        let lists = lists!(self);
        let mut blocks = 0;
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.seek(bin).has_first() {
                continue;
            }
            let mut back = lists.space.head(bin);
            let mut block = lists.next(back);
            if block == At::NONE {
                return Err(Fault::new(Kind::IndexDamaged, back));
            }
            while block != At::NONE {
                let damaged = Err(Fault::new(Kind::IndexDamaged, block));
                let outside = first.index(block).is_none() && lists.others.place(block).is_none();
                if blocks == limit || outside {
                    return damaged;
                }
                let wrong_bin = bin_of(L::size(lists.space, block)) != bin;
                if L::is_used(lists.space, block) || wrong_bin || lists.back(block) != back {
                    return damaged;
                }
                blocks += 1;
                back = block;
                block = lists.next(block);
            }
        }
        Ok(blocks)
    }
}

/// The right neighbour of a block about to be taken confirms it, and it stands in its list.
#[inline(always)]
fn is_intact<S: Space, L: Layout, G: Guard, O: Others>(
    lists: &Lists<S, L, G, O>,
    found: &Found,
    limit: At,
) -> bool {
    let right = found.block.right(found.size);
    right <= limit
        && L::free_agrees(lists.space, found.block, found.size)
        && lists.is_sound(found.block)
}
