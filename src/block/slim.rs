// SPDX-License-Identifier: MIT
//! The slimmest layout: two bytes of header, for builds that check nothing (integrity level 0).
//!
//! ```text
//!        block - 2              block
//!   ... | own size | left free | payload ...                         sizes in half granules
//!       | 15 bits  |     1     |
//! ```
//! Whether a block is used stands in its right neighbour's header. A free block repeats its size in the
//! last half word before that header, where a right neighbour that is freed finds it.
//! A used block has no copy of its size, so there is nothing to check it against.
#![forbid(unsafe_code)]

use super::{Guard, Layout, Opened};
use crate::region::{Space, Span};
use crate::units::{At, Size, GRANULE};

/// See the file's head.
pub struct Slim;

const LEFT_FREE: u32 = 1;

/// The headers that were read.
pub struct Found {
    own: u32,
    size: Size,
    right: At,
    right_size: Size,
    /// The header behind the right neighbour, which says whether that is free.
    behind: u32,
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
        (self.behind & LEFT_FREE != 0).then_some(self.right_size)
    }
    #[inline(always)]
    fn left_free<S: Space>(&self, space: S, block: At) -> Option<Size> {
        (self.own & LEFT_FREE != 0).then(|| Size(u32::from(space.load16(footer(block)))))
    }
    #[inline(always)]
    fn left_free_agrees<S: Space>(&self, _: S, _: At, _: Size) -> bool {
        true // nothing to compare it with
    }
    #[inline(always)]
    fn left_used_agrees<S: Space>(&self, _: S, _: At, _: Span) -> bool {
        true
    }
}

/// A whole header.
#[inline(always)]
fn header<S: Space>(space: S, block: At) -> u32 {
    u32::from(space.load16(block.minus(2)))
}

#[inline(always)]
fn set_header<S: Space>(space: S, block: At, value: u32) {
    space.store16(block.minus(2), value as u16);
}

/// The copy of a free block's size, before the header of its right neighbour.
#[inline(always)]
fn footer(right: At) -> At {
    right.minus(4)
}

impl Layout for Slim {
    type Map = u32;
    type Opened = Found;
    const HEADER: u32 = 2;
    const LARGEST: Size = Size((0xFFFE / (GRANULE / 8)) & !1);
    const REQUEST_MAX: u32 = 0x3FC00;

    #[inline(always)]
    fn lay_out<S: Space>(space: S, span: Span) {
        let size = span.size();
        set_header(space, span.start, size.0);
        space.store16(footer(span.end()), size.0 as u16);
        set_header(space, span.end(), LEFT_FREE); // the end mark has no size
    }

    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Size {
        Size(header(space, block) & !LEFT_FREE)
    }

    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        Size(header(space, block)) // its left neighbour is used: free neighbours are merged at once
    }

    #[inline(always)]
    fn is_used<S: Space>(space: S, block: At) -> bool {
        let size = Self::size(space, block);
        size == Size::ZERO || header(space, block.right(size)) & LEFT_FREE == 0
    }

    #[inline(always)]
    fn open_used<S: Space, G: Guard>(space: S, block: At, _: Span) -> Option<Found> {
        let own = header(space, block);
        let size = Size(own & !LEFT_FREE);
        let right = block.right(size).kept();
        // The end mark, of no size, asks itself: the block to its left is used, as this one is.
        let right_size = Size(header(space, right)); // its left neighbour is used: no flag
        let behind = header(space, right.right(right_size).kept());
        Some(Found { own, size, right, right_size, behind })
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, _: At, size: Size, right: At) -> bool {
        u32::from(space.load16(footer(right))) == size.0
    }

    #[inline(always)]
    fn tell_right<S: Space>(space: S, opened: &Found) {
        set_header(space, opened.right, opened.right_size.0 | LEFT_FREE);
    }

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At) {
        set_header(space, block, size.0);
        space.store16(footer(right), size.0 as u16);
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, _: At, _: Size, right: At) {
        set_header(space, right, header(space, right) & !LEFT_FREE);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At {
        let rest_block = block.right(used);
        set_header(space, block, used.0);
        set_header(space, rest_block, rest.0);
        space.store16(footer(right), rest.0 as u16);
        rest_block
    }

    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool {
        let says_free = header(space, block) & LEFT_FREE != 0;
        let Some(left) = left else {
            return !says_free;
        };
        !says_free || Self::size(space, left).0 == u32::from(space.load16(footer(block)))
    }
}
