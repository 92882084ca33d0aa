// SPDX-License-Identifier: MIT
//! Which row belongs to which task: rows are taken at a task's first request, and given up when its control block is
//! freed or found to be another task's.
#![forbid(unsafe_code)]

use super::{leaks, Row, Tracker};
use crate::block::Tag;
use crate::region::Array;

/// Rows that belong to no task.
pub const BOOT: u32 = 0;
/// Requests from interrupt handlers.
pub const INTERRUPT: u32 = 1;
/// What tasks held whose rows were given to others.
pub const DELETED: u32 = 2;
/// Tasks that found the table full.
pub const OVERFLOW: u32 = 3;
/// The first row of a task.
pub const FIRST: u32 = 4;
/// More rows than this do not fit into a tag.
pub const LIMIT: u32 = 127;

/// Bytes kept of a name.
pub const NAME: usize = 16;

/// Whose a row is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Face {
    /// The task's handle; kept when the task is gone.
    pub task: usize,
    /// Its name, ended by a zero.
    pub name: [u8; NAME],
    /// One of [`State`].
    pub state: u32,
    /// A text that names the place its requests come from, or zero; see `firmheap_sites.h`.
    pub note: usize,
    /// The row of the group that its requests are entered in, or zero.
    pub joined: u32,
}

/// What a row stands for. All zeros: not in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum State {
    /// Nobody's yet.
    Unused = 0,
    /// A task's.
    Task = 1,
    /// A task's that was deleted.
    Deleted = 2,
    /// A group of the application's.
    Group = 3,
}

impl Face {
    /// A row that is nobody's.
    pub const NONE: Face =
        Face { task: 0, name: [0; NAME], state: State::Unused as u32, note: 0, joined: 0 };

    /// True if the row is a living task's.
    pub fn is_task(&self) -> bool {
        self.state == State::Task as u32
    }

    /// True if the row was a task's that is gone.
    pub fn is_deleted(&self) -> bool {
        self.state == State::Deleted as u32
    }
}

/// The owners: their rows, and whose these are.
pub struct Owners<'a> {
    /// What they hold.
    pub tracker: Tracker<'a>,
    /// Who they are, a face for each row.
    pub faces: Array<'a, Face>,
}

impl Owners<'_> {
    /// Opens the fixed rows of a table with so many rows in all. Once, when the heap is set up.
    pub fn open(&mut self, rows: u32) {
        self.tracker.book.owners = rows.min(LIMIT);
        for owner in 0..FIRST.min(rows) {
            let tag = Tag::of(owner, leaks::short(self.tracker.book.epoch), 0);
            let row = self.tracker.rows.get(owner);
            self.tracker.rows.set(owner, Row { tag, ..row });
        }
    }

    /// The row of a task that has none yet, or [`OVERFLOW`]. A row of the same handle is that of a predecessor, whose
    /// control block this one is now.
    /// Cost: one step for each row.
    pub fn enrol(&mut self, task: usize, name: &[u8; NAME]) -> u32 {
        if let Some(predecessor) = self.find(task) {
            let mut face = self.faces.get(predecessor);
            face.state = State::Deleted as u32;
            self.faces.set(predecessor, face);
        }
        let Some(owner) = self.vacant(task) else {
            let refused = &mut self.tracker.book.owners_refused;
            *refused = refused.wrapping_add(1);
            return OVERFLOW;
        };
        self.settle(owner, Face { task, name: *name, state: State::Task as u32, ..Face::NONE });
        owner
    }

    /// The rows of tasks, beginning where this one's is if nobody else was there first.
    fn beginning_at_home(&self, task: usize) -> impl Iterator<Item = u32> {
        let end = self.tracker.book.owners;
        let rows = end.saturating_sub(FIRST);
        // Control blocks are 8 bytes apart at least; the high half of a product is spread over the rows.
        let mixed = (task as u32 >> 3).wrapping_mul(0x9E37_79B1) >> 16;
        let home = FIRST + ((mixed * rows) >> 16);
        (home..end).chain(FIRST..home)
    }

    /// The row of a living task, if it has one.
    /// Cost: few steps for a task that has one, else one for each row.
    pub fn find(&self, task: usize) -> Option<u32> {
        self.beginning_at_home(task).find(|owner| {
            let face = self.faces.get(*owner);
            face.task == task && face.is_task()
        })
    }

    /// The task and its row are found at once next time.
    pub fn remember(&mut self, task: usize, row: u32) {
        self.tracker.book.last_task = task;
        self.tracker.book.last_row = row;
    }

    /// True if the row stands for somebody.
    pub fn is_somebody(&self, owner: u32) -> bool {
        owner < FIRST || self.faces.get(owner).state != State::Unused as u32
    }

    /// True if the row is a group's.
    pub fn is_group(&self, owner: u32) -> bool {
        (FIRST..self.tracker.book.owners).contains(&owner)
            && self.faces.get(owner).state == State::Group as u32
    }

    /// A row for a group of the application's; `None` if there is none left. It is never given up.
    /// Cost: one step for each row.
    pub fn group(&mut self, name: &[u8; NAME]) -> Option<u32> {
        let row = self.vacant(0)?;
        self.settle(row, Face { name: *name, state: State::Group as u32, ..Face::NONE });
        Some(row)
    }

    /// What the task asks for is entered in this row, a group's, until it is told of another one; [`BOOT`] is its own row
    /// again. Returns the row that counts.
    pub fn join(&mut self, own: u32, group: u32) -> u32 {
        let mut face = self.faces.get(own);
        face.joined = group;
        self.faces.set(own, face);
        self.counts_in(own)
    }

    /// The row that a task with this row of its own is entered in.
    pub fn counts_in(&self, own: u32) -> u32 {
        match self.faces.get(own).joined {
            BOOT => own,
            group => group,
        }
    }

    /// A row that is nobody's, or one whose owner is gone and holds nothing any more.
    fn vacant(&self, task: usize) -> Option<u32> {
        let mut empty = None;
        for owner in self.beginning_at_home(task) {
            let face = self.faces.get(owner);
            if face.state == State::Unused as u32 {
                return Some(owner); // rows that were never used first: so the names of the deleted stay longer
            }
            if face.is_deleted() && self.tracker.rows.get(owner).tally.blocks == 0 {
                empty = empty.or(Some(owner));
            }
        }
        empty
    }

    /// The row is this one's from now on, and empty.
    fn settle(&mut self, owner: u32, face: Face) {
        self.faces.set(owner, face);
        let tag = Tag::of(owner, leaks::short(self.tracker.book.epoch), 0);
        self.tracker.rows.set(owner, Row { tag, ..Row::default() });
    }

    /// The task is gone: its row keeps its name and what it holds. Cost: as [`Owners::find`].
    pub fn end(&mut self, task: usize) {
        if self.tracker.book.last_task == task {
            self.tracker.book.last_task = 0;
            self.tracker.book.last_row = BOOT;
        }
        if let Some(owner) = self.find(task) {
            let mut face = self.faces.get(owner);
            face.state = State::Deleted as u32;
            self.faces.set(owner, face);
        }
    }
}
