// SPDX-License-Identifier: MIT
//! Bins by counting leading zeros, for CPUs that have an instruction for it.
#![forbid(unsafe_code)]
#![cfg_attr(firmheap_no_clz, allow(dead_code))]

use crate::hint::assume;
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

/// The bins of a word are one to this.
pub const LAST: u32 = 32;

/// Bin `i` is bit `32 - i`: a one rotated right by `i`, as Arm does without masking the amount.
#[inline(always)]
pub fn bit(bin: u32) -> u32 {
    1u32.rotate_right(bin)
}

/// The set bin nearest above: shifting left by `bin` shifts that one out and leaves the next at the top.
#[inline(always)]
pub fn next(map: u32, bin: u32) -> Option<u32> {
    assume(bin < 32); // I6: a bin of this map
    let above = map << bin;
    (above != 0).then(|| bin + 1 + above.leading_zeros())
}

/// The lowest bin of a map that is not empty.
#[inline(always)]
pub fn lowest(map: u32) -> u32 {
    1 + map.leading_zeros()
}
