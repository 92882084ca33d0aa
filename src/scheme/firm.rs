// SPDX-License-Identifier: MIT
//! The default scheme: segregated fit with a second look, no loop anywhere.
//!
//! Relies on `block` and `bins`. Promises I5 (on a free list ⇔ marked free, links agree both ways)
//! and I6 (map bit set ⇔ list not empty, block in the bin of its size). It does no accounting.
//!
//! A request looks at the first two blocks of its own bin and takes the smaller that fits; if
//! none does, at the first two of the next bin that holds any, where all fit. Freed blocks
//! go to the front of their list, the rest of a split goes second: the most recently freed block is
//! reused first, and a rest is not nibbled at while a freed block of its class is at hand.
//!
//! ```text
//!   head(bin) ──► block ──next──► block ──next──► NONE
//!                   │ prev = bin    │ prev = the block before
//! ```
//! A first block's `prev` is the number of its bin; regions start above every such number.
#![forbid(unsafe_code)]

use crate::bins::{bin_of, BinMap, BIN_MIN};
use crate::block::{Guard, Layout};
use crate::region::{Array, Space};
use crate::regions::Bounds;
use crate::units::{At, Granules};
use core::marker::PhantomData;

/// A free block that serves a request, and how to take it off its list.
pub struct Found {
    /// The block.
    pub block: At,
    /// Its size.
    pub size: Granules,
    bin: u32,
    /// The first block of the list if `block` is the second.
    first: Option<At>,
}

/// The free lists during one call: the map is held here and stored once, by the caller.
pub struct Lists<'l, 'a, S: Space, L: Layout, G: Guard> {
    /// How addresses become pointers.
    pub space: S,
    /// First blocks, by bin; `NONE` where the map has no bit.
    pub heads: &'l mut Array<'a, At>,
    /// Which bins hold a block.
    pub map: L::Map,
    /// Links are stored combined with this by exclusive or (`G::LINKS`).
    pub canary: u32,
    /// What a credible link leads into (`G::LINKS`).
    pub bounds: Bounds<'l, 'a>,
    /// Layout and integrity level.
    pub kind: PhantomData<(L, G)>,
}

impl<S: Space, L: Layout, G: Guard> Lists<'_, '_, S, L, G> {
    /// The block for a request of this size, or `None` if nothing fits. Changes nothing. With `G::LINKS`
    /// the caller must ask [`Lists::is_sound`] before taking it.
    /// Cost: O(1), reads at most four sizes.
    #[inline(always)]
    pub fn find(&self, wanted: Granules) -> Option<Found> {
        let mut bin = bin_of(wanted);
        let mut map = self.map.seek(bin);
        if map.has_first() {
            if let Some(found) = self.best_of_two_that_fits(bin, wanted) {
                return Some(found);
            }
            map = map.without_first();
        }
        if map.is_empty() {
            return None;
        }
        bin += map.distance();
        Some(self.better_of_two(bin))
    }

    #[inline(always)]
    fn best_of_two_that_fits(&self, bin: u32, wanted: Granules) -> Option<Found> {
        let first = self.head(bin);
        let first_size = L::size(self.space, first);
        let second = self.next(first);
        if self.is_credible(second) {
            let size = L::size(self.space, second);
            if size >= wanted && (first_size < wanted || size < first_size) {
                return Some(Found { block: second, size, bin, first: Some(first) });
            }
        }
        if first_size >= wanted {
            return Some(Found { block: first, size: first_size, bin, first: None });
        }
        None
    }

    #[inline(always)]
    fn better_of_two(&self, bin: u32) -> Found {
        let first = self.head(bin);
        let first_size = L::size(self.space, first);
        let second = self.next(first);
        if self.is_credible(second) {
            let size = L::size(self.space, second);
            if size < first_size {
                return Found { block: second, size, bin, first: Some(first) };
            }
        }
        Found { block: first, size: first_size, bin, first: None }
    }

    /// A block to look at: there is one, and with `G::LINKS` its address can be a block's.
    #[inline(always)]
    fn is_credible(&self, block: At) -> bool {
        block != At::NONE && (!G::LINKS || self.bounds.place(block).is_some())
    }

    /// With `G::LINKS`: both links of a free block lead to where they are answered.
    #[inline(always)]
    pub fn is_sound(&self, block: At) -> bool {
        if !G::LINKS {
            return true;
        }
        let next = self.next(block);
        let prev = self.prev(block);
        let answered = if prev.0 >= L::Map::BINS {
            self.is_credible(prev) && self.next(prev) == block
        } else {
            self.map.seek(prev.0).has_first() && self.head(prev.0) == block
        };
        answered && (next == At::NONE || (self.is_credible(next) && self.prev(next) == block))
    }

    /// Takes a found block off its list.
    #[inline(always)]
    pub fn take(&mut self, found: &Found) {
        let next = self.next(found.block);
        match found.first {
            Some(first) => {
                self.set_next(first, next);
                if next != At::NONE {
                    self.set_prev(next, first);
                }
            }
            None => self.set_first(found.bin, next),
        }
    }

    /// Puts a freed block in front of its list.
    #[inline(always)]
    pub fn push(&mut self, block: At, size: Granules) {
        let bin = bin_of(size);
        let old_first = self.head(bin);
        self.set_next(block, old_first);
        self.set_prev(block, At(bin));
        if old_first != At::NONE {
            self.set_prev(old_first, block);
        }
        self.heads.set(bin - BIN_MIN, block);
        self.map = self.map.with(bin);
    }

    /// Puts the rest of a split second in its list, or first if the list is empty.
    #[inline(always)]
    pub fn push_second(&mut self, block: At, size: Granules) {
        let bin = bin_of(size);
        let first = self.head(bin);
        let mut next = At::NONE;
        let mut prev = At(bin);
        if first == At::NONE {
            self.heads.set(bin - BIN_MIN, block);
            self.map = self.map.with(bin);
        } else {
            next = self.next(first);
            prev = first;
            self.set_next(first, block);
            if next != At::NONE {
                self.set_prev(next, block);
            }
        }
        self.set_next(block, next);
        self.set_prev(block, prev);
    }

    /// Takes a free block off its list, wherever it stands in it.
    #[inline(always)]
    pub fn unlink(&mut self, block: At) {
        let next = self.next(block);
        let prev = self.prev(block);
        if prev.0 < L::Map::BINS {
            self.set_first(prev.0, next);
        } else {
            self.set_next(prev, next);
            if next != At::NONE {
                self.set_prev(next, prev);
            }
        }
    }

    #[inline(always)]
    fn set_first(&mut self, bin: u32, block: At) {
        self.heads.set(bin - BIN_MIN, block);
        if block == At::NONE {
            self.map = self.map.without(bin);
        } else {
            self.set_prev(block, At(bin));
        }
    }

    /// The first block of a bin.
    #[inline(always)]
    pub fn head(&self, bin: u32) -> At {
        self.heads.get(bin - BIN_MIN)
    }
    /// The block after this one in its list.
    #[inline(always)]
    pub fn next(&self, block: At) -> At {
        At(self.space.load32(block) ^ self.canary)
    }
    /// The block before this one, or the number of the bin.
    #[inline(always)]
    pub fn prev(&self, block: At) -> At {
        At(self.space.load32(block.plus(4)) ^ self.canary)
    }
    #[inline(always)]
    fn set_next(&mut self, block: At, next: At) {
        self.space.store32(block, next.0 ^ self.canary);
    }
    #[inline(always)]
    fn set_prev(&mut self, block: At, prev: At) {
        self.space.store32(block.plus(4), prev.0 ^ self.canary);
    }
}
