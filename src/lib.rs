// SPDX-License-Identifier: MIT
//! firmheap: a drop-in replacement for the FreeRTOS heap files.
//!
//! The core below knows no kernel, no lock and no global. `ffi` (feature `ffi`) gives it the
//! kernel's names with the C ABI; `port/firmheap_port.c` is the part that only the user's
//! `FreeRTOSConfig.h` knows. `ARCHITECTURE.md` has the map, `docs/DESIGN.md` the reasons.
//!
//! A file may use only the rooms above its own line here; `unsafe` lives in [`hint`], [`region`] and
//! `ffi`; every other file forbids it.
#![no_std]

#[cfg(target_endian = "big")]
compile_error!("firmheap's headers are laid out for little-endian CPUs");

pub mod config;
pub mod hint;
pub mod units;
pub mod fault;
pub mod region;
pub mod bins;
pub mod block;
pub mod regions;
pub mod pool;
pub mod ring;
pub mod scheme;
pub mod stats;
pub mod heap;
pub mod integrity;
pub mod trace;
pub mod own;
pub mod pending;
pub mod tracker;
pub mod quota;
#[cfg(all(feature = "ffi", firmheap_scheme = "firm"))]
pub mod ffi;
#[cfg(all(feature = "ffi", not(firmheap_scheme = "firm")))]
#[path = "ffi/exact.rs"]
pub mod ffi;

pub use heap::Heap;
