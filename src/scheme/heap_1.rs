// SPDX-License-Identifier: MIT
//! heap_1: each block begins where the last one ended. Nothing is ever freed.
//!
//! There are no headers. As in the kernel's file the last granule is never handed out: a request has to be less than
//! what is left.
#![forbid(unsafe_code)]

use super::exact::{align_down, Bytes, Exact, Means, Misuse, Taken};
use crate::config::EXACT_ALIGNMENT as ALIGNMENT;
use crate::fault::Kind;

/// The scheme.
pub enum Heap1 {}

/// Its words.
#[repr(C)]
#[derive(Debug, Default)]
pub struct State {
    /// Bytes handed out.
    used: u32,
}

impl Exact for Heap1 {
    type State = State;

    /// Rounded up; what overflows becomes 0, as in the kernel's file.
    #[inline(always)]
    fn wanted(request: usize) -> usize {
        request.wrapping_add(ALIGNMENT as usize - 1) & !(ALIGNMENT as usize - 1)
    }

    #[inline(always)]
    fn allocate<M: Means>(means: M, state: &mut State, wanted: usize) -> Taken {
        let array = means.array();
        // Zero becomes the largest number.
        let left = array.bytes.wrapping_sub(state.used).saturating_sub(1);
        if wanted.wrapping_sub(1) >= left as usize {
            return Taken::Refused;
        }
        let at = align_down(array.start).plus(state.used);
        state.used += wanted as u32;
        Taken::Block(means.pointer(at), wanted)
    }

    #[inline(always)]
    fn open<M: Means>(_: M, _: &State, _: *mut u8) -> Result<u32, Misuse> {
        Err(Misuse::Pointer(Kind::NothingIsFreed))
    }

    #[inline(always)]
    fn close<M: Means>(_: M, _: &mut State, _: *mut u8, _: u32) -> Result<(), Kind> {
        Err(Kind::NothingIsFreed)
    }

    #[inline(always)]
    fn free_bytes<M: Means>(means: M, state: &State) -> u32 {
        means.array().bytes.wrapping_sub(state.used)
    }

    #[inline(always)]
    fn reset_free_bytes_min(_: &mut State) {}

    /// One free block, as long as there is one.
    #[inline(always)]
    fn figures<M: Means>(means: M, state: &State) -> Bytes {
        let free = Self::free_bytes(means, state);
        let block = (free != 0).then_some(free);
        Bytes {
            free,
            free_min: free,
            largest: free,
            smallest: block,
            blocks: u32::from(free != 0),
            ..Bytes::default()
        }
    }

    #[inline(always)]
    fn reset<M: Means>(_: M, state: &mut State) {
        state.used = 0;
    }

    /// Really rewinds, as in the kernel's file.
    #[inline(always)]
    fn initialise<M: Means>(_: M, state: &mut State) {
        state.used = 0;
    }
}
