// SPDX-License-Identifier: MIT
//! Pools: blocks of one size, taken and given back without a loop.
//!
//! Relies on `fault` and `region`. Promises I11: of the blocks, each is either in use (its bit is set) or free
//! (on the list, or never used yet), and a block that is handed out was free. A pool knows no lock: its owner
//! has excluded all others.
//!
//! ```text
//! blocks   0      1      2      3      4      5            stride bytes each
//!        │ used │ free │ used │ free │  never used yet │
//!                 ▲ └──► 0      ▲ └──► 1 + 1      ▲
//!                 │             │                 fresh = 4: the most that ever were in use
//!                 └─ second     └─ first = 3 + 1
//! ```
//!
//! The list is last in, first out, and blocks that were never used are touched only when it is empty. So a
//! pool needs no setting up, and `fresh` is the greatest number of blocks that were in use at one time.
#![forbid(unsafe_code)]

use crate::fault::Kind;
use crate::hint::{keep, load_both, store_both, Words};
use crate::region::Slots;

/// What of a pool changes, and its geometry. All of it may be written by a compiler: no pool is set up at run time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Counts {
    /// Bytes from one block to the next.
    pub stride: u32,
    /// 2^32 / stride, rounded up: an offset becomes an index by a multiplication.
    pub reciprocal: u32,
    /// Blocks in all.
    pub blocks: u32,
    /// Blocks from this index on were never used.
    pub fresh: u32,
    /// The index of the first block of the free list, plus one; zero if the list is empty.
    pub first: u32,
    /// Blocks in use. Stands beside `first`, so that both are read and written at once.
    pub used: u32,
}

/// Why no pool can be made of what was given. The numbers are part of the C ABI (`errPOOL_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Unusable {
    /// A pool without blocks.
    NoBlocks = -1,
    /// A block has no room for a pointer.
    BlockTooSmall = -2,
    /// The storage, or the block size, is no multiple of a pointer's size.
    Misaligned = -3,
    /// All blocks together are 4 GiB or more.
    TooLarge = -4,
    /// No storage, or no map.
    Missing = -5,
}

/// What a pool asks of its blocks: room for a pointer, and that boundary.
const WORD: usize = size_of::<usize>();

impl Words for Counts {}

impl Counts {
    /// A pool of which no block was used yet.
    ///
    /// # Errors
    /// Says what is wrong with the sizes.
    pub fn new(block_bytes: usize, blocks: usize) -> Result<Counts, Unusable> {
        if blocks == 0 {
            return Err(Unusable::NoBlocks);
        }
        if block_bytes < WORD {
            return Err(Unusable::BlockTooSmall);
        }
        if block_bytes % WORD != 0 {
            return Err(Unusable::Misaligned);
        }
        let too_large = |_| Unusable::TooLarge;
        let stride = u32::try_from(block_bytes).map_err(too_large)?;
        let blocks = u32::try_from(blocks).map_err(too_large)?;
        if high(stride, blocks) != 0 {
            return Err(Unusable::TooLarge);
        }
        Ok(Counts { stride, reciprocal: reciprocal(stride), blocks, ..Counts::default() })
    }
}

/// Where `first` and `used` are.
const MOVING: usize = core::mem::offset_of!(Counts, first);

/// A pool, while its owner holds the lock.
pub struct Pool<'a> {
    counts: &'a mut Counts,
    slots: Slots,
}

impl<'a> Pool<'a> {
    /// The pool with this state and memory. The state is as [`Counts::new`] made it, or all zeros, and the map was
    /// all zeros then.
    #[inline(always)]
    pub fn new(counts: &'a mut Counts, slots: Slots) -> Pool<'a> {
        Pool { counts, slots }
    }

    /// Takes a block: its offset, or `None` if none is free, or the free block at hand is damaged ([`Pool::why`]).
    #[inline(always)]
    pub fn take(&mut self) -> Option<u32> {
        let (first, used) = load_both::<Counts, MOVING>(self.counts);
        let Some(index) = first.checked_sub(1) else {
            return self.take_fresh();
        };
        let offset = index.wrapping_mul(self.counts.stride);
        let next = self.slots.link(offset);
        let (word, bit) = place(index);
        let bits = self.slots.bits(word);
        if next > self.counts.fresh || bits & bit != 0 {
            return None;
        }
        self.slots.set_bits(word, bits | bit);
        store_both::<Counts, MOVING>(self.counts, next, used.wrapping_add(1));
        Some(offset)
    }

    /// The list is empty: so all blocks below `fresh` are in use. Not apart: the ordinary way would save two instructions,
    /// and the longest would become this one.
    #[inline(always)]
    fn take_fresh(&mut self) -> Option<u32> {
        let index = self.counts.fresh;
        if index >= self.counts.blocks {
            return None;
        }
        let (word, bit) = place(index);
        self.slots.set_bits(word, self.slots.bits(word) | bit);
        self.counts.fresh = index.wrapping_add(1);
        self.counts.used = self.counts.used.wrapping_add(1);
        Some(index.wrapping_mul(self.counts.stride))
    }

    /// Why [`Pool::take`] gave nothing: the offset of the free block that was written to, or `None` if all are in use.
    pub fn why(&self) -> Option<u32> {
        Some(self.counts.first.checked_sub(1)?.wrapping_mul(self.counts.stride))
    }

    /// Gives the block at this offset back.
    ///
    /// # Errors
    /// `ForeignPointer` if no block starts there, `DoubleFree` if it is not in use. Nothing is changed then.
    #[inline(always)]
    pub fn give(&mut self, offset: u32) -> Result<(), Kind> {
        let index = high(offset, self.counts.reciprocal);
        if index >= self.counts.blocks || index.wrapping_mul(self.counts.stride) != offset {
            return Err(Kind::ForeignPointer);
        }
        let (word, bit) = place(index);
        let bits = self.slots.bits(word);
        if bits & bit == 0 {
            return Err(Kind::DoubleFree);
        }
        self.slots.set_bits(word, bits & !bit);
        let (first, used) = load_both::<Counts, MOVING>(self.counts);
        self.slots.set_link(offset, first);
        store_both::<Counts, MOVING>(self.counts, index.wrapping_add(1), used.wrapping_sub(1));
        Ok(())
    }

    /// I11, by a walk over the map and the list: O(blocks).
    ///
    /// # Errors
    /// `FreeBlockDamaged` if the list does not hold just the free blocks that were used before, `CountersDisagree` if
    /// the map does not have as many bits as blocks are in use.
    pub fn check(&self) -> Result<(), Kind> {
        let Counts { blocks, fresh, used, .. } = *self.counts;
        let mut bits = 0;
        let mut word = 0;
        while word < blocks.div_ceil(32) {
            let known = fresh.saturating_sub(word.wrapping_mul(32));
            let may = if known >= 32 { u32::MAX } else { (1u32 << known).wrapping_sub(1) };
            let found = self.slots.bits(word);
            if found & !may != 0 {
                return Err(Kind::CountersDisagree);
            }
            bits += found.count_ones();
            word += 1;
        }
        if bits != used || used > fresh || fresh > blocks {
            return Err(Kind::CountersDisagree);
        }
        let mut link = self.counts.first;
        for _ in used..fresh {
            match link.checked_sub(1) {
                Some(index) if index < fresh && !self.is_used(index) => {
                    link = self.slots.link(index.wrapping_mul(self.counts.stride));
                }
                _ => return Err(Kind::FreeBlockDamaged),
            }
        }
        if link == 0 {
            Ok(())
        } else {
            Err(Kind::FreeBlockDamaged)
        }
    }

    fn is_used(&self, index: u32) -> bool {
        let (word, bit) = place(index);
        self.slots.bits(word) & bit != 0
    }
}

/// The word of the map that has a block's bit, and the bit in it.
#[inline(always)]
fn place(index: u32) -> (u32, u32) {
    (index >> 5, 1 << (index & 31))
}

/// 2^32 / divisor, rounded up, for a divisor above one: long division, because some CPUs have none of their own and
/// the archive brings no library along. For a multiple `i * divisor` below 2^32, `high` of it and this is exactly `i`: the
/// rounding adds less than `divisor` to each of `i` parts of 2^32, which is less than one such part in all. Any
/// other offset is unmasked by multiplying back.
fn reciprocal(divisor: u32) -> u32 {
    let (mut quotient, mut rest) = (0u32, 0u32);
    for _ in 0..32 {
        // One more one-bit of 2^32 - 1. The rest stays below the divisor: the carry is its 33rd bit.
        let carry = rest >> 31;
        rest = rest << 1 | 1;
        quotient <<= 1;
        if carry != 0 || rest >= divisor {
            rest = rest.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    quotient.wrapping_add(1)
}

/// The upper half of a product.
#[inline(always)]
fn high(a: u32, b: u32) -> u32 {
    // ARMv6-M and ARMv8-M baseline multiply to 32 bits only.
    if cfg!(all(target_arch = "arm", not(firmheap_double_words))) {
        high_by_halves(a, b)
    } else {
        ((u64::from(a) * u64::from(b)) >> 32) as u32
    }
}

/// The same from products of 16 bits by 16. No sum overflows: (2^16 - 1)^2 + 2 (2^16 - 1) is 2^32 - 1. Kept apart: the
/// optimiser knows this pattern, and would make a call of a library's 64-bit multiplication of it.
#[inline(always)]
fn high_by_halves(a: u32, b: u32) -> u32 {
    let (a_low, a_high, b_low, b_high) = (a & 0xFFFF, a >> 16, b & 0xFFFF, b >> 16);
    let first = a_high.wrapping_mul(b_low).wrapping_add(a_low.wrapping_mul(b_low) >> 16);
    let first = keep(first as usize) as u32;
    let second = a_low.wrapping_mul(b_high).wrapping_add(first & 0xFFFF);
    a_high.wrapping_mul(b_high).wrapping_add(first >> 16).wrapping_add(second >> 16)
}

#[cfg(test)]
#[allow(clippy::missing_panics_doc)]
mod tests {
    use super::*;

    const EDGES: [u32; 14] = [
        1,
        2,
        3,
        4,
        5,
        7,
        0xFFFF,
        0x1_0000,
        0x1_0001,
        0x7FFF_FFFF,
        0x8000_0000,
        0xAAAA_AAAB,
        0xFFFF_FFFE,
        0xFFFF_FFFF,
    ];

    /// Of many cases: arithmetic without `unsafe` has nothing to show to Miri, a thousand times slower.
    fn share(count: u32) -> u32 {
        if cfg!(miri) {
            count / 500
        } else {
            count
        }
    }

    #[test]
    fn the_upper_half_is_the_same_by_halves() {
        let mut seed = 0x1234_5678_u32;
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            seed
        };
        for a in EDGES {
            for b in EDGES {
                assert_eq!(high_by_halves(a, b), high(a, b), "{a} * {b}");
            }
            for _ in 0..share(1000) {
                let b = random();
                assert_eq!(high_by_halves(a, b), high(a, b), "{a} * {b}");
            }
        }
    }

    #[test]
    fn every_multiple_and_nothing_else_becomes_an_index() {
        for stride in
            (4..=64).chain([100, 252, 1000, 1028, 65_532, 65_536, 65_540, 0x4000_0004, 0xFFFF_FFFC])
        {
            let magic = reciprocal(stride);
            assert_eq!(u64::from(magic), (1u64 << 32).div_ceil(u64::from(stride)), "{stride}");
            let (last, many) = (u32::MAX / stride, share(3000));
            for index in (0..=last.min(many)).chain(last.saturating_sub(many)..=last) {
                assert_eq!(high(index * stride, magic), index, "{index} * {stride}");
                let beside = (index * stride).wrapping_add(1 + index % (stride - 1));
                assert_ne!(high(beside, magic).wrapping_mul(stride), beside, "{beside} / {stride}");
            }
        }
    }
}
