// SPDX-License-Identifier: MIT
//! heap_4: address-ordered first fit in one array, free neighbours merged. All of it but the array is in
//! [`super::ordered`].
#![forbid(unsafe_code)]

use super::exact::{with_header, Bytes, Exact, Means, Misuse, Taken};
use super::ordered::Ordered;
use crate::fault::Kind;

/// The scheme.
pub enum Heap4 {}

impl Exact for Heap4 {
    type State = Ordered;

    #[inline(always)]
    fn wanted(request: usize) -> usize {
        with_header(request)
    }

    #[inline(always)]
    fn allocate<M: Means>(means: M, state: &mut Ordered, wanted: usize) -> Taken {
        if !state.is_defined() {
            means.draw_canary();
            let array = means.array();
            state.add(means, array.start, array.start.plus(array.bytes));
        }
        state.allocate(means, wanted)
    }

    #[inline(always)]
    fn open<M: Means>(means: M, state: &Ordered, payload: *mut u8) -> Result<u32, Misuse> {
        state.open(means, means.alleged(payload))
    }

    #[inline(always)]
    fn close<M: Means>(
        means: M,
        state: &mut Ordered,
        payload: *mut u8,
        bytes: u32,
    ) -> Result<(), Kind> {
        state.close(means, means.alleged(payload), bytes)
    }

    #[inline(always)]
    fn free_bytes<M: Means>(_: M, state: &Ordered) -> u32 {
        state.free
    }

    #[inline(always)]
    fn free_bytes_min<M: Means>(_: M, state: &Ordered) -> u32 {
        state.free_min
    }

    #[inline(always)]
    fn reset_free_bytes_min(state: &mut Ordered) {
        state.free_min = state.free;
    }

    #[inline(always)]
    fn figures<M: Means>(means: M, state: &Ordered) -> Bytes {
        state.figures(means)
    }

    #[inline(always)]
    fn reset<M: Means>(_: M, state: &mut Ordered) {
        state.reset();
    }
}
