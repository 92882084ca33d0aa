// SPDX-License-Identifier: MIT
//! Call sites: where in the program memory was asked for, and what is still held from there.
#![forbid(unsafe_code)]

use super::{Book, Given, Tally};
use crate::region::Array;
use crate::units::Size;

/// The row of sites that found the table full.
pub const OVERFLOW: u32 = 0;
/// Places that are looked at for a site.
const PROBES: u32 = 8;
/// More rows than this do not fit into a tag.
pub const LIMIT: u32 = 0xFFFF;

/// A site: an address in the program, or that of a text which names file and line.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Site {
    /// The return address, or the text's; zero: nobody's yet.
    pub place: usize,
    /// What is held from there.
    pub tally: Tally,
    /// Successful requests, to tell a busy site from an old one.
    pub allocations: u32,
    /// Not zero: `place` is a text.
    pub is_text: u32,
    /// What was held from there at the last mark.
    pub marked: Size,
    /// Marks in a row at which more was held than at the one before.
    pub growth: u32,
}

/// The sites, for as long as the lock is held.
pub struct Sites<'a> {
    /// The tracker's words.
    pub book: &'a mut Book,
    /// A row for each; the first is for those that found no place.
    pub rows: Array<'a, Site>,
}

impl Sites<'_> {
    /// The row of a site; [`OVERFLOW`] if there is no place for it.
    /// Cost: at most eight steps.
    pub fn row_of(&mut self, place: usize, is_text: u32) -> u32 {
        let rows = self.book.sites;
        if rows < 2 || place == 0 {
            return OVERFLOW;
        }
        // Spread over the rows by the high half of a product; addresses differ in their low bits.
        let mixed = (place as u32 >> 1).wrapping_mul(0x9E37_79B1) >> 16;
        let mut row = 1 + ((mixed * (rows - 1)) >> 16);
        for _ in 0..PROBES.min(rows - 1) {
            let mut entry = self.rows.get(row);
            if entry.place == place && entry.is_text == is_text {
                return row;
            }
            if entry.place == 0 {
                entry.place = place;
                entry.is_text = is_text;
                self.rows.set(row, entry);
                return row;
            }
            row = if row + 1 < rows { row + 1 } else { 1 };
        }
        let refused = &mut self.book.sites_refused;
        *refused = refused.wrapping_add(1);
        OVERFLOW
    }

    /// A block was handed out to the site in this row.
    pub fn take(&mut self, row: u32, size: Size) {
        let entry = self.rows.at(row);
        entry.tally.add(size);
        entry.allocations = entry.allocations.wrapping_add(1);
    }

    /// A block came back from the site in this row.
    pub fn give(&mut self, row: u32, size: Size) -> Given {
        if row < self.book.sites && self.rows.at(row).tally.remove(size) {
            return Given::Counted;
        }
        self.book.strays.add(size);
        Given::Astray
    }

    /// A block of the site in this row got another size.
    pub fn resize(&mut self, row: u32, from: Size, to: Size) {
        if row < self.book.sites {
            let tally = &mut self.rows.at(row).tally;
            if tally.remove(from) {
                return tally.add(to);
            }
        }
        self.book.strays.size = self.book.strays.size + from - to;
    }

    /// A mark: who has grown since the last one? Cost: one step for each row.
    pub fn mark(&mut self) {
        for row in 0..self.book.sites {
            let mut entry = self.rows.get(row);
            entry.growth = if entry.tally.size > entry.marked { entry.growth + 1 } else { 0 };
            entry.marked = entry.tally.size;
            self.rows.set(row, entry);
        }
    }

    /// Size and blocks of all sites together, less what went astray. Cost: one step for each row.
    pub fn total(&self) -> (Size, u32) {
        let (mut size, mut blocks) = (Size::ZERO, 0u32);
        for row in 0..self.book.sites {
            let entry = self.rows.get(row);
            size += entry.tally.size;
            blocks = blocks.wrapping_add(entry.tally.blocks);
        }
        (size - self.book.strays.size, blocks.wrapping_sub(self.book.strays.blocks))
    }
}
