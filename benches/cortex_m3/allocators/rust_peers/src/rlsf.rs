// SPDX-License-Identifier: MIT
//! rlsf with 14 first-level and 8 second-level lists: blocks to 256 KiB.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::{addr_of_mut, NonNull};
use rlsf::Tlsf;

static mut HEAP: Tlsf<'static, u16, u8, 14, 8> = Tlsf::new();

pub(crate) unsafe fn init(heap: *mut u8, bytes: usize) {
    // SAFETY: one thread; the memory is the heap's alone.
    unsafe {
        let memory = core::slice::from_raw_parts_mut(heap.cast::<MaybeUninit<u8>>(), bytes);
        (*addr_of_mut!(HEAP)).insert_free_block(memory);
    }
}

#[inline(always)]
pub(crate) unsafe fn alloc(size: usize) -> *mut u8 {
    // SAFETY: one thread; 8 is a power of two.
    unsafe {
        let layout = Layout::from_size_align_unchecked(size, 8);
        (*addr_of_mut!(HEAP)).allocate(layout).map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }
}

#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: one thread; the block is live.
    unsafe { (*addr_of_mut!(HEAP)).deallocate(NonNull::new_unchecked(block), 8) }
}
