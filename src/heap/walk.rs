// SPDX-License-Identifier: MIT
//! A walk over all blocks that lets the lock go between its steps.
//!
//! What a cursor keeps is an address up to which all was visited, and a block behind which the way goes on. That
//! block is one that was in use, or the first of its region. A used block's header stays where it is until
//! the block is freed, whatever is allocated, split or resized meanwhile; so the count of frees says whether the
//! cursor can still be believed. If it cannot, the way is found anew from the start of the region, and blocks that
//! begin below the address are passed over.
//!
//! Promises: each block that lives through the whole walk is visited exactly once; no address is visited
//! twice; nothing outside the regions is read, whatever the cursor says.
#![forbid(unsafe_code)]

use super::Heap;
use crate::block::{Guard, Layout};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::units::{At, Size};

/// Where a walk is. All zero: before the first block.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Cursor {
    /// Payload address of the region's first block; `NONE` before the first region.
    pub region: At,
    /// Blocks of this region that begin below were visited.
    pub next: At,
    /// A block of this region at or below `next`, as long as nothing was freed …
    pub known: At,
    /// … since there were so many frees.
    pub frees: u32,
}

/// How much one step may do.
#[derive(Clone, Copy, Debug)]
pub struct Stride {
    /// Headers to look at; more if nothing would be gained otherwise.
    pub looks: u32,
    /// Blocks to visit.
    pub visits: u32,
}

impl Stride {
    /// Everything at once.
    pub const ALL: Stride = Stride { looks: u32::MAX, visits: u32::MAX };
}

/// One block, as a walk finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Visited {
    /// Payload address.
    pub at: At,
    /// Size with header.
    pub size: Size,
    /// It is in use.
    pub used: bool,
}

impl<S: Space, L: Layout, G: Guard> Heap<'_, S, L, G> {
    /// Goes on with a walk; true at its end. `stays` says of a used block that only a free that is counted
    /// will end it.
    /// Cost: `stride.looks` headers at most, and as many as it takes to a block that stays or was not visited yet: those
    /// between that do not stay, and the free ones beside them.
    ///
    /// # Errors
    /// A header that cannot be one: the walk cannot go on.
    pub fn walk_on(
        &self,
        cursor: &mut Cursor,
        stride: Stride,
        stays: impl Fn(At, Size) -> bool,
        mut visit: impl FnMut(Visited),
    ) -> Result<bool, Fault> {
        let (mut looks, mut visits) = (stride.looks, stride.visits);
        // The next step begins somewhere else.
        let mut is_gain = false;
        while let Some(span) = self.enter(cursor) {
            let mut block = cursor.known;
            while block != span.end() {
                let passed = block < cursor.next;
                if (looks == 0 && is_gain) || (visits == 0 && !passed) {
                    return Ok(false);
                }
                looks = looks.saturating_sub(1);
                let size = self.size_in(span, block)?;
                let used = L::is_used(self.space, block);
                if used && stays(block, size) {
                    is_gain |= cursor.known != block;
                    cursor.known = block;
                }
                if !passed {
                    is_gain = true;
                    visits -= 1;
                    visit(Visited { at: block, size, used });
                    cursor.next = block.right(size);
                }
                block = block.right(size);
            }
            self.leave(cursor);
            is_gain = true;
        }
        Ok(true)
    }

    /// The region of a cursor, whose known block is a block then; the first region for a new cursor.
    fn enter(&self, cursor: &mut Cursor) -> Option<Span> {
        if cursor.region == At::NONE {
            self.leave(cursor);
        }
        let span = self.spans().find(|span| span.start == cursor.region)?;
        let frees = self.control.counters.frees;
        if cursor.frees != frees || !span.holds(cursor.known) || cursor.known > cursor.next {
            cursor.known = span.start;
        }
        cursor.frees = frees;
        Some(span)
    }

    /// To the region with the next higher address, or to none.
    fn leave(&self, cursor: &mut Cursor) {
        let above = self.spans().map(|span| span.start).filter(|start| *start > cursor.region);
        let start = above.min().unwrap_or(At(u32::MAX));
        *cursor =
            Cursor { region: start, next: start, known: start, frees: self.control.counters.frees };
    }

    /// The size of a block, which does not lead out of its region.
    ///
    /// # Errors
    /// The header says something else.
    fn size_in(&self, span: Span, block: At) -> Result<Size, Fault> {
        let size = L::size(self.space, block);
        let room = span.room(block);
        if size < L::BLOCK_MIN || size.granules() > room {
            return Err(Fault::with(Kind::RightDisagrees, block, room, size.granules()));
        }
        Ok(size)
    }
}
