// SPDX-License-Identifier: MIT
//! A heap that is full but for some free blocks, one by one where a test wants them; and its links, to be written over.

use super::Arena;
use firmheap::bins::bin_of;
use firmheap::block::{Guard, Layout};
use firmheap::region::Space;
use firmheap::units::{At, Size, GRANULE};

/// Granules of a used block between two free ones.
const BETWEEN: u32 = 4;

fn size(granules: u32) -> Size {
    Size::of_granules(granules)
}

/// A heap that is full but for free blocks of these sizes, none beside another, the last freed first in its list.
pub struct Holes<L: Layout, G> {
    pub arena: Arena<L, G>,
    /// In the order of their list, and of their addresses.
    pub at: Vec<At>,
}

impl<L: Layout, G: Guard> Holes<L, G> {
    pub fn new(order: &[u32]) -> Self {
        Self::spaced(&order.iter().map(|granules| (*granules, BETWEEN)).collect::<Vec<_>>())
    }

    /// Each with the granules of the used block behind it.
    pub fn spaced(order: &[(u32, u32)]) -> Self {
        let rest = 12;
        let all = order.iter().map(|(hole, used)| hole + used).sum::<u32>() + rest;
        let mut arena = Arena::<L, G>::with_region((all * GRANULE) as usize);
        let mut take = |granules| arena.heap().allocate(size(granules)).expect("there is room").at;
        let mut at: Vec<At> = Vec::new();
        for (hole, used) in order {
            at.push(take(*hole));
            take(*used);
        }
        for granules in (4..=rest).rev() {
            let _until_it_is_full = arena.heap().allocate(size(granules));
        }
        let mut holes = Holes { arena, at };
        for place in (0..order.len()).rev() {
            holes.free(holes.at[place]);
        }
        holes
    }

    pub fn free(&mut self, at: At) {
        let mut heap = self.arena.heap();
        let span = heap.holder(at).expect("a block of the heap");
        heap.free(at, span).expect("it is used");
    }

    pub fn allocate(&mut self, granules: u32) -> Option<At> {
        self.arena.heap().allocate(size(granules)).ok().map(|block| block.at)
    }

    /// The head of the list for blocks of this size.
    pub fn head(&mut self, granules: u32) -> At {
        self.arena.heap().space.head(bin_of(size(granules), L::LARGEST))
    }
}

impl<L: Layout, G: Guard> Arena<L, G> {
    fn code(&mut self) -> u32 {
        if G::LINKS {
            self.heap().canary
        } else {
            0
        }
    }

    /// Where the word at `word`, a link of a list, leads to.
    pub fn link(&mut self, word: At) -> At {
        match self.heap().space.load32(word) ^ self.code() {
            0 => At::NONE,
            link => At(link).plus(At::BEFORE),
        }
    }

    /// Makes it lead there.
    pub fn set_link(&mut self, word: At, to: At) {
        let link = if to == At::NONE { 0 } else { to.minus(At::BEFORE).0 };
        let code = self.code();
        self.heap().space.store32(word, link ^ code);
    }
}
