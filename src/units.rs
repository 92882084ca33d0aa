// SPDX-License-Identifier: MIT
//! Units: addresses inside the heap, block sizes, requests.
//!
//! Relies on `config`. Promises: a [`Size`] made by [`Size::for_request`] is a size that the heap may
//! look for: never zero, never too small for a free block, never above the layout's limit.
#![forbid(unsafe_code)]

use crate::config::ALIGNMENT;
use crate::hint::keep;

/// Bytes in a granule: every payload starts at a multiple of it, every block is a multiple of it.
pub const GRANULE: u32 = ALIGNMENT;
/// `log2(GRANULE)`.
pub const GRANULE_LOG2: u32 = GRANULE.trailing_zeros();

/// A free block holds its header and two links; blocks are never smaller than this. Layouts with more in their headers
/// have a larger smallest block.
pub const BLOCK_BYTES_MIN: u32 = 16;
/// [`BLOCK_BYTES_MIN`] as a size.
pub const BLOCK_MIN: Size = Size::holding(BLOCK_BYTES_MIN);

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
    pub fn right(self, size: Size) -> At {
        self.plus(size.bytes())
    }

    /// The block `size` to the left. Wraps like the address it stands for.
    #[inline(always)]
    #[must_use]
    pub fn left(self, size: Size) -> At {
        self.minus(size.bytes())
    }

    /// What a register holds of an address is so much less. Instructions of Cortex-M0 reach only what lies behind
    /// the address in a register: there it leads to the header.
    pub const BEFORE: u32 = if cfg!(firmheap_few_registers) { 4 } else { 0 };

    /// The same, of which the optimiser no longer knows how it came about; see [`keep`].
    #[inline(always)]
    #[must_use]
    pub fn kept(self) -> At {
        At(keep(self.minus(Self::BEFORE).0 as usize) as u32).plus(Self::BEFORE)
    }

    /// [`At::kept`] where a register holds less.
    #[inline(always)]
    #[must_use]
    pub fn kept_apart(self) -> At {
        if Self::BEFORE == 0 {
            self
        } else {
            self.kept()
        }
    }

    /// True if this address lies above the other; both are multiples of four.
    #[inline(always)]
    pub fn is_above(self, other: At) -> bool {
        if Self::BEFORE == 0 {
            self > other
        } else {
            self.minus(Self::BEFORE) >= other
        }
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

    /// The next multiple of the granule. Wraps at the end of the address space.
    #[must_use]
    pub fn align_up(self) -> At {
        self.plus(GRANULE - 1).align_down()
    }

    /// The multiple of the granule at or before this address.
    #[must_use]
    pub fn align_down(self) -> At {
        At(self.0 & !(GRANULE - 1))
    }
}

/// The size of a block, header included, in half granules: always even, so that a header can keep a flag in
/// bit 0 and a free block's header is its size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[repr(transparent)]
pub struct Size(pub u32);

impl Size {
    /// Nothing at all.
    pub const ZERO: Size = Size(0);

    /// The largest payload that a block of `GRANULE` bytes less than the smallest would hold: requests up
    /// to it get the smallest block all the same.
    const fn tiny(header: u32, least: Size) -> u32 {
        least.bytes().saturating_sub(GRANULE).saturating_sub(header)
    }

    /// The block that serves `payload_bytes` with a header of `header` bytes, of at least `least`. `None` if the request is more
    /// than about `limit` (a few bytes more are served), or so small that [`Size::for_tiny_request`] must answer: this keeps one
    /// comparison on the way of ordinary requests.
    #[inline(always)]
    pub fn for_request(payload_bytes: usize, header: u32, least: Size, limit: u32) -> Option<Size> {
        let above_tiny = payload_bytes.wrapping_sub(Self::tiny(header, least) as usize + 1);
        if keep(above_tiny) > limit as usize {
            return None;
        }
        let bytes = payload_bytes as u32 + (header + GRANULE - 1);
        Some(Size(keep(keep((bytes >> GRANULE_LOG2) as usize) << 1) as u32))
    }

    /// The payload to ask for instead of one that is smaller than the smallest block's; `None` for no
    /// payload at all and for one that is large.
    pub fn for_tiny_request(payload_bytes: usize, header: u32, least: Size) -> Option<usize> {
        let tiny = Self::tiny(header, least) as usize;
        (1..=tiny).contains(&payload_bytes).then_some(tiny + 1)
    }

    /// The largest payload that a block of this size serves, with the arguments of [`Size::for_request`].
    pub fn payload_max(self, header: u32, least: Size, limit: u32) -> u32 {
        (self.bytes() - header).min(Self::tiny(header, least) + 1 + limit)
    }

    /// The smallest size of at least so many bytes.
    pub const fn holding(bytes: u32) -> Size {
        Size(2 * bytes.div_ceil(GRANULE))
    }

    /// The same size in bytes.
    #[inline(always)]
    pub const fn bytes(self) -> u32 {
        self.0 << (GRANULE_LOG2 - 1)
    }

    /// Without a flag in bit 0.
    #[inline(always)]
    #[must_use]
    pub fn even(self) -> Size {
        if cfg!(firmheap_few_registers) {
            return Size((keep((self.0 >> 1) as usize) as u32) << 1); // instead of a constant in a register
        }
        Size(self.0 & !1)
    }

    /// The same, of which the optimiser no longer knows how it came about; see [`keep`].
    #[inline(always)]
    #[must_use]
    pub fn kept(self) -> Size {
        Size(keep(self.0 as usize) as u32)
    }

    /// The same size in whole granules.
    #[inline(always)]
    pub fn granules(self) -> u32 {
        self.0 >> 1
    }

    /// The size of this many bytes, a multiple of a granule.
    pub fn of_bytes(bytes: u32) -> Size {
        Size(bytes >> (GRANULE_LOG2 - 1))
    }

    /// The size of this many granules.
    #[inline(always)]
    pub fn of_granules(granules: u32) -> Size {
        Size(granules << 1)
    }
}

impl core::ops::Add for Size {
    type Output = Size;
    #[inline(always)]
    fn add(self, other: Size) -> Size {
        Size(self.0.wrapping_add(other.0))
    }
}

impl core::ops::Sub for Size {
    type Output = Size;
    #[inline(always)]
    fn sub(self, other: Size) -> Size {
        Size(self.0.wrapping_sub(other.0))
    }
}

impl core::ops::AddAssign for Size {
    #[inline(always)]
    fn add_assign(&mut self, other: Size) {
        *self = *self + other;
    }
}

impl core::ops::SubAssign for Size {
    #[inline(always)]
    fn sub_assign(&mut self, other: Size) {
        *self = *self - other;
    }
}
