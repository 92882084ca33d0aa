// SPDX-License-Identifier: MIT
//! The large layout: four bytes of header for blocks up to 64 MiB.
//!
//! ```text
//!        block - 4                                             block
//!   ... | own size | low bits of left's size | left free | used | payload ...     sizes in granules
//!       | 23 bits  |         7 bits          |     1     |  1   |
//! ```
//! A whole copy of the left neighbour's size does not fit, so seven bits of it stand in every header and
//! the whole of it in the last word of a free block, where the right neighbour finds it.
#![forbid(unsafe_code)]

use super::{Guard, Layout, Opened};
use crate::bins::WideMap;
use crate::region::{Space, Span};
use crate::units::{At, Size, BLOCK_MIN, GRANULE};

/// See the file's head.
pub struct Flagged;

const USED: u32 = 1;
const LEFT_FREE: u32 = 2;
const COPY_SHIFT: u32 = 2;
const COPY_MASK: u32 = 0x7F << COPY_SHIFT;
const SIZE_SHIFT: u32 = 9;

/// The headers that were read.
pub struct Found {
    own: Header,
    right: At,
    right_own: Header,
}

impl Opened for Found {
    #[inline(always)]
    fn size(&self) -> Size {
        self.own.size()
    }
    #[inline(always)]
    fn right(&self) -> At {
        self.right
    }
    #[inline(always)]
    fn right_free(&self) -> Option<Size> {
        (!self.right_own.is_used()).then(|| self.right_own.size())
    }
    #[inline(always)]
    fn left_free<S: Space>(&self, space: S, block: At) -> Option<Size> {
        self.own.is_left_free().then(|| Size(space.load32(footer(block))))
    }
    #[inline(always)]
    fn left_free_agrees<S: Space>(&self, space: S, left: At, free: Size) -> bool {
        // The first block has no left neighbour, and what stands before it is no footer.
        if free < BLOCK_MIN || !self.own.confirms(free) {
            return false;
        }
        let left = Header::of(space, left);
        !left.is_used() && left.size() == free
    }
    #[inline(always)]
    fn left_used_agrees<S: Space>(&self, _: S, _: At, _: Span) -> bool {
        true // seven bits lead nowhere
    }
}

/// A whole header as read from memory.
#[derive(Clone, Copy)]
struct Header(u32);

impl Header {
    #[inline(always)]
    fn of<S: Space>(space: S, block: At) -> Header {
        Header(space.load32(block.minus(4)))
    }
    #[inline(always)]
    fn put<S: Space>(self, space: S, block: At) {
        space.store32(block.minus(4), self.0);
    }
    #[inline(always)]
    fn size(self) -> Size {
        Size::of_granules(self.0 >> SIZE_SHIFT)
    }
    #[inline(always)]
    fn is_used(self) -> bool {
        self.0 & USED != 0
    }
    #[inline(always)]
    fn is_left_free(self) -> bool {
        self.0 & LEFT_FREE != 0
    }
    /// The seven bits agree with this size of the left neighbour.
    #[inline(always)]
    fn confirms(self, left: Size) -> bool {
        (self.0 ^ left.granules() << COPY_SHIFT) & COPY_MASK == 0
    }
    /// What the header knows of its left neighbour, replaced.
    #[inline(always)]
    fn with_left(self, size: Size, free: bool) -> Header {
        Header(
            self.0 & !(COPY_MASK | LEFT_FREE)
                | size.granules() << COPY_SHIFT & COPY_MASK
                | u32::from(free) << 1,
        )
    }
    /// What the header says of its own block, replaced.
    #[inline(always)]
    fn with_own(self, size: Size, used: bool) -> Header {
        Header(self.0 & (COPY_MASK | LEFT_FREE) | size.granules() << SIZE_SHIFT | u32::from(used))
    }
}

/// The last word of a block, in front of its right neighbour's header; holds the size while the block is free.
#[inline(always)]
fn footer(right: At) -> At {
    right.minus(8)
}

impl Layout for Flagged {
    type Map = WideMap;
    type Opened = Found;
    const HEADER: u32 = 4;
    const LARGEST: Size = Size((0xFF_FFFE / (GRANULE / 8)) & !1);
    const REQUEST_MAX: u32 = 0x3FC_0000;

    fn lay_out<S: Space>(space: S, span: Span) {
        Header(span.size().granules() << SIZE_SHIFT).put(space, span.start);
        Header(USED).with_left(span.size(), true).put(space, span.end());
        space.store32(footer(span.end()), span.size().0);
    }

    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Size {
        Header::of(space, block).size()
    }

    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        Self::size(space, block)
    }

    fn is_used<S: Space>(space: S, block: At) -> bool {
        Header::of(space, block).is_used()
    }

    #[inline(always)]
    fn open_used<S: Space, G: Guard>(space: S, block: At, span: Span) -> Option<Found> {
        let own = Header::of(space, block);
        let size = own.size();
        let right = block.right(size);
        if G::CHECKED && (!own.is_used() || size < BLOCK_MIN || right > span.end()) {
            return None;
        }
        let right_own = Header::of(space, right);
        if G::CHECKED && (right_own.is_left_free() || !right_own.confirms(size)) {
            return None;
        }
        Some(Found { own, right, right_own })
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, block: At, size: Size, right: At) -> bool {
        let header = Header::of(space, right);
        size >= BLOCK_MIN
            && !Header::of(space, block).is_used()
            && header.is_left_free()
            && header.confirms(size)
            && space.load32(footer(right)) == size.0
    }

    #[inline(always)]
    fn tell_right<S: Space>(_: S, _: &Found) {}

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At) {
        Header::of(space, block).with_own(size, false).put(space, block);
        space.store32(footer(right), size.0);
        Header::of(space, right).with_left(size, true).put(space, right);
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, block: At, size: Size, right: At) {
        Header::of(space, block).with_own(size, true).put(space, block);
        Header::of(space, right).with_left(size, false).put(space, right);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At {
        let rest_block = block.right(used);
        Header::of(space, block).with_own(used, true).put(space, block);
        Header(0).with_own(rest, false).with_left(used, false).put(space, rest_block);
        space.store32(footer(right), rest.0);
        Header::of(space, right).with_left(rest, true).put(space, right);
        rest_block
    }

    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool {
        let own = Header::of(space, block);
        let Some(left) = left else {
            return !own.is_left_free() && own.confirms(Size::ZERO);
        };
        let left_header = Header::of(space, left);
        let size = left_header.size();
        own.confirms(size)
            && own.is_left_free() != left_header.is_used()
            && (left_header.is_used() || space.load32(footer(block)) == size.0)
    }
}
