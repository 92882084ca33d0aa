// SPDX-License-Identifier: MIT
//! Size classes ("bins") and the map that says which of them hold a free block.
//!
//! Two bins for each octave of block sizes, as in the half-fit / TLSF family (Masmano et al., "TLSF: a new
//! dynamic memory allocator for real-time systems", 2004), but in one word: the fit that finer
//! bins would give is bought back by the scheme, which compares two blocks of a bin.
//! Whether the request's own bin holds a block is asked of its head; the map is for those above.
#![forbid(unsafe_code)]

mod tables;
mod zeros;

#[cfg(firmheap_no_clz)]
use tables as arithmetic;
#[cfg(not(firmheap_no_clz))]
use zeros as arithmetic;

pub use arithmetic::bin_of;

/// The first bin in use; a head is stored at `bin - BIN_MIN`.
pub const BIN_MIN: u32 = 4;

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
        self & arithmetic::bit(bin) != 0
    }
    #[inline(always)]
    fn with(self, bin: u32) -> u32 {
        self | arithmetic::bit(bin)
    }
    #[inline(always)]
    fn without(self, bin: u32) -> u32 {
        self & !arithmetic::bit(bin)
    }
    #[inline(always)]
    fn above(self, bin: u32) -> Option<u32> {
        arithmetic::next(self, bin)
    }
}

/// The map of the large layout: bins up to that of the first word, and those above, as the map of the compact one.
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
        (if bin <= arithmetic::LAST { self.low } else { self.high }).has(bin)
    }
    #[inline(always)]
    fn with(self, bin: u32) -> WideMap {
        if bin <= arithmetic::LAST {
            WideMap { low: self.low.with(bin), ..self }
        } else {
            WideMap { high: self.high.with(bin), ..self }
        }
    }
    #[inline(always)]
    fn without(self, bin: u32) -> WideMap {
        if bin <= arithmetic::LAST {
            WideMap { low: self.low.without(bin), ..self }
        } else {
            WideMap { high: self.high.without(bin), ..self }
        }
    }
    #[inline(always)]
    fn above(self, bin: u32) -> Option<u32> {
        if bin > arithmetic::LAST {
            return arithmetic::next(self.high, bin - 32).map(|bin| bin + 32);
        }
        let far = || (self.high != 0).then(|| 32 + arithmetic::lowest(self.high));
        // The last bin of the word has none above it there.
        (bin < 32).then(|| arithmetic::next(self.low, bin)).flatten().or_else(far)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::missing_panics_doc)] // tests
    use super::{tables, zeros};
    use crate::units::Size;

    /// Both ways to a bin agree for every size that a block can have.
    #[test]
    fn tables_and_zeros_agree_on_sizes() {
        for largest in [Size(0xFFFE), Size(0xFF_FFFE)].map(Size::even) {
            for size in (4..=largest.0).step_by(2).map(Size) {
                assert_eq!(tables::bin_of(size, largest), zeros::bin_of(size, largest), "{size:?}");
            }
        }
    }

    /// Both find the next bin above any bin, whatever the others are.
    #[test]
    fn tables_and_zeros_agree_on_maps() {
        let mut random = 1u32;
        for _ in 0..100_000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bins = random >> (random % 32) & !1; // bins 1 to 31 are in both kinds of word
            let map =
                |bit: fn(u32) -> u32| (1..32).filter(|bin| bins >> bin & 1 != 0).map(bit).sum();
            let (by_table, by_zeros) = (map(tables::bit), map(zeros::bit));
            for bin in 1..32 {
                let expected = (bin + 1..32).find(|bin| bins >> bin & 1 != 0);
                assert_eq!(tables::next(by_table, bin), expected);
                assert_eq!(zeros::next(by_zeros, bin), expected);
            }
            if bins != 0 {
                assert_eq!(tables::lowest(by_table), bins.trailing_zeros());
                assert_eq!(zeros::lowest(by_zeros), bins.trailing_zeros());
            }
        }
    }
}
