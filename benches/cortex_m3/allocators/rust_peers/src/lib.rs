// SPDX-License-Identifier: MIT
//! The Rust allocators of the benchmark behind the kernel's names.
//!
//! One feature, one allocator. Each peer is a module with three functions: `init`, `alloc` and `free`;
//! what `free` of a C heap is not told (the size), a peer that needs it keeps in eight bytes before the
//! block (`sized`). No peer counts anything.
#![no_std]
#![allow(non_snake_case)]
// A peer's three functions have the contracts of the three exported ones below.
#![allow(clippy::missing_safety_doc)]

extern "C" {
    fn vTaskSuspendAll();
    fn xTaskResumeAll() -> i32;
    fn vDie(why: *const u8) -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: the text ends with a zero.
    unsafe { vDie(c"the allocator panicked".as_ptr().cast()) }
}

/// # Safety
/// Called once after a reset, with `bytes` of memory that nobody else uses.
#[no_mangle]
pub unsafe extern "C" fn vBenchInit(heap: *mut u8, bytes: usize) {
    // SAFETY: the caller's.
    unsafe { peer::init(heap, bytes) }
}

/// # Safety
/// After `vBenchInit`, from one thread.
#[no_mangle]
pub unsafe extern "C" fn pvPortMalloc(size: usize) -> *mut u8 {
    // SAFETY: as above.
    unsafe {
        vTaskSuspendAll();
        let block = peer::alloc(size);
        xTaskResumeAll();
        block
    }
}

/// # Safety
/// Null or a live block of `pvPortMalloc`.
#[no_mangle]
pub unsafe extern "C" fn vPortFree(block: *mut u8) {
    if block.is_null() {
        return;
    }
    // SAFETY: as above.
    unsafe {
        vTaskSuspendAll();
        peer::free(block);
        xTaskResumeAll();
    }
}

/// For allocators that want to be told the size of what is freed: it stands in front of the block.
#[cfg(any(feature = "talc", feature = "llff", feature = "linked-list", feature = "buddy"))]
mod sized {
    use core::alloc::Layout;

    /// As much as keeps the block aligned.
    const HEADER: usize = 8;

    pub fn layout(size: usize) -> Layout {
        // SAFETY: 8 is a power of two, and no size of the benchmark comes near the limit.
        unsafe { Layout::from_size_align_unchecked(size + HEADER, 8) }
    }

    /// From what the allocator gave to what the user gets.
    ///
    /// # Safety
    /// `raw` is null or has room for `layout(size)`.
    pub unsafe fn wrap(raw: *mut u8, size: usize) -> *mut u8 {
        if raw.is_null() {
            return raw;
        }
        // SAFETY: the caller's.
        unsafe {
            raw.cast::<usize>().write(size);
            raw.add(HEADER)
        }
    }

    /// And back.
    ///
    /// # Safety
    /// `block` comes from `wrap`.
    pub unsafe fn unwrap(block: *mut u8) -> (*mut u8, Layout) {
        // SAFETY: the caller's.
        unsafe {
            let raw = block.sub(HEADER);
            (raw, layout(raw.cast::<usize>().read()))
        }
    }
}

#[cfg(feature = "rlsf")]
#[path = "rlsf.rs"]
mod peer;

#[cfg(feature = "talc")]
#[path = "talc.rs"]
mod peer;

#[cfg(any(feature = "tlsf", feature = "llff"))]
#[path = "embedded_alloc.rs"]
mod peer;

#[cfg(feature = "linked-list")]
#[path = "linked_list.rs"]
mod peer;

#[cfg(feature = "buddy")]
#[path = "buddy.rs"]
mod peer;
