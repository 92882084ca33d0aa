// SPDX-License-Identifier: MIT
//! The main road: a heap of regions, blocks, lists and counters.
//!
//! Relies on every room above. Promises I7 (counters equal a walk) and that a fault or a refusal leaves
//! everything as it was (P7). It takes no lock: a `Heap` value exists only while its maker holds it (A2).
#![forbid(unsafe_code)]

mod aligned;
mod blame;
mod check;
mod resize;
mod room;
mod survey;
mod walk;

pub use survey::{RegionSurvey, Survey};
pub use walk::{Cursor, Stride, Visited};

pub use resize::Resize;

use crate::bins::{bin_of, MapInUse, Unit};
use crate::block::{Guard, Layout, Opened};
use crate::fault::{Fault, Kind};
use crate::hint::assume;
use crate::region::{Space, Span};
use crate::regions::{usable, Listed, Others, Table};
use crate::scheme::firm::Lists;
use crate::stats::{Control, Counters};
use crate::units::{At, Size, GRANULE};
use core::marker::PhantomData;

/// A heap, for as long as the lock is held.
pub struct Heap<'a, S: Space, L: Layout, G: Guard, O = Table<'a>> {
    /// How addresses become pointers.
    pub space: S,
    /// Counters and map.
    pub control: &'a mut Control<L::Map>,
    /// Regions that the control words do not hold.
    pub others: O,
    /// Encodes the links of free lists at integrity level 2; zero below.
    pub canary: u32,
    /// What bits of the map are made from.
    pub unit: Unit,
    /// Integrity level.
    pub guard: PhantomData<G>,
}

/// A block as handed out: where, and how large with its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Payload address.
    pub at: At,
    /// Size with header.
    pub size: Size,
}

/// Where a free found a fault, and so how far it had come. One number, because the ordinary way pays for each
/// that it may have to hand over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Step {
    /// The block is not used, or does not agree with its right neighbour. Nothing was changed.
    Open,
    /// The right neighbour is free, and damaged. It is counted as free (`Heap::STORED_LAST`: will be).
    RightFree,
    /// The right neighbour is free, and its links are not answered (level 1). Its header was retired.
    RightList,
    /// The right neighbour is used, and disagrees (level 2). It is counted as free (`Heap::STORED_LAST`: will be).
    RightUsed,
    /// The left neighbour disagrees. The right neighbour, if it is free, is off its list.
    Left,
    /// The left neighbour's links are not answered, or the list is damaged that the block belongs in (level 2). The right
    /// neighbour, if it is free, is off its list.
    LeftList,
}

/// A free that found a fault and waits for [`Heap::give_up`].
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// The block that was to be freed.
    pub block: At,
    /// Where the fault was found.
    pub step: Step,
}

impl<S: Space, L: Layout, G: Guard, O: Others> Heap<'_, S, L, G, O> {
    /// Sizes have more than 16 bits: what the optimiser is told of them helps there alone.
    const WIDE: bool = L::LARGEST.0 >> 16 != 0;

    /// Counters and map are kept in registers until a call ends, where there are enough of them: tags take some, and so do the
    /// links that level 2 checks.
    const STORED_LAST: bool = Counters::<L::Map>::STORED_LAST && !L::IS_TAGGED && !G::LINKS;

    /// The block size for a request of `payload_bytes`; see [`Size::for_request`].
    #[inline(always)]
    pub fn request(payload_bytes: usize) -> Option<Size> {
        Size::for_request(payload_bytes, L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX)
    }

    /// Allocates a block of at least this size.
    /// Cost: O(1). Context: heap lock held; never from an ISR.
    ///
    /// # Errors
    /// `NONE` if nothing fits, or the damaged block that stood in the way. The heap is unchanged then.
    #[inline(always)]
    pub fn allocate(&mut self, wanted: Size) -> Result<Block, At> {
        let space = self.space;
        let (counted, map) = self.control.counters.begin_allocate(Self::STORED_LAST);
        let mut lists = self.lists_with(map);
        let found = lists.find(wanted).ok_or(At::NONE)?;
        // In a higher bin every block is large enough, unless its header was overwritten.
        let (rest, too_small) = found.size.0.overflowing_sub(wanted.0);
        // Kept: one subtraction for the comparison and the rest. Level 2 has no register for it in between.
        let rest = if G::LINKS { Size(rest) } else { Size(rest).kept() };
        let block = found.block();
        let right = block.right(found.size).kept_apart();
        if G::CHECKED
            && (too_small
                || !L::ends_below(found.size, block, right, self.control.limit)
                || !lists.hold_all(block, found.size)
                || !L::free_agrees(space, found.size, right)
                || !lists.is_sound(block))
        {
            return Err(block.kept_apart());
        }
        if G::LINKS {
            if !L::left_is_used(space, block, |at| lists.is_credible(at)) {
                return Err(block.kept_apart());
            }
            if rest >= L::BLOCK_MIN && !lists.can_take(rest) {
                return Err(space.head(bin_of(rest, L::LARGEST)));
            }
        }
        lists.take(&found);
        let mut size = found.size;
        if rest >= L::BLOCK_MIN {
            size = wanted;
            let rest_block = L::take_part(space, block, size, rest, right);
            lists.push_second(rest_block, rest);
        } else {
            L::take_whole(space, block, size, right);
        }
        let map = lists.map.get();
        self.control.counters.end_allocate(counted, map, size, Self::STORED_LAST);
        Ok(Block { at: block.kept_apart(), size })
    }

    /// Frees a block in `span`, merging it with free neighbours; returns its size.
    /// Cost: O(1), touches at most four headers. Context: heap lock held; never from an ISR.
    ///
    /// # Errors
    /// What is wrong with the block or a neighbour; the heap is unchanged then.
    pub fn free(&mut self, block: At, span: Span) -> Result<Size, Fault> {
        self.try_free(block, span).map_err(|refused| self.give_up(refused))
    }

    /// [`Heap::free`] without the cleaning up, which the caller does off its ordinary way.
    ///
    /// # Errors
    /// What is wrong; nothing but [`Heap::give_up`] may be done with the heap then.
    #[inline(always)]
    pub fn try_free(&mut self, block: At, span: Span) -> Result<Size, Refused> {
        let space = self.space;
        assume(!(Self::WIDE && G::CHECKED) || block <= span.end()); // it is in the span, if anybody asked
        let Some(opened) = L::open_used::<S, G>(space, block, span) else {
            return Err(Refused { block, step: Step::Open });
        };
        let (counted, map) = self.control.counters.begin_free(opened.size(), Self::STORED_LAST);
        let mut lists = self.lists_with(map);
        let mut size = opened.size();
        let mut right = opened.right();
        assume(!(Self::WIDE && G::CHECKED) || right <= span.end()); // it was opened
        L::tell_right(space, &opened);
        if let Some(free) = opened.right_free() {
            let behind = right.right(free).kept();
            if G::CHECKED
                && !(L::ends_below(free, right, behind, span.end())
                    && right_confirms(&lists, right, free, behind))
            {
                return Err(Refused { block, step: Step::RightFree });
            }
            L::retire(space, right, free);
            if !lists.unlink(right) {
                return Err(Refused { block, step: Step::RightList });
            }
            size += free;
            right = right.right(free.kept());
        } else if G::LINKS && !opened.right_used_agrees(space, span) {
            return Err(Refused { block, step: Step::RightUsed });
        }
        let mut merged = block;
        if let Some(free) = opened.left_free(space, block) {
            if G::CHECKED && !span.has_left(block, free) {
                return Err(Refused { block, step: Step::Left });
            }
            let free = if G::CHECKED { free.kept() } else { free };
            merged = block.left(free).kept();
            if let Some(step) = unlink_left(&mut lists, &opened, merged, free, size) {
                // The block is found again from its neighbour: the ordinary way need not keep it for this.
                return Err(Refused { block: merged.right(free.kept()), step });
            }
            size += free;
        } else if G::LINKS && !opened.left_used_agrees(space, block, span) {
            return Err(Refused { block, step: Step::Left });
        } else if !lists.can_take(size) {
            return Err(Refused { block, step: Step::LeftList });
        }
        let merged = merged.kept();
        L::make_free(space, merged, size, right);
        lists.push(merged, size);
        let map = lists.map.get();
        self.control.counters.end_free(counted, map, Self::STORED_LAST);
        Ok(opened.size())
    }

    /// Undoes what [`Heap::try_free`] had done until it found the fault, which is returned.
    pub fn give_up(&mut self, refused: Refused) -> Fault {
        let Refused { block, step } = refused;
        let size = L::size(self.space, block);
        let right_disagrees = step == Step::Open && L::is_used(self.space, block)
            || G::LINKS && step == Step::RightUsed;
        let kind = if right_disagrees {
            Kind::RightDisagrees
        } else if step == Step::Open {
            Kind::DoubleFree
        } else if step == Step::Left {
            Kind::LeftDisagrees
        } else {
            Kind::FreeBlockDamaged
        };
        let right = block.right(size);
        let restored = step > Step::RightFree && L::restore(self.space, right, size);
        if restored && step != Step::RightList {
            self.lists().relink(right);
        }
        if step != Step::Open && !Self::STORED_LAST {
            self.control.counters.free -= size;
            self.control.counters.frees = self.control.counters.frees.wrapping_sub(1);
        }
        Fault::new(kind, block)
    }

    /// The free lists. Whoever changes them stores the map.
    #[inline(always)]
    fn lists(&self) -> Lists<'_, S, L, G, O> {
        self.lists_with(self.control.counters.map.get())
    }

    /// The same with the map, which was read already.
    #[inline(always)]
    fn lists_with(&self, map: L::Map) -> Lists<'_, S, L, G, O> {
        Lists {
            space: self.space,
            map: MapInUse::of(&self.control.counters.map, map, self.unit),
            canary: if G::LINKS { self.canary } else { 0 },
            first: self.control.first,
            others: &self.others,
            kind: PhantomData,
        }
    }

    /// True once a region was added.
    pub fn is_defined(&self) -> bool {
        self.control.first.granules != 0
    }

    /// Makes one free block of a span that fits the layout and that [`Heap::add_region`] or the maker has
    /// noted in the control words or the table.
    pub fn open_span(&mut self, span: Span) {
        L::lay_out(self.space, span);
        let mut lists = self.lists();
        lists.push(span.start, span.size());
        lists.map.store();
        self.control.counters.free += span.size();
        self.control.counters.free_min += span.size();
    }

    /// Gives memory from `start` to `end` (not included), not larger than the largest block and not near the end of
    /// the address space, to a heap that has none yet and whose words are zero. Too little memory is left out.
    pub fn add_only(&mut self, start: At, end: At) {
        let first = start.plus(L::HEADER).align_up();
        let bytes = end.align_down().0.wrapping_sub(first.0);
        #[allow(clippy::cast_possible_wrap)] // negative if there is not even room for the header
        if (bytes as i32) < L::BLOCK_MIN.bytes() as i32 {
            return;
        }
        let span = Span { start: first, granules: bytes / GRANULE };
        L::lay_out(self.space, span);
        let mut lists = self.lists();
        lists.start_with(first, span.size());
        lists.map.store();
        let control = &mut *self.control;
        control.counters.free_min = span.size();
        control.limit = span.end();
        control.first = span;
        control.counters.free = span.size();
    }
}

/// Questions about the whole heap, which need every region.
impl<S: Space, L: Layout, G: Guard, O: Listed> Heap<'_, S, L, G, O> {
    /// The region that holds an alleged payload address, or `None` if it cannot be one of this heap.
    pub fn holder(&self, at: At) -> Option<Span> {
        let first = self.control.first;
        if first.holds(at) {
            return Some(first);
        }
        self.others.holder(at)
    }
}

impl<S: Space, L: Layout, G: Guard> Heap<'_, S, L, G> {
    /// Gives memory from `start` to `end` (not included) to the heap. A region larger than
    /// the largest block becomes several neighbours. Memory too small for a block is left out, and so is what is
    /// nearer to the end of the address space than the largest block is large.
    ///
    /// # Errors
    /// `RegionTableFull`: the rest of the region is left out.
    pub fn add_region(&mut self, start: At, end: At) -> Result<(), Fault> {
        let mut start = start;
        // An address plus a size that a damaged header claims must not wrap.
        let end = end.min(At::NONE.minus(L::CLAIM_MAX));
        while let Some(mut span) = usable(start, end, L::HEADER, L::BLOCK_MIN) {
            span.granules = span.granules.min(L::LARGEST.granules());
            if !self.note_span(span) {
                return Err(Fault::new(Kind::RegionTableFull, start));
            }
            self.open_span(span);
            start = span.end();
        }
        Ok(())
    }

    /// Keeps the largest span where it is found fastest and the others in the table.
    fn note_span(&mut self, span: Span) -> bool {
        let largest = self.control.first;
        if largest.granules == 0 {
            self.control.first = span;
            self.control.limit = span.end();
            return true;
        }
        let (kept, listed) =
            if span.granules > largest.granules { (span, largest) } else { (largest, span) };
        if !self.others.add(listed) {
            return false;
        }
        self.control.first = kept;
        self.control.limit = self.control.limit.max(span.end());
        true
    }
}

/// A free right neighbour is what its header says, and could go back to its list.
#[inline(always)]
fn right_confirms<S: Space, L: Layout, G: Guard, O: Others>(
    lists: &Lists<S, L, G, O>,
    right: At,
    free: Size,
    behind: At,
) -> bool {
    L::free_agrees(lists.space, free, behind) && lists.is_sound(right) && lists.can_take(free)
}

/// Takes a free left neighbour of a block that was merged to `size` so far off its list, or says what is wrong with it.
#[inline(always)]
fn unlink_left<S: Space, L: Layout, G: Guard, O: Others>(
    lists: &mut Lists<S, L, G, O>,
    opened: &L::Opened,
    left: At,
    free: Size,
    size: Size,
) -> Option<Step> {
    if G::CHECKED && !opened.left_free_agrees(lists.space, left, free) {
        return Some(Step::Left);
    }
    let sound = !G::LINKS
        || lists.is_sound(left)
            && L::left_is_used(lists.space, left, |at| lists.is_credible(at))
            && lists.can_take(size + free);
    (!(sound && lists.unlink(left))).then_some(Step::LeftList)
}
