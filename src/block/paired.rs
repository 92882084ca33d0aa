// SPDX-License-Identifier: MIT
//! The compact layout: four bytes of header that hold the sizes of both blocks they stand between.
//!
//! ```text
//!        block - 4                  block - 2            block
//!   ... | left's size | left free | own size | used     | payload ...          sizes in half granules
//!       |   15 bits   |     1     | 15 bits  |  1       |
//! ```
//! So the right neighbour of every block holds a copy of its size: an overflow hits that copy first, and a
//! pointer into a block finds no such pair. The two halves differ in what their flag means: the copy of a used
//! block's size is even, its own half odd, so memory filled with one half word never confirms itself.
//! The first block's left half is zero.
//! After Knuth's boundary tags (TAOCP 1, 2.5) and the neighbour sizes of Zephyr's `sys_heap`.
//!
//! I3: a block is absorbed only by a free block to its left. Its header then says "left free", so
//! it is believed only while the block to its left has the very size it had before; that size has grown.
#![forbid(unsafe_code)]

use super::{Guard, Layout, Opened};
use crate::region::{Space, Span};
use crate::units::{At, Size, BLOCK_MIN, GRANULE};

/// See the file's head.
pub struct Paired;

const LEFT_FREE: u32 = 1;
const USED: u32 = 1;

/// The halves that were read.
pub struct Found {
    size: Size,
    right: At,
    /// The right neighbour's own half.
    right_own: u32,
}

impl Opened for Found {
    #[inline(always)]
    fn size(&self) -> Size {
        self.size
    }
    #[inline(always)]
    fn right(&self) -> At {
        self.right
    }
    #[inline(always)]
    fn right_free(&self) -> Option<Size> {
        (self.right_own & USED == 0).then_some(Size(self.right_own))
    }
    #[inline(always)]
    fn left_free<S: Space>(&self, space: S, block: At) -> Option<Size> {
        let left = left(space, block);
        (left & LEFT_FREE != 0).then_some(Size(left & !LEFT_FREE))
    }
    #[inline(always)]
    fn left_free_agrees<S: Space>(&self, space: S, left: At, free: Size) -> bool {
        Paired::free_size(space, left) == free
    }
    #[inline(always)]
    fn left_used_agrees<S: Space>(&self, space: S, block: At, span: Span) -> bool {
        let size = left(space, block);
        if size == 0 {
            return block == span.start;
        }
        span.has_left(block, Size(size)) && own(space, block.left(Size(size))) == size | USED
    }
}

/// The half of a header that is about the block itself.
#[inline(always)]
fn own<S: Space>(space: S, block: At) -> u32 {
    u32::from(space.load16(block.minus(2)))
}

/// The half of a header that is about the left neighbour.
#[inline(always)]
fn left<S: Space>(space: S, block: At) -> u32 {
    u32::from(space.load16(block.minus(4)))
}

#[inline(always)]
fn set_own<S: Space>(space: S, block: At, own: u32) {
    space.store16(block.minus(2), own as u16);
}

/// Tells a block about its left neighbour.
#[inline(always)]
fn set_left<S: Space>(space: S, block: At, left: u32) {
    space.store16(block.minus(4), left as u16);
}

impl Layout for Paired {
    type Map = u32;
    type Opened = Found;
    const HEADER: u32 = 4;
    /// 16 bits of half granules, or fewer with large granules: below 256 KiB, for which there are bins.
    const LARGEST: Size = Size((0xFFFE / (GRANULE / 8)) & !1);
    /// Not quite what the largest block holds, but a constant that instructions can hold.
    const REQUEST_MAX: u32 = 0x3FC00;

    #[inline(always)]
    fn lay_out<S: Space>(space: S, span: Span) {
        let size = span.size().0;
        space.store32(span.start.minus(4), size << 16);
        space.store32(span.end().minus(4), USED << 16 | size | LEFT_FREE);
    }

    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Size {
        Size(own(space, block) & !USED)
    }

    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        Size(own(space, block))
    }

    fn is_used<S: Space>(space: S, block: At) -> bool {
        own(space, block) & USED != 0
    }

    #[inline(always)]
    fn open_used<S: Space, G: Guard>(space: S, block: At, span: Span) -> Option<Found> {
        let size = Self::size(space, block);
        let right = block.right(size).kept();
        if G::CHECKED {
            // The right neighbour's copy says "left used", so a block that is free already fails here.
            // A word of a payload can claim a size below the smallest: none at all would confirm itself,
            // and for the others there is no bin.
            let inside = size >= BLOCK_MIN && right <= span.end();
            if !(inside && left(space, right) == size.0) {
                return None;
            }
        }
        Some(Found { size, right, right_own: own(space, right) })
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, _: At, size: Size, right: At) -> bool {
        left(space, right) == size.0 | LEFT_FREE
    }

    #[inline(always)]
    fn tell_right<S: Space>(_: S, _: &Found) {}

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At) {
        set_own(space, block, size.0);
        set_left(space, right, size.0 | LEFT_FREE);
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, block: At, size: Size, right: At) {
        set_own(space, block, size.0 | USED);
        set_left(space, right, size.0);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At {
        let rest_block = block.right(used);
        set_own(space, block, used.0 | USED);
        space.store32(rest_block.minus(4), rest.0 << 16 | used.0);
        set_left(space, right, rest.0 | LEFT_FREE);
        rest_block
    }

    fn agrees<S: Space>(space: S, block: At, left_block: Option<At>) -> bool {
        // A used neighbour's flag is the opposite of the copy's.
        let expected = left_block.map_or(0, |at| own(space, at) ^ LEFT_FREE);
        left(space, block) == expected
    }
}
