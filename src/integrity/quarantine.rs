// SPDX-License-Identifier: MIT
//! The queue of freed blocks that wait before their memory is used again, oldest first.
//!
//! Each block holds the link to the next in its first word, combined with the canary, and the complement of that
//! in its second. To the heap below they are used blocks.
#![forbid(unsafe_code)]

use crate::fault::{Fault, Kind};
use crate::region::Space;
use crate::units::{At, Size};

/// The words of the queue, in the port file's data.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Quarantine {
    /// Size of all blocks that wait.
    pub size: Size,
    /// The block that waits longest.
    pub oldest: At,
    /// The block that came last.
    pub newest: At,
}

impl Quarantine {
    /// Puts a block last.
    pub fn put<S: Space>(&mut self, space: S, canary: u32, block: At, size: Size) {
        set_link(space, canary, block, At::NONE);
        if self.oldest == At::NONE {
            self.oldest = block;
        } else {
            set_link(space, canary, self.newest, block);
        }
        self.newest = block;
        self.size += size;
    }

    /// The block that waits longest and the next one.
    ///
    /// # Errors
    /// `WrittenAfterFree` if its link is not as written.
    pub fn oldest<S: Space>(&self, space: S, canary: u32) -> Result<Option<(At, At)>, Fault> {
        if self.oldest == At::NONE {
            return Ok(None);
        }
        let next = link(space, canary, self.oldest)?;
        if (next == At::NONE) != (self.oldest == self.newest) {
            return Err(Fault::with(Kind::WrittenAfterFree, self.oldest, 0, next.0));
        }
        Ok(Some((self.oldest, next)))
    }

    /// The block that waited longest, of this size, leaves; the next one is first.
    pub fn pass(&mut self, next: At, size: Size) {
        self.oldest = next;
        if next == At::NONE {
            self.newest = At::NONE;
        }
        self.size -= size;
    }
}

/// Where a waiting block leads to.
///
/// # Errors
/// `WrittenAfterFree` if the two words disagree.
pub fn link<S: Space>(space: S, canary: u32, block: At) -> Result<At, Fault> {
    let word = space.load32(block);
    let again = space.load32(block.plus(4));
    if word != !again {
        return Err(Fault::with(Kind::WrittenAfterFree, block, !again, word));
    }
    Ok(At(word ^ canary))
}

fn set_link<S: Space>(space: S, canary: u32, block: At, next: At) {
    space.store32(block, next.0 ^ canary);
    space.store32(block.plus(4), !(next.0 ^ canary));
}
