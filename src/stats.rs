// SPDX-License-Identifier: MIT
//! Counters and figures of a heap. Sizes are block sizes: headers count, as with heap_4.
#![forbid(unsafe_code)]

use crate::bins::{BinMap, MapInUse, BIN_MIN};
use crate::hint::{
    keep, load_both, load_four, load_three, store_both, store_four, store_three, Words,
};
use crate::region::Span;
use crate::units::{At, Size};
use core::cell::Cell;

/// The control words: everything the heap keeps besides the heads of its free lists.
/// The order lets allocate and free reach what they change with double-word loads and stores.
#[repr(C)]
#[derive(Debug)]
pub struct Control<Map: Copy> {
    /// The largest region; empty while none was added.
    pub first: Span,
    /// No block ends above this address: the end of the highest region.
    pub limit: At,
    /// What every request changes.
    pub counters: Counters<Map>,
}

impl<Map: BinMap> Control<Map> {
    /// Of a heap without memory.
    pub fn empty() -> Self {
        let counters = Counters {
            allocations: 0,
            // Kept: all zeros would be a call of the library's memclr, which firmware need not have.
            free: Size::ZERO.kept(),
            frees: 0,
            map: Cell::new(Map::default()),
            free_min: Size::ZERO,
        };
        Control { first: Span::default(), limit: At::NONE, counters }
    }
}

/// What every request changes, in an order in which both find theirs side by side: the last four words before the heads
/// are those of a free, with a map of one word the first three of them those of an allocation.
///
/// ```text
///   map of one word     least free |              | allocations | free | map | frees | heads ...
///   map of two words    least free | allocations  | free        | low  | high | frees | heads ...
/// ```
#[repr(C)]
#[derive(Debug)]
pub struct Counters<Map: Copy> {
    /// Lowest `free` since the start or the last reset of the mark.
    pub free_min: Size,
    /// Successful allocations.
    pub allocations: u32,
    /// Size of all free blocks.
    pub free: Size,
    /// Which bins hold a free block.
    pub map: Cell<Map>,
    /// Successful frees.
    pub frees: u32,
}

/// Counters as a call read them; what it makes of them is stored at its end.
#[derive(Clone, Copy, Default)]
pub struct Counted {
    allocations: u32,
    free: u32,
    frees: u32,
}

/// Where `allocations` stands, and `free` behind it.
const ALLOCATIONS: usize = 4;

impl<Map: BinMap> Counters<Map> {
    /// Calls read what they change at once and store it at their end, which takes two instructions where three or four
    /// words are one; what finds a fault has nothing to undo. CPUs with few registers count at once, and so does RISC-V,
    /// which loads words one by one.
    pub const STORED_LAST: bool = MapInUse::<Map>::COPIED && !cfg!(target_arch = "riscv32");

    /// Begins an allocation. With `last`, where [`Counters::STORED_LAST`] is true, all that it changes is read now and stored
    /// by [`Counters::end_allocate`], which must be told the same.
    #[inline(always)]
    pub fn begin_allocate(&self, last: bool) -> (Counted, Map) {
        if last && Map::IS_ONE_WORD {
            let [allocations, free, map] = load_three(self);
            return (Counted { allocations, free, frees: 0 }, Map::of_words([map, 0]));
        }
        (Counted::default(), self.map.get())
    }

    /// Ends it: a block of this size was handed out, and the map is that.
    #[inline(always)]
    pub fn end_allocate(&mut self, counted: Counted, map: Map, size: Size, last: bool) {
        let Counted { mut allocations, mut free, .. } = counted;
        let last = last && Map::IS_ONE_WORD;
        if !last {
            self.store_map(map);
            (allocations, free) = load_both::<_, ALLOCATIONS>(self);
        }
        let (allocations, free) = (allocations.wrapping_add(1), Size(free) - size);
        if last {
            store_three(self, [allocations, free.0, map.words()[0]]);
        } else {
            store_both::<_, ALLOCATIONS>(self, allocations, free.0);
        }
        if free < self.free_min {
            self.free_min = free.kept(); // a branch: mostly it is not the lowest
        }
    }

    /// Begins the free of a block of this size; `last` as in [`Counters::begin_allocate`].
    #[inline(always)]
    pub fn begin_free(&mut self, size: Size, last: bool) -> (Counted, Map) {
        if !last {
            self.free += size;
            self.frees = self.frees.wrapping_add(1);
            return (Counted::default(), self.map.get());
        }
        let (allocations, free, map, frees) = match (load_four(self), Map::IS_ONE_WORD) {
            ([allocations, free, map, frees], true) => (allocations, free, [map, 0], frees),
            ([free, low, high, frees], false) => (0, free, [low, high], frees),
        };
        let (free, frees) = (kept(free + size.0), kept(frees.wrapping_add(1)));
        (Counted { allocations, free, frees }, Map::of_words(map))
    }

    /// Ends it with the map as it is then.
    #[inline(always)]
    pub fn end_free(&mut self, counted: Counted, map: Map, last: bool) {
        if !last {
            return self.store_map(map);
        }
        let Counted { allocations, free, frees } = counted;
        let [low, high] = map.words();
        let words = if Map::IS_ONE_WORD {
            [allocations, free, low, frees]
        } else {
            [free, low, high, frees]
        };
        store_four(self, words);
    }

    /// Unless it was changed in its place.
    #[inline(always)]
    fn store_map(&self, map: Map) {
        if MapInUse::<Map>::COPIED {
            self.map.set(map);
        }
    }
}

/// Before the end, so that what was added need not be kept until then.
#[inline(always)]
fn kept(word: u32) -> u32 {
    keep(word as usize) as u32
}

/// The base leads to the four words before the heads, which are found from there: see `COUNTERS` in `ffi/state.rs`.
impl<Map: Copy> Words for Counters<Map> {
    const BASE: usize = size_of::<Self>() - 4 * BIN_MIN as usize;
}

/// One consistent look at the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figures {
    /// Size of all free blocks.
    pub free: Size,
    /// Lowest `free` ever.
    pub free_min: Size,
    /// Largest free block, zero if there is none.
    pub largest: Size,
    /// Smallest free block, `None` if there is none.
    pub smallest: Option<Size>,
    /// Number of free blocks.
    pub free_blocks: u32,
    /// Successful allocations.
    pub allocations: u32,
    /// Successful frees.
    pub frees: u32,
    /// The block where a damaged list was left, or `NONE`: what follows it is in no figure (`G::LINKS` only).
    pub damaged: At,
}
