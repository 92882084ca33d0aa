// SPDX-License-Identifier: MIT
//! What memory holds that nobody has written to: one byte when it is handed out, another when it is free.
#![forbid(unsafe_code)]

use crate::fault::{Fault, Kind};
use crate::region::Space;
use crate::units::At;

/// Bytes at the beginning of a free block that are links, not pattern.
pub const LINKS: u32 = 8;
/// Memory that was handed out holds this byte until the application writes to it.
pub const NEW: u8 = 0xCD;
/// Free memory holds this byte, unless `configHEAP_CLEAR_MEMORY_ON_FREE` asks for zeros.
pub const FREED: u8 = 0xDD;

/// The two patterns of a build, as words.
#[derive(Clone, Copy)]
pub struct Patterns {
    /// Handed out.
    pub new: u32,
    /// Free.
    pub freed: u32,
}

impl Patterns {
    /// The patterns of a build that clears on free, or does not.
    pub const fn of(clear_on_free: bool) -> Patterns {
        let freed = if clear_on_free { 0 } else { FREED };
        Patterns { new: NEW as u32 * 0x0101_0101, freed: freed as u32 * 0x0101_0101 }
    }

    /// Fills the words from `at` up to `end` as free memory.
    pub fn spoil<S: Space>(self, space: S, at: At, end: At) {
        fill(space, at, end, self.freed);
    }

    /// A header that a free block has absorbed. Zeros tell nothing: payloads are full of them.
    pub fn is_freed(self, header: u32) -> bool {
        header == self.freed && self.freed != 0
    }

    /// The first word from `at` up to `end` that was written to since it was freed.
    pub fn changed<S: Space>(self, space: S, at: At, end: At) -> Option<Fault> {
        let mut word = at;
        while word < end {
            let found = space.load32(word);
            if found != self.freed {
                return Some(Fault::with(Kind::WrittenAfterFree, word, self.freed, found));
            }
            word = word.plus(4);
        }
        None
    }

    /// Makes a payload of `bytes` that was just handed out new; returns the first word of it that was written to
    /// while it was free. The block is the caller's already: no lock is needed. Cost: O(bytes).
    pub fn renew<S: Space>(self, space: S, at: At, bytes: u32) -> Option<Fault> {
        let end = at.plus(bytes & !3);
        let changed = self.changed(space, at.plus(LINKS), end);
        fill(space, at, end, self.new);
        changed
    }

    /// Makes the bytes from `from` to `to` of a payload that has grown new; from `free` on they were free memory: returns
    /// the first word of that that was written to. Needs no lock, as [`Patterns::renew`]. Cost: O(bytes).
    pub fn extend<S: Space>(self, space: S, at: At, from: u32, to: u32, free: At) -> Option<Fault> {
        let end = at.plus(to & !3);
        let changed = self.changed(space, free, end);
        let first = at.plus(from & !3);
        if first < end {
            space.store32(first, self.partly_new(space.load32(first), from & 3));
        }
        fill(space, first.plus(4), end, self.new);
        changed
    }

    /// A word of which the first bytes stay, fewer than four.
    pub fn partly_new(self, word: u32, kept: u32) -> u32 {
        let mask = (1 << (8 * kept)) - 1;
        word & mask | self.new & !mask
    }
}

/// Stores a word at every word from `at` up to `end`.
fn fill<S: Space>(space: S, at: At, end: At, value: u32) {
    let mut word = at;
    while word < end {
        space.store32(word, value);
        word = word.plus(4);
    }
}
