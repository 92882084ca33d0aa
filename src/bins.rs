// SPDX-License-Identifier: MIT
//! Size classes ("bins") and the map that says which of them hold a free block.
//!
//! Two bins for each octave of block sizes, as in the half-fit / TLSF family (Masmano et al., "TLSF: a new
//! dynamic memory allocator for real-time systems", 2004), but in one word: the fit that finer
//! bins would give is bought back by the scheme, which compares two blocks of a bin.
//! Whether the request's own bin holds a block is asked of its head; the map is for those above. Bin `i` is
//! bit `32 - i`, so shifting the map left by `i` leaves exactly the bins above, the next at the top.
#![forbid(unsafe_code)]

use crate::hint::assume;
use crate::units::{Size, GRANULE};

/// The first bin in use; a head is stored at `bin - BIN_MIN`.
pub const BIN_MIN: u32 = 4;

/// The bin of a block size. For 16, 24, 32, 48, 64, 96, … bytes upwards: 4, 5, 6, 7, 8, 9, …
/// Cost: a count of leading zeros and three operations.
#[inline(always)]
pub fn bin_of(size: Size) -> u32 {
    let words = size.0 * (GRANULE / 8);
    let shift = 30u32.wrapping_sub(leading_zeros(words));
    assume(shift < 32); // blocks are at least 16 bytes
    (words >> shift) + 2 * shift
}

/// Zeros above the highest set bit of a word that is not zero.
#[inline(always)]
#[cfg(not(firmheap_no_clz))]
fn leading_zeros(word: u32) -> u32 {
    word.leading_zeros()
}

/// Cortex-M0, M23 and plain RISC-V have no instruction for it. All bits below the highest are set, and a
/// de Bruijn product of that finds the answer in a table (Leiserson, Prokop, Randall: "Using de Bruijn
/// Sequences to Index a 1 in a Computer Word", 1998): no loop and no library call.
#[inline(always)]
#[cfg(firmheap_no_clz)]
fn leading_zeros(word: u32) -> u32 {
    let mut ones = word;
    ones |= ones >> 1;
    ones |= ones >> 2;
    ones |= ones >> 4;
    ones |= ones >> 8;
    ones |= ones >> 16;
    u32::from(de_bruijn::ZEROS[de_bruijn::index(ones)])
}

#[cfg(firmheap_no_clz)]
mod de_bruijn {
    /// Where the answer for a word of `n` ones at the bottom stands: a different place for each `n`.
    #[inline(always)]
    pub const fn index(ones: u32) -> usize {
        (ones.wrapping_mul(0x07C4_ACDD) >> 27) as usize
    }

    pub static ZEROS: [u8; 32] = {
        let mut table = [u8::MAX; 32];
        let mut zeros = 0;
        while zeros < 32 {
            let place = index(u32::MAX >> zeros);
            assert!(table[place] == u8::MAX, "every answer has its own place");
            table[place] = zeros;
            zeros += 1;
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

/// Bin `i` is bit `32 - i`: a one rotated right by `i`, as Arm does without masking the amount.
#[inline(always)]
fn bit(bin: u32) -> u32 {
    1u32.rotate_right(bin)
}

impl BinMap for u32 {
    const BINS: u32 = 32;
    #[inline(always)]
    fn has(self, bin: u32) -> bool {
        self & bit(bin) != 0
    }
    #[inline(always)]
    fn with(self, bin: u32) -> u32 {
        self | bit(bin)
    }
    #[inline(always)]
    fn without(self, bin: u32) -> u32 {
        self & !bit(bin)
    }
    #[inline(always)]
    fn above(self, bin: u32) -> Option<u32> {
        assume(bin < 32); // I6: a bin of this map
        let above = self << bin; // shifts this bin out: the next one is at the top
        (above != 0).then(|| bin + 1 + leading_zeros(above))
    }
}

/// The map of the large layout: bins 1 to 32 and 33 to 64, each word as the map of the compact one.
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
        (if bin <= 32 { self.low } else { self.high }).has(bin)
    }
    #[inline(always)]
    fn with(self, bin: u32) -> WideMap {
        if bin <= 32 {
            WideMap { low: self.low.with(bin), ..self }
        } else {
            WideMap { high: self.high.with(bin), ..self }
        }
    }
    #[inline(always)]
    fn without(self, bin: u32) -> WideMap {
        if bin <= 32 {
            WideMap { low: self.low.without(bin), ..self }
        } else {
            WideMap { high: self.high.without(bin), ..self }
        }
    }
    #[inline(always)]
    fn above(self, bin: u32) -> Option<u32> {
        if bin < 32 {
            return self
                .low
                .above(bin)
                .or_else(|| (self.high != 0).then(|| 33 + leading_zeros(self.high)));
        }
        self.high.above(bin - 32).map(|bin| bin + 32)
    }
}
