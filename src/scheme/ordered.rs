// SPDX-License-Identifier: MIT
//! The room that heap_4 and heap_5 share: free blocks in the order of their addresses, first fit, merged at free.
//!
//! ```text
//! head ──▶ free ──▶ free ──▶ mark ──▶ free ──▶ last mark        mark: a header with size 0 at a region's end
//! ```
//!
//! The mark of every region but the last stands in the list like a free block. It vanishes once a block that
//! ends at it is freed while it is the next in the list: it is merged like a block.
//!
//! From integrity level 1 on, a link is followed only if it leads upwards, to a granule, and not past the last mark: so
//! a damaged list is noticed, and a walk always ends.
#![forbid(unsafe_code)]

use super::exact::{
    align_down, align_up, block_of, for_free_bytes, granules, link, open_header, payload_of,
    set_link, set_size, size, Bytes, Means, Misuse, Taken, HEADER, HEADER_WORDS, REST_MAX, USED,
};
use crate::config::{EXACT_ALIGNMENT as ALIGNMENT, INTEGRITY};
use crate::fault::Kind;
use crate::units::At;

const CHECKED: bool = INTEGRITY != 0;

/// The words behind the head.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Ordered {
    /// The last mark; [`At::NONE`] before there is memory.
    end: At,
    /// The lowest block.
    start: At,
    /// Bytes in free blocks.
    pub free: u32,
    /// Lowest `free` since memory was added or the mark was reset.
    pub free_min: u32,
    allocations: u32,
    frees: u32,
}

/// A link leads out of the heap, or backwards.
struct Broken;

impl Ordered {
    /// True once there is memory.
    #[inline(always)]
    pub fn is_defined(&self) -> bool {
        self.end != At::NONE
    }

    /// Forgets everything. The lowest block's place is looked at only if there is a last mark: the words that are
    /// written stay few enough for stores, so that no call of `memset` is made of them.
    #[inline(always)]
    pub fn reset(&mut self) {
        self.end = At::NONE;
        self.free = 0;
        self.free_min = 0;
        self.allocations = 0;
        self.frees = 0;
    }

    /// The first address behind the last mark; before there is memory, the first that can be one.
    #[inline(always)]
    pub fn limit(&self) -> At {
        if self.is_defined() {
            self.end.plus(HEADER)
        } else {
            At(1)
        }
    }

    /// Gives memory from `start` to `end` (not included), above all that was given, to the heap. Memory too small for
    /// a header and a mark, or so large that a size would not be one, is left out.
    #[inline(always)]
    pub fn add<M: Means>(&mut self, means: M, start: At, end: At) {
        let first = align_up(start);
        let mark = align_down(end.minus(HEADER));
        let bytes = mark.0.wrapping_sub(first.0);
        // What is too small, and what the alignment makes negative, is a very large number.
        if bytes.wrapping_sub(HEADER_WORDS) >= USED - HEADER_WORDS {
            return;
        }
        set_size(means, mark, 0);
        set_link(means, mark, At::NONE);
        set_size(means, first, bytes);
        set_link(means, first, mark);
        if self.is_defined() {
            set_link(means, self.end, first);
        } else {
            set_link(means, means.heads(), first);
            self.start = first;
        }
        self.end = mark;
        self.free = self.free.wrapping_add(bytes);
        self.free_min = self.free;
    }

    /// The free block behind `block`, which may be the last mark.
    ///
    /// # Errors
    /// The link leads to no block behind this one.
    #[inline(always)]
    fn next<M: Means>(&self, means: M, block: At) -> Result<At, Broken> {
        let next = link(means, block);
        if CHECKED {
            let from = if block == means.heads() { self.start.minus(ALIGNMENT) } else { block };
            let steps = granules(from, next).wrapping_sub(1);
            if steps >= granules(from, self.end) {
                return Err(Broken);
            }
        }
        Ok(next)
    }

    /// First fit. Cost: one step for each free block below the one found.
    #[inline(always)]
    pub fn allocate<M: Means>(&mut self, means: M, wanted: usize) -> Taken {
        let Some(wanted) = for_free_bytes(wanted, self.free) else {
            return Taken::Refused;
        };
        let mut before = means.heads();
        loop {
            let Ok(block) = self.next(means, before) else {
                return Taken::Damaged(before);
            };
            let bytes = size(means, block);
            if bytes >= wanted {
                return self.take(means, before, block, bytes, wanted);
            }
            if block == self.end {
                return Taken::Refused;
            }
            before = block;
        }
    }

    #[inline(always)]
    fn take<M: Means>(
        &mut self,
        means: M,
        before: At,
        block: At,
        mut bytes: u32,
        wanted: u32,
    ) -> Taken {
        let mut next = link(means, block);
        let rest = bytes - wanted;
        if rest > REST_MAX {
            let rest_block = block.plus(wanted);
            set_size(means, rest_block, rest);
            set_link(means, rest_block, next);
            next = rest_block;
            bytes = wanted;
        }
        set_link(means, before, next);
        set_size(means, block, bytes | USED);
        set_link(means, block, At::NONE);
        self.free -= bytes;
        self.free_min = self.free_min.min(self.free);
        self.allocations = self.allocations.wrapping_add(1);
        Taken::Block(means.pointer(payload_of(block)), bytes as usize)
    }

    /// The size of a block in use.
    ///
    /// # Errors
    /// What is wrong with it.
    #[inline(always)]
    pub fn open<M: Means>(&self, means: M, payload: At) -> Result<u32, Misuse> {
        let block = block_of(payload);
        if CHECKED && granules(self.start, block) >= granules(self.start, self.end) {
            return Err(Misuse::Pointer(Kind::ForeignPointer));
        }
        open_header(means, block)
    }

    /// Puts a block in use back into the list and merges it with its neighbours.
    ///
    /// # Errors
    /// The list is damaged, or the block lies in a free one or reaches into one; nothing was changed.
    #[inline(always)]
    pub fn close<M: Means>(&mut self, means: M, payload: At, bytes: u32) -> Result<(), Kind> {
        let mut block = block_of(payload);
        let mut before = means.heads();
        let mut after;
        loop {
            let Ok(next) = self.next(means, before) else {
                return Err(Kind::FreeBlockDamaged);
            };
            after = next;
            if after >= block {
                break;
            }
            before = after;
        }
        let left = if before == means.heads() { None } else { Some(size(means, before)) };
        if CHECKED {
            if left.is_some_and(|left| left > block.0.wrapping_sub(before.0)) {
                return Err(Kind::DoubleFree);
            }
            if bytes > after.0.wrapping_sub(block.0) {
                return Err(Kind::RightDisagrees);
            }
        }
        // Out of use whatever becomes of it: a second free finds this header.
        set_size(means, block, bytes);
        let mut total = bytes;
        if let Some(left) = left.filter(|left| before.plus(*left) == block) {
            total += left;
            block = before;
        }
        let mut next = after;
        if block.plus(total) == after && after != self.end {
            total += size(means, after);
            next = link(means, after);
        }
        set_size(means, block, total);
        set_link(means, block, next);
        if block != before {
            set_link(means, before, block);
        }
        self.free += bytes;
        self.frees = self.frees.wrapping_add(1);
        Ok(())
    }

    /// Everything that `HeapStats_t` holds. Marks in the list count as free blocks, as in the kernel's heap_5.
    #[inline(always)]
    pub fn figures<M: Means>(&self, means: M) -> Bytes {
        let mut found = Bytes {
            free: self.free,
            free_min: self.free_min,
            allocations: self.allocations,
            frees: self.frees,
            ..Bytes::default()
        };
        let mut smallest = u32::MAX;
        let mut block = if self.is_defined() { link(means, means.heads()) } else { self.end };
        while block != self.end {
            let bytes = size(means, block);
            found.blocks += 1;
            found.largest = found.largest.max(bytes);
            if bytes != 0 {
                smallest = smallest.min(bytes);
            }
            block = link(means, block);
        }
        found.smallest = (smallest != u32::MAX).then_some(smallest);
        found
    }
}
