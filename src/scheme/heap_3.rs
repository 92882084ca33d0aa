// SPDX-License-Identifier: MIT
//! heap_3: the C library's `malloc` and `free`, with the scheduler suspended.
//!
//! Nothing is known of blocks: the trace of an allocation has the request's size, that of a free has 0, and every
//! figure is 0.
#![forbid(unsafe_code)]

use super::exact::{Bytes, Exact, Means, Misuse, Taken};
use crate::fault::Kind;

/// The scheme.
pub enum Heap3 {}

impl Exact for Heap3 {
    type State = ();

    #[inline(always)]
    fn wanted(request: usize) -> usize {
        request
    }

    #[inline(always)]
    fn allocate<M: Means>(means: M, (): &mut (), wanted: usize) -> Taken {
        let block = means.library_malloc(wanted);
        if block.is_null() {
            return Taken::Refused;
        }
        Taken::Block(block, wanted)
    }

    #[inline(always)]
    fn open<M: Means>(_: M, (): &(), _: *mut u8) -> Result<u32, Misuse> {
        Ok(0)
    }

    #[inline(always)]
    fn close<M: Means>(means: M, (): &mut (), payload: *mut u8, _: u32) -> Result<(), Kind> {
        means.library_free(payload);
        Ok(())
    }

    #[inline(always)]
    fn free_bytes<M: Means>(_: M, (): &()) -> u32 {
        0
    }

    #[inline(always)]
    fn reset_free_bytes_min((): &mut ()) {}

    #[inline(always)]
    fn figures<M: Means>(_: M, (): &()) -> Bytes {
        Bytes::default()
    }

    #[inline(always)]
    fn reset<M: Means>(_: M, (): &mut ()) {}
}
