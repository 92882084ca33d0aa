// SPDX-License-Identifier: MIT
//! Where the FreeRTOS kernel's sources are: cmake/firmheap_kernel.cmake finds or fetches them.

use crate::paths;
use crate::run::Program;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The kernel's folder, the one with tasks.c in it; asked for once.
pub fn folder() -> Result<PathBuf> {
    static FOUND: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(folder) = &*found {
        return Ok(folder.clone());
    }
    let script = paths::root().join("cmake/firmheap_kernel.cmake");
    let said = Program::new("cmake").arg("-P").arg(script).must()?.output;
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let folder = line
        .map(PathBuf::from)
        .filter(|folder| folder.join("tasks.c").exists())
        .with_context(|| format!("the kernel resolver answered {said:?}"))?;
    Ok(found.insert(folder).clone())
}
