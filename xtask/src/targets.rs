// SPDX-License-Identifier: MIT
//! Rust targets and their `core` library. The rules live in cmake/firmheap_rust.cmake, where a
//! firmware build needs them; here they are only called.

use crate::run::Program;
use crate::{paths, tools};
use anyhow::{Context, Result};

pub const CORTEX_M0: &str = "thumbv6m-none-eabi";
pub const CORTEX_M3: &str = "thumbv7m-none-eabi";
pub const HOST_32: &str = "i686-unknown-linux-gnu";

/// Makes sure that `target` can be built for, downloading if need be. Where rustup reaches no
/// server, Debian's packages have the sources of `core`.
pub fn ensure(target: &str) -> Result<()> {
    let Err(without_debian) = provide(target) else {
        return Ok(());
    };
    tools::ensure(&[tools::DEBIAN_RUSTC, tools::DEBIAN_CORE]).map_err(|_| without_debian)?;
    provide(target)
}

/// Has the target std as well, so that tests can be built for it and run?
pub fn has_std(target: &str) -> bool {
    let query = Program::new("rustc").args(["--print", "target-libdir", "--target", target]).run();
    let folder = query.ok().filter(|ran| ran.success).map(|ran| ran.output.trim().to_owned());
    let entries = folder.into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let mut names = entries.flatten().map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().starts_with("libstd-"))
}

fn provide(target: &str) -> Result<()> {
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
