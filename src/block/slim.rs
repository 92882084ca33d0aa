// SPDX-License-Identifier: MIT
//! The slim layout, half as large, for builds that check nothing (integrity level 0).
//!
//! ```text
//!   compact: block - 2          block
//!      wide: block - 4          block
//!      ... | own size | left free | payload ...            size in half granules, flag in its lowest bit
//! ```
//! Whether a block is used stands in its right neighbour's header. A free block repeats its size in the
//! last bytes before that header, where a right neighbour that is freed finds it.
//! A used block has no copy of its size, so there is nothing to check it against.
#![forbid(unsafe_code)]

use super::{Guard, Layout, Opened, Width};
use crate::region::{Space, Span};
use crate::units::{At, Size};
use core::marker::PhantomData;

/// See the file's head.
pub struct Slim<W>(PhantomData<W>);

const LEFT_FREE: u32 = 1;

/// The headers that were read.
pub struct Found<W> {
    own: u32,
    size: Size,
    right: At,
    right_size: Size,
    /// The header behind the right neighbour, which says whether that is free.
    behind: u32,
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
        (self.behind & LEFT_FREE != 0).then_some(self.right_size)
    }
    #[inline(always)]
    fn left_free<S: Space>(&self, space: S, block: At) -> Option<Size> {
        (self.own & LEFT_FREE != 0).then(|| Size(footer::<W, S>(space, block)))
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
fn header<W: Width, S: Space>(space: S, block: At) -> u32 {
    W::load(space, block.minus(W::BYTES))
}

#[inline(always)]
fn set_header<W: Width, S: Space>(space: S, block: At, value: u32) {
    W::store(space, block.minus(W::BYTES), value);
}

/// The copy of a free block's size, before the header of its right neighbour.
#[inline(always)]
fn footer<W: Width, S: Space>(space: S, right: At) -> u32 {
    W::load(space, right.minus(2 * W::BYTES))
}

#[inline(always)]
fn set_footer<W: Width, S: Space>(space: S, right: At, size: Size) {
    W::store(space, right.minus(2 * W::BYTES), size.0);
}

impl<W: Width> Layout for Slim<W> {
    type Map = W::Map;
    type Opened = Found<W>;
    const HEADER: u32 = W::BYTES;
    const FOOTER: u32 = W::BYTES;
    const LARGEST: Size = W::LARGEST;
    const REQUEST_MAX: u32 = W::REQUEST_MAX;

    #[inline(always)]
    fn lay_out<S: Space>(space: S, span: Span) {
        let size = span.size();
        set_header::<W, S>(space, span.start, size.0);
        set_footer::<W, S>(space, span.end(), size);
        set_header::<W, S>(space, span.end(), LEFT_FREE); // the end mark has no size
    }

    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Size {
        Size(header::<W, S>(space, block) & !LEFT_FREE)
    }

    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        Size(header::<W, S>(space, block)) // its left neighbour is used: free neighbours are merged at once
    }

    #[inline(always)]
    fn is_used<S: Space>(space: S, block: At) -> bool {
        let size = Self::size(space, block);
        size == Size::ZERO || header::<W, S>(space, block.right(size)) & LEFT_FREE == 0
    }

    #[inline(always)]
    fn open_used_of<S: Space, G: Guard>(space: S, block: At, _: Span, _: Size) -> Option<Found<W>> {
        let own = header::<W, S>(space, block);
        let size = Size(own & !LEFT_FREE);
        let right = block.right(size).kept();
        // The end mark, of no size, asks itself: the block to its left is used, as this one is.
        let right_size = Size(header::<W, S>(space, right)); // its left neighbour is used: no flag
        let behind = header::<W, S>(space, right.right(right_size).kept());
        Some(Found { own, size, right, right_size, behind, width: PhantomData })
    }

    #[inline(always)]
    fn ends_below(size: Size, block: At, right: At, end: At) -> bool {
        W::ends_below(size, block, right, end)
    }

    #[inline(always)]
    fn free_agrees<S: Space>(space: S, size: Size, right: At) -> bool {
        footer::<W, S>(space, right) == size.0
    }

    #[inline(always)]
    fn retire<S: Space>(_: S, _: At, _: Size) {}

    fn restore<S: Space>(_: S, _: At, _: Size) -> bool {
        false // nothing is checked, so nothing is undone
    }

    #[inline(always)]
    fn tell_right<S: Space>(space: S, opened: &Found<W>) {
        set_header::<W, S>(space, opened.right, opened.right_size.0 | LEFT_FREE);
    }

    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At) {
        set_header::<W, S>(space, block, size.0);
        set_footer::<W, S>(space, right, size);
    }

    #[inline(always)]
    fn take_whole<S: Space>(space: S, _: At, _: Size, right: At) {
        set_header::<W, S>(space, right, header::<W, S>(space, right) & !LEFT_FREE);
    }

    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At {
        let rest_block = block.right(used).kept_apart();
        set_header::<W, S>(space, block, used.0);
        set_header::<W, S>(space, rest_block, rest.0);
        set_footer::<W, S>(space, right, rest);
        rest_block
    }

    fn set_used<S: Space>(
        space: S,
        block: At,
        size: Size,
        follows_free: bool,
        rest: Size,
        right: At,
    ) -> At {
        set_header::<W, S>(space, block, size.0 | u32::from(follows_free));
        let right_size = header::<W, S>(space, right) & !LEFT_FREE;
        if rest == Size::ZERO {
            set_header::<W, S>(space, right, right_size);
            return right;
        }
        let rest_block = block.right(size);
        set_header::<W, S>(space, rest_block, rest.0);
        set_footer::<W, S>(space, right, rest);
        set_header::<W, S>(space, right, right_size | LEFT_FREE);
        rest_block
    }

    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool {
        let says_free = header::<W, S>(space, block) & LEFT_FREE != 0;
        let Some(left) = left else {
            return !says_free;
        };
        !says_free || Self::size(space, left).0 == footer::<W, S>(space, block)
    }

    fn left_note<S: Space>(space: S, block: At) -> u32 {
        if header::<W, S>(space, block) & LEFT_FREE == 0 {
            return 0;
        }
        footer::<W, S>(space, block)
    }

    fn note_for_right<S: Space>(space: S, block: At) -> u32 {
        if Self::is_used(space, block) {
            0
        } else {
            Self::size(space, block).0
        }
    }
}
