// SPDX-License-Identifier: MIT
//! Who is to blame: a fault that was found on the way of a request is looked at once more, without haste.
//!
//! The road of a request carries nothing but the kind of a fault. Here the block and the two values that disagree
//! are read again. As the check it believes nothing and reads nothing outside the regions.
#![forbid(unsafe_code)]

use super::Heap;
use crate::block::{Guard, Layout, Opened, Tag};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::regions::Listed;
use crate::units::{At, Size};

impl<S: Space, L: Layout, G: Guard, O: Listed> Heap<'_, S, L, G, O> {
    /// A fault of this kind, seen when the block at `at` was freed or about to be taken, with the block to blame
    /// and what was expected and found. Cost: a walk to that block at most. Changes nothing.
    #[cold]
    pub fn blame(&self, kind: Kind, at: At) -> Fault {
        let Some(span) = self.holder(at) else { return Fault::with(kind, at, 0, at.0) };
        match kind {
            Kind::DoubleFree => Fault::with(kind, at, 0, self.header(at)),
            Kind::RightDisagrees => self.blame_size(kind, at, span),
            Kind::LeftDisagrees => self.blame_left(at, span),
            Kind::FreeBlockDamaged => self.blame_free(at, span),
            _ => Fault::new(kind, at),
        }
    }

    /// Judges one block as a free would, and changes nothing. At integrity level 0, where headers hold nothing
    /// to compare, the region is walked to find out whether there is such a block.
    /// Cost: O(1); at level 0 O(blocks).
    ///
    /// # Errors
    /// What is wrong.
    pub fn check_block(&self, at: At) -> Result<(), Fault> {
        let span = self.holder(at).ok_or(Fault::with(Kind::ForeignPointer, at, 0, at.0))?;
        if !G::CHECKED {
            let found = self.walk(span, |block, _| block == at);
            let used = found.is_some_and(|(block, _)| L::is_used(self.space, block));
            return used.then_some(()).ok_or(Fault::new(Kind::DoubleFree, at));
        }
        self.judge_used(at, span).map(|_| ()).map_err(|kind| self.blame(kind, at))
    }

    /// What a free asks of a block in `span` before it changes anything; returns the block's size.
    ///
    /// # Errors
    /// The kind of the first disagreement found.
    pub fn judge_used(&self, at: At, span: Span) -> Result<L::Opened, Kind> {
        let space = self.space;
        let Some(opened) = L::open_used::<S, G>(space, at, span) else {
            let free = !L::is_used(space, at);
            return Err(if free { Kind::DoubleFree } else { Kind::RightDisagrees });
        };
        if opened.right_free().is_some() && !self.is_whole(opened.right(), span) {
            return Err(Kind::FreeBlockDamaged);
        }
        if let Some(free) = opened.left_free(space, at) {
            let left = at.left(free);
            if !span.has_left(at, free) || !opened.left_free_agrees(space, left, free) {
                return Err(Kind::LeftDisagrees);
            }
            if !self.lists().can_unlink(left) {
                return Err(Kind::FreeBlockDamaged);
            }
        } else if G::LINKS && !opened.left_used_agrees(space, at, span) {
            return Err(Kind::LeftDisagrees);
        }
        Ok(opened)
    }

    /// Sizes are confirmed by what the right neighbour holds.
    fn blame_size(&self, kind: Kind, at: At, span: Span) -> Fault {
        let size = L::size(self.space, at);
        if size < L::BLOCK_MIN || size.granules() > span.room(at) {
            return Fault::with(kind, at, span.room(at), size.granules());
        }
        let expected = L::note_for_right(self.space, at);
        Fault::with(kind, at, expected, L::left_note(self.space, at.right(size)))
    }

    fn blame_left(&self, at: At, span: Span) -> Fault {
        let left = self.walk(span, |block, size| block.right(size) == at);
        let expected = left.map_or(0, |(left, _)| L::note_for_right(self.space, left));
        Fault::with(Kind::LeftDisagrees, at, expected, L::left_note(self.space, at))
    }

    /// A free block that was about to be taken, or a free neighbour of a block about to be freed.
    fn blame_free(&self, at: At, span: Span) -> Fault {
        let size = L::size(self.space, at);
        if size < L::BLOCK_MIN || size.granules() > span.room(at) || !L::is_used(self.space, at) {
            return self.blame_listed(at, span);
        }
        let right = at.right(size);
        if span.holds(right) && !L::is_used(self.space, right) && !self.is_whole(right, span) {
            return self.blame_listed(right, span);
        }
        match self.walk(span, |block, size| block.right(size) == at) {
            Some((left, _)) => self.blame_listed(left, span),
            None => Fault::new(Kind::FreeBlockDamaged, at),
        }
    }

    /// A free block agrees with its right neighbour, and stands in its list.
    fn is_whole(&self, block: At, span: Span) -> bool {
        let size = L::size(self.space, block);
        size >= L::BLOCK_MIN
            && size.granules() <= span.room(block)
            && L::free_agrees(self.space, size, block.right(size))
            && self.lists().can_unlink(block)
    }

    /// A free block: its size, or else the word that should lead to it.
    fn blame_listed(&self, block: At, span: Span) -> Fault {
        let fault = self.blame_size(Kind::FreeBlockDamaged, block, span);
        if fault.expected != fault.found {
            return fault;
        }
        let lists = self.lists();
        let back = lists.back(block);
        let leads = lists.room(back) != 0;
        let found = if leads { lists.next(back) } else { back };
        Fault::with(Kind::FreeBlockDamaged, block, block.0, found.0)
    }

    /// The last word of a header, but for the tag.
    fn header(&self, at: At) -> u32 {
        let tag = if L::IS_TAGGED { size_of::<Tag>() as u32 } else { 0 };
        let at = at.minus(tag);
        if L::HEADER - tag == 2 {
            u32::from(self.space.load16(at.minus(2)))
        } else {
            self.space.load32(at.minus(4))
        }
    }

    /// The first block of a region for which `is_it` is true, as far as sizes can be believed.
    fn walk(&self, span: Span, is_it: impl Fn(At, Size) -> bool) -> Option<(At, Size)> {
        let mut block = span.start;
        while block != span.end() {
            let size = L::size(self.space, block);
            if size < L::BLOCK_MIN || size.granules() > span.room(block) {
                return None;
            }
            if is_it(block, size) {
                return Some((block, size));
            }
            block = block.right(size);
        }
        None
    }
}
