// SPDX-License-Identifier: MIT
//! Integrity levels 3 and 4: the kernel's names over [`crate::integrity`].
//!
//! Filling and comparing payloads happens while the scheduler runs: in malloc the block belongs to the caller
//! already, in free it still does.

use super::port::{
    pvFirmheapRefused, pvFirmheapRefusedFor, pvFirmheapServed, ulFirmheapQuarantineBytes,
    vFirmheapFault, vFirmheapFreeEnd, vFirmheapFreeFailed, vFirmheapMallocEnd, vFirmheapSetUp,
    vTaskSuspendAll, xFirmheapWard_of_a_port_file_with_FIRMHEAP_INTEGRITY_3 as xFirmheapWard,
    xTaskResumeAll, Ward,
};
use super::state::{alleged, counters, heap_of, pointer, space, table, TheLayout, TheSpace};
use super::tracked::{self, Caller};
use crate::block::{Layout, Protected, Tag};
use crate::config;
use crate::fault::{Fault, Kind};
use crate::integrity::poison::Patterns;
use crate::integrity::Warded;
use crate::stats::Figures;
use crate::units::{At, Size};
use core::ptr::{addr_of, addr_of_mut, null_mut};
use cty::{c_void, size_t};

pub const PATTERNS: Patterns = Patterns::of(config::CLEAR_ON_FREE);

/// The heap of this build with its wards.
///
/// # Safety
/// P-lock.
pub unsafe fn warded() -> Warded<'static, TheSpace, TheLayout> {
    // SAFETY: P-state and P-lock.
    unsafe {
        Warded {
            heap: heap_of::<Protected, _>(table()),
            quarantine: &mut (*ward()).quarantine,
            quarantine_bytes: ulFirmheapQuarantineBytes,
            patterns: PATTERNS,
            noticed: None,
        }
    }
}

/// What a request is taken for: the links of a block that waits to be freed are no overflow of a small one.
#[inline(always)]
pub fn least(bytes: size_t) -> size_t {
    #[cfg(firmheap_free_from_isr)]
    return if bytes == 0 { 0 } else { bytes.max(crate::pending::LINKS as size_t) };
    #[cfg(not(firmheap_free_from_isr))]
    bytes
}

fn ward() -> *mut Ward {
    addr_of_mut!(xFirmheapWard)
}

/// `pvPortMalloc` at level 3 and above. Cost: O(bytes), of which the lock is held for O(1); level 4 also checks
/// the whole heap under it.
///
/// It and [`free`] hold nothing but words, so that the port is jumped to at the end and sees the caller.
#[inline(always)]
pub fn malloc(bytes: size_t, caller: Caller) -> *mut c_void {
    let bytes = least(bytes);
    // SAFETY: P-lock: taken here; the port's functions give it back, and no heap value is left then.
    unsafe {
        vTaskSuspendAll();
        #[cfg(firmheap_budgets)]
        {
            let size = warded().block_for(bytes).unwrap_or(Size::ZERO);
            let free = warded().free();
            if let Err(why) = super::budget::may_take(size, free) {
                return super::budget::refuse(size, why, caller.wants(bytes));
            }
        }
        let Outcome { value: at, kind } = hand_out(bytes);
        if at == 0 {
            if kind == 0 {
                #[cfg(firmheap_free_from_isr)]
                if super::pending::any() {
                    super::vFirmheapResume();
                    super::pending::drain(u32::MAX);
                    return super::again(bytes, caller);
                }
                tracked::refused(caller.wants(bytes));
                return pvFirmheapRefused(null_mut(), bytes);
            }
            tracked::refused(caller.wants(bytes));
            return pvFirmheapRefusedFor(kind, blamed_kept());
        }
        let pv = pointer(At(at));
        let size = TheLayout::size(space(counters()), At(at));
        tracked::taken(At(at), size, caller.wants(bytes));
        if config::TRACE {
            vFirmheapMallocEnd(pv, size.bytes() as size_t);
        } else {
            xTaskResumeAll();
        }
        #[cfg(firmheap_budgets)]
        super::budget::tell();
        let kind = renew(At(at), bytes as u32, kind);
        if kind == 0 {
            return pv;
        }
        pvFirmheapServed(kind, blamed_kept(), pv)
    }
}

/// `vPortFree` at level 3 and above. Cost: as [`malloc`].
#[inline(always)]
pub fn free(pv: *mut c_void) {
    if pv.is_null() {
        return;
    }
    // SAFETY: P-lock: taken here, and given back by the port at the end.
    unsafe {
        vTaskSuspendAll();
        let Outcome { value: bytes, kind } = take_back(alleged(pv));
        if bytes == 0 {
            return vFirmheapFreeFailed(kind, pv);
        }
        if config::TRACE {
            vFirmheapFreeEnd(pv, bytes as size_t);
        } else {
            xTaskResumeAll();
        }
        if kind != 0 {
            vFirmheapFault(kind, blamed_kept());
        }
    }
}

/// What a request came to, in two registers: an address or a size, zero if it failed; and the number of a fault,
/// which was kept, if there was one.
#[derive(Clone, Copy)]
#[repr(C)]
struct Outcome {
    value: u32,
    kind: u32,
}

/// A block for a caller who holds the lock and keeps it; NULL if there is none. The number of a fault that was kept
/// goes with it.
///
/// # Safety
/// P-lock.
#[cfg(feature = "extensions")]
pub unsafe fn take(bytes: size_t) -> (*mut c_void, u32) {
    let bytes = least(bytes);
    // SAFETY: P-lock.
    let Outcome { value: at, kind } = unsafe { hand_out(bytes) };
    if at == 0 {
        return (null_mut(), kind);
    }
    (pointer(At(at)), renew(At(at), bytes as u32, kind))
}

/// # Safety
/// P-lock, held on return.
#[inline(never)]
unsafe fn hand_out(bytes: size_t) -> Outcome {
    // SAFETY: the caller's.
    unsafe {
        if !warded().heap.is_defined() {
            vFirmheapSetUp();
        }
        let mut heap = warded();
        let sound = if config::EVERY_CALL { heap.check().map_err(Some) } else { Ok(()) };
        let found = sound.and_then(|()| match bytes {
            0 => Err(None),
            _ => heap.allocate(bytes),
        });
        let kind = found.err().flatten().or(heap.noticed).map_or(0, keep);
        Outcome { value: found.map_or(0, |block| block.at.0), kind }
    }
}

/// Fills what was handed out; returns the number of the fault to tell of.
#[inline(never)]
pub fn renew(at: At, bytes: u32, kind: u32) -> u32 {
    match PATTERNS.renew(space(counters()), at, bytes) {
        Some(fault) if kind == 0 => keep(fault),
        _ => kind,
    }
}

/// # Safety
/// P-lock, held on return; given back while the payload is filled.
#[inline(never)]
unsafe fn take_back(at: At) -> Outcome {
    // SAFETY: the caller's.
    unsafe {
        let opened = open_and_spoil(at);
        // Another task may have freed the block meanwhile: it is judged again.
        let mut heap = warded();
        let freed = opened.and_then(|()| heap.open(at));
        let mut tag = Tag::NONE;
        let freed = freed.and_then(|opening| {
            tag = tracked::tag_of(at); // before it is spoiled
            heap.free_opened(at, opening)
        });
        let kind = freed.err().or(heap.noticed).map_or(0, keep);
        if let Ok(size) = freed {
            tracked::given(at, tag, size);
        }
        Outcome { value: freed.map_or(0, Size::bytes), kind }
    }
}

/// Judges the block and fills its payload with the scheduler running; the lock is held before and after.
///
/// # Errors
/// What is wrong with the block, or, at level 4, with the heap.
///
/// # Safety
/// P-lock.
unsafe fn open_and_spoil(at: At) -> Result<(), Fault> {
    // SAFETY: the caller's.
    unsafe {
        let mut heap = warded();
        if config::EVERY_CALL {
            heap.check()?;
        }
        let opening = heap.open(at)?;
        super::vFirmheapResume();
        PATTERNS.spoil(space(counters()), at, at.plus(opening.bytes & !3));
        vTaskSuspendAll();
        Ok(())
    }
}

/// Fills what was just given to the heap; called once the regions are defined.
///
/// # Safety
/// P-lock.
pub unsafe fn start() {
    if config::WARDED {
        // SAFETY: the caller's.
        unsafe { warded().spoil_all() }
    }
}

/// Keeps what a fault compared for the report; returns its number.
pub fn keep(fault: Fault) -> u32 {
    // SAFETY: P-state; should two tasks meet here, the report of one shows the values of the other.
    unsafe {
        (*ward()).fault = [fault.kind as u32, fault.at.0, fault.expected, fault.found];
    }
    fault.kind as u32
}

/// The fault that was kept last, if it is of this kind; a later one of the same kind is not mistaken for it.
pub fn take_kept(kind: Kind) -> Option<Fault> {
    // SAFETY: P-state.
    let [number, at, expected, found] = unsafe { core::mem::take(&mut (*ward()).fault) };
    (number == kind as u32).then_some(Fault { kind, at: At(at), expected, found })
}

/// The pointer to what the kept fault blames.
pub fn blamed_kept() -> *mut c_void {
    // SAFETY: P-state.
    let [kind, at, _, _] = unsafe { (*ward()).fault };
    blamed(Fault::new(Kind::of(kind), At(at)))
}

/// The pointer to the block or word to blame.
pub fn blamed(fault: Fault) -> *mut c_void {
    if fault.at == At::NONE {
        null_mut()
    } else {
        pointer(fault.at)
    }
}

/// What waits in the quarantine.
pub fn waiting() -> Size {
    // SAFETY: P-state; one aligned word, which another task may change.
    unsafe { addr_of!((*ward()).quarantine.size).read_volatile() }
}

/// Figures of the heap and the quarantine.
///
/// # Safety
/// P-lock.
pub unsafe fn figures() -> Figures {
    // SAFETY: the caller's.
    unsafe { warded().figures() }
}
