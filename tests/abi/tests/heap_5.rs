// SPDX-License-Identifier: MIT
//! The exported functions called from Rust, on a port file whose application defines the regions
//! (room for three beside the largest): good tables, bad ones, none.

mod support;

use firmheap::ffi::{self, HeapRegion_t};
use std::ptr::{null, null_mut};
use support::Heap;

#[link(name = "abi_heap_5", kind = "static", modifiers = "+whole-archive")]
extern "C" {}

const END: HeapRegion_t = HeapRegion_t { pucStartAddress: null_mut(), xSizeInBytes: 0 };

/// Memory for regions, in 1 KiB pieces. Leaked: the heap keeps it, as firmware's arrays stay.
struct Memory(*mut u8);

impl Memory {
    fn new() -> Memory {
        Memory(Box::leak(Box::new([0_u64; 2048])).as_mut_ptr().cast())
    }

    /// The pieces from `first` on.
    fn region(&self, first: usize, pieces: usize) -> HeapRegion_t {
        assert!(first + pieces <= 16);
        // SAFETY: inside, as was just asserted.
        let start = unsafe { self.0.add(first * 1024) };
        HeapRegion_t { pucStartAddress: start, xSizeInBytes: pieces * 1024 }
    }
}

#[test]
fn before_the_regions_every_request_is_refused_and_asserted() {
    let heap = Heap::fresh();
    for bytes in [0, 1, 100, usize::MAX] {
        let (block, seen) = heap.watch(|| ffi::pvPortMalloc(bytes));
        assert!(block.is_null());
        assert_eq!((seen.asserts, seen.failed_hooks), (1, 1), "malloc({bytes})");
    }
    heap.refuses_to_free("a pointer, before there is a heap,", 4096 as *mut _);
    assert_eq!(heap.stats().xNumberOfFreeBlocks, 0);
}

#[test]
fn tables_with_nothing_in_them_are_asserted() {
    let heap = Heap::fresh();
    let memory = Memory::new();
    let tiny = HeapRegion_t { xSizeInBytes: 7, ..memory.region(0, 1) };
    assert_eq!(heap.define(null()).asserts, 1, "NULL");
    assert_eq!(heap.define(&END).asserts, 1, "no entry");
    assert_eq!(heap.define([tiny, END].as_ptr()).asserts, 1, "too small for a block");
    assert!(heap.malloc(1).is_null());
}

#[test]
fn a_region_without_an_address_is_asserted() {
    let heap = Heap::fresh();
    let nowhere = HeapRegion_t { pucStartAddress: null_mut(), xSizeInBytes: 1024 };
    assert!(heap.define([nowhere, END].as_ptr()).asserts >= 1);
    assert!(heap.malloc(1).is_null());
}

#[test]
fn regions_serve_and_give_back() {
    let heap = Heap::fresh();
    let memory = Memory::new();
    let table = [memory.region(0, 2), memory.region(3, 4), memory.region(8, 1), END];
    assert_eq!(heap.define(table.as_ptr()).asserts, 0);
    let free = ffi::xPortGetFreeHeapSize();
    assert!(free > 7 * 1024 - 3 * 32 && free <= 7 * 1024, "{free}");
    assert_eq!(heap.stats().xNumberOfFreeBlocks, 3);

    let mut blocks = Vec::new();
    loop {
        let block = heap.malloc(500);
        if block.is_null() {
            break;
        }
        let inside = |region: &HeapRegion_t| {
            let offset = (block as usize).wrapping_sub(region.pucStartAddress as usize);
            offset + 500 <= region.xSizeInBytes
        };
        assert!(table.iter().any(inside), "{block:p} is in no region");
        // SAFETY: in a region of ours, as was just asserted.
        unsafe { block.write_bytes(0xFF, 500) };
        blocks.push(block);
    }
    assert!(blocks.len() >= 12, "only {} blocks fit", blocks.len());
    blocks.into_iter().for_each(|block| heap.free(block));
    assert_eq!(ffi::xPortGetFreeHeapSize(), free);
    assert_eq!(heap.stats().xNumberOfFreeBlocks, 3, "regions do not merge");
    heap.refuses_to_free("memory between regions", memory.region(2, 1).pucStartAddress.cast());
}

#[test]
fn what_is_wrong_in_a_table_is_left_out_and_asserted() {
    let heap = Heap::fresh();
    let memory = Memory::new();
    let good = memory.region(4, 4);
    let endless = HeapRegion_t { xSizeInBytes: usize::MAX, ..memory.region(9, 1) };
    let table =
        [good, memory.region(0, 2), memory.region(6, 4), endless, memory.region(12, 1), END];
    assert_eq!(heap.define(table.as_ptr()).asserts, 3, "out of order, overlapping, past the end");
    let free = ffi::xPortGetFreeHeapSize();
    assert!(free > 5 * 1024 - 2 * 32 && free <= 5 * 1024, "{free}");

    let before = heap.figures();
    let again = [memory.region(13, 2), END];
    assert_eq!(heap.define(again.as_ptr()).asserts, 1, "a second table");
    assert_eq!(heap.define(null()).asserts, 1, "a second table, NULL");
    assert_eq!(heap.figures(), before, "a second table changes nothing");
}

#[test]
fn more_regions_than_there_is_room_for_are_asserted() {
    let heap = Heap::fresh();
    let memory = Memory::new();
    let mut table: Vec<_> = (0..8).map(|number| memory.region(2 * number, 1)).collect();
    table.push(END);
    assert_eq!(heap.define(table.as_ptr()).asserts, 4, "one and three fit of eight");
    assert_eq!(heap.stats().xNumberOfFreeBlocks, 4);
    let block = heap.malloc(900);
    heap.free(block);
}

#[test]
fn after_a_reset_regions_are_defined_again() {
    let memory = Memory::new();
    let table = [memory.region(0, 2), END];
    for _ in 0..3 {
        let heap = Heap::fresh();
        assert!(heap.malloc(16).is_null());
        assert_eq!(heap.define(table.as_ptr()).asserts, 0);
        assert!(!heap.malloc(1024).is_null());
        assert!(heap.malloc(1024).is_null());
    }
}
