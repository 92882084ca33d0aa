// SPDX-License-Identifier: MIT
//! The regions of a heap: which memory they make usable, and which of them holds an address.
//!
//! Promises I10: the spans are disjoint. All regions share one index, so a request never loops over
//! them. The largest region is described in the control words, where allocate and free find it at once;
//! the others are in a table that is asked only when an address lies outside the largest.
#![forbid(unsafe_code)]

use crate::region::{Array, Span};
use crate::units::{At, Size, GRANULE};

/// The answer for addresses that the largest region does not hold (integrity level 2 asks it).
pub trait Others {
    /// Granules from this address to the end of the other region that holds it; zero if none does.
    fn room(&self, block: At) -> u32;

    /// True if another region holds a block at this address.
    #[inline(always)]
    fn hold(&self, block: At) -> bool {
        self.room(block) != 0
    }
}

/// Regions that can be gone through.
pub trait Listed: Others {
    /// The regions, in the order they were added.
    fn iter(&self) -> impl Iterator<Item = Span> + '_;
    /// The region that holds an alleged payload address. Cost: one step for each region.
    fn holder(&self, at: At) -> Option<Span>;
}

/// No region beside the largest: a heap in a memory of its own.
pub struct Alone;

impl Others for Alone {
    #[inline(always)]
    fn room(&self, _: At) -> u32 {
        0
    }
}

impl Listed for Alone {
    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        core::iter::empty()
    }
    #[inline(always)]
    fn holder(&self, _: At) -> Option<Span> {
        None
    }
}

/// The regions beside the largest.
pub struct Table<'a> {
    /// Spans there is room for.
    pub limit: u32,
    /// Spans in use.
    pub count: &'a mut u32,
    /// The spans.
    pub spans: Array<'a, Span>,
}

impl Table<'_> {
    /// Adds a span; false if the table is full.
    pub fn add(&mut self, span: Span) -> bool {
        if *self.count >= self.limit {
            return false;
        }
        self.spans.set(*self.count, span);
        *self.count += 1;
        true
    }
}

impl Listed for Table<'_> {
    fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        (0..*self.count).map(|number| self.spans.get(number))
    }
    fn holder(&self, at: At) -> Option<Span> {
        self.iter().find(|span| span.holds(at))
    }
}

impl Others for Table<'_> {
    fn room(&self, block: At) -> u32 {
        self.holder(block).map_or(0, |span| span.room(block))
    }
}

/// The span that memory from `start` to `end` (not included) can hold, with a header of `header`
/// bytes before its first payload and one for the end mark; `None` if not even the block `smallest` fits.
#[inline(always)] // else it would be a function as soon as there are heaps of their own
pub fn usable(start: At, end: At, header: u32, smallest: Size) -> Option<Span> {
    let first = start.plus(header).align_up();
    let last = end.align_down();
    // Near the end of the address space the first sum wraps.
    if first < start || last < first || last.0 - first.0 < smallest.bytes() {
        return None;
    }
    Some(Span { start: first, granules: (last.0 - first.0) / GRANULE })
}
