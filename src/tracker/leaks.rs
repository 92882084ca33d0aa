// SPDX-License-Identifier: MIT
//! Epochs: a mark begins one, blocks bear the number of the one they were handed out in, and what survives it can be
//! asked for. Who holds more at each of several marks in a row is a suspect.
#![forbid(unsafe_code)]

use super::owners::Owners;
use super::IS_TASK;
use crate::block::Tag;
use crate::region::Array;
use crate::units::Size;

/// The beginnings of so many epochs are kept.
pub const TICKS: usize = 8;
/// A tag has eight bits: 0 is older than can be told, this one is left out of reports, and the others go round.
pub const EXCLUDED: u32 = 0xFF;
const ROUND: u32 = 128; // no division: not every CPU has one

/// What of an epoch's number goes into a tag.
pub fn short(epoch: u32) -> u32 {
    if epoch == 0 {
        0
    } else {
        (epoch - 1) % ROUND + 1
    }
}

/// True if the tags of all epochs before this one must be made those of old blocks, or this one's could be taken
/// for theirs.
pub fn goes_round(epoch: u32) -> bool {
    epoch > 1 && short(epoch) == 1
}

/// The epoch that a tag of the heap names, or `None` for one that is left out.
pub fn epoch_of(tag: Tag, now: u32) -> Option<u32> {
    let short_now = short(now);
    match tag.epoch() {
        EXCLUDED => None,
        0 => Some(0),
        short if short <= short_now => Some(now - (short_now - short)),
        _ => Some(0),
    }
}

impl Owners<'_> {
    /// Begins an epoch at this tick: blocks handed out from now on bear its number, which is returned.
    /// Cost: one step for each row.
    pub fn mark(&mut self, tick: u32) -> u32 {
        let epoch = self.tracker.book.epoch.wrapping_add(1).max(1);
        self.tracker.book.epoch = epoch;
        self.tracker.book.ticks[epoch as usize % TICKS] = tick;
        for owner in 0..self.tracker.book.owners {
            let row = self.tracker.rows.at(owner);
            row.growth = if row.tally.size > row.marked { row.growth + 1 } else { 0 };
            row.marked = row.tally.size;
            self.retag(owner);
        }
        epoch
    }

    /// Requests of this owner are left out of reports of leaks, until [`Owners::include`] was called as often.
    pub fn exclude(&mut self, owner: u32) {
        let row = self.tracker.rows.at(owner);
        row.excluded = row.excluded.saturating_add(1);
        self.retag(owner);
    }

    /// See [`Owners::exclude`]; false if nothing was excluded.
    pub fn include(&mut self, owner: u32) -> bool {
        let row = self.tracker.rows.at(owner);
        let was = row.excluded != 0;
        row.excluded = row.excluded.saturating_sub(1);
        self.retag(owner);
        was
    }

    /// What the owner's blocks bear from now on.
    fn retag(&mut self, owner: u32) {
        let now = short(self.tracker.book.epoch);
        let row = self.tracker.rows.at(owner);
        let epoch = if row.excluded != 0 { EXCLUDED } else { now };
        row.tag = Tag::of(owner, epoch, 0);
    }

    /// Ticks since a block of this epoch was handed out, at least and at most; `None` for what the kept beginnings do
    /// not tell.
    pub fn age(&self, epoch: u32, now: u32) -> (u32, Option<u32>) {
        let book = &*self.tracker.book;
        let began = |epoch: u32| {
            let kept = epoch != 0 && epoch <= book.epoch && book.epoch - epoch < TICKS as u32;
            kept.then(|| now.wrapping_sub(book.ticks[epoch as usize % TICKS]))
        };
        let oldest = book.epoch.saturating_sub(TICKS as u32 - 1).max(1);
        let ended = if epoch == book.epoch { Some(0) } else { began((epoch + 1).max(oldest)) };
        (ended.unwrap_or(0), began(epoch))
    }
}

/// Blocks that one site handed out to one owner in one epoch and that are still in use.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Survivors {
    /// Row of the owner.
    pub owner: u32,
    /// Row of the site.
    pub site: u32,
    /// The epoch; zero for all that are older than can be told.
    pub epoch: u32,
    /// How many.
    pub blocks: u32,
    /// Of this size together.
    pub size: Size,
}

/// Survivors of the epochs from `first` to `last`, sorted into the caller's rows.
pub struct Sorted<'a> {
    /// The first epoch that counts.
    pub first: u32,
    /// The last one that counts.
    pub last: u32,
    /// The epoch that it is now.
    pub now: u32,
    /// Rows there are.
    pub limit: u32,
    /// Rows in use.
    pub used: u32,
    /// The rows.
    pub rows: Array<'a, Survivors>,
    /// What found no row.
    pub rest: Survivors,
}

impl Sorted<'_> {
    /// Enters a used block. Cost: one step for each row in use.
    pub fn enter(&mut self, tag: Tag, size: Size) {
        let Some(epoch) = epoch_of(tag, self.now).filter(|_| tag != Tag::NONE) else { return };
        if epoch < self.first || epoch > self.last {
            return;
        }
        let key = (tag.owner() & !IS_TASK, tag.site(), epoch);
        let found = (0..self.used).find(|row| {
            let row = self.rows.get(*row);
            (row.owner, row.site, row.epoch) == key
        });
        let one = Survivors { owner: key.0, site: key.1, epoch, blocks: 1, size };
        match found {
            Some(row) => {
                let mut sum = self.rows.get(row);
                sum.blocks += 1;
                sum.size += size;
                self.rows.set(row, sum);
            }
            None if self.used < self.limit => {
                self.rows.set(self.used, one);
                self.used += 1;
            }
            None => {
                self.rest.blocks += 1;
                self.rest.size += size;
            }
        }
    }
}
