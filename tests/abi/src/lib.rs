// SPDX-License-Identifier: MIT
//! C and Rust agree on every size, offset and constant (invariant A1).
//!
//! `build.rs` lets bindgen read the real kernel's headers, with the port file behind them, for the
//! target that is compiled for; the tables here hold what they say beside what `firmheap` says.
//! `cargo test -p abi` compares them on the host and, where those can be built for, on the 32-bit
//! host and on Cortex-M3, where a disagreement is an error of the compiler.
#![no_std]

mod agreements;

/// What bindgen found in the kernel's headers and in the port file.
#[allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    dead_code,
    clippy::all,
    clippy::pedantic
)]
pub mod kernel {
    include!(concat!(env!("OUT_DIR"), "/kernel.rs"));
}

pub use agreements::{Agreement, CONSTANTS, LAYOUTS};
