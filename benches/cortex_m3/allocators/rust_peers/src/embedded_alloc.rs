// SPDX-License-Identifier: MIT
//! embedded-alloc's two heaps. Their critical section does nothing here: the scheduler is suspended
//! around it, as for everybody.

use core::alloc::GlobalAlloc;
use critical_section::RawRestoreState;

#[cfg(feature = "llff")]
use embedded_alloc::LlffHeap as Heap;
#[cfg(feature = "tlsf")]
use embedded_alloc::TlsfHeap as Heap;

static HEAP: Heap = Heap::empty();

struct Nothing;
critical_section::set_impl!(Nothing);

// SAFETY: one thread, no interrupts that allocate.
unsafe impl critical_section::Impl for Nothing {
    unsafe fn acquire() -> RawRestoreState {}
    unsafe fn release(_: RawRestoreState) {}
}

pub(crate) unsafe fn init(heap: *mut u8, bytes: usize) {
    // SAFETY: once after a reset; the memory is the heap's alone.
    unsafe { HEAP.init(heap as usize, bytes) }
}

/// The TLSF heap finds the size by itself.
#[cfg(feature = "tlsf")]
fn layout(size: usize) -> core::alloc::Layout {
    // SAFETY: 8 is a power of two.
    unsafe { core::alloc::Layout::from_size_align_unchecked(size, 8) }
}

#[cfg(feature = "tlsf")]
#[inline(always)]
pub(crate) unsafe fn alloc(size: usize) -> *mut u8 {
    // SAFETY: the size is not 0.
    unsafe { HEAP.alloc(layout(size)) }
}

#[cfg(feature = "tlsf")]
#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: the block is live.
    unsafe { HEAP.dealloc(block, layout(1)) }
}

#[cfg(feature = "llff")]
#[inline(always)]
pub(crate) unsafe fn alloc(size: usize) -> *mut u8 {
    // SAFETY: the size is not 0.
    unsafe { crate::sized::wrap(HEAP.alloc(crate::sized::layout(size)), size) }
}

#[cfg(feature = "llff")]
#[inline(always)]
pub(crate) unsafe fn free(block: *mut u8) {
    // SAFETY: the block is live.
    unsafe {
        let (raw, layout) = crate::sized::unwrap(block);
        HEAP.dealloc(raw, layout);
    }
}
