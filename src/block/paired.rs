// SPDX-License-Identifier: MIT
//! The checked layout: a header holds the sizes of both blocks it stands between.
//!
//! ```text
//!   compact: block - 4              block - 2           block
//!      wide: block - 8              block - 4           block
//!      ... | left's size | left free | own size | used | payload ...          sizes in half granules,
//!                                                                            flags in their lowest bit
//! ```
//! So the right neighbour of every block holds a copy of its size: an overflow hits that copy first, and a
//! pointer into a block finds no such pair. The two halves differ in what their flag means: the copy of a used
//! block's size is even, its own half odd, so memory filled with one number never confirms itself.
//! The first block's left half is zero.
//! After Knuth's boundary tags (TAOCP 1, 2.5) and the neighbour sizes of Zephyr's `sys_heap`.
//!
//! I3: no header of an absorbed block is believed. If it was absorbed by a free block to its left, it says "left
//! free", and that block no longer has the size it had. If it was free and absorbed by the block that was freed
//! to its left, it is overwritten ([`Layout::retire`]). docs/DESIGN.md, section 2, has the cases.
#![forbid(unsafe_code)]

use super::{Guard, Layout, Opened, Width};
use crate::region::{Space, Span};
use crate::units::{At, Size, BLOCK_MIN};
use core::marker::PhantomData;

/// See the file's head.
pub struct Paired<W>(PhantomData<W>);

const LEFT_FREE: u32 = 1;
const USED: u32 = 1;

/// The halves that were read.
pub struct Found<W> {
    size: Size,
    right: At,
    /// The right neighbour's own half.
    right_own: u32,
    width: PhantomData<W>,
}

impl<W: Width> Opened for Found<W> {
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
        let left = left::<W, S>(space, block);
        (left & LEFT_FREE != 0).then_some(Size(left.wrapping_sub(LEFT_FREE)))
    }
    #[inline(always)]
    fn left_free_agrees<S: Space>(&self, space: S, left: At, free: Size) -> bool {
        Paired::<W>::free_size(space, left) == free
    }
    fn right_used_agrees<S: Space>(&self, space: S, span: Span) -> bool {
        let size = Size(self.right_own & !USED);
        if self.right == span.end() {
            return size == Size::ZERO;
        }
        let beyond = self.right.right(size);
        size >= BLOCK_MIN
            && W::is_possible(size)
            && beyond <= span.end()
            && left::<W, S>(space, beyond) == size.0
    }
    #[inline(always)]
    fn left_used_agrees<S: Space>(&self, space: S, block: At, span: Span) -> bool {
        let size = left::<W, S>(space, block);
        if size == 0 {
            return block == span.start;
        }
        span.has_left(block, Size(size))
            && own::<W, S>(space, block.left(Size(size))) == size | USED
    }
}

/// A size, which is even, with its flag. By a sum: for a number so small that is the shorter instruction.
#[inline(always)]
fn flagged(size: Size) -> u32 {
    size.0.wrapping_add(1)
}

/// The half of a header that is about the block itself.
#[inline(always)]
fn own<W: Width, S: Space>(space: S, block: At) -> u32 {
    W::load(space, block.minus(W::BYTES))
}

/// The half of a header that is about the left neighbour.
#[inline(always)]
fn left<W: Width, S: Space>(space: S, block: At) -> u32 {
    W::decode(W::load(space, block.minus(2 * W::BYTES)))
}

#[inline(always)]
fn set_own<W: Width, S: Space>(space: S, block: At, own: u32) {
    W::store(space, block.minus(W::BYTES), own);
}

/// Tells a block about its left neighbour.
#[inline(always)]
fn set_left<W: Width, S: Space>(space: S, block: At, left: u32) {
    W::store(space, block.minus(2 * W::BYTES), W::encode(left));
}

/// A whole header.
#[inline(always)]
fn set_both<W: Width, S: Space>(space: S, block: At, left: u32, own: u32) {
    W::store_both(space, block.minus(W::BYTES), W::encode(left), own);
}

impl<W: Width> Layout for Paired<W> {
    type Map = W::Map;
    type Opened = Found<W>;
    const HEADER: u32 = 2 * W::BYTES;
    const FOOTER: u32 = 0;
    const LARGEST: Size = W::LARGEST;
    const REQUEST_MAX: u32 = W::REQUEST_MAX;

    #[inline(always)]
    fn lay_out<S: Space>(space: S, span: Span) {
        let size = span.size().0;
        set_both::<W, S>(space, span.start, 0, size);
        set_both::<W, S>(space, span.end(), size | LEFT_FREE, USED);
    }

    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Size {
        Size(own::<W, S>(space, block)).even()
    }

    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        Size(own::<W, S>(space, block))
    }

    fn is_used<S: Space>(space: S, block: At) -> bool {
        own::<W, S>(space, block) & USED != 0
    }

    #[inline(always)]
    fn open_used_of<S: Space, G: Guard>(
        space: S,
        block: At,
        span: Span,
        least: Size,
    ) -> Option<Found<W>> {
        let size = Self::size(space, block);
        let right = block.right(size).kept();
        if G::CHECKED {
            // The right neighbour's copy says "left used", so a block that is free already fails here.
            // A word of a payload can claim a size below the smallest: none at all would confirm itself,
            // and for the others there is no bin.
            let inside = size >= least && Self::ends_below(size, block, right, span.end());
            if !(inside && left::<W, S>(space, right) == size.0) {
                return None;
            }
            if G::LINKS && !Self::is_used(space, block) {
                return None;
            }
        }
        let right_own = own::<W, S>(space, right);
        Some(Found { size, right, right_own, width: PhantomData })
    }

    #[inline(always)]
    fn ends_below(size: Size, block: At, right: At, end: At) -> bool {
        W::ends_below(size, block, right, end)
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, size: Size, right: At) -> bool {
        let copy = left::<W, S>(space, right);
        if cfg!(firmheap_few_registers) {
            // So that the optimiser does not keep the copy, to write it as the block's own size later.
            return copy.wrapping_sub(LEFT_FREE) == size.0;
        }
        copy == flagged(size)
    }

    fn left_is_used<S: Space>(space: S, block: At, credible: impl Fn(At) -> bool) -> bool {
        let copy = left::<W, S>(space, block);
        let neighbour = block.left(Size(copy));
        // Zero: the first block of its region. Whether it is, is not asked: a block that says so in error is found when it
        // is freed.
        copy == 0 || (credible(neighbour) && own::<W, S>(space, neighbour) == copy | USED)
    }

    #[inline(always)]
    fn retire<S: Space>(space: S, block: At, size: Size) {
        // Free and of no size, says one half; the other is odd and confirms no used block to the left.
        set_both::<W, S>(space, block, flagged(size), 0);
    }

    fn restore<S: Space>(space: S, block: At, left_size: Size) -> bool {
        let retired = own::<W, S>(space, block) == 0;
        if retired {
            let size = left::<W, S>(space, block) & !LEFT_FREE;
            set_both::<W, S>(space, block, left_size.0, size);
        }
        retired
    }

    #[inline(always)]
    fn tell_right<S: Space>(_: S, _: &Found<W>) {}

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At) {
        set_own::<W, S>(space, block, size.0);
        set_left::<W, S>(space, right, flagged(size));
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, block: At, size: Size, right: At) {
        set_own::<W, S>(space, block, flagged(size));
        set_left::<W, S>(space, right, size.0);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At {
        let rest_block = block.right(used).kept_apart();
        set_own::<W, S>(space, block, flagged(used));
        set_both::<W, S>(space, rest_block, used.0, rest.0);
        set_left::<W, S>(space, right, flagged(rest));
        rest_block
    }

    fn set_used<S: Space>(space: S, block: At, size: Size, _: bool, rest: Size, right: At) -> At {
        if rest != Size::ZERO {
            return Self::take_part(space, block, size, rest, right);
        }
        Self::take_whole(space, block, size, right);
        right
    }

    fn agrees<S: Space>(space: S, block: At, left_block: Option<At>) -> bool {
        // A used neighbour's flag is the opposite of the copy's.
        let expected = left_block.map_or(0, |at| own::<W, S>(space, at) ^ LEFT_FREE);
        left::<W, S>(space, block) == expected
    }

    fn left_note<S: Space>(space: S, block: At) -> u32 {
        left::<W, S>(space, block)
    }

    fn note_for_right<S: Space>(space: S, block: At) -> u32 {
        own::<W, S>(space, block) ^ LEFT_FREE
    }
}
