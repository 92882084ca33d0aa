// SPDX-License-Identifier: MIT
//! The same agreements where pointers have 32 bits: all of these tests in a 32-bit program, and the
//! tables alone for Cortex-M3 with that port's headers, where the compiler compares them.
#![cfg(target_pointer_width = "64")]

use std::process::Command;

fn cargo(arguments: &[&str]) {
    let mut cargo = Command::new(env!("CARGO"));
    let ran = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output();
    let ran = ran.expect("cargo starts");
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(ran.status.success(), "cargo {}\n{said}", arguments.join(" "));
}

#[test]
#[cfg_attr(
    not(abi_has_i686),
    ignore = "no Rust standard library for it; try: rustup target add i686-unknown-linux-gnu"
)]
fn agree_in_a_32_bit_program() {
    cargo(&["test", "--quiet", "--package", "abi", "--target", "i686-unknown-linux-gnu"]);
}

#[test]
#[cfg_attr(
    not(abi_has_cortex_m3),
    ignore = "no Rust core library for it; try: rustup target add thumbv7m-none-eabi"
)]
fn agree_on_cortex_m3() {
    cargo(&["check", "--quiet", "--package", "abi", "--lib", "--target", "thumbv7m-none-eabi"]);
}
