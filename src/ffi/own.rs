// SPDX-License-Identifier: MIT
//! Heaps in memories of their own ([`crate::own`]), for port files that have several: `include/firmheap_own.h`.
//!
//! Each function is there twice: for memories up to 255 KiB, with the smallest headers, and for those up to 63 MiB. Who
//! needs one kind does not link the other.
//!
//! Safety contract, referred to below by name:
//! * **P-own**: the heap is what the `Make` of the same kind gave (from integrity level 1 on anything else that can be
//!   read is noticed), the memory is the heap's, and the caller excludes every other use of that heap. `pxFault` leads to
//!   a `HeapFault_t`, which is written only if there is a fault.

use super::kernel::HeapStats_t;
use super::report::{report_in, HeapFault};
use super::state::{Choice, Either};
use crate::block::{Compact, Layout, Paired, Slim, Wide};
use crate::config;
use crate::fault::{Fault, Kind};
use crate::heap::Visited;
#[cfg(firmheap_integrity_3)]
use crate::integrity::quarantine::Quarantine;
use crate::own::Own;
use crate::region::{Here, Home, Space, Span};
use crate::units::{At, Size, BLOCK_MIN, GRANULE};
use core::ptr::null_mut;
use cty::{c_void, size_t};

#[cfg(not(firmheap_integrity_3))]
use super::own_plain as way;
#[cfg(firmheap_integrity_3)]
use super::own_ward as way;

type Small = <Either<Slim<Compact>, Paired<Compact>> as Choice<{ config::INTEGRITY == 0 }>>::Picked;
type Large = <Either<Slim<Wide>, Paired<Wide>> as Choice<{ config::INTEGRITY == 0 }>>::Picked;
/// A heap with what its integrity level keeps.
pub type OwnHere<'a, L> = Own<'a, L, Extra>;

/// What each heap keeps for its integrity level.
#[repr(C)]
pub struct Extra {
    /// Links are encoded with what the port file's canary was when the heap was made.
    #[cfg(firmheap_integrity_2)]
    canary: u32,
    /// Freed blocks that wait.
    #[cfg(firmheap_integrity_3)]
    pub quarantine: Quarantine,
}

impl Extra {
    /// What links are encoded with.
    #[inline(always)]
    pub fn canary(&self) -> u32 {
        #[cfg(firmheap_integrity_2)]
        return self.canary;
        #[cfg(not(firmheap_integrity_2))]
        0
    }
}

/// The memory is the heap's from now on; `to` leads to a pointer.
fn make<L: Layout>(memory: *mut c_void, bytes: size_t, to: *mut *mut c_void) -> i32 {
    // SAFETY: P-state; written once, before the first block exists.
    #[cfg(firmheap_integrity_2)]
    let canary = unsafe { core::ptr::addr_of!(super::port::ulFirmheapCanary).read() };
    #[cfg(not(firmheap_integrity_2))]
    let canary = 0;
    let extra = Extra {
        #[cfg(firmheap_integrity_2)]
        canary,
        #[cfg(firmheap_integrity_3)]
        quarantine: Quarantine::default(),
    };
    let skipped = (memory as usize).wrapping_neg() & 3;
    let start: *mut u8 = memory.cast::<u8>().wrapping_add(skipped);
    start.expose_provenance();
    // SAFETY: the caller's; aligned to a word.
    let home = unsafe { Home::new(start) };
    match Own::<L, _>::make::<way::Guard>(home, bytes.saturating_sub(skipped), extra, canary) {
        Ok(mut own) => {
            way::start(&mut own);
            // SAFETY: the caller's.
            unsafe { to.write(start.cast()) };
            0
        }
        Err(unusable) => unusable as i32,
    }
}

/// The heap there, if there is one.
///
/// # Errors
/// There is none, or its words were overwritten.
///
/// # Safety
/// P-own.
#[inline(always)]
unsafe fn open<'a, L: Layout>(heap: *mut c_void) -> Result<OwnHere<'a, L>, Fault> {
    // SAFETY: P-own.
    let own = OwnHere::<L>::open(unsafe { Home::new(heap.cast()) });
    if config::INTEGRITY != 0 && !own.is_sealed() {
        return Err(Fault::new(Kind::IndexDamaged, At::NONE));
    }
    Ok(own)
}

/// The same; a heap that is none or damaged is told of, with the pointer to it.
///
/// # Safety
/// P-own.
#[inline(always)]
unsafe fn open_or_tell<'a, L: Layout>(
    heap: *mut c_void,
    to: *mut HeapFault,
) -> Option<OwnHere<'a, L>> {
    // SAFETY: P-own.
    unsafe { open(heap).inspect_err(|fault| tell(None::<Here>, *fault, heap, to)).ok() }
}

/// # Safety
/// P-own.
#[cold]
#[inline(never)]
unsafe fn tell(space: Option<impl Space>, fault: Fault, pointer: *mut c_void, to: *mut HeapFault) {
    // SAFETY: P-own.
    unsafe { to.write(report_in(space, fault, pointer)) }
}

fn take_aligned<L: Layout>(
    heap: *mut c_void,
    alignment: size_t,
    bytes: size_t,
    to: *mut HeapFault,
) -> *mut c_void {
    let Ok(alignment) = u32::try_from(alignment) else { return null_mut() };
    let alignment = alignment.max(GRANULE);
    // SAFETY: P-own.
    unsafe {
        let Some(mut own) = open_or_tell::<L>(heap, to) else { return null_mut() };
        let (at, fault) = way::take_aligned(&mut own, bytes, alignment);
        if let Some(fault) = fault {
            tell(Some(own.space), fault, null_mut(), to);
        }
        at.map_or(null_mut(), |at| own.space.pointer(at).cast())
    }
}

fn resize<L: Layout>(heap: *mut c_void, pv: *mut c_void, bytes: size_t, to: *mut HeapFault) -> u32 {
    // SAFETY: P-own.
    unsafe {
        let Some(mut own) = open_or_tell::<L>(heap, to) else { return 0 };
        let at = own.alleged(pv as usize);
        match way::resize(&mut own, at, bytes) {
            Ok(done) => u32::from(done),
            Err(fault) => {
                tell(Some(own.space), fault, pv, to);
                0
            }
        }
    }
}

fn take<L: Layout>(heap: *mut c_void, bytes: size_t, to: *mut HeapFault) -> *mut c_void {
    // SAFETY: P-own.
    unsafe {
        let Some(mut own) = open_or_tell::<L>(heap, to) else { return null_mut() };
        let (at, fault) = way::take(&mut own, bytes);
        if let Some(fault) = fault {
            tell(Some(own.space), fault, null_mut(), to);
        }
        at.map_or(null_mut(), |at| own.space.pointer(at).cast())
    }
}

fn give<L: Layout>(heap: *mut c_void, pv: *mut c_void, to: *mut HeapFault) -> size_t {
    // SAFETY: P-own.
    unsafe {
        let Some(mut own) = open_or_tell::<L>(heap, to) else { return 0 };
        let at = own.alleged(pv as usize);
        let (size, fault) = way::give(&mut own, at);
        if let Some(fault) = fault {
            tell(Some(own.space), fault, pv, to);
        }
        size.map_or(0, |size| size.bytes() as size_t)
    }
}

fn judge<L: Layout>(heap: *mut c_void, pv: *mut c_void, to: *mut HeapFault) -> size_t {
    // SAFETY: P-own.
    unsafe {
        let Some(mut own) = open_or_tell::<L>(heap, to) else { return 0 };
        let at = own.alleged(pv as usize);
        match way::payload(&mut own, at) {
            Ok(bytes) => bytes as size_t,
            Err(fault) => {
                tell(Some(own.space), fault, pv, to);
                0
            }
        }
    }
}

fn check<L: Layout>(heap: *mut c_void, to: *mut HeapFault) -> u32 {
    // SAFETY: P-own.
    unsafe {
        let Some(mut own) = open_or_tell::<L>(heap, to) else { return Kind::IndexDamaged as u32 };
        match way::check(&mut own) {
            Ok(()) => Kind::None as u32,
            Err(fault) => {
                tell(Some(own.space), fault, null_mut(), to);
                fault.kind as u32
            }
        }
    }
}

fn figures<L: Layout>(heap: *mut c_void, to: *mut HeapStats_t) -> u32 {
    // SAFETY: P-own; `to` leads to figures.
    unsafe {
        let Ok(mut own) = open::<L>(heap) else { return Kind::IndexDamaged as u32 };
        let figures = way::figures(&mut own);
        to.write(HeapStats_t::from(figures));
        let whole = !config::LINKS || figures.damaged == At::NONE;
        (if whole { Kind::None } else { Kind::FreeBlockDamaged }) as u32
    }
}

fn bytes_of<L: Layout>(heap: *mut c_void, which: u32) -> size_t {
    // SAFETY: P-own.
    let Ok(mut own) = (unsafe { open::<L>(heap) }) else { return 0 };
    let size: Size = match which {
        0 => way::free(&mut own),
        1 => own.words.control.counters.free_min,
        3 => return way::largest(&mut own) as size_t,
        _ => own.words.control.first.size(),
    };
    size.bytes() as size_t
}

fn reset_least<L: Layout>(heap: *mut c_void) {
    // SAFETY: P-own.
    if let Ok(mut own) = unsafe { open::<L>(heap) } {
        own.words.control.counters.free_min = way::free(&mut own);
    }
}

fn block_bytes<L: Layout>(heap: *mut c_void, pv: *mut c_void) -> size_t {
    // SAFETY: P-own.
    let Ok(own) = (unsafe { open::<L>(heap) }) else { return 0 };
    L::size(own.space, own.alleged(pv as usize)).bytes() as size_t
}

fn next<L: Layout>(
    heap: *mut c_void,
    pv: *mut c_void,
    bytes: *mut size_t,
    used: *mut u32,
) -> *mut c_void {
    // SAFETY: P-own; `bytes` and `used` lead to numbers.
    unsafe {
        let Ok(own) = open::<L>(heap) else { return null_mut() };
        let span = own.words.control.first;
        let at = own.alleged(pv as usize);
        let found = next_in::<L>(own.space, span, if pv.is_null() { At::NONE } else { at });
        let Some(Visited { at, size, used: is_used }) = found else { return null_mut() };
        bytes.write((size.bytes() - L::HEADER) as size_t);
        used.write(u32::from(is_used));
        own.space.pointer(at).cast()
    }
}

/// The block of a region behind this one, or the first; none at the end.
pub fn next_in<L: Layout>(space: impl Space, span: Span, at: At) -> Option<Visited> {
    let next = if at == At::NONE { span.start } else { at.right(L::size(space, at)) };
    if !span.holds(next) {
        return None;
    }
    let size = L::size(space, next);
    let fits = size >= BLOCK_MIN && size.granules() <= span.room(next);
    fits.then(|| Visited { at: next, size, used: L::is_used(space, next) })
}

/// The names of one kind.
macro_rules! kind {
    ($layout:ty: $make:ident $take:ident $give:ident $judge:ident $check:ident $figures:ident $bytes:ident $reset:ident $block:ident $next:ident $aligned:ident $resize:ident) => {
        /// Makes a heap of `xBytes` bytes at `pvMemory` and leaves its address in `*ppvHeap`: zero, or why that cannot
        /// be (`errOWN_...`), and then nothing was written.
        #[no_mangle]
        pub extern "C" fn $make(
            pvMemory: *mut c_void,
            xBytes: size_t,
            ppvHeap: *mut *mut c_void,
        ) -> i32 {
            make::<$layout>(pvMemory, xBytes, ppvHeap)
        }

        /// A block of `xBytes` bytes, or NULL. Cost: O(1), no loop.
        #[no_mangle]
        pub extern "C" fn $take(
            pvHeap: *mut c_void,
            xBytes: size_t,
            pxFault: *mut HeapFault,
        ) -> *mut c_void {
            take::<$layout>(pvHeap, xBytes, pxFault)
        }

        /// The same at a multiple of `xAlignment`, which is a power of two.
        #[no_mangle]
        pub extern "C" fn $aligned(
            pvHeap: *mut c_void,
            xAlignment: size_t,
            xBytes: size_t,
            pxFault: *mut HeapFault,
        ) -> *mut c_void {
            take_aligned::<$layout>(pvHeap, xAlignment, xBytes, pxFault)
        }

        /// Gives a block another size where it is: 1, or zero if that cannot be. Cost: O(1), no loop.
        #[no_mangle]
        pub extern "C" fn $resize(
            pvHeap: *mut c_void,
            pv: *mut c_void,
            xBytes: size_t,
            pxFault: *mut HeapFault,
        ) -> u32 {
            resize::<$layout>(pvHeap, pv, xBytes, pxFault)
        }

        /// Gives a block back: its bytes with its header, or zero if it was none. Cost: O(1), no loop.
        #[no_mangle]
        pub extern "C" fn $give(
            pvHeap: *mut c_void,
            pv: *mut c_void,
            pxFault: *mut HeapFault,
        ) -> size_t {
            give::<$layout>(pvHeap, pv, pxFault)
        }

        /// The bytes that the application may use of a block, or zero if it is none.
        #[no_mangle]
        pub extern "C" fn $judge(
            pvHeap: *mut c_void,
            pv: *mut c_void,
            pxFault: *mut HeapFault,
        ) -> size_t {
            judge::<$layout>(pvHeap, pv, pxFault)
        }

        /// Checks all of the heap: zero, or the number of the fault. Cost: O(blocks).
        #[no_mangle]
        pub extern "C" fn $check(pvHeap: *mut c_void, pxFault: *mut HeapFault) -> u32 {
            check::<$layout>(pvHeap, pxFault)
        }

        /// Fills the figures: zero, or the number of a fault. Cost: O(free blocks).
        #[no_mangle]
        pub extern "C" fn $figures(pvHeap: *mut c_void, pxStats: *mut HeapStats_t) -> u32 {
            figures::<$layout>(pvHeap, pxStats)
        }

        /// Bytes that are free (0), were free at least (1), that there are (2), or the largest request (3). Cost: O(1).
        #[no_mangle]
        pub extern "C" fn $bytes(pvHeap: *mut c_void, ulWhich: u32) -> size_t {
            bytes_of::<$layout>(pvHeap, ulWhich)
        }

        /// The mark of the fewest free bytes becomes what is free now. Cost: O(1).
        #[no_mangle]
        pub extern "C" fn $reset(pvHeap: *mut c_void) {
            reset_least::<$layout>(pvHeap)
        }

        /// Bytes of a used block with its header, for a trace. The caller knows that it is one.
        #[no_mangle]
        pub extern "C" fn $block(pvHeap: *mut c_void, pv: *mut c_void) -> size_t {
            block_bytes::<$layout>(pvHeap, pv)
        }

        /// The block behind `pv`, which is one, or the first for NULL; NULL at the end, or where a header cannot be one.
        #[no_mangle]
        pub extern "C" fn $next(
            pvHeap: *mut c_void,
            pv: *mut c_void,
            pxBytes: *mut size_t,
            pulUsed: *mut u32,
        ) -> *mut c_void {
            next::<$layout>(pvHeap, pv, pxBytes, pulUsed)
        }
    };
}

kind!(Small: lFirmheapOwnMakeSmall pvFirmheapOwnTakeSmall xFirmheapOwnGiveSmall xFirmheapOwnJudgeSmall
    ulFirmheapOwnCheckSmall ulFirmheapOwnFiguresSmall xFirmheapOwnBytesSmall vFirmheapOwnResetSmall
    xFirmheapOwnBlockSmall pvFirmheapOwnNextSmall pvFirmheapOwnTakeAlignedSmall ulFirmheapOwnResizeSmall);
kind!(Large: lFirmheapOwnMakeLarge pvFirmheapOwnTakeLarge xFirmheapOwnGiveLarge xFirmheapOwnJudgeLarge
    ulFirmheapOwnCheckLarge ulFirmheapOwnFiguresLarge xFirmheapOwnBytesLarge vFirmheapOwnResetLarge
    xFirmheapOwnBlockLarge pvFirmheapOwnNextLarge pvFirmheapOwnTakeAlignedLarge ulFirmheapOwnResizeLarge);
