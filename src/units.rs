// SPDX-License-Identifier: MIT
//! Units: addresses inside the heap, block sizes in granules, requests.
//!
//! Relies on `config`. Promises: a [`Granules`] made by [`Granules::for_request`] is a size that the
//! heap may look for: never zero, never too small for a free block, never above the layout's limit.
#![forbid(unsafe_code)]

use crate::config::ALIGNMENT;

/// Bytes in a granule: every payload starts at a multiple of it, every block is a multiple of it.
pub const GRANULE: u32 = ALIGNMENT;
/// `log2(GRANULE)`.
pub const GRANULE_LOG2: u32 = GRANULE.trailing_zeros();

/// A free block holds its header and two links; blocks are never smaller than this.
pub const BLOCK_BYTES_MIN: u32 = 16;
/// [`BLOCK_BYTES_MIN`] in granules.
pub const BLOCK_MIN: Granules = Granules(BLOCK_BYTES_MIN.div_ceil(GRANULE));

/// Where a word of the heap is: an address on 32-bit targets, the distance from the heap's root on
/// 64-bit hosts, so that the layout in memory is the same on both. Blocks are named by the
/// address of their payload.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[repr(transparent)]
pub struct At(pub u32);

impl At {
    /// No block: ends a free list.
    pub const NONE: At = At(0);

    /// The block `size` to the right. Wraps like the address it stands for.
    #[inline(always)]
    #[must_use]
    pub fn right(self, size: Granules) -> At {
        At(self.0.wrapping_add(size.0 << GRANULE_LOG2))
    }

    /// The block `size` to the left. Wraps like the address it stands for.
    #[inline(always)]
    #[must_use]
    pub fn left(self, size: Granules) -> At {
        At(self.0.wrapping_sub(size.0 << GRANULE_LOG2))
    }

    /// This many bytes further.
    #[inline(always)]
    #[must_use]
    pub fn plus(self, bytes: u32) -> At {
        At(self.0.wrapping_add(bytes))
    }

    /// This many bytes before.
    #[inline(always)]
    #[must_use]
    pub fn minus(self, bytes: u32) -> At {
        At(self.0.wrapping_sub(bytes))
    }

    /// The next multiple of the granule, or `None` at the end of the address space.
    pub fn align_up(self) -> Option<At> {
        Some(At(self.0.checked_add(GRANULE - 1)? & !(GRANULE - 1)))
    }

    /// The multiple of the granule at or before this address.
    #[must_use]
    pub fn align_down(self) -> At {
        At(self.0 & !(GRANULE - 1))
    }
}

/// A size in granules, header included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[repr(transparent)]
pub struct Granules(pub u32);

impl Granules {
    /// No granule at all.
    pub const ZERO: Granules = Granules(0);

    /// The block that serves `payload_bytes` with a header of `header` bytes, or `None` if the
    /// request is zero or more than the largest block (`largest`) can hold.
    #[inline(always)]
    pub fn for_request(payload_bytes: usize, header: u32, largest: Granules) -> Option<Granules> {
        let limit = (largest.0 << GRANULE_LOG2) - header;
        // One comparison refuses zero (which wraps to the top) and everything above the limit.
        if payload_bytes.wrapping_sub(1) >= limit as usize {
            return None;
        }
        let granules = (payload_bytes as u32 + (header + GRANULE - 1)) >> GRANULE_LOG2;
        Some(Granules(granules.max(BLOCK_MIN.0)))
    }

    /// The same size in bytes.
    #[inline(always)]
    pub fn bytes(self) -> u32 {
        self.0 << GRANULE_LOG2
    }

    /// Whole granules between two addresses, `from` first.
    #[inline(always)]
    pub fn between(from: At, to: At) -> Granules {
        Granules(to.0.wrapping_sub(from.0) >> GRANULE_LOG2)
    }
}

impl core::ops::Add for Granules {
    type Output = Granules;
    #[inline(always)]
    fn add(self, other: Granules) -> Granules {
        Granules(self.0.wrapping_add(other.0))
    }
}

impl core::ops::Sub for Granules {
    type Output = Granules;
    #[inline(always)]
    fn sub(self, other: Granules) -> Granules {
        Granules(self.0.wrapping_sub(other.0))
    }
}

impl core::ops::AddAssign for Granules {
    #[inline(always)]
    fn add_assign(&mut self, other: Granules) {
        *self = *self + other;
    }
}

impl core::ops::SubAssign for Granules {
    #[inline(always)]
    fn sub_assign(&mut self, other: Granules) {
        *self = *self - other;
    }
}
