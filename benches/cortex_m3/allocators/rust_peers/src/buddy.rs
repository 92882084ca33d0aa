// SPDX-License-Identifier: MIT
//! buddy_system_allocator with 20 orders: blocks to 512 KiB.

use crate::sized;
use buddy_system_allocator::Heap;
use core::ptr::{addr_of_mut, NonNull};

static mut HEAP: Heap<20> = Heap::new();

pub(crate) unsafe fn init(heap: *mut u8, bytes: usize) {
    // SAFETY: once after a reset; the memory is the heap's alone.
    unsafe { (*addr_of_mut!(HEAP)).init(heap as usize, bytes) }
}

#[inline(always)]
pub(crate) unsafe fn alloc(size: usize) -> *mut u8 {
    // SAFETY: one thread.
    unsafe {
        let raw = (*addr_of_mut!(HEAP)).alloc(sized::layout(size));
        sized::wrap(raw.map_or(core::ptr::null_mut(), NonNull::as_ptr), size)
    }
}

#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: one thread; the block is live.
    unsafe {
        let (raw, layout) = sized::unwrap(block);
        (*addr_of_mut!(HEAP)).dealloc(NonNull::new_unchecked(raw), layout);
    }
}
