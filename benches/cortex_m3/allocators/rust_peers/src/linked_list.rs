// SPDX-License-Identifier: MIT
//! linked_list_allocator, without its lock.

use crate::sized;
use core::ptr::{addr_of_mut, NonNull};
use linked_list_allocator::Heap;

static mut HEAP: Heap = Heap::empty();

pub(crate) unsafe fn init(heap: *mut u8, bytes: usize) {
    // SAFETY: once after a reset; the memory is the heap's alone.
    unsafe { (*addr_of_mut!(HEAP)).init(heap, bytes) }
}

#[inline(always)]
pub(crate) unsafe fn alloc(size: usize) -> *mut u8 {
    // SAFETY: one thread.
    unsafe {
        let raw = (*addr_of_mut!(HEAP)).allocate_first_fit(sized::layout(size));
        sized::wrap(raw.map_or(core::ptr::null_mut(), NonNull::as_ptr), size)
    }
}

#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: one thread; the block is live.
    unsafe {
        let (raw, layout) = sized::unwrap(block);
        (*addr_of_mut!(HEAP)).deallocate(NonNull::new_unchecked(raw), layout);
    }
}
