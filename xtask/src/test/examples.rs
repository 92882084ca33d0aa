// SPDX-License-Identifier: MIT
//! The small programs of c_demo/examples, which check themselves, on one board.

use crate::run::Program;
use crate::{kernel, paths};
use anyhow::{ensure, Context, Result};
use std::path::Path;

/// Builds them in `folder` with these options of CMake, runs them (those whose name matches `only`), and wants at least
/// so many to pass. How many did, and what ctest said of it.
pub fn run(
    board: &str,
    folder: &Path,
    options: &[&str],
    only: &str,
    least: usize,
) -> Result<(usize, String)> {
    let demo = paths::root().join("c_demo");
    let mut configure = Program::new("cmake").args(["-G", "Ninja", "-S"]);
    configure = configure.arg(demo.join("examples")).arg("-B").arg(folder);
    configure = configure.arg(format!("-DBOARD={board}")).args(options);
    configure = configure.env("FREERTOS_KERNEL_PATH", kernel::folder()?);
    let toolchain = demo.join("boards").join(board).join("toolchain.cmake");
    if toolchain.exists() {
        configure = configure.arg(format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()));
    }
    configure.must()?;
    Program::new("cmake").arg("--build").arg(folder).must()?;
    let ctest = Program::new("ctest").arg("--test-dir").arg(folder).arg("--output-on-failure");
    let output = ctest.args(["-R", only]).must()?.output;
    let passed = output.lines().filter(|line| line.contains("Passed")).count();
    ensure!(passed >= least, "{passed} examples ran:\n{output}");
    let closing = output.lines().find(|line| line.contains("tests passed"));
    Ok((passed, closing.context("ctest did not end")?.to_owned()))
}
