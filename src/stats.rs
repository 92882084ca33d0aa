// SPDX-License-Identifier: MIT
//! Counters and figures of a heap. Sizes are block sizes: headers count, as with heap_4.
#![forbid(unsafe_code)]

use crate::bins::{BinMap, MapInUse, BIN_MIN};
use crate::hint::{keep, load_both, load_three, store_both, store_three, Words};
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
            free: Size::ZERO,
            frees: 0,
            map: Cell::new(Map::default()),
            free_min: Size::ZERO,
        };
        Control { first: Span::default(), limit: At::NONE, counters }
    }
}

/// What every request changes, in the order that lets both reach theirs with double words.
#[repr(C)]
#[derive(Debug)]
pub struct Counters<Map: Copy> {
    /// Successful allocations.
    pub allocations: u32,
    /// Size of all free blocks.
    pub free: Size,
    /// Successful frees.
    pub frees: u32,
    /// Which bins hold a free block.
    pub map: Cell<Map>,
    /// Lowest `free` since the start or the last reset of the mark.
    pub free_min: Size,
}

/// What a free has counted and not yet stored.
#[derive(Clone, Copy)]
pub struct Counted {
    free: u32,
    frees: u32,
}

impl<Map: BinMap> Counters<Map> {
    /// A free reads all three words that it changes at once, and stores them at its end: two instructions less on CPUs
    /// that load three words in one. Elsewhere it counts at once: more registers would be in use all the while.
    pub const STORED_LAST: bool = Map::IS_ONE_WORD && MapInUse::<Map>::COPIED;

    /// Counts the free of a block of this size: what [`Counters::end_free`] stores, and the map.
    #[inline(always)]
    pub fn begin_free(&mut self, size: Size) -> (Counted, Map) {
        if Self::STORED_LAST {
            let (free, frees, map) = load_three(self);
            let counted = Counted { free: kept(free + size.0), frees: kept(frees.wrapping_add(1)) };
            return (counted, Map::of_word(map));
        }
        let (free, frees) = load_both::<_, FREE>(self);
        let counted = Counted { free: free + size.0, frees: frees.wrapping_add(1) };
        store_both::<_, FREE>(self, counted.free, counted.frees);
        (counted, self.map.get())
    }

    /// Ends it with the map as it is then.
    #[inline(always)]
    pub fn end_free(&mut self, counted: Counted, map: Map) {
        if Self::STORED_LAST {
            store_three(self, counted.free, counted.frees, map.word());
        } else if MapInUse::<Map>::COPIED {
            self.map.set(map);
        }
    }
}

/// Before the end, so that what was added need not be kept until then.
#[inline(always)]
fn kept(word: u32) -> u32 {
    keep(word as usize) as u32
}

/// Where `free` stands, and `frees` behind it.
const FREE: usize = 4;

/// The base leads to `free`; the heads are found from there: see `COUNTERS` in `ffi/state.rs`.
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
