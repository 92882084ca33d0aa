// SPDX-License-Identifier: MIT
//! Size classes ("bins") and the map that says which of them hold a free block.
//!
//! Two bins for each octave of block sizes, as in the half-fit / TLSF family (Masmano et al., "TLSF: a new
//! dynamic memory allocator for real-time systems", 2004), but in one word: the fit that finer
//! bins would give is bought back by the scheme, which compares two blocks of a bin.
//! Whether the request's own bin holds a block is asked of its head; the map is for those above.
#![forbid(unsafe_code)]

use crate::hint::assume;
#[cfg(firmheap_no_clz)]
use crate::hint::keep;
use crate::units::{Size, GRANULE};

/// The first bin in use; a head is stored at `bin - BIN_MIN`.
pub const BIN_MIN: u32 = 4;

/// The bin of a block size. For 16, 24, 32, 48, 64, 96, … bytes upwards: 4, 5, 6, 7, 8, 9, …
/// Cost: a count of leading zeros and three operations.
#[inline(always)]
#[cfg(not(firmheap_no_clz))]
pub fn bin_of(size: Size, _largest: Size) -> u32 {
    let words = size.0 * (GRANULE / 8);
    let shift = 30u32.wrapping_sub(words.leading_zeros());
    assume(shift < 32); // blocks are at least 16 bytes
    (words >> shift) + 2 * shift
}

/// Cortex-M0, M23 and plain RISC-V have no such instruction. A table answers for seven bits; larger sizes, which are
/// at most `largest`, are shifted by five octaves at a time. Cost: up to three comparisons, no loop.
#[inline(always)]
#[cfg(firmheap_no_clz)]
pub fn bin_of(size: Size, largest: Size) -> u32 {
    let mut words = size.0 * (GRANULE / 8);
    let mut bin = 0;
    if largest.0 * (GRANULE / 8) >> 16 != 0 && words >> 16 != 0 {
        (words, bin) = (words >> 10, 20);
    }
    // `branch`: a choice of values instead would take more instructions.
    if words >= 0x80 {
        (words, bin) = if words >> 12 == 0 {
            (branch(words >> 5), bin + 10)
        } else {
            (branch(words >> 10), bin + 20)
        };
    }
    assume(words < 0x80); // no block is larger than `largest`
    bin + u32::from(tables::BIN[words as usize])
}

/// [`keep`] for a word.
#[inline(always)]
#[cfg(firmheap_no_clz)]
fn branch(word: u32) -> u32 {
    keep(word as usize) as u32
}

/// Bins as the bits of a word, in the order in which the next one above a bin is found fastest.
#[cfg(not(firmheap_no_clz))]
mod bits {
    /// The bins of a word are one to this.
    pub const LAST: u32 = 32;

    /// Bin `i` is bit `32 - i`: a one rotated right by `i`, as Arm does without masking the amount.
    #[inline(always)]
    pub fn of(bin: u32) -> u32 {
        1u32.rotate_right(bin)
    }

    /// The set bit nearest above: shifting left by `bin` shifts it out and leaves the next one at the top.
    #[inline(always)]
    pub fn next(map: u32, bin: u32) -> Option<u32> {
        super::assume(bin < 32); // I6: a bin of this map
        let above = map << bin;
        (above != 0).then(|| bin + 1 + above.leading_zeros())
    }

    /// The lowest bin of a map that is not empty.
    #[inline(always)]
    pub fn lowest(map: u32) -> u32 {
        1 + map.leading_zeros()
    }
}

/// Without an instruction that counts zeros: the lowest set bit alone, times a de Bruijn sequence, leads to its
/// number in a table (Leiserson, Prokop, Randall: "Using de Bruijn Sequences to Index a 1 in a Computer Word", 1998).
#[cfg(firmheap_no_clz)]
mod bits {
    /// The bins of a word are zero to this.
    pub const LAST: u32 = 31;

    /// Bin `i` is bit `i`.
    #[inline(always)]
    pub fn of(bin: u32) -> u32 {
        super::assume(bin < 32); // I6: a bin of this map
        1 << bin
    }

    /// The set bit nearest above.
    #[inline(always)]
    pub fn next(map: u32, bin: u32) -> Option<u32> {
        super::assume(bin < 32); // I6: a bin of this map
        let above = map >> bin >> 1;
        (above != 0).then(|| bin + 1 + lowest(above))
    }

    /// The lowest bin of a map that is not empty.
    #[inline(always)]
    pub fn lowest(map: u32) -> u32 {
        // Kept: the optimiser knows this trick and makes it longer.
        let alone = super::branch(map & map.wrapping_neg());
        u32::from(super::tables::LOWEST[super::tables::index(alone)])
    }
}

#[cfg(any(test, firmheap_no_clz))]
mod tables {
    /// Bins of 0 to 127 words; below four there is none.
    pub static BIN: [u8; 128] = {
        let mut table = [0; 128];
        let mut words: usize = 4;
        while words < 128 {
            let shift = words.ilog2() - 1;
            table[words] = (words >> shift) as u8 + 2 * shift as u8;
            words += 1;
        }
        table
    };

    /// Where the answer for a single bit stands: a different place for each.
    #[inline(always)]
    pub const fn index(bit: u32) -> usize {
        (bit.wrapping_mul(0x077C_B531) >> 27) as usize
    }

    /// The number of the bit.
    pub static LOWEST: [u8; 32] = {
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
}

/// Which bins hold a free block.
pub trait BinMap: Copy + Default + PartialEq + core::fmt::Debug {
    /// The bins of this map are `BIN_MIN..BINS`.
    const BINS: u32;
    /// True if this bin is set.
    fn has(self, bin: u32) -> bool;
    /// The same with this bin set.
    #[must_use]
    fn with(self, bin: u32) -> Self;
    /// The same without this bin.
    #[must_use]
    fn without(self, bin: u32) -> Self;
    /// The next bin above this one that is set.
    fn above(self, bin: u32) -> Option<u32>;
}

impl BinMap for u32 {
    const BINS: u32 = 32;
    #[inline(always)]
    fn has(self, bin: u32) -> bool {
        self & bits::of(bin) != 0
    }
    #[inline(always)]
    fn with(self, bin: u32) -> u32 {
        self | bits::of(bin)
    }
    #[inline(always)]
    fn without(self, bin: u32) -> u32 {
        self & !bits::of(bin)
    }
    #[inline(always)]
    fn above(self, bin: u32) -> Option<u32> {
        bits::next(self, bin)
    }
}

/// The map of the large layout: bins up to [`bits::LAST`], and those above, as the map of the compact one.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct WideMap {
    low: u32,
    high: u32,
}

impl BinMap for WideMap {
    const BINS: u32 = 64;
    #[inline(always)]
    fn has(self, bin: u32) -> bool {
        (if bin <= bits::LAST { self.low } else { self.high }).has(bin)
    }
    #[inline(always)]
    fn with(self, bin: u32) -> WideMap {
        if bin <= bits::LAST {
            WideMap { low: self.low.with(bin), ..self }
        } else {
            WideMap { high: self.high.with(bin), ..self }
        }
    }
    #[inline(always)]
    fn without(self, bin: u32) -> WideMap {
        if bin <= bits::LAST {
            WideMap { low: self.low.without(bin), ..self }
        } else {
            WideMap { high: self.high.without(bin), ..self }
        }
    }
    #[inline(always)]
    fn above(self, bin: u32) -> Option<u32> {
        if bin > bits::LAST {
            return bits::next(self.high, bin - 32).map(|bin| bin + 32);
        }
        let far = || (self.high != 0).then(|| 32 + bits::lowest(self.high));
        // The last bin of the word has none above it there.
        (bin < 32).then(|| bits::next(self.low, bin)).flatten().or_else(far)
    }
}
