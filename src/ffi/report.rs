// SPDX-License-Identifier: MIT
//! Faults as values for the application, and the check on demand.

use super::port::{
    ulFirmheapCheckOtherBlock, ulFirmheapCheckOthers, vFirmheapResume, vTaskSuspendAll,
};
use super::state::{alleged, heap};
use super::text::Text;
use super::ward::{blamed, take_kept, warded};
use crate::config;
use crate::fault::{Fault, Kind};
#[cfg(feature = "extensions")]
use crate::region::Space;
use crate::units::At;
use core::ptr::null_mut;
use cty::{c_char, c_void, size_t};

/// A fault with everything that is known about it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct HeapFault {
    /// What is wrong: one of `FirmheapFault`.
    pub ulKind: u32,
    /// The block or word to blame; NULL if the fault belongs to none.
    pub pvBlock: *mut c_void,
    /// The pointer that the application handed over, where there is one.
    pub pvPointer: *mut c_void,
    /// What the heap expected to find there; equal to `ulFound` where there is nothing to compare.
    pub ulExpected: u32,
    /// What it found.
    pub ulFound: u32,
    /// The task that called (`TaskHandle_t`); NULL before the scheduler runs, and if
    /// `INCLUDE_xTaskGetCurrentTaskHandle` is 0.
    pub pvTask: *mut c_void,
    /// Its name, or NULL.
    pub pcTaskName: *const c_char,
    /// Where the application, or the kernel for it, called the heap: a return address, or NULL.
    pub pvCaller: *mut c_void,
}

fn report(fault: Fault, pointer: *mut c_void) -> HeapFault {
    report_of(fault, blamed(fault), pointer)
}

/// The report of a fault in a heap of its own, in whose space it was seen.
#[cfg(feature = "extensions")]
pub fn report_in<S: Space>(space: Option<S>, fault: Fault, pointer: *mut c_void) -> HeapFault {
    let blamed = match space {
        Some(space) if fault.at != At::NONE => space.pointer(fault.at).cast(),
        _ => pointer,
    };
    report_of(fault, blamed, pointer)
}

fn report_of(fault: Fault, block: *mut c_void, pointer: *mut c_void) -> HeapFault {
    HeapFault {
        ulKind: fault.kind as u32,
        pvBlock: block,
        pvPointer: pointer,
        ulExpected: fault.expected,
        ulFound: fault.found,
        pvTask: null_mut(),
        pcTaskName: core::ptr::null(),
        pvCaller: null_mut(),
    }
}

/// Finds out what is to be told of a fault; called by the port file, which adds task and caller.
/// Cost: a walk over the blocks of a region at most, with the scheduler suspended.
///
/// # Safety
/// `pxFault` leads to a `HeapFault`.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapExplain(ulKind: u32, pv: *mut c_void, pxFault: *mut HeapFault) {
    let kind = Kind::of(ulKind);
    let kept = if config::WARDED { take_kept(kind) } else { None };
    // SAFETY: P-lock, taken here and given back; the struct is the caller's promise.
    unsafe {
        vTaskSuspendAll();
        let heap = heap();
        let fault = kept.unwrap_or_else(|| heap.blame(kind, alleged(pv)));
        let is_ours = heap.holder(fault.at.align_down()).is_some();
        vFirmheapResume();
        pxFault.write(report(fault, pv));
        if !is_ours {
            (*pxFault).pvBlock = pv; // no block: the pointer itself
        }
    }
}

/// Checks the whole heap, and the regions with capabilities if there are any: headers, free lists, index and counters, at integrity level 3 and above also trailers,
/// the contents of free memory and the quarantine. `pdPASS` (1) if all is sound, else minus the number of the
/// first fault (`FirmheapFault`). Raises no assertion and runs no hook.
/// Cost: O(blocks), from level 3 on O(bytes), with the scheduler suspended. Context: task.
#[no_mangle]
pub extern "C" fn xPortHeapCheck() -> i32 {
    // SAFETY: as below; nothing is to be told.
    unsafe { xPortHeapInspect(null_mut()) }
}

/// [`xPortHeapCheck`], and what was found goes to `pxFault` unless that is NULL.
///
/// # Safety
/// `pxFault` is NULL or leads to a `HeapFault_t`.
#[no_mangle]
pub unsafe extern "C" fn xPortHeapInspect(pxFault: *mut HeapFault) -> i32 {
    // SAFETY: the caller's.
    unsafe {
        match told(whole(), null_mut(), pxFault) {
            1 => answer_of(ulFirmheapCheckOthers(pxFault)),
            found => found,
        }
    }
}

/// Checks one block as `vPortFree` would, and changes nothing: `pdPASS` (1) if `pv` is a block in use that could be
/// freed, else minus the number of the fault. At integrity level 0 only whether there is such a block is found.
/// Cost: O(1), at level 0 O(blocks), with the scheduler suspended. Context: task.
#[no_mangle]
pub extern "C" fn xPortHeapCheckBlock(pv: *mut c_void) -> i32 {
    // SAFETY: as below; nothing is to be told.
    unsafe { xPortHeapInspectBlock(pv, null_mut()) }
}

/// [`xPortHeapCheckBlock`], and what was found goes to `pxFault` unless that is NULL.
///
/// # Safety
/// `pxFault` is NULL or leads to a `HeapFault_t`.
#[no_mangle]
pub unsafe extern "C" fn xPortHeapInspectBlock(pv: *mut c_void, pxFault: *mut HeapFault) -> i32 {
    // SAFETY: the caller's.
    unsafe {
        let found = one(pv);
        match found {
            Err(Fault { kind: Kind::ForeignPointer, .. }) => {
                told(found, pv, pxFault);
                answer_of(ulFirmheapCheckOtherBlock(pv, pxFault))
            }
            _ => told(found, pv, pxFault),
        }
    }
}

#[allow(clippy::missing_errors_doc)] // the fault
#[inline(never)] // as it would be with regions, which ask, too
fn whole() -> Result<(), Fault> {
    // SAFETY: P-lock, taken here and given back.
    unsafe {
        vTaskSuspendAll();
        let found = if config::WARDED { warded().check() } else { heap().check(|_, _, _| ()) };
        vFirmheapResume();
        found
    }
}

#[allow(clippy::missing_errors_doc)] // the fault
fn one(pv: *mut c_void) -> Result<(), Fault> {
    let at = alleged(pv);
    // SAFETY: P-lock, taken here and given back.
    unsafe {
        vTaskSuspendAll();
        let found =
            if config::WARDED { warded().open(at).map(|_| ()) } else { heap().check_block(at) };
        vFirmheapResume();
        found
    }
}

/// pdPASS is 1 in every kernel.
fn answer_of(fault: u32) -> i32 {
    match fault {
        0 => 1,
        fault => 0i32.wrapping_sub_unsigned(fault),
    }
}

/// Checks the heap of the kernel's functions alone: zero, or the fault.
///
/// # Safety
/// `pxFault` leads to a `HeapFault_t`, which is written if there is a fault.
#[cfg(feature = "extensions")]
pub unsafe fn check_main(to: *mut HeapFault) -> u32 {
    match whole() {
        Ok(()) => Kind::None as u32,
        Err(fault) => {
            // SAFETY: the caller's.
            unsafe { told(Err(fault), null_mut(), to) };
            fault.kind as u32
        }
    }
}

/// # Safety
/// `to` is NULL or leads to a `HeapFault`.
unsafe fn told(found: Result<(), Fault>, pointer: *mut c_void, to: *mut HeapFault) -> i32 {
    let fault = found.err().unwrap_or(Fault::new(Kind::None, At::NONE));
    // SAFETY: the caller's.
    if let Some(to) = unsafe { to.as_mut() } {
        *to = report(fault, pointer);
    }
    answer_of(fault.kind as u32)
}

/// Writes a fault as one line of text, without a line break, to `pcBuffer` of `xSize` bytes, and a zero behind it;
/// what does not fit is left out. Returns the characters written. Needs no memory, no lock and no printf: it can
/// run in a fault handler.
///
/// # Safety
/// `pxFault` is NULL or leads to a `HeapFault_t` with a task name that is NULL or ends with a zero; `pcBuffer` is
/// NULL or has room for `xSize` bytes.
#[no_mangle]
pub unsafe extern "C" fn xPortHeapFaultText(
    pxFault: *const HeapFault,
    pcBuffer: *mut c_char,
    xSize: size_t,
) -> size_t {
    if pcBuffer.is_null() || xSize == 0 {
        return 0;
    }
    // SAFETY: the caller's, for all three.
    let (mut text, fault) = unsafe { (Text::new(pcBuffer.cast(), xSize), pxFault.as_ref()) };
    let Some(fault) = fault else { return text.end() };
    text.put(b"heap fault ").kind(fault.ulKind).put(b": ");
    text.put(Kind::of(fault.ulKind).text().as_bytes());
    if !fault.pvBlock.is_null() {
        text.put(b"; at ").address(fault.pvBlock as usize);
    }
    if fault.ulExpected != fault.ulFound {
        text.put(b", expected ").address(fault.ulExpected as usize);
        text.put(b", found ").address(fault.ulFound as usize);
    }
    if !fault.pvPointer.is_null() && fault.pvPointer != fault.pvBlock {
        text.put(b"; pointer ").address(fault.pvPointer as usize);
    }
    if !fault.pcTaskName.is_null() {
        text.put(b"; task ");
        // SAFETY: the caller's.
        unsafe { text.string(fault.pcTaskName.cast()) };
    }
    if !fault.pvCaller.is_null() {
        text.put(b"; called from ").address(fault.pvCaller as usize);
    }
    text.end()
}
