// SPDX-License-Identifier: MIT
//! The main heap as one of the regions with capabilities, for `port/firmheap_caps.c`, which has the table of the others
//! (`super::own`), the lock and the faults.

use super::memory::take_aligned;
use super::own::next_in;
use super::port::{ulFirmheapRegionLimit, vFirmheapSetUp};
use super::report::{check_main, vFirmheapExplain, HeapFault};
use super::state::{
    alleged, counters, heap, heap_with, pointer, space, HotHeap, TheLayout, ThroughPort,
};
use super::tracked::{self, Caller};
use super::ward;
use crate::block::Layout;
use crate::config;
use crate::fault::Kind;
use crate::units::{At, Size, GRANULE};
use core::ptr::null_mut;
use cty::{c_void, size_t};

/// A block was handed out (NULL: none was): whose it is. The site is not known here.
///
/// # Safety
/// P-lock.
#[inline(always)]
unsafe fn entered(pv: *mut c_void, bytes: size_t) -> *mut c_void {
    #[cfg(firmheap_track_sites)]
    let caller = Caller::of(0, 0);
    #[cfg(not(firmheap_track_sites))]
    let caller = Caller::NONE;
    if cfg!(firmheap_track_tasks) && !pv.is_null() {
        let at = alleged(pv);
        // SAFETY: the caller's.
        unsafe { tracked::taken(at, TheLayout::size(space(counters()), at), caller.wants(bytes)) };
    }
    pv
}

/// A block of the main heap, or NULL, without trace and hook; the heap is set up. Cost: as `pvPortMalloc`.
///
/// # Safety
/// P-lock, held on return. `pxFault` leads to a `HeapFault_t`, which is written only if something is damaged.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapMainTake(
    xBytes: size_t,
    pxFault: *mut HeapFault,
) -> *mut c_void {
    // SAFETY: P-lock; the struct is the caller's promise.
    unsafe {
        if config::WARDED {
            let (pv, kind) = ward::take(xBytes);
            if kind != 0 {
                vFirmheapExplain(kind, ward::blamed_kept(), pxFault);
            }
            return entered(pv, xBytes);
        }
        let bytes = Size::for_tiny_request(xBytes, TheLayout::HEADER, TheLayout::BLOCK_MIN)
            .unwrap_or(xBytes);
        let Some(size) = HotHeap::request(bytes) else { return null_mut() };
        match heap_with(ThroughPort).allocate(size) {
            Ok(block) => entered(pointer(block.at), xBytes),
            Err(At::NONE) => null_mut(),
            Err(damaged) => {
                vFirmheapExplain(Kind::FreeBlockDamaged as u32, pointer(damaged), pxFault);
                null_mut()
            }
        }
    }
}

/// The same at a multiple of `xAlignment`, which is a power of two.
///
/// # Safety
/// As [`pvFirmheapMainTake`].
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapMainTakeAligned(
    xAlignment: size_t,
    xBytes: size_t,
    pxFault: *mut HeapFault,
) -> *mut c_void {
    // SAFETY: P-lock; the struct is the caller's promise.
    unsafe {
        if xAlignment <= GRANULE as size_t {
            return pvFirmheapMainTake(xBytes, pxFault);
        }
        let (pv, kind, blamed) = take_aligned(xAlignment, xBytes);
        if kind != 0 {
            vFirmheapExplain(kind, blamed, pxFault);
        }
        entered(pv, xBytes)
    }
}

/// Gives a block another size where it is: 1; or zero, and it is as it was, if that cannot be (at integrity levels 3 and 4 it
/// never can) or it is none, of which nothing is told. Cost: O(1), no loop.
///
/// # Safety
/// P-lock.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapMainResize(pv: *mut c_void, xBytes: size_t) -> u32 {
    #[cfg(firmheap_integrity_3)]
    {
        let _ = (pv, xBytes);
        0
    }
    #[cfg(not(firmheap_integrity_3))]
    // SAFETY: P-lock.
    unsafe {
        u32::from(super::memory_plain::resize_here(alleged(pv), xBytes))
    }
}

/// Checks the main heap alone: zero, or the fault. Cost: O(blocks).
///
/// # Safety
/// `pxFault` leads to a `HeapFault_t`, which is written if there is a fault.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapMainCheck(pxFault: *mut HeapFault) -> u32 {
    // SAFETY: the caller's.
    unsafe { check_main(pxFault) }
}

/// Where the blocks of the main heap's largest region begin, and how many bytes the blocks of all its regions are. Sets
/// `ucHeap` up; zero if there is none and no regions were defined.
///
/// # Safety
/// P-lock; `ppvStart` leads to a pointer.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapMainBytes(ppvStart: *mut *mut c_void) -> size_t {
    // SAFETY: P-lock.
    unsafe {
        if !heap_with(ThroughPort).is_defined() && ulFirmheapRegionLimit == 0 {
            vFirmheapSetUp();
        }
        let heap = heap();
        ppvStart.write(pointer(heap.control.first.start));
        let mut all = Size::ZERO;
        for span in heap.spans() {
            all += span.size();
        }
        all.bytes() as size_t
    }
}

/// 1 if memory from `pvStart` to `pvEnd` (not included) is the main heap's in part.
///
/// # Safety
/// P-lock.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapMainOverlaps(
    pvStart: *const c_void,
    pvEnd: *const c_void,
) -> u32 {
    // SAFETY: P-lock.
    let heap = unsafe { heap() };
    let mut found = 0;
    for span in heap.spans() {
        if pointer(span.start).cast_const() < pvEnd && pointer(span.end()).cast_const() > pvStart {
            found = 1;
        }
    }
    found
}

/// The block behind `pv`, which is one, or the first for NULL; NULL at the end, or where a header cannot be one.
///
/// # Safety
/// P-lock, held since the first block was asked for; `pxBytes` and `pulUsed` lead to numbers.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapMainNext(
    pv: *mut c_void,
    pxBytes: *mut size_t,
    pulUsed: *mut u32,
) -> *mut c_void {
    // SAFETY: P-lock.
    unsafe {
        let heap = heap();
        let space = heap.space;
        let mut at = if pv.is_null() { At::NONE } else { alleged(pv) };
        let mut is_next = pv.is_null();
        for span in heap.spans() {
            if !is_next && !span.holds(at) {
                continue;
            }
            if let Some(found) = next_in::<TheLayout>(space, span, at) {
                pxBytes.write((found.size.bytes() - TheLayout::HEADER) as size_t);
                pulUsed.write(u32::from(found.used));
                return pointer(found.at);
            }
            (is_next, at) = (true, At::NONE);
        }
        null_mut()
    }
}

/// Bytes of a used block with its header, for a trace. The caller knows that it is one.
#[no_mangle]
pub extern "C" fn xFirmheapMainBlockBytes(pv: *mut c_void) -> size_t {
    TheLayout::size(space(counters()), alleged(pv)).bytes() as size_t
}
