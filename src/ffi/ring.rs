// SPDX-License-Identifier: MIT
//! Rings for applications: `include/firmheap_ring.h` gives these functions their short names. Nothing of the kernel is needed.
//!
//! Safety contract, referred to below by name:
//! * **P-ring**: `pxRing` leads to a `Ring_t`, either all zeros or as `xFirmheapRingInitialise` or the macros of
//!   `firmheap_ring.h` made it, whose memory is the ring's; functions of the producer are called by one at a time, and so are
//!   those of the consumer.

use crate::region::{Band, GRAIN, HEAD};
use crate::ring::{message_max, Control, Message, Misuse, Ring, GRANULES_MAX, GRANULES_MIN};
use core::ptr::null_mut;
use cty::{c_void, size_t};

/// `Ring_t` in `include/firmheap_ring.h`.
#[repr(C)]
pub struct Words {
    control: Control,
    memory: *mut u8,
}
const _: () =
    assert!(core::mem::offset_of!(Words, memory) == if size_of::<usize>() == 8 { 32 } else { 28 });

/// `RingStats_t` in `include/firmheap_ring.h`.
#[repr(C)]
pub struct Stats {
    capacity: size_t,
    message_max: size_t,
    used: size_t,
    used_max: size_t,
    refused: u32,
}

const PASS: i32 = 1; // pdPASS

/// What `pvFirmheapRingPeek` says of a damaged header.
const DAMAGED: size_t = size_t::MAX;

/// # Safety
/// P-ring.
#[inline(always)]
unsafe fn ring<'a>(words: *mut Words) -> Option<Ring<'a>> {
    // SAFETY: P-ring; what changes in the control is atomic.
    unsafe { words.as_ref().map(|words| Ring::new(&words.control, Band::new(words.memory))) }
}

/// # Safety
/// P-ring.
#[inline(always)]
unsafe fn band(words: *mut Words) -> Band {
    // SAFETY: P-ring.
    unsafe { Band::new((*words).memory) }
}

fn answer(done: Result<(), Misuse>) -> i32 {
    match done {
        Ok(()) => PASS,
        Err(misuse) => misuse as i32,
    }
}

/// # Safety
/// P-ring, but that the words may be anything and nobody else uses them; the memory has so many bytes.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapRingInitialise(
    pxRing: *mut Words,
    pvMemory: *mut c_void,
    xBytes: size_t,
) -> i32 {
    if pxRing.is_null() || pvMemory.is_null() {
        return Misuse::Missing as i32;
    }
    if pvMemory as usize % GRAIN as usize != 0 {
        return Misuse::Misaligned as i32;
    }
    let granules = xBytes.saturating_sub(HEAD as size_t) / GRAIN as size_t;
    if granules < GRANULES_MIN as size_t {
        return Misuse::TooSmall as i32;
    }
    if granules > GRANULES_MAX as size_t {
        return Misuse::TooLarge as i32;
    }
    // SAFETY: the caller's; any bits are words.
    let words = unsafe { &mut *pxRing };
    words.control.empty(granules as u32);
    words.memory = pvMemory.cast();
    PASS
}

/// # Safety
/// P-ring; the producer.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapRingReserve(pxRing: *mut Words, xBytes: size_t) -> *mut c_void {
    // SAFETY: P-ring.
    unsafe {
        match ring(pxRing).and_then(|ring| ring.reserve(xBytes)) {
            Some(at) => band(pxRing).payload(at).cast(),
            None => null_mut(),
        }
    }
}

/// # Safety
/// P-ring; the producer.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapRingCommit(
    pxRing: *mut Words,
    pv: *mut c_void,
    xBytes: size_t,
) -> i32 {
    // SAFETY: P-ring.
    let (Some(ring), false) = (unsafe { ring(pxRing) }, pv.is_null()) else {
        return Misuse::Missing as i32;
    };
    // SAFETY: P-ring.
    let at = unsafe { band(pxRing) }.granule(pv.cast());
    answer(at.ok_or(Misuse::NotReserved).and_then(|at| ring.commit(at, xBytes)))
}

/// # Safety
/// P-ring; the consumer. `pxBytes` is NULL or leads to a word.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapRingPeek(
    pxRing: *mut Words,
    pxBytes: *mut size_t,
) -> *mut c_void {
    // SAFETY: P-ring.
    unsafe { told(pxRing, ring(pxRing).map_or(Ok(None), Ring::oldest), pxBytes) }
}

/// # Safety
/// P-ring; the consumer. `pxBytes` is NULL or leads to a word.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapRingNext(
    pxRing: *mut Words,
    pv: *const c_void,
    pxBytes: *mut size_t,
) -> *mut c_void {
    // SAFETY: P-ring.
    unsafe {
        let found = ring(pxRing).map_or(Ok(None), |ring| match band(pxRing).granule(pv.cast()) {
            Some(at) => ring.behind(at),
            None => Err(Misuse::NotOldest),
        });
        told(pxRing, found, pxBytes)
    }
}

/// # Safety
/// P-ring; as the caller's.
#[inline(always)]
unsafe fn told(
    words: *mut Words,
    found: Result<Option<Message>, Misuse>,
    to: *mut size_t,
) -> *mut c_void {
    let bytes = match found {
        Ok(Some(message)) => message.bytes as size_t,
        Ok(None) => 0,
        Err(_) => DAMAGED,
    };
    // SAFETY: the caller's.
    unsafe {
        if let Some(to) = to.as_mut() {
            *to = bytes;
        }
        match found {
            Ok(Some(message)) => band(words).payload(message.at).cast(),
            _ => null_mut(),
        }
    }
}

/// # Safety
/// P-ring; the consumer.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapRingRelease(pxRing: *mut Words, pv: *mut c_void) -> i32 {
    // SAFETY: P-ring.
    let (Some(ring), false) = (unsafe { ring(pxRing) }, pv.is_null()) else {
        return Misuse::Missing as i32;
    };
    // SAFETY: P-ring.
    let at = unsafe { band(pxRing) }.granule(pv.cast());
    answer(ring.release(at.unwrap_or(u32::MAX)))
}

/// # Safety
/// P-ring; the consumer.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapRingDiscard(pxRing: *mut Words) -> i32 {
    // SAFETY: P-ring.
    let ring = unsafe { ring(pxRing) };
    answer(ring.ok_or(Misuse::Missing).map(Ring::discard))
}

/// # Safety
/// P-ring; the consumer.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapRingCheck(pxRing: *mut Words) -> i32 {
    // SAFETY: P-ring.
    let ring = unsafe { ring(pxRing) };
    answer(ring.ok_or(Misuse::Missing).and_then(Ring::check).map(|_| ()))
}

/// # Safety
/// P-ring; `pxStats` is NULL or leads to a `RingStats_t`.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapRingGetStats(pxRing: *mut Words, pxStats: *mut Stats) {
    // SAFETY: P-ring.
    unsafe {
        let (Some(ring), Some(stats)) = (ring(pxRing), pxStats.as_mut()) else { return };
        let granules = (*pxRing).control.granules;
        let figures = ring.figures();
        let bytes = |granules: u32| (granules * GRAIN) as size_t;
        *stats = Stats {
            capacity: bytes(granules.saturating_sub(1)),
            message_max: message_max(granules) as size_t,
            used: bytes(figures.used),
            used_max: bytes(figures.used_max),
            refused: figures.refused,
        };
    }
}
