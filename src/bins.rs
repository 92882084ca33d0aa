// SPDX-License-Identifier: MIT
//! Size classes ("bins") and the map that says which of them hold a free block.
//!
//! Two bins for each octave of block sizes, as in the half-fit / TLSF family (Masmano et al., "TLSF: a new
//! dynamic memory allocator for real-time systems", 2004), but in one word: the fit that finer
//! bins would give is bought back by the scheme, which compares two blocks of a bin.
//! Bin `i` is bit `i` counted from the top, so shifting the map left by `i` leaves the request's own
//! bin at the sign bit, and the leading zeros lead to the next larger one.
#![forbid(unsafe_code)]

use crate::region::assume;
use crate::units::{Size, GRANULE};

/// The first bin in use; a head is stored at `bin - BIN_MIN`.
pub const BIN_MIN: u32 = 4;

/// The bin of a block size. For 16, 24, 32, 48, 64, 96, … bytes upwards: 4, 5, 6, 7, 8, 9, …
/// Cost: a count of leading zeros and three operations.
#[inline(always)]
pub fn bin_of(size: Size) -> u32 {
    let words = size.0 * (GRANULE / 8);
    let shift = 30u32.wrapping_sub(words.leading_zeros());
    assume(shift < 32); // blocks are at least 16 bytes
    (words >> shift) + 2 * shift
}

/// Which bins hold a free block.
pub trait BinMap: Copy + Default + PartialEq + core::fmt::Debug {
    /// The bins of this map are `BIN_MIN..BINS`.
    const BINS: u32;
    /// The bin and all above it; the bin itself is [`BinMap::has_first`].
    #[must_use]
    fn seek(self, bin: u32) -> Self;
    /// The first bin of a map that was shifted by [`BinMap::from`] holds a block.
    fn has_first(self) -> bool;
    /// The same without the first bin.
    #[must_use]
    fn without_first(self) -> Self;
    /// No bin holds a block.
    fn is_empty(self) -> bool;
    /// How many bins further the first one that holds a block is. The map is not empty.
    fn distance(self) -> u32;
    /// The same with this bin set.
    #[must_use]
    fn with(self, bin: u32) -> Self;
    /// The same without this bin.
    #[must_use]
    fn without(self, bin: u32) -> Self;
}

macro_rules! bin_map {
    ($word:ty, $bits:literal) => {
        impl BinMap for $word {
            const BINS: u32 = $bits;
            #[inline(always)]
            fn seek(self, bin: u32) -> Self {
                assume(bin < $bits); // I6: a bin of this map
                self << bin
            }
            #[inline(always)]
            fn has_first(self) -> bool {
                self >> ($bits - 1) != 0
            }
            #[inline(always)]
            fn without_first(self) -> Self {
                self & (<$word>::MAX >> 1)
            }
            #[inline(always)]
            fn is_empty(self) -> bool {
                self == 0
            }
            #[inline(always)]
            fn distance(self) -> u32 {
                self.leading_zeros()
            }
            // Rotations, not shifts: Arm has them without masking the amount.
            #[inline(always)]
            fn with(self, bin: u32) -> Self {
                self | ((1 as $word) << ($bits - 1)).rotate_right(bin)
            }
            #[inline(always)]
            fn without(self, bin: u32) -> Self {
                self & !((1 as $word) << ($bits - 1)).rotate_right(bin)
            }
        }
    };
}

bin_map!(u32, 32);
bin_map!(u64, 64);
