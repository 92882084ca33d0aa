// SPDX-License-Identifier: MIT
//! Rust targets and their `core` library. The rules live in cmake/firmheap_rust.cmake, where a
//! firmware build needs them; here they are only called.

use crate::paths;
use crate::run::Program;
use anyhow::{Context, Result};

pub const CORTEX_M0: &str = "thumbv6m-none-eabi";
pub const CORTEX_M3: &str = "thumbv7m-none-eabi";
pub const HOST_32: &str = "i686-unknown-linux-gnu";

/// Makes sure that `target` can be built for, downloading if need be.
pub fn ensure(target: &str) -> Result<()> {
    Program::new("cmake")
        .arg(format!("-DRUST_TARGET={target}"))
        .arg("-P")
        .arg(paths::root().join("cmake/firmheap_rust.cmake"))
        .must()
        .map(|_| ())
}

/// The machine this runs on, as rustc names it.
pub fn host() -> Result<String> {
    let said = Program::new("rustc").arg("-vV").must()?.output;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}
