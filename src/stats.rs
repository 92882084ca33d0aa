// SPDX-License-Identifier: MIT
//! Counters and figures of a heap. Sizes are block sizes: headers count, as with heap_4.
#![forbid(unsafe_code)]

use crate::bins::BIN_MIN;
use crate::hint::Words;
use crate::region::Span;
use crate::units::{At, Size};
use core::cell::Cell;

/// The control words: everything the heap keeps besides the heads of its free lists.
/// The order lets allocate and free reach what they change with double-word loads and stores.
#[repr(C)]
#[derive(Debug)]
pub struct Control<Map: Copy> {
    /// The largest region; empty while none was added.
    pub first: Span,
    /// No block ends above this address: the end of the highest region.
    pub limit: At,
    /// Lowest `free` since the start or the last reset of the mark.
    pub free_min: Size,
    /// What every request changes.
    pub counters: Counters<Map>,
}

/// What every request changes, in the order that lets both reach theirs with double words.
#[repr(C)]
#[derive(Debug)]
pub struct Counters<Map: Copy> {
    /// Successful allocations.
    pub allocations: u32,
    /// Size of all free blocks.
    pub free: Size,
    /// Successful frees.
    pub frees: u32,
    /// Which bins hold a free block.
    pub map: Cell<Map>,
}

/// The heads are found from there: see `COUNTERS` in `ffi/state.rs`.
impl<Map: Copy> Words for Counters<Map> {
    const BASE: usize = size_of::<Self>() - 4 * BIN_MIN as usize;
}

/// One consistent look at the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figures {
    /// Size of all free blocks.
    pub free: Size,
    /// Lowest `free` ever.
    pub free_min: Size,
    /// Largest free block, zero if there is none.
    pub largest: Size,
    /// Smallest free block, `None` if there is none.
    pub smallest: Option<Size>,
    /// Number of free blocks.
    pub free_blocks: u32,
    /// Successful allocations.
    pub allocations: u32,
    /// Successful frees.
    pub frees: u32,
    /// The block where a damaged list was left, or `NONE`: what follows it is in no figure (`G::LINKS` only).
    pub damaged: At,
}
