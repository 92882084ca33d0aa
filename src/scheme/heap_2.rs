// SPDX-License-Identifier: MIT
//! heap_2: best fit from a list in the order of sizes. Free neighbours are not merged.
//!
//! Of blocks of the same size the one that was freed last comes first.
//!
//! ```text
//! head ──▶ smallest ──▶ ... ──▶ largest ──▶ END (the head's own place, plus one word)
//! ```
#![forbid(unsafe_code)]

use super::exact::{
    align_down, block_of, for_free_bytes, granules, link, open_header, payload_of, set_link,
    set_size, size, with_header, Bytes, Exact, Means, Misuse, Taken, HEADER_WORDS, REST_MAX, USED,
};
use crate::config::{EXACT_ALIGNMENT as ALIGNMENT, INTEGRITY};
use crate::fault::Kind;
use crate::units::At;

/// The scheme.
pub enum Heap2 {}

/// Its words, behind the head.
#[repr(C)]
#[derive(Debug, Default)]
pub struct State {
    /// Bytes in blocks that were handed out.
    used: u32,
}

/// Where a list leads to at its end: no block is there, and it is not [`At::NONE`], which a head has before the
/// first request.
#[inline(always)]
fn end<M: Means>(means: M) -> At {
    means.heads().plus(4)
}

/// The first block of the array.
#[inline(always)]
fn start<M: Means>(means: M) -> At {
    align_down(means.array().start)
}

/// Puts a free block before the first that is at least as large.
#[inline(always)]
fn insert<M: Means>(means: M, block: At, bytes: u32) {
    set_size(means, block, bytes);
    let mut before = means.heads();
    loop {
        let next = link(means, before);
        if next == end(means) || size(means, next) >= bytes {
            set_link(means, block, next);
            return set_link(means, before, block);
        }
        before = next;
    }
}

impl Exact for Heap2 {
    type State = State;

    #[inline(always)]
    fn wanted(request: usize) -> usize {
        with_header(request)
    }

    #[inline(always)]
    fn allocate<M: Means>(means: M, state: &mut State, wanted: usize) -> Taken {
        let head = means.heads();
        if link(means, head) == At::NONE {
            let bytes = means.array().bytes;
            let mut first = end(means);
            if bytes != 0 {
                first = start(means);
                set_size(means, first, bytes);
                set_link(means, first, end(means));
            }
            set_link(means, head, first);
        }
        let Some(wanted) = for_free_bytes(wanted, means.array().bytes - state.used) else {
            return Taken::Refused;
        };
        let mut before = head;
        loop {
            let block = link(means, before);
            if block == end(means) {
                return Taken::Refused;
            }
            let mut bytes = size(means, block);
            if bytes >= wanted {
                set_link(means, before, link(means, block));
                let rest = bytes - wanted;
                if rest > REST_MAX {
                    bytes = wanted;
                    insert(means, block.plus(wanted), rest);
                }
                set_size(means, block, bytes | USED);
                set_link(means, block, At::NONE);
                state.used += bytes;
                return Taken::Block(means.pointer(payload_of(block)), bytes as usize);
            }
            before = block;
        }
    }

    #[inline(always)]
    fn open<M: Means>(means: M, _: &State, payload: *mut u8) -> Result<u32, Misuse> {
        let block = block_of(means.alleged(payload));
        let all = means.array().bytes;
        if INTEGRITY != 0 && granules(start(means), block) >= all / ALIGNMENT {
            return Err(Misuse::Pointer(Kind::ForeignPointer));
        }
        open_header(means, block)
    }

    #[inline(always)]
    fn close<M: Means>(
        means: M,
        state: &mut State,
        payload: *mut u8,
        bytes: u32,
    ) -> Result<(), Kind> {
        insert(means, block_of(means.alleged(payload)), bytes);
        state.used = state.used.wrapping_sub(bytes);
        Ok(())
    }

    #[inline(always)]
    fn free_bytes<M: Means>(means: M, state: &State) -> u32 {
        means.array().bytes.wrapping_sub(state.used)
    }

    #[inline(always)]
    fn reset_free_bytes_min(_: &mut State) {}

    /// The kernel's file has no such function: blocks are counted in the list, lifetimes are not known.
    #[inline(always)]
    fn figures<M: Means>(means: M, state: &State) -> Bytes {
        let free = Self::free_bytes(means, state);
        let mut found = Bytes { free, free_min: free, ..Bytes::default() };
        let mut block = link(means, means.heads());
        while block != end(means) && block != At::NONE {
            let bytes = size(means, block);
            found.smallest = found.smallest.or(Some(bytes));
            found.largest = bytes;
            found.blocks += 1;
            block = link(means, block);
        }
        found
    }

    #[inline(always)]
    fn reset<M: Means>(means: M, state: &mut State) {
        set_link(means, means.heads(), At::NONE);
        state.used = 0;
    }
}

// The smallest array with a block in it holds a header; the port file counts smaller ones as nothing.
const _: () = assert!(HEADER_WORDS == 8);
