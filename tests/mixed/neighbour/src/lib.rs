// SPDX-License-Identifier: MIT
//! Knows nothing of firmheap: it takes its memory with the kernel's functions, and its critical
//! sections with the crate that drivers and libraries use. Whoever links the image provides both.
#![no_std]
#![allow(non_snake_case)]

use core::ffi::c_void;
use critical_section::with;

extern "C" {
    fn pvPortMalloc(xWantedSize: usize) -> *mut c_void;
    fn vPortFree(pv: *mut c_void);
    fn vNeighbourPanicked() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: the application's function, which ends the program.
    unsafe { vNeighbourPanicked() }
}

/// Goes `ulDepth` critical sections deep and shows the application each step, down and up again.
#[no_mangle]
pub extern "C" fn vNeighbourNest(ulDepth: u32, vObserve: extern "C" fn(u32)) {
    nest(1, ulDepth, vObserve);
    vObserve(0);
}

fn nest(depth: u32, deepest: u32, observe: extern "C" fn(u32)) {
    with(|_| {
        observe(depth);
        if depth < deepest {
            nest(depth + 1, deepest, observe);
            observe(depth);
        }
    });
}

/// Adds 1 to a counter that tasks in C add to as well, with a pause between reading and writing.
///
/// # Safety
/// `pulCounter` is a word that is only changed in critical sections.
#[no_mangle]
pub unsafe extern "C" fn vNeighbourAdd(pulCounter: *mut u32, vPause: extern "C" fn()) {
    // SAFETY: the caller's promise, kept here by the critical section.
    with(|_| unsafe { add(pulCounter, vPause) });
}

/// The same without the critical section: what is lost shows that the test can see a loss.
///
/// # Safety
/// `pulCounter` is a word.
#[no_mangle]
pub unsafe extern "C" fn vNeighbourAddCarelessly(pulCounter: *mut u32, vPause: extern "C" fn()) {
    // SAFETY: volatile accesses of an aligned word: updates may be lost, nothing else.
    unsafe { add(pulCounter, vPause) }
}

unsafe fn add(counter: *mut u32, pause: extern "C" fn()) {
    // SAFETY: the callers'.
    unsafe {
        let seen = counter.read_volatile();
        pause();
        counter.write_volatile(seen.wrapping_add(1));
    }
}

/// Takes, fills, checks and gives back blocks of many sizes, one of them inside a critical section.
/// Returns how many served.
#[no_mangle]
pub extern "C" fn ulNeighbourAllocate() -> u32 {
    let mut served = 0;
    for bytes in (1..400).step_by(13) {
        served += u32::from(serves(bytes));
    }
    served + with(|_| u32::from(serves(64)))
}

fn serves(bytes: usize) -> bool {
    // SAFETY: as the kernel's functions promise: `bytes` bytes are ours until they are given back.
    unsafe {
        let block = pvPortMalloc(bytes).cast::<u8>();
        if block.is_null() {
            return false;
        }
        block.write_bytes(0xC3, bytes);
        let kept = core::slice::from_raw_parts(block, bytes).iter().all(|&byte| byte == 0xC3);
        vPortFree(block.cast());
        kept
    }
}

/// Panics if the index is out of range, as Rust code does: this archive's panic handler answers.
#[no_mangle]
pub extern "C" fn ulNeighbourLookUp(ulIndex: u32) -> u32 {
    const TABLE: [u32; 4] = [2, 3, 5, 7];
    TABLE[ulIndex as usize]
}
