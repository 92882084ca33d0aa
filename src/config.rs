// SPDX-License-Identifier: MIT
//! The one file where the options of a build become constants and types.
//!
//! They come from the environment of the build, where CMake and `cargo xtask archive` put them and
//! `build.rs` checks them.
//! Everything else is generic over these choices, so that one test run covers their combinations.
#![forbid(unsafe_code)]

/// `portBYTE_ALIGNMENT` served by this build: 8 (also serves 1, 2 and 4), 16 or 32 bytes.
pub const ALIGNMENT: u32 = if EXACT_ALIGNMENT < 8 { 8 } else { EXACT_ALIGNMENT };

/// The same for the kernel's own schemes, which also have 4 (it serves 1 and 2).
pub const EXACT_ALIGNMENT: u32 = number(env!("FIRMHEAP_ALIGNMENT"));

/// Integrity level: 0 (the caller is trusted), 1 (pointers, sizes and neighbours are checked), 2 (the links of
/// free lists, too), 3 (trailers, patterns and a quarantine) or 4 (the whole heap at every call).
pub const INTEGRITY: u32 = number(env!("FIRMHEAP_INTEGRITY"));

/// Links of free lists are checked (level 2 and above).
pub const LINKS: bool = cfg!(firmheap_integrity_2);

/// Trailers, patterns, quarantine (level 3 and above).
pub const WARDED: bool = cfg!(firmheap_integrity_3);

/// The whole heap is checked at every call (level 4).
pub const EVERY_CALL: bool = cfg!(firmheap_integrity_4);

/// True if single blocks may be larger than 255 KiB.
pub const LARGE: bool = env!("FIRMHEAP_REGIONS").len() == "large".len();

/// True if payloads are zeroed when they are freed (`configHEAP_CLEAR_MEMORY_ON_FREE`).
pub const CLEAR_ON_FREE: bool = number(env!("FIRMHEAP_CLEAR_ON_FREE")) == 1;

/// True if `traceMALLOC` and `traceFREE` of the port file are called; without, the kernel is called directly.
pub const TRACE: bool = number(env!("FIRMHEAP_TRACE")) == 1;

/// True if `vApplicationMallocFailedHook` is called (by the archive itself, where [`TRACE`] is false). Only the
/// kernel's own schemes ask.
pub const HOOK: bool = number(env!("FIRMHEAP_HOOK")) == 1;

/// What is known of each block (`FIRMHEAP_TRACK`): 0 nothing, 1 the task that holds it, 2 also the call site, 3 with a
/// trace of every event.
pub const TRACK: u32 = number(env!("FIRMHEAP_TRACK_LEVEL"));

/// The number a string of decimal digits stands for; `build.rs` has checked the string.
const fn number(digits: &str) -> u32 {
    let mut value = 0;
    let mut at = 0;
    while at < digits.len() {
        value = value * 10 + (digits.as_bytes()[at] - b'0') as u32;
        at += 1;
    }
    value
}
