// SPDX-License-Identifier: MIT
//! The main road: a heap of regions, blocks, lists and counters.
//!
//! Relies on every room above. Promises I7 (counters equal a walk) and that a fault or a refusal leaves
//! everything as it was (P7). It takes no lock: a `Heap` value exists only while its maker holds it (A2).
#![forbid(unsafe_code)]

mod check;

use crate::block::{Guard, Layout, Opened};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::regions::{usable, Others, Table};
use crate::scheme::firm::{Found, Lists};
use crate::stats::{Control, Counters};
use crate::hint::{load_both, store_both};
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
        let mut lists = self.lists();
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
        control.counters.map = map;
        let (allocations, free) = load_both::<_, 0>(&control.counters);
        let free = Size(free) - size;
        store_both::<_, 0>(&mut control.counters, allocations.wrapping_add(1), free.0);
        if free < control.free_min {
            control.free_min = free;
        }
        Ok(Block { at: found.block, size })
    }

    /// Frees a block in `span`, merging it with free neighbours; returns its size.
    /// Cost: O(1), touches at most four headers. Context: heap lock held; never from an ISR.
    ///
    /// # Errors
    /// What is wrong with the block or a neighbour; [`Heap::give_up`] must be told, then the heap is as before.
    #[inline(always)]
    pub fn free(&mut self, block: At, span: Span) -> Result<Size, Fault> {
        let space = self.space;
        let opened = L::open_used::<S, G>(space, block, span)
            .map_err(|kind| Fault::new(kind, block))?;
        self.count_free(opened.size());
        let mut lists = self.lists();
        let mut size = opened.size();
        let mut right = opened.right();
        L::tell_right(space, &opened);
        if let Some(free) = opened.right_free() {
            let behind = right.right(free).kept();
            if G::CHECKED
                && !(behind <= span.end()
                    && L::free_agrees(space, right, free, behind)
                    && lists.is_sound(right))
            {
                return Err(Fault::new(Kind::FreeBlockDamaged, block));
            }
            lists.unlink(right);
            size += free;
            right = right.right(free.kept());
        }
        let mut merged = block;
        if let Some(free) = opened.left_free(space, block) {
            merged = block.left(free).kept();
            if G::CHECKED
                && !(opened.left_free_agrees(space, merged, free, span) && lists.is_sound(merged))
            {
                // Found again from here, so that the ordinary way need not keep it.
                return Err(Fault::new(Kind::LeftDisagrees, merged.right(free.kept())));
            }
            lists.unlink(merged);
            size += free;
        } else if G::LINKS && !opened.left_used_agrees(space, block, span) {
            return Err(Fault::new(Kind::LeftDisagrees, block));
        }
        let merged = merged.kept();
        L::make_free(space, merged, size, right);
        lists.push(merged, size);
        let map = lists.map;
        self.control.counters.map = map;
        Ok(opened.size())
    }

    #[inline(always)]
    fn count_free(&mut self, size: Size) {
        let counters = &mut self.control.counters;
        let (free, frees) = load_both::<_, 4>(counters);
        store_both::<_, 4>(counters, (Size(free) + size).0, frees.wrapping_add(1));
    }

    /// Undoes what [`Heap::free`] had done until it found a fault, so that its ordinary way can forget early what
    /// only this needs; returns the fault with its proper name. The map was not stored yet.
    pub fn give_up(&mut self, fault: Fault) -> Fault {
        let block = fault.at;
        let size = L::size(self.space, block);
        let right = block.right(size);
        match fault.kind {
            Kind::RightDisagrees if !L::is_used(self.space, block) => {
                return Fault::new(Kind::DoubleFree, block);
            }
            Kind::RightDisagrees => return fault,
            // The right neighbour, if it is free, is off its list.
            Kind::LeftDisagrees if !L::is_used(self.space, right) => {
                self.lists().push(right, L::free_size(self.space, right));
            }
            _ => {}
        }
        self.control.counters.free -= size;
        self.control.counters.frees = self.control.counters.frees.wrapping_sub(1);
        fault
    }

    /// The free lists. They hold the map; whoever changes it stores it.
    #[inline(always)]
    fn lists(&self) -> Lists<'_, S, L, G, O> {
        Lists {
            space: self.space,
            map: self.control.counters.map,
            canary: if G::LINKS { self.canary } else { 0 },
            first: self.control.first,
            others: &self.others,
            kind: PhantomData,
        }
    }

    /// True once a region was added.
    pub fn is_defined(&self) -> bool {
        self.control.first.granules != 0
    }

    /// Makes one free block of a span that fits the layout and that [`Heap::add_region`] or the maker has
    /// noted in the control words or the table.
    pub fn open_span(&mut self, span: Span) {
        L::lay_out(self.space, span);
        let mut lists = self.lists();
        lists.push(span.start, span.size());
        self.control.counters.map = lists.map;
        self.control.counters.free += span.size();
        self.control.free_min += span.size();
    }

    /// Gives memory from `start` to `end` (not included), not larger than the largest block, to a heap that
    /// has none yet. Memory too small for a block is left out.
    pub fn add_only(&mut self, start: At, end: At) {
        if let Some(span) = usable(start, end, L::HEADER) {
            L::lay_out(self.space, span);
            let mut lists = self.lists();
            lists.start_with(span.start, span.size());
            let map = lists.map;
            *self.control = Control {
                free_min: span.size(),
                limit: span.end(),
                first: span,
                counters: Counters { allocations: 0, free: span.size(), frees: 0, map },
            };
        }
    }
}

/// Questions about the whole heap, which need every region.
impl<S: Space, L: Layout, G: Guard> Heap<'_, S, L, G> {
    /// The region that holds an alleged payload address, or `None` if it cannot be one of this heap.
    pub fn holder(&self, at: At) -> Option<Span> {
        let first = self.control.first;
        if first.holds(at) {
            return Some(first);
        }
        self.others.holder(at)
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
        && L::free_agrees(lists.space, found.block, found.size, right)
        && lists.is_sound(found.block)
}
