// SPDX-License-Identifier: MIT
//! `FIRMHEAP_TRACK=trace`: what happens goes into the ring of `port/firmheap_trace.c`.
//!
//! Safety contract, referred to below by name:
//! * **P-ring**: the port file defines `xFirmheapRecorder`, zeroed at first, and `pucFirmheapRing`, which leads to as
//!   many bytes as the recorder's size says. Used under the heap's lock only.

use super::port::{vFirmheapResume, vFirmheapSetUp, vTaskSuspendAll};
use super::state::{heap, TheLayout};
use super::track::name;
use super::tracked::{owner, owners};
use crate::block::Layout;
use crate::region::Array;
use crate::trace::{Event, Header, Recorder, Trace, Who, RING_MIN};
use crate::units::{At, Size};
use core::ptr::addr_of_mut;
use cty::{c_char, c_void, size_t};

extern "C" {
    static mut xFirmheapRecorder: Recorder;
    static mut pucFirmheapRing: *mut u8;
    fn ulFirmheapTraceTime() -> u32;
}

// What the port file reserves.
const _: () = assert!(size_of::<Recorder>() == if size_of::<usize>() == 4 { 60 } else { 72 });

/// # Safety
/// P-ring, P-lock.
unsafe fn trace() -> Trace<'static> {
    // SAFETY: P-ring.
    unsafe {
        Trace { recorder: &mut *addr_of_mut!(xFirmheapRecorder), ring: Array::new(pucFirmheapRing) }
    }
}

/// Records an event, if events are recorded.
///
/// # Safety
/// P-ring, P-lock; no `Tracker` exists meanwhile.
#[inline(never)]
pub unsafe fn event(event: Event) {
    // SAFETY: the caller's.
    unsafe {
        if (*addr_of_mut!(xFirmheapRecorder)).running == 0 {
            return;
        }
        let row = owner();
        let mut trace = trace();
        let who = if trace.recorder.is_told(row) {
            Who { row, task: 0, name: None }
        } else {
            let task = owners().faces.get(row).task;
            Who { row, task, name: Some(letters(name(row))) }
        };
        trace.record(who, ulFirmheapTraceTime(), event);
    }
}

/// A block was handed out.
///
/// # Safety
/// As for [`event`].
pub unsafe fn taken((at, block): (At, Size), wanted: usize, site: usize) {
    let (place, bytes) = (at.0, block.bytes());
    // SAFETY: the caller's.
    unsafe { event(Event::Allocate { place, bytes, wanted: wanted as u32, site }) }
}

/// A block came back.
///
/// # Safety
/// As for [`event`].
pub unsafe fn given(at: At, size: Size) {
    // SAFETY: the caller's.
    unsafe { event(Event::Free { place: at.0, bytes: size.bytes() }) }
}

/// A block has another size; if it moved, one came back and another was handed out, to a site that is not known.
///
/// # Safety
/// As for [`event`].
#[cfg(feature = "extensions")]
pub unsafe fn resized((old, from): (At, Size), (at, to): (At, Size)) {
    // SAFETY: the caller's.
    unsafe {
        if old == at {
            if from != to {
                event(Event::Resize { place: at.0, bytes: to.bytes() });
            }
        } else {
            given(old, from);
            taken((at, to), (to.bytes() - TheLayout::HEADER) as usize, 0);
        }
    }
}

/// A request failed.
///
/// # Safety
/// As for [`event`].
pub unsafe fn refused(wanted: usize, site: usize) {
    // SAFETY: the caller's.
    unsafe { event(Event::Fail { wanted: u32::try_from(wanted).unwrap_or(u32::MAX), site }) }
}

/// A row is another task's now.
///
/// # Safety
/// P-ring, P-lock.
pub unsafe fn forget(row: u32) {
    // SAFETY: the caller's.
    unsafe { trace().recorder.forget(row) }
}

/// # Safety
/// The string ends with a zero.
unsafe fn letters(mut from: *const c_char) -> [u8; 16] {
    let mut name = [0; 16];
    for letter in name.iter_mut().take(15) {
        // SAFETY: the caller's; behind a byte that is not the zero there is another one.
        unsafe {
            *letter = from.cast::<u8>().read();
            if *letter == 0 {
                break;
            }
            from = from.add(1);
        }
    }
    name
}

/// # Safety
/// As for [`letters`].
unsafe fn text(from: *const c_char) -> impl Iterator<Item = u8> {
    // SAFETY: the caller's; nothing behind the zero is read.
    (0..40usize)
        .map(move |at| unsafe { from.cast::<u8>().add(at).read() })
        .scan(true, |more, letter| core::mem::replace(more, letter != 0).then_some(letter))
}

/// Starts a trace into a ring, which begins with the header: 1, or 0 if the ring's size is no power of two or below 256,
/// or a trace is running.
/// Cost: O(regions). Context: task.
///
/// # Safety
/// P-ring: the ring is the trace's until it was stopped and read; the texts end with zeros.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapTraceStart(
    pucRing: *mut u8,
    xBytes: size_t,
    ulHertz: u32,
    pcCpu: *const c_char,
    pcKernel: *const c_char,
) -> u32 {
    let usable = u32::try_from(xBytes).is_ok_and(|size| size.is_power_of_two() && size >= RING_MIN);
    if pucRing.is_null() || !usable {
        return 0;
    }
    // SAFETY: P-lock, taken here and given back; P-ring.
    unsafe {
        vTaskSuspendAll();
        let started = (*addr_of_mut!(xFirmheapRecorder)).running == 0;
        if started {
            if !heap().is_defined() {
                vFirmheapSetUp(); // the header tells of the regions
            }
            pucFirmheapRing = pucRing;
            *addr_of_mut!(xFirmheapRecorder) =
                Recorder { size: xBytes as u32, running: 1, ..Recorder::default() };
            write_header(ulHertz, pcCpu, pcKernel);
        }
        vFirmheapResume();
        u32::from(started)
    }
}

/// # Safety
/// P-lock; the texts end with zeros.
unsafe fn write_header(hertz: u32, cpu: *const c_char, kernel: *const c_char) {
    #[cfg(target_pointer_width = "32")]
    let root = 0;
    // SAFETY: P-state.
    #[cfg(target_pointer_width = "64")]
    let root = unsafe { super::port::xFirmheapRoot };
    // SAFETY: the caller's.
    unsafe {
        let mut trace = trace();
        let mut put = |byte| trace.put(byte);
        let mut header = Header { put: &mut put };
        header.open(TheLayout::HEADER, hertz, root);
        header.text(text(cpu));
        header.text(text(kernel));
        let heap = heap();
        let regions = heap.spans().take(4);
        header.number(regions.count());
        for span in heap.spans().take(4) {
            header.number(span.start.0 as usize);
            header.number(span.size().bytes() as usize);
        }
    }
}

/// Ends the trace with its last record: 1, or 0 if that finds no room yet.
/// Cost: O(1). Context: task.
#[no_mangle]
pub extern "C" fn ulFirmheapTraceStop() -> u32 {
    // SAFETY: P-lock, taken here and given back; P-ring.
    unsafe {
        vTaskSuspendAll();
        let mut trace = trace();
        let stopped = trace.recorder.running == 0 || trace.end();
        vFirmheapResume();
        u32::from(stopped)
    }
}

/// Takes at most `xBytes` from the ring; returns how many.
/// Cost: O(bytes), with the scheduler suspended. Context: task.
///
/// # Safety
/// `pvTo` has room for them.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapTraceTake(pvTo: *mut c_void, xBytes: size_t) -> size_t {
    let mut taken = 0;
    // SAFETY: P-lock, taken here and given back; P-ring; the caller's.
    unsafe {
        vTaskSuspendAll();
        let mut trace = trace();
        while taken < xBytes {
            let Some(byte) = trace.take() else { break };
            pvTo.cast::<u8>().add(taken).write(byte);
            taken += 1;
        }
        vFirmheapResume();
    }
    taken
}

/// The application's mark.
/// Cost: O(1). Context: task.
#[no_mangle]
pub extern "C" fn vFirmheapTraceMark(ulValue: u32) {
    // SAFETY: P-lock, taken here and given back; P-ring.
    unsafe {
        vTaskSuspendAll();
        event(Event::Mark { value: ulValue });
        vFirmheapResume();
    }
}
