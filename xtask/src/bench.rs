// SPDX-License-Identifier: MIT
//! `cargo xtask bench`: exact instruction counts on an emulated Cortex-M3. The measuring program is
//! `benches/driver`; this finds or installs what it needs and hands it the words that follow.

use crate::run::Program;
use crate::{kernel, paths, targets, tools};
use anyhow::Result;
use clap::Args;

#[derive(Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// Words for the measuring program; --help shows what it knows
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC, tools::QEMU])?;
    targets::ensure(targets::CORTEX_M3)?;
    Program::cargo()
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(paths::root().join("benches/driver/Cargo.toml"))
        .args(["--bin", "firmheap-bench", "--"])
        .args(&options.words)
        .env("FREERTOS_KERNEL_PATH", kernel::folder()?)
        .show()
}
