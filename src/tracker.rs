// SPDX-License-Identifier: MIT
//! Who holds what: bytes and blocks per owner (a task, or what stands for one) and per call site.
//!
//! Relies on `block` (the tag in a header), `region` (tables in the port file's data) and `units`. It knows no heap: the
//! caller tells it of every block that was handed out or came back, under the heap's lock. Promises, after every call:
//! the sizes and blocks of all owners together, less what went [`astray`](Book::astray), are the heap's own figures,
//! and so are those of all sites. Whatever a tag says, no word outside the tables is touched.
#![forbid(unsafe_code)]

pub mod leaks;
pub mod owners;
pub mod sites;

use crate::block::Tag;
use crate::hint::{load_both, store_both, Words};
use crate::region::Array;
use crate::units::Size;

/// What one owner or one site holds, now and at most.
///
/// The peaks are brought up to date when something is given back, where there is time for it, and when they are read:
/// between two of them nothing but growth has happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Size of its blocks, headers included.
    pub size: Size,
    /// Number of its blocks.
    pub blocks: u32,
    /// Most that `size` ever was, but for the growth since something was given back last.
    pub size_max: Size,
    /// Most that `blocks` ever was, with the same reservation.
    pub blocks_max: u32,
}

impl Tally {
    /// One block more.
    #[inline(always)]
    pub fn add(&mut self, size: Size) {
        self.size += size;
        self.blocks = self.blocks.wrapping_add(1);
    }

    /// One block less; false, and nothing is changed, if it cannot have held one of this size: the tag that says so is
    /// damaged.
    #[inline(always)]
    pub fn remove(&mut self, size: Size) -> bool {
        let (held, blocks) = load_both::<_, NOW>(self);
        let (left, too_much) = held.overflowing_sub(size.0);
        if too_much {
            return false;
        }
        // Branches, not maxima: mostly there is nothing to store.
        let (held_max, blocks_max) = load_both::<_, PEAKS>(self);
        if held > held_max || blocks > blocks_max {
            self.settle();
        }
        store_both::<_, NOW>(self, left, blocks.wrapping_sub(1));
        true
    }

    /// Brings the peaks up to date.
    #[cold]
    #[inline(never)]
    fn settle(&mut self) {
        *self = self.settled();
    }

    /// With peaks as of now.
    #[must_use]
    pub fn settled(mut self) -> Tally {
        self.size_max = self.size_max.max(self.size);
        self.blocks_max = self.blocks_max.max(self.blocks);
        self
    }
}

/// Where `size` stands, and `blocks` behind it.
const NOW: usize = 0;
/// The same of the peaks.
const PEAKS: usize = 8;

/// The rows of owners stand behind the book, to which a register leads already.
impl Words for Tally {
    const BASE: usize = 0usize.wrapping_sub(size_of::<Book>());
}

/// An owner's row: what is read and written by every request.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Row {
    /// What the owner holds.
    pub tally: Tally,
    /// What the blocks it gets from now on bear.
    pub tag: Tag,
    /// How often its requests were to be left out of reports of leaks, without an end of that.
    pub excluded: u32,
    /// What it held at the last mark.
    pub marked: Size,
    /// Marks in a row at which it held more than at the one before.
    pub growth: u32,
}

/// The tracker's words besides the tables.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Book {
    /// The task that was handed something last, if its row is to be found by that; and the row. All zeros before the
    /// first task: there is none, and the row is that of requests before the scheduler.
    pub last_task: usize,
    /// See `last_task`.
    pub last_row: u32,
    /// Rows of the table of owners; zero while there is no heap.
    pub owners: u32,
    /// Rows of the table of sites; zero if sites are not tracked.
    pub sites: u32,
    /// The epoch that blocks handed out now belong to; see [`leaks::short`] for what of it goes into tags.
    pub epoch: u32,
    /// Size and number of blocks that came back with a tag that names no row, or one that cannot have held them.
    pub astray: Tally,
    /// The same of their sites.
    pub strays: Tally,
    /// How often a task found the table of owners full.
    pub owners_refused: u32,
    /// How often a site found the table of sites full.
    pub sites_refused: u32,
    /// When the last epochs began, each at its number modulo the length.
    pub ticks: [u32; leaks::TICKS],
}

/// Bit of a tag's owner: the block is the task control block of a task with a row, and freeing it ends that.
pub const IS_TASK: u32 = 0x80;

/// The tracker, for as long as the lock is held.
pub struct Tracker<'a> {
    /// Its words.
    pub book: &'a mut Book,
    /// A row for each owner.
    pub rows: Array<'a, Row>,
}

/// What is known of a block that came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// All as it should be.
    Counted,
    /// It was the control block of a task with a row.
    WasTask,
    /// Its tag was damaged.
    Astray,
}

impl Tracker<'_> {
    /// The book of an owner that has got a block; returns the tag for it.
    ///
    /// `owner` is a row: below `book.owners`, or 0.
    #[inline(always)]
    pub fn take(&mut self, owner: u32, size: Size) -> Tag {
        let mut row = self.rows.get(owner);
        row.tally.add(size);
        self.rows.set(owner, row);
        row.tag
    }

    /// The book of the owner of a block that came back with this tag.
    #[inline(always)]
    pub fn give(&mut self, tag: Tag, size: Size) -> Given {
        let owner = tag.owner();
        if owner < self.book.owners && self.rows.at(owner).tally.remove(size) {
            return Given::Counted;
        }
        self.give_odd(tag, size)
    }

    /// [`Tracker::give`] off the ordinary way.
    #[cold]
    #[inline(never)]
    fn give_odd(&mut self, tag: Tag, size: Size) -> Given {
        let owner = tag.owner() & !IS_TASK;
        // Without that bit it was tried already.
        if owner < self.book.owners && self.rows.at(owner).tally.remove(size) {
            return Given::WasTask;
        }
        self.book.astray.add(size);
        Given::Astray
    }

    /// The book of the owner of a block with this tag that got another size.
    /// False if the tag is damaged.
    pub fn resize(&mut self, tag: Tag, from: Size, to: Size) -> bool {
        let owner = tag.owner() & !IS_TASK;
        if owner < self.book.owners {
            let tally = &mut self.rows.at(owner).tally;
            if tally.remove(from) {
                tally.add(to);
                return true;
            }
        }
        self.book.astray.size = self.book.astray.size + from - to;
        false
    }

    /// A block of one row becomes another's; false if the first cannot have held it.
    pub fn hand_over(&mut self, from: u32, to: u32, size: Size) -> bool {
        let held = self.rows.at(from).tally.remove(size);
        if held {
            self.rows.at(to).tally.add(size);
        }
        held
    }

    /// Size and blocks of all owners together, less what went astray: what the heap's own figures say, too.
    /// Cost: one step for each row.
    pub fn total(&self) -> (Size, u32) {
        let (mut size, mut blocks) = (Size::ZERO, 0u32);
        for owner in 0..self.book.owners {
            let row = self.rows.get(owner);
            size += row.tally.size;
            blocks = blocks.wrapping_add(row.tally.blocks);
        }
        (size - self.book.astray.size, blocks.wrapping_sub(self.book.astray.blocks))
    }
}
