// SPDX-License-Identifier: MIT
//! Another size for a used block at level 3.
//!
//! What a block gives back becomes a block of its own, which is freed like any: it waits in the quarantine, so that a
//! write behind the new size is found. A block grows into its free right neighbour; where that is too
//! little it goes elsewhere, so that the old place waits in the quarantine and who still writes there is found.
#![forbid(unsafe_code)]

use super::trailer::Trailer;
use super::{poison, Opening, Warded};
use crate::block::Layout;
use crate::fault::{Fault, Kind};
use crate::heap::Resize;
use crate::region::Space;
use crate::regions::Listed;
use crate::units::{At, Size};

/// A resize that is possible.
#[derive(Clone, Copy)]
pub struct Resizing {
    at: At,
    opening: Opening,
    bytes: u32,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    /// The block stays as it is, only the fence moves.
    Within,
    /// A block of this size stays, the rest is freed.
    Split(Size),
    Grow(Resize),
}

impl Resizing {
    /// Size of the block as it is.
    pub fn from(&self) -> Size {
        self.opening.size
    }

    /// Size of the block as it will be.
    pub fn to(&self) -> Size {
        match self.how {
            How::Within => self.opening.size,
            How::Split(size) => size,
            How::Grow(plan) => plan.to.size,
        }
    }

    /// The payload that is given back, from and up to a word: [`poison::Patterns::spoil`] may fill it before the resize
    /// and without the lock.
    pub fn given_back(&self) -> Option<(At, At)> {
        match self.how {
            How::Split(size) => Some((self.at.right(size), self.at.plus(self.opening.bytes & !3))),
            How::Within | How::Grow(_) => None,
        }
    }

    /// Makes what the payload has more than before new, without the lock: [`poison::Patterns::extend`].
    pub fn renew<S: Space>(&self, patterns: poison::Patterns, space: S) -> Option<Fault> {
        if self.bytes <= self.opening.bytes {
            return None;
        }
        let free = match self.how {
            How::Grow(_) => self.at.right(self.opening.size).plus(poison::LINKS),
            How::Within | How::Split(_) => self.at.plus(self.bytes),
        };
        patterns.extend(space, self.at, self.opening.bytes, self.bytes, free)
    }
}

impl<S: Space, L: Layout, O: Listed> Warded<'_, S, L, O> {
    /// Judges a pointer and finds out how its block comes to hold so many bytes, not zero; `None` if it cannot in
    /// its place. Changes nothing. Cost: O(1).
    ///
    /// # Errors
    /// What is wrong.
    pub fn plan_resize(&self, at: At, bytes: usize) -> Result<Option<Resizing>, Fault> {
        let opening = self.open(at)?;
        let Some(wanted) = Self::request(bytes) else { return Ok(None) };
        let bytes = bytes as u32;
        if wanted <= opening.size {
            let least = Self::request(1);
            let splits = least.is_some_and(|least| opening.size - wanted >= least);
            let how = if splits { How::Split(wanted) } else { How::Within };
            return Ok(Some(Resizing { at, opening, bytes, how }));
        }
        let span = self.heap.holder(at).ok_or(Fault::new(Kind::ForeignPointer, at))?;
        let plan = self.heap.plan_resize(at, span, wanted);
        let plan = plan.map_err(|fault| self.heap.blame(fault.kind, fault.at))?;
        let plan = plan.filter(|plan| !plan.moves());
        Ok(plan.map(|plan| Resizing { at, opening, bytes, how: How::Grow(plan) }))
    }

    /// Does what was planned; nothing has changed since, but that what is given back was spoiled. Counts as a free and
    /// an allocation. Damage met on the way goes to `noticed`.
    /// Cost: O(1): at most two blocks leave the quarantine.
    pub fn resize(&mut self, plan: &Resizing) {
        let Resizing { at, opening, .. } = *plan;
        match plan.how {
            How::Within if plan.bytes == opening.bytes => {}
            How::Within => self.close(plan, opening.size),
            How::Split(first) => {
                let Some(span) = self.heap.holder(at) else { return };
                let second = self.heap.split_used(at, span, first);
                self.close(plan, first);
                let spoiled = (opening.bytes & !3).saturating_sub(first.bytes());
                let rest = Opening { size: opening.size - first, bytes: spoiled };
                if let Err(fault) = self.free_opened(second, rest) {
                    self.notice(fault);
                }
            }
            How::Grow(grow) => {
                let least_before = self.heap.control.counters.free_min;
                self.heap.resize(&grow);
                self.heap.control.counters.free_min = self.free().min(least_before);
                let space = self.heap.space;
                let trailer = Trailer::of::<L>(space, at, grow.to.size, self.heap.canary);
                let was_free = at.right(opening.size).plus(poison::LINKS);
                let from = at.plus(plan.bytes & !3).max(was_free);
                if let Some(fault) = self.patterns.changed(space, from, trailer.word()) {
                    self.notice(fault);
                }
                self.close(plan, grow.to.size);
            }
        }
    }

    /// Fence and trailer of a block that has this size now. What was payload in the word that is half payload, half
    /// fence stays.
    fn close(&self, plan: &Resizing, size: Size) {
        let space = self.heap.space;
        let start = plan.bytes & !3;
        let word = space.load32(plan.at.plus(start));
        let kept = plan.opening.bytes.saturating_sub(start);
        let fill = if kept < 4 { self.patterns.partly_new(word, kept) } else { word };
        Trailer::of::<L>(space, plan.at, size, self.heap.canary).write(plan.bytes, fill);
    }
}
