// SPDX-License-Identifier: MIT
//! Integrity levels 3 and 4: a layer over the main road.
//!
//! Relies on `heap`, to which all of this is payload. It adds, at level 3, a trailer behind the requested size
//! ([`trailer`]), a pattern in memory that is handed out and in memory that is free ([`poison`]), and a queue in
//! which freed blocks wait ([`quarantine`]); at level 4 a check of the whole heap before every call.
//!
//! ```text
//!   used     header │ payload as requested │ fence ..    │ trailer │ header ..
//!   waiting  header │ link │ !link │ pattern ............ │ trailer │ header ..
//!   free     header │ next │ back  │ pattern ............ │ any     │ header ..
//! ```
//! Promises that every byte of a free block between its links and its last word holds the pattern, so that a
//! write after free is found when the memory is used again; and that what waits counts as free in all figures.
#![forbid(unsafe_code)]

mod check;
pub mod poison;
pub mod quarantine;
mod resize;
pub mod trailer;

pub use resize::Resizing;

use crate::block::{Layout, Opened, Protected, Tag};
use crate::fault::{Fault, Kind};
use crate::heap::{Block, Heap};
use crate::region::Space;
use crate::regions::{Listed, Table};
use crate::units::{At, Size};
use poison::Patterns;
use quarantine::Quarantine;
use trailer::Trailer;

/// A heap with the checks of level 3, for as long as the lock is held.
pub struct Warded<'a, S: Space, L: Layout, O = Table<'a>> {
    /// The heap below.
    pub heap: Heap<'a, S, L, Protected, O>,
    /// Freed blocks that wait.
    pub quarantine: &'a mut Quarantine,
    /// Bytes that may wait.
    pub quarantine_bytes: u32,
    /// What memory is filled with.
    pub patterns: Patterns,
    /// A fault met on the way of a call that was served all the same: told of when the lock is given back.
    pub noticed: Option<Fault>,
}

/// A block about to be freed, found intact.
#[derive(Clone, Copy)]
pub struct Opening {
    /// Its size with header and trailer.
    pub size: Size,
    /// Bytes that were asked for.
    pub bytes: u32,
}

impl<S: Space, L: Layout, O: Listed> Warded<'_, S, L, O> {
    /// Allocates `bytes`, not zero. The payload is not filled yet: see [`poison::Patterns::renew`].
    /// Cost: O(1); if memory is short, one step for each block of the quarantine.
    ///
    /// # Errors
    /// `None` if nothing fits, or the damage that stood in the way. The heap is unchanged then.
    pub fn allocate(&mut self, bytes: usize) -> Result<Block, Option<Fault>> {
        // No path to the method: its lifetimes would be too special.
        #[allow(clippy::redundant_closure_for_method_calls)]
        self.allocate_by(bytes, |heap, wanted| heap.allocate(wanted))
    }

    /// The same with a payload at a multiple of `alignment`, as [`Heap::allocate_aligned`].
    ///
    /// # Errors
    /// As [`Warded::allocate`].
    pub fn allocate_aligned(
        &mut self,
        bytes: usize,
        alignment: u32,
    ) -> Result<Block, Option<Fault>> {
        self.allocate_by(bytes, |heap, wanted| heap.allocate_aligned(wanted, alignment))
    }

    /// # Errors
    /// As [`Warded::allocate`].
    #[inline(always)]
    fn allocate_by(
        &mut self,
        bytes: usize,
        allocate: impl Fn(&mut Heap<'_, S, L, Protected, O>, Size) -> Result<Block, At>,
    ) -> Result<Block, Option<Fault>> {
        let wanted = Self::request(bytes).ok_or(None)?;
        let least_before = self.heap.control.counters.free_min;
        loop {
            match allocate(&mut self.heap, wanted) {
                Ok(block) => {
                    let least = self.free().min(least_before);
                    self.heap.control.counters.free_min = least;
                    self.seal(block, bytes as u32);
                    return Ok(block);
                }
                Err(At::NONE) => {
                    if !self.release_oldest() {
                        return Err(None);
                    }
                }
                Err(damaged) => return Err(Some(self.heap.blame(Kind::FreeBlockDamaged, damaged))),
            }
            self.heap.control.counters.free_min = least_before;
        }
    }

    /// The block for a request: with room for the links of the quarantine and the trailer.
    fn request(bytes: usize) -> Option<Size> {
        let bytes = bytes.max(poison::LINKS as usize).checked_add(trailer::BYTES as usize)?;
        let bytes = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
        Heap::<S, L, Protected>::request(bytes)
    }

    /// Bytes of the largest request that would be served without the quarantine.
    /// Cost: O(1).
    ///
    /// # Errors
    /// The damaged block or head that such a request would meet.
    pub fn largest_request(&self) -> Result<u32, At> {
        let payload = self.heap.largest_request()?;
        let served = payload >= poison::LINKS + trailer::BYTES;
        Ok(if served { payload - trailer::BYTES } else { 0 })
    }

    /// The block that a request of so many bytes would get.
    pub fn block_for(&self, bytes: usize) -> Option<Size> {
        Self::request(bytes)
    }

    /// Bytes in free blocks and in the quarantine.
    pub fn free(&self) -> Size {
        self.heap.control.counters.free + self.quarantine.size
    }

    /// Closes a block that was taken with fence and trailer; what they replace must be untouched.
    fn seal(&mut self, block: Block, bytes: u32) {
        let trailer = Trailer::of::<L>(self.heap.space, block.at, block.size, self.heap.canary);
        let from = block.at.plus((bytes & !3).max(poison::LINKS));
        let changed = self.patterns.changed(self.heap.space, from, trailer.word());
        if let Some(fault) = changed {
            self.notice(fault);
        }
        trailer.write(bytes, self.patterns.new);
    }

    /// Judges a pointer to be freed and the block it leads to. Changes nothing.
    /// Cost: O(1), the fence is shorter than the smallest block and a granule.
    ///
    /// # Errors
    /// What is wrong.
    pub fn open(&self, at: At) -> Result<Opening, Fault> {
        let span = self.heap.holder(at).ok_or(Fault::with(Kind::ForeignPointer, at, 0, at.0))?;
        let space = self.heap.space;
        let size = match self.heap.judge_used(at, span) {
            Ok(opened) => opened.size(),
            // What is free is filled, headers that were absorbed, too.
            Err(_) if self.patterns.is_freed(space.load32(at.minus(L::HEADER))) => {
                return Err(Fault::new(Kind::DoubleFree, at));
            }
            Err(kind) => return Err(self.heap.blame(kind, at)),
        };
        let trailer = Trailer::of::<L>(space, at, size, self.heap.canary);
        let bytes = trailer.read()?;
        Ok(Opening { size, bytes })
    }

    /// Takes back a block that was opened: it waits in the quarantine, or is free at once. The part of its
    /// payload that [`poison::Patterns::spoil`] can reach outside the lock was filled by the caller.
    /// Cost: O(1): at most two blocks leave the quarantine.
    ///
    /// # Errors
    /// What is wrong; the block is in use then as before, and up to two others have left the quarantine.
    pub fn free_opened(&mut self, at: At, opening: Opening) -> Result<Size, Fault> {
        let waits = self.quarantine_bytes;
        for _ in 0..2 {
            if self.quarantine.size.bytes() + opening.size.bytes() > waits {
                self.release_oldest();
            }
        }
        let trailer = Trailer::of::<L>(self.heap.space, at, opening.size, self.heap.canary);
        let rest = at.plus(opening.bytes & !3);
        self.patterns.spoil(self.heap.space, rest, trailer.word());
        if self.quarantine.size.bytes() + opening.size.bytes() <= waits {
            trailer.mark_waiting();
            L::set_tag(self.heap.space, at, Tag::NONE); // what waits is nobody's
            self.quarantine.put(self.heap.space, self.heap.canary, at, opening.size);
        } else {
            self.release(at).inspect_err(|_| trailer.write(opening.bytes, self.patterns.freed))?;
        }
        let counters = &mut self.heap.control.counters;
        counters.frees = counters.frees.wrapping_add(1);
        Ok(opening.size)
    }

    /// Gives a block to the free lists. Its payload is spoiled; so are now its trailer and the headers and links
    /// that merging leaves inside. Does not count as a free.
    ///
    /// # Errors
    /// What is wrong; nothing was changed then.
    fn release(&mut self, at: At) -> Result<(), Fault> {
        let space = self.heap.space;
        let span = self.heap.holder(at).ok_or(Fault::new(Kind::ForeignPointer, at))?;
        let judged = self.heap.judge_used(at, span);
        let opened = judged.map_err(|kind| self.heap.blame(kind, at))?;
        let (right, right_free) = (opened.right(), opened.right_free());
        let left_free = opened.left_free(space, at);
        let last = right.minus(L::HEADER + trailer::BYTES);
        let saved = (space.load32(at), space.load32(at.plus(4)), space.load32(last));
        self.patterns.spoil(space, at, at.plus(poison::LINKS));
        space.store32(last, self.patterns.freed);
        if let Err(fault) = self.heap.free(at, span) {
            space.store32(at, saved.0);
            space.store32(at.plus(4), saved.1);
            space.store32(last, saved.2);
            return Err(self.heap.blame(fault.kind, at));
        }
        if right_free.is_some() {
            self.patterns.spoil(space, right.minus(L::HEADER), right.plus(poison::LINKS));
        }
        if let Some(free) = left_free {
            // The left neighbour's last word, unless that is a link of its own, and the header.
            let links_end = at.left(free).plus(poison::LINKS);
            let last = at.minus(L::HEADER + trailer::BYTES).max(links_end);
            self.patterns.spoil(space, last, at);
        }
        let counters = &mut self.heap.control.counters;
        counters.frees = counters.frees.wrapping_sub(1);
        Ok(())
    }

    /// The block that waits longest becomes free; false if none waits. One that is damaged leaves the
    /// quarantine, too, and is lost: it stays a used block.
    fn release_oldest(&mut self) -> bool {
        match self.quarantine.oldest(self.heap.space, self.heap.canary) {
            Ok(None) => false,
            Ok(Some((at, next))) if self.waits(at) && (next == At::NONE || self.waits(next)) => {
                let size = L::size(self.heap.space, at);
                self.quarantine.pass(next, size);
                if let Err(fault) = self.release(at) {
                    self.notice(fault);
                }
                true
            }
            Ok(Some((at, next))) => {
                self.mend(Fault::with(Kind::WrittenAfterFree, at, 0, next.0));
                true
            }
            Err(fault) => {
                self.mend(fault);
                true
            }
        }
    }

    /// A link of the quarantine cannot be followed: the queue is laid out anew, by address.
    /// Cost: a walk over all blocks.
    #[cold]
    fn mend(&mut self, fault: Fault) {
        self.notice(fault);
        let lost = self.quarantine.size;
        *self.quarantine = Quarantine::default();
        let (space, canary) = (self.heap.space, self.heap.canary);
        for span in self.heap.spans() {
            let mut block = span.start;
            while block != span.end() {
                let size = L::size(space, block);
                if size < L::BLOCK_MIN || size.granules() > span.room(block) {
                    break; // what lies behind a damaged header cannot be told
                }
                let trailer = Trailer::of::<L>(space, block, size, canary);
                if trailer.is_waiting() && self.waits(block) {
                    if self.quarantine.size + size > lost {
                        return; // a copy of a trailer: no more than there was
                    }
                    self.quarantine.put(space, canary, block, size);
                }
                block = block.right(size);
            }
        }
    }

    /// True if this is a used block that bears the mark of the quarantine.
    fn waits(&self, at: At) -> bool {
        let Some(span) = self.heap.holder(at) else { return false };
        self.heap.judge_used(at, span).is_ok_and(|opened| {
            Trailer::of::<L>(self.heap.space, at, opened.size(), self.heap.canary).is_waiting()
        })
    }

    /// Fills the free block of every region, once, when the regions were defined.
    /// Cost: O(bytes).
    pub fn spoil_all(&mut self) {
        for span in self.heap.spans() {
            let from = span.start.plus(poison::LINKS);
            let end = span.end().minus(L::HEADER + trailer::BYTES);
            self.patterns.spoil(self.heap.space, from, end);
        }
    }

    /// The first fault is the one to tell of.
    fn notice(&mut self, fault: Fault) {
        self.noticed.get_or_insert(fault);
    }
}
