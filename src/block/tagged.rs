// SPDX-License-Identifier: MIT
//! A layout with a word more in each header: who holds the block.
//!
//! ```text
//!   block - 4 - L::HEADER     block - 4                                block
//!      ... | L's header       | owner, epoch, site of a used block     | payload ...
//! ```
//! All but that word is the other layout's, which sees every block four bytes to the left of where it is. So an
//! overflow from the left still meets that layout's header first, and is found as before. The word is not checked: a
//! damaged one makes figures wrong, and nothing else (`tracker`).
#![forbid(unsafe_code)]

use super::{Guard, Layout, Opened};
use crate::region::{Space, Span};
use crate::units::{At, Size};
use core::marker::PhantomData;

/// See the file's head.
pub struct Tagged<L>(PhantomData<L>);

/// Bytes of the word.
const WORD: u32 = 4;

/// Who holds a block: the owner's row, the epoch in which it was handed out, the row of the site that asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(transparent)]
pub struct Tag(pub u32);

impl Tag {
    /// Nobody: the block is in no row of any table.
    pub const NONE: Tag = Tag::of(0xFF, 0, 0);

    /// A tag of these three.
    #[inline(always)]
    pub const fn of(owner: u32, epoch: u32, site: u32) -> Tag {
        Tag(owner << 24 | (epoch & 0xFF) << 16 | site & 0xFFFF)
    }

    /// Row of the owner.
    #[inline(always)]
    pub fn owner(self) -> u32 {
        self.0 >> 24
    }

    /// Number of the epoch, the lowest eight bits.
    #[inline(always)]
    pub fn epoch(self) -> u32 {
        (self.0 >> 16) & 0xFF
    }

    /// Row of the site.
    #[inline(always)]
    pub fn site(self) -> u32 {
        self.0 & 0xFFFF
    }

    /// The same block held by another.
    #[must_use]
    pub fn with_owner(self, owner: u32) -> Tag {
        Tag::of(owner, self.epoch(), self.site())
    }
}

/// What the layout below found.
pub struct Found<O>(O);

/// Where the layout below sees a block.
#[inline(always)]
fn below(block: At) -> At {
    block.minus(WORD)
}

/// Where a block is that the layout below sees.
#[inline(always)]
fn above(block: At) -> At {
    block.plus(WORD)
}

#[inline(always)]
fn span_below(span: Span) -> Span {
    Span { start: below(span.start), granules: span.granules }
}

impl<O: Opened> Opened for Found<O> {
    #[inline(always)]
    fn size(&self) -> Size {
        self.0.size()
    }
    #[inline(always)]
    fn right(&self) -> At {
        above(self.0.right())
    }
    #[inline(always)]
    fn right_free(&self) -> Option<Size> {
        self.0.right_free()
    }
    #[inline(always)]
    fn left_free<S: Space>(&self, space: S, block: At) -> Option<Size> {
        self.0.left_free(space, below(block))
    }
    #[inline(always)]
    fn left_free_agrees<S: Space>(&self, space: S, left: At, free: Size) -> bool {
        self.0.left_free_agrees(space, below(left), free)
    }
    #[inline(always)]
    fn right_used_agrees<S: Space>(&self, space: S, span: Span) -> bool {
        self.0.right_used_agrees(space, span_below(span))
    }
    #[inline(always)]
    fn left_used_agrees<S: Space>(&self, space: S, block: At, span: Span) -> bool {
        self.0.left_used_agrees(space, below(block), span_below(span))
    }
}

impl<L: Layout> Layout for Tagged<L> {
    type Map = L::Map;
    const IS_TAGGED: bool = true;
    type Opened = Found<L::Opened>;
    const HEADER: u32 = L::HEADER + WORD;
    const FOOTER: u32 = L::FOOTER;
    const LARGEST: Size = L::LARGEST;
    const REQUEST_MAX: u32 = L::REQUEST_MAX;

    #[inline(always)]
    fn lay_out<S: Space>(space: S, span: Span) {
        L::lay_out(space, span_below(span));
    }
    #[inline(always)]
    fn size<S: Space>(space: S, block: At) -> Size {
        L::size(space, below(block))
    }
    #[inline(always)]
    fn free_size<S: Space>(space: S, block: At) -> Size {
        L::free_size(space, below(block))
    }
    #[inline(always)]
    fn is_used<S: Space>(space: S, block: At) -> bool {
        L::is_used(space, below(block))
    }
    #[inline(always)]
    fn open_used_of<S: Space, G: Guard>(
        space: S,
        block: At,
        span: Span,
        least: Size,
    ) -> Option<Self::Opened> {
        // Of the span only the end is asked, and it need not be moved, which would be an instruction: the layout below sees
        // blocks end one word before a multiple of a granule, so none that ends above its own end ends below this one.
        L::open_used_of::<S, G>(space, below(block), span, least).map(Found)
    }
    #[inline(always)]
    fn free_agrees<S: Space>(space: S, size: Size, right: At) -> bool {
        L::free_agrees(space, size, below(right))
    }
    #[inline(always)]
    fn ends_below(size: Size, block: At, right: At, end: At) -> bool {
        L::ends_below(size, block, right, end)
    }
    #[inline(always)]
    fn left_is_used<S: Space>(space: S, block: At, credible: impl Fn(At) -> bool) -> bool {
        L::left_is_used(space, below(block), |left| credible(above(left)))
    }
    #[inline(always)]
    fn retire<S: Space>(space: S, block: At, size: Size) {
        L::retire(space, below(block), size);
    }
    fn restore<S: Space>(space: S, block: At, left: Size) -> bool {
        L::restore(space, below(block), left)
    }
    #[inline(always)]
    fn tell_right<S: Space>(space: S, opened: &Self::Opened) {
        L::tell_right(space, &opened.0);
    }
    #[inline(always)]
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At) {
        L::make_free(space, below(block), size, below(right));
    }
    #[inline(always)]
    fn take_whole<S: Space>(space: S, block: At, size: Size, right: At) {
        L::take_whole(space, below(block), size, below(right));
    }
    #[inline(always)]
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At {
        above(L::take_part(space, below(block), used, rest, below(right)))
    }
    #[inline(always)]
    fn set_used<S: Space>(
        space: S,
        block: At,
        size: Size,
        follows_free: bool,
        rest: Size,
        right: At,
    ) -> At {
        above(L::set_used(space, below(block), size, follows_free, rest, below(right)))
    }
    #[inline(always)]
    fn carry_over<S: Space>(space: S, from: At, to: At) {
        L::carry_over(space, below(from), below(to));
        Self::set_tag(space, to, Self::tag(space, from));
    }
    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool {
        L::agrees(space, below(block), left.map(below))
    }
    #[inline(always)]
    fn tag<S: Space>(space: S, block: At) -> Tag {
        Tag(space.load32(below(block)))
    }
    #[inline(always)]
    fn set_tag<S: Space>(space: S, block: At, tag: Tag) {
        space.store32(below(block), tag.0);
    }
    fn left_note<S: Space>(space: S, block: At) -> u32 {
        L::left_note(space, below(block))
    }
    fn note_for_right<S: Space>(space: S, block: At) -> u32 {
        L::note_for_right(space, below(block))
    }
}
