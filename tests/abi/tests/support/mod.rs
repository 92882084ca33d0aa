// SPDX-License-Identifier: MIT
//! The heap of the port file that a test was linked with, one test at a time, watched by
//! c/kernel.c.
#![allow(dead_code)] // each test uses its part

use cty::{c_void, size_t};
use firmheap::ffi::{self, HeapRegion_t, HeapStats_t};
use std::ptr::addr_of;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What c/kernel.c has counted: the same order there.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub suspended: u32,
    pub suspensions: u32,
    pub asserts: u32,
    pub asserts_suspended: u32,
    pub failed_hooks: u32,
    pub mallocs: u32,
    pub frees: u32,
    pub unlocked_traces: u32,
}

extern "C" {
    static xAbiSeen: Seen;
    fn xAbiHeadsFor(uxRegionBytes: size_t) -> size_t;
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The heap, as an application finds it at its start.
pub struct Heap(#[allow(dead_code)] MutexGuard<'static, ()>);

impl Heap {
    pub fn fresh() -> Heap {
        let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        ffi::vPortHeapResetState();
        Heap(guard)
    }

    pub fn seen(&self) -> Seen {
        // SAFETY: C code writes it only when called, and the mutex is held.
        unsafe { addr_of!(xAbiSeen).read_volatile() }
    }

    /// Calls, and returns what the call answered and what was counted meanwhile. Whatever the call
    /// is, it leaves the scheduler as it was, and macros and asserts are where the kernel has them.
    pub fn watch<T>(&self, call: impl FnOnce() -> T) -> (T, Seen) {
        let before = self.seen();
        let answer = call();
        let after = self.seen();
        assert_eq!(after.suspended, before.suspended, "the scheduler was left suspended");
        assert_eq!(after.unlocked_traces, before.unlocked_traces, "a trace macro outside the lock");
        let meanwhile = Seen {
            suspended: 0,
            suspensions: after.suspensions - before.suspensions,
            asserts: after.asserts - before.asserts,
            asserts_suspended: after.asserts_suspended - before.asserts_suspended,
            failed_hooks: after.failed_hooks - before.failed_hooks,
            mallocs: after.mallocs - before.mallocs,
            frees: after.frees - before.frees,
            unlocked_traces: 0,
        };
        assert_eq!(meanwhile.asserts_suspended, 0, "configASSERT with the scheduler suspended");
        (answer, meanwhile)
    }

    pub fn malloc(&self, bytes: usize) -> *mut u8 {
        self.watch(|| ffi::pvPortMalloc(bytes)).0.cast()
    }

    pub fn calloc(&self, number: usize, bytes: usize) -> *mut u8 {
        self.watch(|| ffi::pvPortCalloc(number, bytes)).0.cast()
    }

    /// Gives a block back that is one: nothing is raised.
    pub fn free(&self, block: *mut u8) {
        let ((), seen) = self.watch(|| ffi::vPortFree(block.cast()));
        assert_eq!((seen.asserts, seen.frees), (0, 1), "free({block:p})");
    }

    pub fn define(&self, regions: *const HeapRegion_t) -> Seen {
        // SAFETY: the tables of the tests end with a size of zero, or are NULL.
        self.watch(|| unsafe { ffi::vPortDefineHeapRegions(regions) }).1
    }

    pub fn stats(&self) -> HeapStats_t {
        let mut stats = HeapStats_t {
            xAvailableHeapSpaceInBytes: 1,
            xSizeOfLargestFreeBlockInBytes: 1,
            xSizeOfSmallestFreeBlockInBytes: 1,
            xNumberOfFreeBlocks: 1,
            xMinimumEverFreeBytesRemaining: 1,
            xNumberOfSuccessfulAllocations: 1,
            xNumberOfSuccessfulFrees: 1,
        };
        self.watch(|| ffi::vPortGetHeapStats(&mut stats));
        stats
    }

    /// Everything a caller can learn about the heap: the same after calls that change nothing.
    pub fn figures(&self) -> [size_t; 7] {
        let stats = self.stats();
        [
            stats.xAvailableHeapSpaceInBytes,
            stats.xSizeOfLargestFreeBlockInBytes,
            stats.xSizeOfSmallestFreeBlockInBytes,
            stats.xNumberOfFreeBlocks,
            stats.xMinimumEverFreeBytesRemaining,
            stats.xNumberOfSuccessfulAllocations,
            stats.xNumberOfSuccessfulFrees,
        ]
    }

    /// free(pointer) of something that is no block: one assert, and the heap as it was.
    pub fn refuses_to_free(&self, what: &str, pointer: *mut c_void) {
        let before = self.figures();
        let ((), seen) = self.watch(|| ffi::vPortFree(pointer));
        assert_eq!(seen.asserts, 1, "free of {what} ({pointer:p}) raised no configASSERT");
        assert_eq!(seen.frees, 0, "free of {what} ({pointer:p}) was traced as a free");
        assert_eq!(self.figures(), before, "free of {what} ({pointer:p}) changed the heap");
    }
}

/// How many heads of free lists the port file has room for, if its region has this many bytes.
pub fn heads_for(region_bytes: usize) -> usize {
    // SAFETY: a function without state.
    unsafe { xAbiHeadsFor(region_bytes) }
}
