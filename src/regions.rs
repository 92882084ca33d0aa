// SPDX-License-Identifier: MIT
//! The regions of a heap: which memory they make usable, and which of them holds an address.
//!
//! Promises I10: the spans are disjoint. All regions share one index, so a request never loops over
//! them; the table is read only when a pointer lies outside the largest region.
#![forbid(unsafe_code)]

use crate::region::{Array, Span};
use crate::units::{At, Granules, BLOCK_MIN};

/// A region below this address is left out: `prev` links use the numbers of the bins there.
const ADDRESS_MIN: At = At(256);

/// What the port file was compiled for; constant, in flash.
#[repr(C)]
#[derive(Debug)]
#[allow(non_snake_case)] // the port file's names
pub struct Options {
    /// Spans the region table has room for.
    pub ucRegionLimit: u8,
    /// Not zero: payloads are zeroed when they are freed (`configHEAP_CLEAR_MEMORY_ON_FREE`).
    pub ucClearOnFree: u8,
}

/// The regions beside the first: all that do not fit in the control words.
pub struct Table<'a> {
    /// Limits.
    pub options: &'a Options,
    /// Spans in use.
    pub count: &'a mut u32,
    /// `count` spans, room for `options.ucRegionLimit`.
    pub spans: Array<'a, Span>,
}

impl Table<'_> {
    /// The spans in the table, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        (0..*self.count).map(|number| self.spans.get(number))
    }

    #[cold]
    #[inline(never)]
    fn place(&self, at: At) -> Option<Place> {
        self.iter().find_map(|span| Some(Place { index: span.index(at)?, span }))
    }

    /// Adds a span; false if the table is full.
    pub fn add(&mut self, span: Span) -> bool {
        if *self.count >= u32::from(self.options.ucRegionLimit) {
            return false;
        }
        self.spans.set(*self.count, span);
        *self.count += 1;
        true
    }
}

/// Where an alleged payload address lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Granules from the start of the span.
    pub index: Granules,
    /// The region's blocks.
    pub span: Span,
}

/// Every region of a heap, for questions about addresses.
#[derive(Clone, Copy)]
pub struct Bounds<'t, 'a> {
    /// The largest region.
    pub first: Span,
    /// The others.
    pub table: &'t Table<'a>,
}

impl Bounds<'_, '_> {
    /// Where an alleged payload address lies, or `None` if it cannot be one.
    /// Cost: constant in the largest region, else one step for each region.
    #[inline(always)]
    pub fn place(&self, at: At) -> Option<Place> {
        match self.first.index(at) {
            Some(index) => Some(Place { index, span: self.first }),
            None => self.table.place(at),
        }
    }
}

/// The span that memory from `start` to `end` (not included) can hold, with a header of `header`
/// bytes before its first payload and one for the end mark; `None` if not even the smallest block fits.
pub fn usable(start: At, end: At, header: u32) -> Option<Span> {
    if start < ADDRESS_MIN || end < start {
        return None;
    }
    let first = At(start.0.checked_add(header)?).align_up()?;
    let last = end.align_down();
    if last <= first {
        return None;
    }
    let size = Granules::between(first, last);
    (size >= BLOCK_MIN).then_some(Span { start: first, size })
}
