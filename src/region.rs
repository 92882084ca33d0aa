// SPDX-License-Identifier: MIT
//! The one room that reads and writes the heap's memory.
//!
//! Relies on: `units`. Promises: nothing outside this file dereferences a heap address.
//! Invariant I1: every address passed in lies inside a region that was given to the heap, because
//! addresses are made only by laying out a region (`regions`), by stepping from block to block over
//! headers that agree (`block`), or by [`Span::holds`], which admits an alleged pointer.
//! It does not know what a header or a link is.

mod home;
mod band;
mod slots;
pub use band::{Band, GRAIN, HEAD};
pub use home::{Here, Home};
pub use slots::Slots;

use crate::units::{At, Size, GRANULE_LOG2};
use core::marker::PhantomData;

/// How an [`At`] becomes a pointer. The loads and stores are the only ones on heap memory and on the
/// heads of the free lists, which are words of the same space so that a link can lead to a head.
pub trait Space: Copy {
    /// The pointer that `at` stands for.
    fn pointer(self, at: At) -> *mut u8;

    /// Where the head of a bin would be whose number is zero; the others follow in words.
    fn heads(self) -> At;

    /// The word that holds the first block of a bin.
    #[inline(always)]
    fn head(self, bin: u32) -> At {
        self.heads().plus(4 * bin)
    }

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
    /// Reads two neighbouring words.
    #[inline(always)]
    fn load_pair(self, at: At) -> (u32, u32) {
        (self.load32(at), self.load32(at.plus(4)))
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
pub struct Absolute {
    heads: *mut u8,
}

impl Absolute {
    /// The address space, with the heads of the free lists at `heads`.
    ///
    /// # Safety
    /// There is an initialised word at `heads + 4 * bin` for each bin that a block of this heap can be in.
    #[inline(always)]
    pub unsafe fn new(heads: *mut u8) -> Absolute {
        Absolute { heads }
    }
}

impl Space for Absolute {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        core::ptr::with_exposed_provenance_mut(at.0 as usize)
    }
    #[inline(always)]
    fn heads(self) -> At {
        At(self.heads.expose_provenance() as u32)
    }
    #[cfg(firmheap_double_words)]
    #[inline(always)]
    fn load_pair(self, at: At) -> (u32, u32) {
        // SAFETY: I1; links are 4-byte aligned.
        unsafe { crate::hint::load_pair(self.pointer(at).cast()) }
    }
}

/// 64-bit hosts and tests: an [`At`] is a distance from `root`; the lowest of them stand for the heads.
#[derive(Clone, Copy)]
pub struct Window {
    root: *mut u8,
    heads: *mut u8,
}

impl Window {
    /// Regions begin above: what is lower is the heads of the free lists.
    pub const FIRST_REGION: At = At(256);

    /// A window whose `At(0)` is `root`. Nothing is read or written there before a region is added.
    ///
    /// # Safety
    /// As for [`Absolute::new`].
    pub unsafe fn new(root: *mut u8, heads: *mut u8) -> Window {
        Window { root, heads }
    }

    /// Where `address` is in this window; `None` if it is out of its 4 GiB or among the heads.
    pub fn at(self, address: usize) -> Option<At> {
        let distance = address.wrapping_sub(self.root as usize);
        u32::try_from(distance).ok().map(At).filter(|at| *at >= Self::FIRST_REGION)
    }
}

impl Space for Window {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        let base = if at < Self::FIRST_REGION { self.heads } else { self.root };
        base.wrapping_add(at.0 as usize)
    }
    #[inline(always)]
    fn heads(self) -> At {
        At(0)
    }
}

/// The blocks of one region: the payload address of the first, and the granules up to the end mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Span {
    /// Payload address of the first block.
    pub start: At,
    /// Granules from there to the payload address of the end mark.
    pub granules: u32,
}

impl Span {
    /// True if this can be the payload address of a block: inside, and a multiple of a granule. One rotation
    /// does both tests: misaligned low bits land at the top and make the distance too large.
    #[inline(always)]
    pub fn holds(self, at: At) -> bool {
        self.granules > at.0.wrapping_sub(self.start.0).rotate_right(GRANULE_LOG2)
    }

    /// Granules from a block of this span to its end.
    #[inline(always)]
    pub fn room(self, block: At) -> u32 {
        (self.end().0 - block.0) >> GRANULE_LOG2
    }

    /// True if there is room for a block of this size to the left of a block of this span.
    #[inline(always)]
    pub fn has_left(self, block: At, size: Size) -> bool {
        size.bytes() <= block.0 - self.start.0
    }

    /// All of the span as one block.
    #[inline(always)]
    pub fn size(self) -> Size {
        Size::of_granules(self.granules)
    }

    /// Payload address of the end mark.
    #[inline(always)]
    pub fn end(self) -> At {
        self.start.right(self.size())
    }
}

/// An array in the port file's data whose length is not a constant of this crate: the table of regions.
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
        // SAFETY: I14: the index is below the table's count, so `new` vouches for it.
        unsafe { self.first.add(index as usize).read() }
    }

    /// The element at `index`, in its place.
    #[inline(always)]
    pub fn at(&mut self, index: u32) -> &mut T {
        // SAFETY: the index is below the table's limit, so `new` vouches for it; the borrow is the array's.
        unsafe { &mut *self.first.add(index as usize) }
    }

    /// Replaces the element at `index`.
    #[inline(always)]
    pub fn set(&mut self, index: u32, value: T) {
        // SAFETY: the index is below the table's limit, so `new` vouches for it.
        unsafe { self.first.add(index as usize).write(value) }
    }
}
