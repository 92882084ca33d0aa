// SPDX-License-Identifier: MIT
//! The last word of a used block, and the fence between it and the requested size.
//!
//! The word says how many bytes the fence has, four times over and combined with a key of the block's address and
//! the canary: changing one to three of its bytes is always seen. Every byte of the key has its top bit set, so
//! none of the trailer is the zero that ends a string: a terminator written one byte too far always changes it.
//! The same word of a block in the quarantine says so instead.
#![forbid(unsafe_code)]

use crate::block::Layout;
use crate::fault::{Fault, Kind};
use crate::region::Space;
use crate::units::{At, Size};

/// Bytes of the trailer's word.
pub const BYTES: u32 = 4;
/// What the fence is made of.
pub const FENCE: u8 = 0xFD;
/// More than any fence has: granules are at most 32 bytes.
const FENCE_MAX: u32 = 64;
/// In place of the fence's length: the block is in the quarantine.
const WAITING: u32 = 0x7F;
const EVERY_BYTE: u32 = 0x0101_0101;

/// The trailer of one block.
pub struct Trailer<S> {
    space: S,
    block: At,
    word: At,
    key: u32,
}

impl<S: Space> Trailer<S> {
    /// The trailer of a block whose size was found to stay in its region.
    pub fn of<L: Layout>(space: S, block: At, size: Size, canary: u32) -> Trailer<S> {
        let word = block.right(size).minus(L::HEADER + BYTES);
        let key = (block.0 ^ canary).wrapping_mul(0x9E37_79B1) | 0x8080_8080;
        Trailer { space, block, word, key }
    }

    /// Where the word is.
    pub fn word(&self) -> At {
        self.word
    }

    /// Writes fence and word behind `bytes` of payload; `fill` is for what of the first word is payload.
    pub fn write(&self, bytes: u32, fill: u32) {
        let mut at = self.block.plus(bytes & !3);
        let mut payload = (1u32 << (8 * (bytes & 3))) - 1;
        while at < self.word {
            let fence = u32::from(FENCE) * EVERY_BYTE;
            self.space.store32(at, fill & payload | fence & !payload);
            payload = 0;
            at = at.plus(4);
        }
        let fence_bytes = self.word.0.wrapping_sub(self.block.0 + bytes);
        self.space.store32(self.word, self.key ^ (fence_bytes * EVERY_BYTE));
    }

    /// Bytes that were asked for.
    ///
    /// # Errors
    /// `DoubleFree` for a block in the quarantine, `TrailerDamaged` with the first word that is not as written.
    pub fn read(&self) -> Result<u32, Fault> {
        let found = self.space.load32(self.word);
        let said = found ^ self.key;
        let fence_bytes = said & 0xFF;
        if said == WAITING * EVERY_BYTE {
            return Err(Fault::with(Kind::DoubleFree, self.block, 0, found));
        }
        let capacity = self.word.0.wrapping_sub(self.block.0);
        let is_one = said == fence_bytes * EVERY_BYTE;
        if !is_one || fence_bytes > FENCE_MAX || fence_bytes >= capacity {
            return Err(Fault::with(Kind::TrailerDamaged, self.block, self.key, found));
        }
        self.fence(capacity - fence_bytes)
    }

    /// The fence behind `bytes` of payload is whole; returns `bytes`.
    ///
    /// # Errors
    /// `TrailerDamaged`.
    fn fence(&self, bytes: u32) -> Result<u32, Fault> {
        let mut at = self.block.plus(bytes & !3);
        let mut payload = (1u32 << (8 * (bytes & 3))) - 1;
        while at < self.word {
            let found = self.space.load32(at) | payload;
            let expected = (u32::from(FENCE) * EVERY_BYTE) | payload;
            if found != expected {
                return Err(Fault::with(Kind::TrailerDamaged, self.block, expected, found));
            }
            payload = 0;
            at = at.plus(4);
        }
        Ok(bytes)
    }

    /// Says that the block is in the quarantine.
    pub fn mark_waiting(&self) {
        self.space.store32(self.word, self.key ^ (WAITING * EVERY_BYTE));
    }

    /// The block is in the quarantine.
    pub fn is_waiting(&self) -> bool {
        self.space.load32(self.word) ^ self.key == WAITING * EVERY_BYTE
    }
}
