// SPDX-License-Identifier: MIT
//! Where things are. Everything that is made goes under cargo's target folder.

use std::path::{Path, PathBuf};

/// The top of the repository, wherever the command was called from.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// cargo's target folder; `CARGO_TARGET_DIR` is honoured.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// A folder of our own below the target folder.
pub fn work(name: &str) -> PathBuf {
    target().join("xtask").join(name)
}
