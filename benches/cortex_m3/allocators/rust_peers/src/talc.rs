// SPDX-License-Identifier: MIT
//! talc with its default binning and memory given by hand.

use crate::sized;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{addr_of_mut, NonNull};
use talc::base::Talc;
use talc::source::Manual;
use talc::DefaultBinning;

static mut HEAP: Talc<Manual, DefaultBinning> = Talc::new(Manual);

pub(crate) unsafe fn init(heap: *mut u8, bytes: usize) {
    // SAFETY: one thread; the memory is the heap's alone.
    let claimed = unsafe { (*addr_of_mut!(HEAP)).claim(heap, bytes) };
    assert!(claimed.is_some());
}

#[inline(always)]
pub(crate) unsafe fn alloc(size: usize) -> *mut u8 {
    // SAFETY: one thread.
    unsafe {
        let raw = (*addr_of_mut!(HEAP)).allocate(sized::layout(size));
        sized::wrap(raw.map_or(core::ptr::null_mut(), NonNull::as_ptr), size)
    }
}

#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: one thread; the block is live.
    unsafe {
        let (raw, layout) = sized::unwrap(block);
        (*addr_of_mut!(HEAP)).deallocate(raw, layout);
    }
}

/// talc links `alloc`, which wants a global allocator; nothing here uses it.
struct Nobody;

#[global_allocator]
static NOBODY: Nobody = Nobody;

// SAFETY: it never hands anything out.
unsafe impl GlobalAlloc for Nobody {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
