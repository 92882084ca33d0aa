// SPDX-License-Identifier: MIT
//! The main road: a heap of regions, blocks, lists and counters.
//!
//! Relies on every room above. Promises I7 (counters equal a walk) and that a fault or a refusal leaves
//! everything as it was (P7). It takes no lock: a `Heap` value exists only while its maker holds it (A2).
#![forbid(unsafe_code)]

use crate::bins::{bin_of, BinMap, BIN_MIN};
use crate::block::{Guard, Layout};
use crate::fault::{Fault, Kind};
use crate::region::{Array, Space, Span};
use crate::regions::{usable, Bounds, Place, Table};
use crate::scheme::firm::Lists;
use crate::stats::{Control, Figures};
use crate::units::{At, Granules, BLOCK_MIN};
use core::marker::PhantomData;

/// A heap, for as long as the lock is held.
pub struct Heap<'a, S: Space, L: Layout, G: Guard> {
    /// How addresses become pointers.
    pub space: S,
    /// Counters and map.
    pub control: &'a mut Control<L::Map>,
    /// First blocks of the free lists, by bin.
    pub heads: Array<'a, At>,
    /// Regions that the control words do not hold.
    pub table: Table<'a>,
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
    pub size: Granules,
}

impl<'a, S: Space, L: Layout, G: Guard> Heap<'a, S, L, G> {
    /// The block size for a request of `payload_bytes`, or `None` if no heap of this layout can serve it.
    #[inline(always)]
    pub fn request(payload_bytes: usize) -> Option<Granules> {
        Granules::for_request(payload_bytes, L::HEADER, L::LARGEST)
    }

    /// Allocates a block of at least this size. `None` if nothing fits, or if the block found is
    /// damaged (then [`Heap::damage`] says so); the heap is unchanged then.
    /// Cost: O(1). Context: heap lock held; never from an ISR.
    #[inline(always)]
    pub fn allocate(&mut self, wanted: Granules) -> Option<Block> {
        let space = self.space;
        let mut lists = self.lists();
        let found = lists.find(wanted)?;
        // In a higher bin every block fits, unless its header was overwritten.
        if G::CHECKED && (found.size < wanted || !is_intact(&lists, found.block)) {
            return None;
        }
        lists.take(&found);
        let rest = found.size - wanted;
        let mut size = found.size;
        if rest >= BLOCK_MIN {
            size = wanted;
            let rest_block = L::take_part(space, found.block, size, rest);
            lists.push_second(rest_block, rest);
        } else {
            L::take_whole(space, found.block, size);
        }
        let map = lists.map;
        self.control.map = map;
        self.control.allocations = self.control.allocations.wrapping_add(1);
        self.control.free -= size;
        if self.control.free < self.control.free_min {
            self.control.free_min = self.control.free;
        }
        Some(Block { at: found.block, size })
    }

    /// Frees the block at `place`, merging it with free neighbours; returns its size.
    /// Cost: O(1), touches at most five headers. Context: heap lock held; never from an ISR.
    ///
    /// # Errors
    /// What is wrong with the block; the heap is unchanged then.
    #[inline(always)]
    pub fn free(&mut self, block: At, place: Place) -> Result<Granules, Kind> {
        let space = self.space;
        let around = L::open_used::<S, G>(space, block, place.index, place.span)?;
        let mut lists = self.lists();
        let mut merged = block;
        let mut size = around.size;
        let right_sound = around.right_free == Granules::ZERO || lists.is_sound(block.right(size));
        let left_sound =
            around.left_free == Granules::ZERO || lists.is_sound(block.left(around.left_free));
        if G::LINKS && !(right_sound && left_sound) {
            return Err(Kind::FreeBlockDamaged);
        }
        if around.right_free != Granules::ZERO {
            lists.unlink(block.right(size));
            size += around.right_free;
        }
        if around.left_free != Granules::ZERO {
            merged = block.left(around.left_free);
            lists.unlink(merged);
            size += around.left_free;
        }
        L::make_free(space, merged, size);
        lists.push(merged, size);
        let map = lists.map;
        self.control.map = map;
        self.control.free += around.size;
        self.control.frees = self.control.frees.wrapping_add(1);
        Ok(around.size)
    }

    /// Where an alleged payload address lies, or `None` if it cannot be one of this heap.
    #[inline(always)]
    pub fn place(&self, at: At) -> Option<Place> {
        Bounds { first: self.control.first, table: &self.table }.place(at)
    }

    /// The free lists. They hold the map; whoever changes it stores it.
    #[inline(always)]
    fn lists(&mut self) -> Lists<'_, 'a, S, L, G> {
        Lists {
            space: self.space,
            heads: &mut self.heads,
            map: self.control.map,
            canary: if G::LINKS { self.canary } else { 0 },
            bounds: Bounds { first: self.control.first, table: &self.table },
            kind: PhantomData,
        }
    }

    /// True once a region was added.
    pub fn is_defined(&self) -> bool {
        self.control.first.size != Granules::ZERO || *self.table.count != 0
    }

    /// The first address after every region so far.
    pub fn end(&self) -> At {
        self.spans().map(Span::end).max().unwrap_or_default()
    }

    /// Gives memory from `start` to `end` (not included) to the heap. A region larger than
    /// the largest block becomes several neighbours. Memory too small for a block is left out.
    ///
    /// # Errors
    /// `RegionTableFull`: the rest of the region is left out.
    pub fn add_region(&mut self, start: At, end: At) -> Result<(), Fault> {
        let mut start = start;
        while let Some(mut span) = usable(start, end, L::HEADER) {
            span.size = span.size.min(L::LARGEST);
            if !self.note_span(span) {
                return Err(Fault::new(Kind::RegionTableFull, start));
            }
            L::lay_out(self.space, span);
            let mut lists = self.lists();
            lists.push(span.start, span.size);
            let map = lists.map;
            self.control.map = map;
            self.control.free += span.size;
            self.control.free_min += span.size;
            start = span.end();
        }
        Ok(())
    }

    /// Keeps the largest span where it is found fastest and the others in the table.
    fn note_span(&mut self, span: Span) -> bool {
        if self.table.options.ucClearOnFree != 0 {
            return self.table.add(span); // every free takes the long way
        }
        let largest = self.control.first;
        if largest.size == Granules::ZERO {
            self.control.first = span;
            return true;
        }
        if span.size <= largest.size {
            return self.table.add(span);
        }
        if !self.table.add(largest) {
            return false;
        }
        self.control.first = span;
        true
    }

    /// Figures of the heap. Cost: one step for each free block.
    pub fn figures(&mut self) -> Figures {
        let mut figures = Figures {
            free: self.control.free,
            free_min: self.control.free_min,
            largest: Granules::ZERO,
            smallest: None,
            free_blocks: 0,
            allocations: self.control.allocations,
            frees: self.control.frees,
        };
        let lists = self.lists();
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.seek(bin).has_first() {
                continue;
            }
            let mut block = lists.head(bin);
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
            .filter(|span| span.size != Granules::ZERO)
            .chain(self.table.iter())
    }

    /// The fault that made [`Heap::allocate`] refuse a request although a block was found.
    pub fn damage(&mut self, wanted: Granules) -> Option<Fault> {
        let lists = self.lists();
        let found = lists.find(wanted)?;
        let damaged = G::CHECKED && (found.size < wanted || !is_intact(&lists, found.block));
        damaged.then_some(Fault::new(Kind::FreeBlockDamaged, found.block))
    }

    /// Checks every invariant of the whole heap, calling `visit(block, size, used)` on the way.
    /// Cost: O(blocks).
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&mut self, mut visit: impl FnMut(At, Granules, bool)) -> Result<(), Fault> {
        let mut free = Granules::ZERO;
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
    fn check_span(
        &self,
        span: Span,
        visit: &mut impl FnMut(At, Granules, bool),
    ) -> Result<(Granules, u32), Fault> {
        let mut free = Granules::ZERO;
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
                let sound = used && size == Granules::ZERO;
                return if sound {
                    Ok((free, free_blocks))
                } else {
                    Err(Fault::new(Kind::RightDisagrees, block))
                };
            }
            if size < BLOCK_MIN || size > Granules::between(block, span.end()) {
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
    fn check_lists(&mut self, limit: u32) -> Result<u32, Fault> {
        let lists = self.lists();
        let mut blocks = 0;
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.seek(bin).has_first() {
                continue;
            }
            let mut prev = At(bin);
            let mut block = lists.head(bin);
            if block == At::NONE {
                return Err(Fault::new(Kind::IndexDamaged, prev));
            }
            while block != At::NONE {
                let damaged = Err(Fault::new(Kind::IndexDamaged, block));
                if blocks == limit || lists.bounds.place(block).is_none() {
                    return damaged;
                }
                let wrong_bin = bin_of(L::size(lists.space, block)) != bin;
                if L::is_used(lists.space, block) || wrong_bin || lists.prev(block) != prev {
                    return damaged;
                }
                blocks += 1;
                prev = block;
                block = lists.next(block);
            }
        }
        Ok(blocks)
    }
}

/// A block about to be taken is free, agrees with its right neighbour and stands in its list.
#[inline(always)]
fn is_intact<S: Space, L: Layout, G: Guard>(lists: &Lists<S, L, G>, block: At) -> bool {
    let Some(place) = lists.bounds.place(block) else {
        return false;
    };
    L::free_agrees(lists.space, block, place.index, place.span) && lists.is_sound(block)
}
