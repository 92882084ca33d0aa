// SPDX-License-Identifier: MIT
//! Where the FreeRTOS kernel's sources are: cmake/firmheap_kernel.cmake finds or fetches them.

use crate::paths;
use crate::run::Program;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// The kernel's folder, the one with tasks.c in it.
pub fn folder() -> Result<PathBuf> {
    let script = paths::root().join("cmake/firmheap_kernel.cmake");
    let said = Program::new("cmake").arg("-P").arg(script).must()?.output;
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    line.map(PathBuf::from)
        .filter(|folder| folder.join("tasks.c").exists())
        .with_context(|| format!("the kernel resolver answered {said:?}"))
}
