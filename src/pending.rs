// SPDX-License-Identifier: MIT
//! Blocks that interrupt handlers have given back and that are not freed yet: a list whose links lie in the blocks.
//!
//! Relies on `region` and `fault`. To the heap they are blocks in use, until a task takes them off and frees them; so
//! no header is touched here. A list knows no lock: its owner has excluded all others for the few instructions of a
//! [`Pending::put`] or [`Pending::take`].
//!
//! ```text
//!   header │ next │ !( next ^ block ) │ payload ...
//! ```
//! A block that was written to after it was given back no longer has a seal that fits, so its link is not followed: the
//! blocks behind it stay in use for ever, which is told, and nothing outside of the heap is touched.
#![forbid(unsafe_code)]

use crate::fault::Kind;
use crate::region::Space;
use crate::units::At;

/// Bytes of a payload that a waiting block needs; every payload has them.
pub const LINKS: u32 = 8;

/// The list, in the port file's data. All zeros is the empty one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Pending {
    /// The block that was given back last.
    pub first: At,
    /// Blocks on the list.
    pub count: u32,
}

/// A block that was taken off the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// To be freed now.
    pub block: At,
    /// Its first words are as they were when it was put on the list.
    pub sound: bool,
    /// Blocks that were behind it and cannot be found any more, because it is not.
    pub lost: u32,
}

impl Pending {
    /// Puts a block in use on the list. The caller has found that it is one, so that its payload may be written.
    /// Cost: O(1); for a block that looks as if it were on the list already, a walk over the list.
    ///
    /// # Errors
    /// `DoubleFree` if it is. Nothing is changed then.
    #[inline(always)]
    pub fn put<S: Space>(&mut self, space: S, block: At) -> Result<(), Kind> {
        if is_sealed(space, block) && self.has(space, block) {
            return Err(Kind::DoubleFree);
        }
        space.store32(block, self.first.0);
        space.store32(block.plus(4), seal(block, self.first));
        self.first = block;
        self.count = self.count.wrapping_add(1);
        Ok(())
    }

    /// Takes the block off that was put on last. `holds` says whether an address can be a block's.
    #[inline(always)]
    pub fn take<S: Space>(&mut self, space: S, holds: impl Fn(At) -> bool) -> Option<Taken> {
        let block = self.first;
        if block == At::NONE {
            return None;
        }
        let rest = self.count.saturating_sub(1);
        let next = At(space.load32(block));
        let is_sealed = is_sealed(space, block);
        if is_sealed {
            space.store32(block.plus(4), 0); // or its next life would begin with the look of a waiting block
        }
        let sound = is_sealed && (next == At::NONE || holds(next));
        if sound {
            *self = Pending { first: next, count: rest };
            return Some(Taken { block, sound, lost: 0 });
        }
        *self = Pending::default();
        Some(Taken { block, sound, lost: rest })
    }

    /// The application's own words can look like a seal, once in 2^32 times; so the list decides.
    #[cold]
    fn has<S: Space>(self, space: S, block: At) -> bool {
        let mut at = self.first;
        for _ in 0..self.count {
            if at == block {
                return true;
            }
            if at == At::NONE || !is_sealed(space, at) {
                return false;
            }
            at = At(space.load32(at));
        }
        false
    }
}

#[inline(always)]
fn seal(block: At, next: At) -> u32 {
    !(block.0 ^ next.0)
}

#[inline(always)]
fn is_sealed<S: Space>(space: S, block: At) -> bool {
    space.load32(block.plus(4)) == seal(block, At(space.load32(block)))
}
