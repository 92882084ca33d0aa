// SPDX-License-Identifier: MIT
//! The compact layout: four bytes of header that hold the sizes of both neighbours' borders.
//!
//! ```text
//!        block - 4        block - 2            block
//!   ... | left's size    | own size << 1 | used | payload ...          sizes in granules
//!       |    16 bits     |    15 bits    |  1   |
//! ```
//! `left(right(b)) = b` can be tested for every block, used or free, without a canary: an overflow
//! first hits the copy of the overflowing block's own size. The first block's left size is zero.
//! After Zephyr's `sys_heap` and Knuth's boundary tags (TAOCP 1, 2.5).
#![forbid(unsafe_code)]

use super::{Around, Guard, Layout};
use crate::fault::Kind;
use crate::region::{Space, Span};
use crate::units::{At, Granules};

/// See the file's head.
pub struct Paired;

const USED: u32 = 1 << 16;

/// A whole header as read from memory.
#[derive(Clone, Copy)]
struct Header(u32);

impl Header {
    #[inline(always)]
    fn of<S: Space>(space: S, block: At) -> Header {
        Header(space.load32(block.minus(4)))
    }
    #[inline(always)]
    fn size(self) -> Granules {
        Granules(self.0 >> 17)
    }
    #[inline(always)]
    fn left(self) -> Granules {
        Granules(self.0 & 0xFFFF)
    }
    #[inline(always)]
    fn is_used(self) -> bool {
        self.0 & USED != 0
    }
}

#[inline(always)]
fn set_own<S: Space>(space: S, block: At, size: Granules, used: bool) {
    space.store16(block.minus(2), (size.0 << 1 | u32::from(used)) as u16);
}

/// Tells the right neighbour how large the block to its left is.
#[inline(always)]
fn set_left_of_right<S: Space>(space: S, block: At, size: Granules) {
    space.store16(block.right(size).minus(4), size.0 as u16);
}

impl Layout for Paired {
    type Map = u32;
    const HEADER: u32 = 4;
    const LARGEST: Granules = Granules(0x7FFF);

    fn lay_out<S: Space>(space: S, span: Span) {
        space.store32(span.start.minus(4), span.size.0 << 17);
        space.store32(span.end().minus(4), USED | span.size.0);
    }

    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Granules {
        Granules(u32::from(space.load16(block.minus(2))) >> 1)
    }

    fn is_used<S: Space>(space: S, block: At) -> bool {
        Header::of(space, block).is_used()
    }

    #[inline(always)]
    fn open_used<S: Space, G: Guard>(
        space: S,
        block: At,
        index: Granules,
        span: Span,
    ) -> Result<Around, Kind> {
        let own = Header::of(space, block);
        if G::CHECKED && !own.is_used() {
            return Err(Kind::DoubleFree);
        }
        let size = own.size();
        let right_index = index + size;
        if G::CHECKED && right_index > span.size {
            return Err(Kind::RightDisagrees);
        }
        let right_block = block.right(size);
        let right = Header::of(space, right_block);
        if G::CHECKED && right.left() != size {
            return Err(Kind::RightDisagrees);
        }
        let mut right_free = Granules::ZERO;
        if !right.is_used() {
            right_free = right.size();
            if G::CHECKED && !follows(space, right_block, right_index, right_free, span) {
                return Err(Kind::FreeBlockDamaged);
            }
        }

        let distance = own.left();
        let mut left_free = Granules::ZERO;
        if distance == Granules::ZERO {
            // Only the first block has no left neighbour.
            if G::CHECKED && index != Granules::ZERO {
                return Err(Kind::LeftDisagrees);
            }
        } else {
            if G::CHECKED && distance > index {
                return Err(Kind::LeftDisagrees);
            }
            let left = Header::of(space, block.left(distance));
            if G::CHECKED && left.size() != distance {
                return Err(Kind::LeftDisagrees);
            }
            if !left.is_used() {
                left_free = distance;
            }
        }
        Ok(Around { size, left_free, right_free })
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, block: At, index: Granules, span: Span) -> bool {
        let own = u32::from(space.load16(block.minus(2)));
        own & 1 == 0 && follows(space, block, index, Granules(own >> 1), span)
    }

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Granules) {
        set_own(space, block, size, false);
        set_left_of_right(space, block, size);
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, block: At, size: Granules) {
        set_own(space, block, size, true);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Granules, rest: Granules) -> At {
        let rest_block = block.right(used);
        set_own(space, block, used, true);
        space.store32(rest_block.minus(4), rest.0 << 17 | used.0);
        set_left_of_right(space, rest_block, rest);
        rest_block
    }

    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool {
        let own = Header::of(space, block);
        let size_of_left = left.map_or(Granules::ZERO, |left| Self::size(space, left));
        own.left() == size_of_left
    }
}

/// True if the block's right neighbour lies in the span and confirms the block's size.
#[inline(always)]
fn follows<S: Space>(space: S, block: At, index: Granules, size: Granules, span: Span) -> bool {
    index + size <= span.size && u32::from(space.load16(block.right(size).minus(4))) == size.0
}
