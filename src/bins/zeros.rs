// SPDX-License-Identifier: MIT
//! Bins by counting leading zeros, for CPUs that have an instruction for it.
#![forbid(unsafe_code)]
#![cfg_attr(firmheap_no_clz, allow(dead_code))]

use crate::hint::{assume, keep};
use crate::units::{Size, GRANULE};

/// The bin of a block size. For 16, 24, 32, 48, 64, 96, … bytes upwards: 4, 5, 6, 7, 8, 9, …
/// Cost: a count of leading zeros and three operations.
#[inline(always)]
pub fn bin_of(size: Size, _largest: Size) -> u32 {
    let words = size.0 * (GRANULE / 8);
    let shift = 30u32.wrapping_sub(words.leading_zeros());
    assume(shift < 32); // blocks are at least 16 bytes
    (words >> shift) + 2 * shift
}

const TOP: u32 = 1 << 31;
/// Bit of bin 0.
pub const UNIT: u32 = TOP;

/// Bin `i` is bit `31 - i`: the top bit rotated right by `i`, as Arm does without masking the amount.
#[inline(always)]
pub fn bit(unit: u32, bin: u32) -> u32 {
    unit.rotate_right(bin)
}

/// The bins from one upwards, it at the top. The zeros are counted at once: their number says also whether the first bin
/// is set and whether any is.
#[derive(Clone, Copy)]
pub struct Upwards {
    bits: u32,
    zeros: u32,
}

impl Upwards {
    /// From this bin.
    #[inline(always)]
    pub fn from(map: u32, bin: u32) -> Upwards {
        assume(bin < 32); // I6: a bin of this map
        Upwards::of(map << bin)
    }

    #[inline(always)]
    fn of(bits: u32) -> Upwards {
        // Kept: the optimiser would compare the bits instead.
        Upwards { bits, zeros: keep(bits.leading_zeros() as usize) as u32 }
    }

    /// The first is set.
    #[inline(always)]
    pub fn has_first(self) -> bool {
        self.zeros == 0
    }

    /// The same without the first, which is set.
    #[inline(always)]
    pub fn without_first(self) -> Upwards {
        Upwards::of(self.bits & !TOP)
    }

    /// None is set.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.zeros == 32
    }

    /// How far above the first the lowest set one is; there is one.
    #[inline(always)]
    pub fn lowest(self) -> u32 {
        self.zeros
    }
}

/// The highest bin that is set; there is one.
pub fn highest(map: u32) -> u32 {
    31 - map.trailing_zeros()
}
