// SPDX-License-Identifier: MIT
//! The exported functions called from Rust, on the port file with its own `ucHeap`: whatever is
//! passed, each returns, leaves the scheduler as it was, and says what is wrong.

mod support;

use cty::c_void;
use firmheap::ffi::{self, HeapRegion_t};
use std::ptr::null_mut;
use support::Heap;

#[link(name = "abi_heap_4", kind = "static", modifiers = "+whole-archive")]
extern "C" {}

const TOTAL: usize = abi::kernel::xAbiTotalHeapSize;
const ALIGNMENT: usize = abi::kernel::xAbiGranule;

#[test]
fn a_heap_that_was_never_used_answers() {
    let heap = Heap::fresh();
    assert_eq!(ffi::xPortGetFreeHeapSize(), 0);
    assert_eq!(ffi::xPortGetMinimumEverFreeHeapSize(), 0);
    let stats = heap.stats();
    assert_eq!((stats.xAvailableHeapSpaceInBytes, stats.xNumberOfFreeBlocks), (0, 0));
    assert_ne!(stats.xSizeOfSmallestFreeBlockInBytes, 0, "the kernel's word for none");
    ffi::vPortInitialiseBlocks();
    ffi::xPortResetHeapMinimumEverFreeHeapSize();
    heap.refuses_to_free("a pointer, before there is a heap,", outside());
    assert!(!heap.malloc(1).is_null());
}

#[test]
fn null_is_survived_everywhere() {
    let heap = Heap::fresh();
    let block = heap.malloc(100);
    let before = heap.figures();

    let ((), seen) = heap.watch(|| ffi::vPortFree(null_mut()));
    assert_eq!(seen, support::Seen::default(), "free(NULL) does nothing at all");

    let ((), seen) = heap.watch(|| ffi::vPortGetHeapStats(null_mut()));
    assert_eq!(seen.asserts, 0);

    let seen = heap.define(std::ptr::null());
    assert_eq!(seen.asserts, 1, "the regions are ucHeap already");

    assert_eq!(heap.figures(), before);
    heap.free(block);
}

/// A team comes from heap_5 and forgets `FIRMHEAP_USE_REGIONS`: the port file has heads of free
/// lists for `ucHeap` only, so larger regions must not get in.
#[test]
fn regions_are_refused_where_there_is_room_for_uc_heap_alone() {
    let heap = Heap::fresh();
    let memory = Box::leak(vec![0_u64; 32 * 1024].into_boxed_slice());
    let table = [
        HeapRegion_t {
            pucStartAddress: memory.as_mut_ptr().cast(),
            xSizeInBytes: std::mem::size_of_val(memory),
        },
        HeapRegion_t { pucStartAddress: null_mut(), xSizeInBytes: 0 },
    ];
    let seen = heap.define(table.as_ptr());
    assert!(seen.asserts >= 1, "256 KiB were taken by a port file made for {TOTAL} bytes");
    assert!(heap.malloc(TOTAL + 1).is_null());
    assert!(!heap.malloc(100).is_null(), "ucHeap serves as if nothing had been");
}

#[test]
fn sizes_that_cannot_be_are_refused_and_the_hook_runs() {
    let heap = Heap::fresh();
    let half = usize::MAX / 2;
    for bytes in [0, TOTAL, TOTAL + 1, half - 1, half, half + 1, usize::MAX - 64, usize::MAX] {
        let (block, seen) = heap.watch(|| ffi::pvPortMalloc(bytes));
        assert!(block.is_null(), "malloc({bytes})");
        assert_eq!((seen.failed_hooks, seen.mallocs, seen.asserts), (1, 0, 0), "malloc({bytes})");
    }
    let edges =
        [u64::from(u32::MAX) / 2, u64::from(u32::MAX), usize::MAX as u64 / 2, usize::MAX as u64];
    let around = |edge: u64| edge.saturating_sub(40)..=edge.saturating_add(40);
    let sizes = edges.into_iter().flat_map(around).filter_map(|bytes| usize::try_from(bytes).ok());
    for bytes in sizes {
        assert!(heap.malloc(bytes).is_null(), "malloc({bytes})");
    }
    for (number, bytes) in [(0, 0), (0, 8), (8, 0), (TOTAL, 1), (1, usize::MAX)] {
        let (block, seen) = heap.watch(|| ffi::pvPortCalloc(number, bytes));
        assert!(block.is_null(), "calloc({number}, {bytes})");
        assert_eq!(seen.failed_hooks, 1, "calloc({number}, {bytes})");
    }
    for (number, bytes) in [(usize::MAX, 2), (half + 1, 2), (usize::MAX, usize::MAX)] {
        let (block, seen) = heap.watch(|| ffi::pvPortCalloc(number, bytes));
        assert!(block.is_null(), "calloc({number}, {bytes})");
        assert_eq!(seen, support::Seen::default(), "an overflow neither traces nor calls the hook");
    }
    assert_eq!(heap.stats().xNumberOfSuccessfulAllocations, 0);
}

#[test]
fn garbage_is_not_freed() {
    let heap = Heap::fresh();
    let block = heap.malloc(64);
    let freed = heap.malloc(64);
    let wall = heap.malloc(64);
    heap.free(freed);

    heap.refuses_to_free("a block that is free", freed.cast());
    for offset in 1..64 {
        // SAFETY: inside the block.
        heap.refuses_to_free("the inside of a block", unsafe { block.add(offset) }.cast());
    }
    let mut word = 0_u64;
    heap.refuses_to_free("the stack", std::ptr::addr_of_mut!(word).cast());
    heap.refuses_to_free("a variable", outside());
    heap.refuses_to_free("code", ffi::vPortFree as *mut c_void);
    heap.refuses_to_free("constants", "constant".as_ptr() as *mut c_void);
    let foreign = Box::into_raw(Box::new([0_u64; 8]));
    heap.refuses_to_free("another heap's block", foreign.cast());
    // SAFETY: it came from a box.
    drop(unsafe { Box::from_raw(foreign) });
    for shift in 0..usize::BITS {
        heap.refuses_to_free("a power of two", (1_usize << shift) as *mut c_void);
        heap.refuses_to_free("a row of ones", (usize::MAX << shift) as *mut c_void);
        let far = (block as usize) ^ (1_usize << shift);
        if far != wall as usize && far != freed as usize {
            heap.refuses_to_free("a block with a flipped bit", far as *mut c_void);
        }
    }
    heap.free(block);
    heap.free(wall);
    heap.refuses_to_free("a block that was merged away", wall.cast());
}

#[test]
fn blocks_are_aligned_apart_and_keep_their_contents() {
    let heap = Heap::fresh();
    let mut blocks: Vec<(*mut u8, usize)> = Vec::new();
    for bytes in (1..).step_by(7) {
        let block = heap.malloc(bytes);
        if block.is_null() {
            break;
        }
        assert_eq!(block as usize % ALIGNMENT, 0);
        // SAFETY: the heap says that these bytes are ours; that is what is tested.
        unsafe { block.write_bytes(bytes as u8, bytes) };
        blocks.push((block, bytes));
    }
    assert!(blocks.len() > 60, "only {} blocks fit", blocks.len());
    for &(block, bytes) in &blocks {
        // SAFETY: as above.
        let content = unsafe { std::slice::from_raw_parts(block, bytes) };
        assert!(content.iter().all(|&byte| byte == bytes as u8), "{bytes} bytes were overwritten");
    }
    let stats = heap.stats();
    assert_eq!(stats.xNumberOfSuccessfulAllocations, blocks.len());
    blocks.iter().step_by(2).for_each(|&(block, _)| heap.free(block));
    blocks.iter().skip(1).step_by(2).for_each(|&(block, _)| heap.free(block));

    let stats = heap.stats();
    assert_eq!(stats.xNumberOfFreeBlocks, 1, "everything merged");
    assert_eq!(stats.xSizeOfLargestFreeBlockInBytes, stats.xAvailableHeapSpaceInBytes);
    assert_eq!(stats.xAvailableHeapSpaceInBytes, ffi::xPortGetFreeHeapSize());
    assert_eq!(stats.xNumberOfSuccessfulFrees, blocks.len());
    assert!(stats.xAvailableHeapSpaceInBytes + 32 > TOTAL);
    assert!(ffi::xPortGetMinimumEverFreeHeapSize() < stats.xAvailableHeapSpaceInBytes);
    ffi::xPortResetHeapMinimumEverFreeHeapSize();
    assert_eq!(ffi::xPortGetMinimumEverFreeHeapSize(), stats.xAvailableHeapSpaceInBytes);
}

#[test]
fn calloc_gives_zeroes_where_there_were_none() {
    let heap = Heap::fresh();
    let dirty = heap.malloc(999);
    // SAFETY: 999 bytes of ours.
    unsafe { dirty.write_bytes(0xA5, 999) };
    heap.free(dirty);
    let block = heap.calloc(333, 3);
    assert_eq!(block, dirty, "the same memory again, or nothing is shown");
    // SAFETY: as above.
    assert!(unsafe { std::slice::from_raw_parts(block, 999) }.iter().all(|&byte| byte == 0));
    heap.free(block);
}

/// An address in memory that is no heap's. Never read.
fn outside() -> *mut c_void {
    static OUTSIDE: u64 = 0;
    std::ptr::addr_of!(OUTSIDE).cast_mut().cast()
}
