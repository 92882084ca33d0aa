// SPDX-License-Identifier: MIT
//! The compact layout: four bytes of header that hold the sizes of both blocks they stand between.
//!
//! ```text
//!        block - 4                  block - 2            block
//!   ... | left's size | left free | own size | used     | payload ...          sizes in half granules
//!       |   15 bits   |     1     | 15 bits  |  1       |
//! ```
//! So the right neighbour of every block holds a copy of its size: an overflow hits that copy first, and a
//! pointer into a block finds no such pair. The two halves differ in what their flag means, so that
//! memory filled with one value is never a valid pair. The first block's left half is zero.
//! After Knuth's boundary tags (TAOCP 1, 2.5) and the neighbour sizes of Zephyr's `sys_heap`.
//!
//! I3: a block is absorbed only by a free block to its left. Its header then says "left free", so
//! it is believed only while the block to its left has the very size it had before; that size has grown.
#![forbid(unsafe_code)]

use super::{Around, Guard, Layout};
use crate::fault::Kind;
use crate::region::{Space, Span};
use crate::units::{At, Size, GRANULE};

/// See the file's head.
pub struct Paired;

const LEFT_FREE: u32 = 1;
const USED: u32 = 1;

/// A whole header as read from memory.
#[derive(Clone, Copy)]
struct Header(u32);

impl Header {
    #[inline(always)]
    fn of<S: Space>(space: S, block: At) -> Header {
        Header(space.load32(block.minus(4)))
    }
    #[inline(always)]
    fn size(self) -> Size {
        Size::of_granules(self.0 >> 17)
    }
    #[inline(always)]
    fn is_used(self) -> bool {
        self.0 & USED << 16 != 0
    }
    /// Size and flag of the left neighbour.
    #[inline(always)]
    fn left(self) -> u32 {
        self.0 & 0xFFFF
    }
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
        Self::free_size(space, block).even()
    }

    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        Size(u32::from(space.load16(block.minus(2))))
    }

    fn is_used<S: Space>(space: S, block: At) -> bool {
        Header::of(space, block).is_used()
    }

    #[inline(always)]
    fn open_used<S: Space, G: Guard>(
        space: S,
        block: At,
        index: u32,
        span: Span,
    ) -> Result<Around, Kind> {
        let own = Header::of(space, block);
        if G::CHECKED && !own.is_used() {
            return Err(Kind::DoubleFree);
        }
        let size = own.size();
        let right_index = index + size.granules();
        if G::CHECKED && right_index > span.granules {
            return Err(Kind::RightDisagrees);
        }
        let right_block = block.right(size);
        let right = Header::of(space, right_block);
        if G::CHECKED && right.left() != size.0 {
            return Err(Kind::RightDisagrees);
        }
        let mut right_free = Size::ZERO;
        if !right.is_used() {
            right_free = right.size();
            let inside = right_index + right_free.granules() <= span.granules;
            if G::CHECKED && !(inside && Self::free_agrees(space, right_block, right_free)) {
                return Err(Kind::FreeBlockDamaged);
            }
        }
        let left = own.left();
        let mut left_free = Size::ZERO;
        if left == 0 {
            // Only the first block has no left neighbour.
            if G::CHECKED && index != 0 {
                return Err(Kind::LeftDisagrees);
            }
        } else if G::CHECKED || left & LEFT_FREE != 0 {
            let left_size = Size(left & !LEFT_FREE);
            let inside = left_size.granules() <= index;
            // What stands in the left block itself: the same size, and the opposite flag.
            let expected = Size(left ^ LEFT_FREE);
            if G::CHECKED && !(inside && Self::free_size(space, block.left(left_size)) == expected)
            {
                return Err(Kind::LeftDisagrees);
            }
            if left & LEFT_FREE != 0 {
                left_free = left_size;
            }
        }
        Ok(Around { size, left_free, right_free })
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, block: At, size: Size) -> bool {
        u32::from(space.load16(block.right(size).minus(4))) == size.0 | LEFT_FREE
    }

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size) {
        set_own(space, block, size.0);
        set_left(space, block.right(size), size.0 | LEFT_FREE);
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, block: At, size: Size) {
        set_own(space, block, size.0 | USED);
        set_left(space, block.right(size), size.0);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size) -> At {
        let rest_block = block.right(used);
        set_own(space, block, used.0 | USED);
        space.store32(rest_block.minus(4), rest.0 << 16 | used.0);
        set_left(space, rest_block.right(rest), rest.0 | LEFT_FREE);
        rest_block
    }

    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool {
        let expected = left.map_or(0, |left| {
            let left = Header::of(space, left);
            left.size().0 | u32::from(!left.is_used())
        });
        Header::of(space, block).left() == expected
    }
}
