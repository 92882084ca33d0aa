// SPDX-License-Identifier: MIT
//! The one room that reads and writes the heap's memory.
//!
//! Relies on: `units`. Promises: nothing outside this file dereferences a heap address.
//! Invariant I1: every address passed in lies inside a region that was given to the heap, because
//! addresses are made only by laying out a region (`regions`), by stepping from block to block over
//! headers that agree (`block`), or by [`Span::holds`], which admits an alleged pointer.
//! It does not know what a header or a link is.

use crate::units::{At, Granules, GRANULE_LOG2};
use core::marker::PhantomData;

/// How an [`At`] becomes a pointer. The loads and stores are the only ones on heap memory.
pub trait Space: Copy {
    /// The pointer that `at` stands for.
    fn pointer(self, at: At) -> *mut u8;

    /// Reads 16 bits.
    #[inline(always)]
    fn load16(self, at: At) -> u16 {
        // SAFETY: I1; headers are 4-byte aligned, and a half of one is 2-byte aligned.
        unsafe { self.pointer(at).cast::<u16>().read() }
    }
    /// Reads 32 bits.
    #[inline(always)]
    fn load32(self, at: At) -> u32 {
        // SAFETY: I1; headers and links are 4-byte aligned.
        unsafe { self.pointer(at).cast::<u32>().read() }
    }
    /// Writes 16 bits.
    #[inline(always)]
    fn store16(self, at: At, value: u16) {
        // SAFETY: I1; as for `load16`, and the heap lock excludes other writers (A2).
        unsafe { self.pointer(at).cast::<u16>().write(value) }
    }
    /// Writes 32 bits.
    #[inline(always)]
    fn store32(self, at: At, value: u32) {
        // SAFETY: I1; as for `load32`, and the heap lock excludes other writers (A2).
        unsafe { self.pointer(at).cast::<u32>().write(value) }
    }
}

/// 32-bit targets: an [`At`] is the address itself.
#[derive(Clone, Copy)]
pub struct Absolute;

impl Space for Absolute {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        core::ptr::with_exposed_provenance_mut(at.0 as usize)
    }
}

/// 64-bit hosts: an [`At`] is a distance from an address 2 GiB below the first region.
#[derive(Clone, Copy)]
pub struct Rooted {
    root: usize,
}

impl Rooted {
    /// The 4 GiB from `root` on.
    #[inline(always)]
    pub fn new(root: usize) -> Rooted {
        Rooted { root }
    }

    /// Where an address is in this window; `None` if it is out of it.
    #[inline(always)]
    pub fn at(self, address: usize) -> Option<At> {
        u32::try_from(address.wrapping_sub(self.root)).ok().map(At)
    }
}

impl Space for Rooted {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        core::ptr::with_exposed_provenance_mut(self.root.wrapping_add(at.0 as usize))
    }
}

/// Tests and tools: an [`At`] is a distance from `root`, which keeps one provenance for all.
#[derive(Clone, Copy)]
pub struct Window {
    root: *mut u8,
}

impl Window {
    /// A window whose `At(0)` is `root`. Nothing is read or written before a region is added.
    pub fn new(root: *mut u8) -> Window {
        Window { root }
    }

    /// Where `pointer` is in this window; `None` if it is out of its 4 GiB.
    pub fn at(self, pointer: *const u8) -> Option<At> {
        let distance = (pointer as usize).checked_sub(self.root as usize)?;
        u32::try_from(distance).ok().map(At)
    }
}

impl Space for Window {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        self.root.wrapping_add(at.0 as usize)
    }
}

/// The blocks of one region: the payload address of the first, and the granules up to the end mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Span {
    /// Payload address of the first block.
    pub start: At,
    /// Granules from there to the payload address of the end mark.
    pub size: Granules,
}

impl Span {
    /// The index (in granules from the start) of an alleged payload address, or `None` if it is
    /// outside or not a multiple of a granule. One rotation does both tests: misaligned
    /// low bits land at the top and make the index too large.
    #[inline(always)]
    pub fn index(self, at: At) -> Option<Granules> {
        let index = at.0.wrapping_sub(self.start.0).rotate_right(GRANULE_LOG2);
        if index >= self.size.0 {
            None
        } else {
            Some(Granules(index))
        }
    }

    /// Payload address of the end mark.
    pub fn end(self) -> At {
        self.start.right(self.size)
    }
}

/// An array in the port file's data whose length is not a constant of this crate: the heads of the
/// free lists (as many as the largest block of the heap needs) and the table of regions.
pub struct Array<'a, T: Copy> {
    first: *mut T,
    lifetime: PhantomData<&'a mut T>,
}

impl<T: Copy> Array<'_, T> {
    /// # Safety
    /// `first` leads to one initialised `T` for every index that will be used; nothing else uses them during
    /// the lifetime.
    #[inline(always)]
    pub unsafe fn new(first: *mut T) -> Self {
        Array { first, lifetime: PhantomData }
    }

    /// The element at `index`.
    #[inline(always)]
    pub fn get(&self, index: u32) -> T {
        // SAFETY: I6 (heads: the bin of a block of this heap) or I10 (regions: below the table's count),
        // so `new` vouches for it.
        unsafe { self.first.add(index as usize).read() }
    }

    /// Replaces the element at `index`.
    #[inline(always)]
    pub fn set(&mut self, index: u32, value: T) {
        // SAFETY: as for `get`.
        unsafe { self.first.add(index as usize).write(value) }
    }
}

/// Lets the optimiser use a fact that an invariant guarantees; checked in debug builds.
#[inline(always)]
pub(crate) fn assume(fact: bool) {
    debug_assert!(fact);
    // SAFETY: each caller names the invariant that makes it true.
    unsafe { core::hint::assert_unchecked(fact) }
}
