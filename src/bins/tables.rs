// SPDX-License-Identifier: MIT
//! Bins by tables, for CPUs without an instruction that counts zeros: Cortex-M0 and M23, plain RISC-V. No loop and
//! no library call.
#![forbid(unsafe_code)]
#![cfg_attr(not(firmheap_no_clz), allow(dead_code))]

use crate::hint::{assume, keep};
use crate::units::{Size, GRANULE};

/// Bins of 0 to 127 words; below four there is none.
static BINS: [u8; 128] = {
    let mut table = [0; 128];
    let mut words: usize = 4;
    while words < 128 {
        let shift = words.ilog2() - 1;
        table[words] = (words >> shift) as u8 + 2 * shift as u8;
        words += 1;
    }
    table
};

/// The bin of a block size that is at most `largest`. The table answers for seven bits; larger sizes are shifted by
/// five octaves at a time. Cost: up to three comparisons.
#[inline(always)]
pub fn bin_of(size: Size, largest: Size) -> u32 {
    let mut words = size.0 * (GRANULE / 8);
    let mut bin = 0;
    if (largest.0 * (GRANULE / 8)) >> 16 != 0 && words >> 16 != 0 {
        (words, bin) = (words >> 10, 20);
    }
    // Kept: a choice of values instead of the branch would take more instructions.
    if words >= 0x80 {
        (words, bin) = if words >> 12 == 0 {
            (keep_word(words >> 5), bin + 10)
        } else {
            (keep_word(words >> 10), bin + 20)
        };
    }
    assume(words < 0x80); // no block is larger than `largest`
    bin + u32::from(BINS[words as usize])
}

/// Bit of bin 0.
pub const UNIT: u32 = 1;

/// Bin `i` is bit `i`.
#[inline(always)]
pub fn bit(unit: u32, bin: u32) -> u32 {
    assume(bin < 32); // I6: a bin of this map
    unit << bin
}

/// The bins from one upwards, it at the bottom.
#[derive(Clone, Copy)]
pub struct Upwards(u32);

impl Upwards {
    /// From this bin.
    #[inline(always)]
    pub fn from(map: u32, bin: u32) -> Upwards {
        assume(bin < 32); // I6: a bin of this map
        Upwards(map >> bin)
    }

    /// The first is set.
    #[inline(always)]
    pub fn has_first(self) -> bool {
        self.0 & 1 != 0
    }

    /// The same without the first, which is set.
    #[inline(always)]
    pub fn without_first(self) -> Upwards {
        Upwards(self.0.wrapping_sub(1))
    }

    /// None is set.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How far above the first the lowest set one is; there is one. The lowest set bit alone, times a de Bruijn sequence,
    /// leads to its number in a table (Leiserson, Prokop, Randall: "Using de Bruijn Sequences to Index a 1 in a Computer
    /// Word", 1998).
    #[inline(always)]
    pub fn lowest(self) -> u32 {
        // Kept: the optimiser knows this trick and makes it longer.
        u32::from(LOWEST[index(keep_word(self.0 & self.0.wrapping_neg()))])
    }
}

/// The highest bin that is set; there is one. By halves.
pub fn highest(map: u32) -> u32 {
    let (map, bin) = if map >> 16 != 0 { (map >> 16, 16) } else { (map, 0) };
    let (map, bin) = if map >> 8 != 0 { (map >> 8, bin + 8) } else { (map, bin) };
    let (map, bin) = if map >> 4 != 0 { (map >> 4, bin + 4) } else { (map, bin) };
    let (map, bin) = if map >> 2 != 0 { (map >> 2, bin + 2) } else { (map, bin) };
    bin + (map >> 1)
}

/// Where the answer for a single bit stands: a different place for each.
#[inline(always)]
const fn index(bit: u32) -> usize {
    (bit.wrapping_mul(0x077C_B531) >> 27) as usize
}

/// The number of the bit.
static LOWEST: [u8; 32] = {
    let mut table = [0; 32];
    let mut bit = 0;
    while bit < 32 {
        let place = index(1 << bit);
        assert!(table[place] == 0, "every answer has its own place");
        table[place] = bit;
        bit += 1;
    }
    table
};

/// [`keep`] for a word.
#[inline(always)]
fn keep_word(word: u32) -> u32 {
    keep(word as usize) as u32
}
