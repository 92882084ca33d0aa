// SPDX-License-Identifier: MIT
//! Blocks: what a header says, and what a block and its neighbours must agree on.
//!
//! Relies on `region` and `units`. Promises invariants I2 (blocks tile the region and agree with their
//! neighbours) and I3 (the header of an absorbed block never looks alive). A block is named by the
//! address of its payload; its header lies directly before that. It knows no free list.
//!
//! Two layouts share the one trait: [`Paired`], and [`Slim`] where nothing is checked; each with compact sizes or with
//! wide ones, and each with or without a word for who holds the block ([`Tagged`]).
#![forbid(unsafe_code)]

mod paired;
mod slim;
mod tagged;
mod width;

pub use paired::Paired;
pub use slim::Slim;
pub use tagged::{Tag, Tagged};
pub use width::{Compact, Wide, Width};

use crate::bins::BinMap;
use crate::region::{Space, Span};
use crate::units::{At, Size};

/// How much is verified before memory is trusted: a type, so that a level that is off costs nothing.
pub trait Guard {
    /// Pointers, sizes and neighbours are checked (integrity level 1 and above).
    const CHECKED: bool;
    /// The links of free lists are encoded and checked before they are followed (level 2).
    const LINKS: bool;
}

/// Integrity level 0: the caller is trusted, as by heap_4 without `configASSERT`.
pub struct Unchecked;
impl Guard for Unchecked {
    const CHECKED: bool = false;
    const LINKS: bool = false;
}

/// Integrity level 1.
pub struct Checked;
impl Guard for Checked {
    const CHECKED: bool = true;
    const LINKS: bool = false;
}

/// Integrity level 2, meant by `configENABLE_HEAP_PROTECTOR`.
pub struct Protected;
impl Guard for Protected {
    const CHECKED: bool = true;
    const LINKS: bool = true;
}

/// A used block about to be freed, and what its header and its right neighbour's say about the neighbours. What they
/// say is not believed until the neighbour was asked, too.
pub trait Opened {
    /// The block's own size.
    fn size(&self) -> Size;
    /// The right neighbour, or the end mark.
    fn right(&self) -> At;
    /// Size of the right neighbour if that is free.
    fn right_free(&self) -> Option<Size>;
    /// Size of the left neighbour if that is free.
    fn left_free<S: Space>(&self, space: S, block: At) -> Option<Size>;
    /// True if the left neighbour is free and of this size.
    fn left_free_agrees<S: Space>(&self, space: S, left: At, free: Size) -> bool;
    /// True if a right neighbour that is used, or the end mark, is confirmed by what follows it. Level 2 asks.
    fn right_used_agrees<S: Space>(&self, _: S, _: Span) -> bool {
        true
    }
    /// True if a left neighbour that is used agrees, as far as the layout stores its size.
    fn left_used_agrees<S: Space>(&self, space: S, block: At, span: Span) -> bool;
}

/// Reads and writes headers. Sizes given to the writers are those of the layout's own blocks.
pub trait Layout {
    /// The map that covers every bin a block of this layout can be in.
    type Map: BinMap;
    /// What [`Layout::open_used`] found.
    type Opened: Opened;
    /// Bytes of a header.
    const HEADER: u32;
    /// Bytes at the end of a free block that are neither payload of its links nor its right neighbour's header.
    const FOOTER: u32;
    /// The smallest block: a free one holds its header, two links and what the layout keeps at its end.
    const BLOCK_MIN: Size = Size::holding(Self::HEADER + 8 + Self::FOOTER);
    /// The largest block.
    const LARGEST: Size;
    /// The largest payload that is served; fits into [`Layout::LARGEST`].
    const REQUEST_MAX: u32;
    /// Bytes that a damaged size can claim: 16 bits of it, or what a wide one is believed.
    const CLAIM_MAX: u32 = {
        let (largest, short) = (Self::LARGEST.bytes(), Size(0xFFFE).bytes());
        if largest > short {
            largest
        } else {
            short
        }
    };

    /// Headers hold a tag.
    const IS_TAGGED: bool = false;

    /// Makes one free block of a whole region, with the end mark behind it.
    fn lay_out<S: Space>(space: S, span: Span);
    /// Size of a block.
    fn size<S: Space>(space: S, block: At) -> Size;
    /// Size of a block that is on a free list. If its header was overwritten, any number:
    /// nothing may be done with it that [`Layout::free_agrees`] has not confirmed.
    fn free_size<S: Space>(space: S, block: At) -> Size;
    /// True if the block belongs to the application (or is an end mark).
    fn is_used<S: Space>(space: S, block: At) -> bool;

    /// A block in `span` that is alleged to be used. With `G::CHECKED` its size is proven to stay inside the span
    /// and its right neighbour to agree: `None` if it is free, or its size or the copy of it is wrong.
    #[inline(always)]
    fn open_used<S: Space, G: Guard>(space: S, block: At, span: Span) -> Option<Self::Opened> {
        Self::open_used_of::<S, G>(space, block, span, Self::BLOCK_MIN)
    }
    /// The same in a heap whose smallest block is `least`.
    fn open_used_of<S: Space, G: Guard>(
        space: S,
        block: At,
        span: Span,
        least: Size,
    ) -> Option<Self::Opened>;

    /// True if the right neighbour, which the caller has found to be below the end of the regions, confirms that
    /// there is a free block of this size.
    fn free_agrees<S: Space>(space: S, size: Size, right: At) -> bool;

    /// True if a block of this size, as its header claims it, ends not above `end`; `right` is where it then ends.
    fn ends_below(size: Size, block: At, right: At, end: At) -> bool;

    /// True if the left neighbour of a free block, as far as the header tells of it, is used; `credible` says
    /// where a block can be. Level 2 asks before it hands the block out or merges it.
    fn left_is_used<S: Space>(_: S, _: At, _credible: impl Fn(At) -> bool) -> bool {
        true
    }

    /// Makes the header of a free block that is about to be absorbed by its left neighbour one that nobody believes:
    /// a size that was damaged elsewhere may lead to it, and what it says of its left neighbour is out of date.
    fn retire<S: Space>(space: S, block: At, size: Size);
    /// Undoes [`Layout::retire`] for a block whose left neighbour is used and of size `left`; false if the
    /// block is not retired.
    fn restore<S: Space>(space: S, block: At, left: Size) -> bool;
    /// Tells the used right neighbour of an opened block that there is a free block to its left; what
    /// [`Layout::make_free`] says in any case need not be said here.
    fn tell_right<S: Space>(space: S, opened: &Self::Opened);
    /// Marks a block free, with this size, and tells its right neighbour the size.
    fn make_free<S: Space>(space: S, block: At, size: Size, right: At);
    /// Marks a free block used as it is; `right` is its right neighbour.
    fn take_whole<S: Space>(space: S, block: At, size: Size, right: At);
    /// Marks the low part of a free block used and returns the rest, a free block; `right` is its right neighbour.
    fn take_part<S: Space>(space: S, block: At, used: Size, rest: Size, right: At) -> At;

    /// Writes a used block of this size: the block to its left is free if `follows_free`, and between it and `right`, which
    /// is used or the end mark, is then a free block of size `rest`, or none (zero). Returns where it begins. What a
    /// header says of the size of a free left neighbour is [`Layout::make_free`]'s to write.
    fn set_used<S: Space>(
        space: S,
        block: At,
        size: Size,
        follows_free: bool,
        rest: Size,
        right: At,
    ) -> At;
    /// A used block moves: what its header holds beside sizes is written to its new place.
    #[inline(always)]
    fn carry_over<S: Space>(_: S, _from: At, _to: At) {}

    /// True if the block agrees with both neighbours in everything the layout stores (invariant I2).
    fn agrees<S: Space>(space: S, block: At, left: Option<At>) -> bool;

    /// What the header says of who holds the block; [`Tag::NONE`] where headers have no room for that.
    #[inline(always)]
    fn tag<S: Space>(_: S, _: At) -> Tag {
        Tag::NONE
    }
    /// Says who holds the block, where headers have room for that.
    #[inline(always)]
    fn set_tag<S: Space>(_: S, _: At, _: Tag) {}

    /// What the header of a block says of its left neighbour, for a report.
    fn left_note<S: Space>(space: S, block: At) -> u32;
    /// What the right neighbour of a block, which lies in the same region, should say of it.
    fn note_for_right<S: Space>(space: S, block: At) -> u32;
}
