// SPDX-License-Identifier: MIT
//! How wide the sizes in a header are, which bounds the largest block.
#![forbid(unsafe_code)]

use crate::bins::{BinMap, WideMap};
use crate::region::Space;
use crate::units::{At, Size, GRANULE, GRANULE_LOG2};

/// The width of one size in a header.
pub trait Width {
    /// The map that covers every bin a block can be in.
    type Map: BinMap;
    /// Bytes of one size.
    const BYTES: u32;
    /// The largest block.
    const LARGEST: Size;
    /// The largest payload that is served: not quite what the largest block holds, but a constant that
    /// instructions can hold.
    const REQUEST_MAX: u32;

    /// Reads a size with its flag.
    fn load<S: Space>(space: S, at: At) -> u32;
    /// Writes a size with its flag.
    fn store<S: Space>(space: S, at: At, size: u32);

    /// Writes two neighbouring sizes, the second at `at`.
    #[inline(always)]
    fn store_both<S: Space>(space: S, at: At, first: u32, second: u32) {
        Self::store(space, at.minus(Self::BYTES), first);
        Self::store(space, at, second);
    }

    /// How a checked header holds the left neighbour's size with its flag, so that the numbers programs keep in memory are
    /// none.
    #[inline(always)]
    fn encode(size: u32) -> u32 {
        size
    }
    /// What [`Width::encode`] was given.
    #[inline(always)]
    fn decode(held: u32) -> u32 {
        held
    }

    /// True if a size that is possible, claimed at `block`, ends at `right`, which is not above `end`.
    fn ends_below(size: Size, block: At, right: At, end: At) -> bool;

    /// True unless an address plus this size, as a damaged header claims it, could wrap.
    #[inline(always)]
    fn is_possible(size: Size) -> bool {
        size <= Self::LARGEST
    }
}

/// 16 bits of half granules, or fewer with large granules: blocks below 256 KiB.
pub struct Compact;

impl Width for Compact {
    type Map = u32;
    const BYTES: u32 = 2;
    const LARGEST: Size = Size((0xFFFE / (GRANULE / 8)) & !1);
    const REQUEST_MAX: u32 = 0x3FC00;

    #[inline(always)]
    fn load<S: Space>(space: S, at: At) -> u32 {
        u32::from(space.load16(at))
    }
    #[inline(always)]
    fn store<S: Space>(space: S, at: At, size: u32) {
        space.store16(at, size as u16);
    }
    #[inline(always)]
    fn store_both<S: Space>(space: S, at: At, first: u32, second: u32) {
        space.store32(at.minus(Self::BYTES), second << 16 | first);
    }
    #[inline(always)]
    fn is_possible(_: Size) -> bool {
        true // 16 bits
    }
    #[inline(always)]
    fn ends_below(_: Size, _: At, right: At, end: At) -> bool {
        !right.is_above(end)
    }
}

/// 32 bits: blocks up to 64 MiB.
pub struct Wide;

impl Width for Wide {
    type Map = WideMap;
    const BYTES: u32 = 4;
    const LARGEST: Size = Size((0xFF_FFFE / (GRANULE / 8)) & !1);
    const REQUEST_MAX: u32 = 0x3FC_0000;

    #[inline(always)]
    fn load<S: Space>(space: S, at: At) -> u32 {
        space.load32(at)
    }
    #[inline(always)]
    fn store<S: Space>(space: S, at: At, size: u32) {
        space.store32(at, size);
    }
    // One comparison of the whole size with the room there is, which is less than any that could wrap.
    #[inline(always)]
    fn ends_below(size: Size, block: At, _: At, end: At) -> bool {
        let (room, is_above) = end.0.overflowing_sub(block.0);
        !is_above && size.0 <= room >> (GRANULE_LOG2 - 1)
    }
    // An array of small integers would else hold sizes everywhere, each confirmed by the next. By the other sign, because
    // that is no instruction: a size is compared with a sum, and the copy with its flag is the complement.
    #[inline(always)]
    fn encode(size: u32) -> u32 {
        size.wrapping_neg()
    }
    #[inline(always)]
    fn decode(held: u32) -> u32 {
        held.wrapping_neg()
    }
}
