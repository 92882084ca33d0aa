// SPDX-License-Identifier: MIT
//! The checks that cargo itself offers: form, lints, tests, Miri, documentation.

use super::{Step, Tally};
use crate::run::{on_path, Program, Ran};
use crate::{paths, targets};
use anyhow::{ensure, Result};

/// It runs beside everything else, on a core that it shares.
const MIRI_SECONDS: u64 = 2400;

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("format", || cargo(&["fmt", "--all", "--check"])),
        Step::new("lints, whole workspace", || {
            cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        }),
        Step::new("lints, the archive's C ABI", || {
            cargo(&[
                "clippy",
                "--package",
                "firmheap",
                "--features",
                "exports,pools,extensions",
                "--",
                "-D",
                "warnings",
            ])
        }),
        Step::new("docs build without warnings", docs),
        Step::new("tests of these commands themselves", || tests(&["--package", "xtask"])),
        Step::new("unit and model tests", || tests(&["--package", "firmheap"])),
        Step::new("unit and model tests, 32-bit", tests_32),
        Step::new("unit and model tests, alignment 16", tests_16),
        Step::new("model and faults as on Cortex-M0", tests_small_cpu),
        Step::new("abi tests against the kernel's headers", abi),
        Step::new("miri on the core", miri).beside(),
    ]
}

fn cargo(arguments: &[&str]) -> Result<Tally> {
    Program::cargo().args(arguments).must()?;
    Ok(Tally::passed(""))
}

fn docs() -> Result<Tally> {
    let arguments =
        ["doc", "--no-deps", "--package", "firmheap", "--features", "exports,pools,extensions"];
    Program::cargo()
        .args(arguments)
        .arg("--document-private-items")
        .env("RUSTDOCFLAGS", "-D warnings")
        .must()?;
    Ok(Tally::passed(""))
}

fn tests(arguments: &[&str]) -> Result<Tally> {
    count(Program::cargo().arg("test").args(arguments).must()?)
}

/// Offsets and sizes are 32 bits wide on the target: the same tests, in a 32-bit program.
fn tests_32() -> Result<Tally> {
    if !targets::has_std(targets::HOST_32) {
        let cure = format!("rustup target add {}", targets::HOST_32);
        return Ok(Tally::skipped(format!("no Rust standard library for it; try: {cure}")));
    }
    tests(&["--package", "firmheap", "--target", targets::HOST_32])
}

/// As on RISC-V: granules of 16 bytes, of which one is a block.
fn tests_16() -> Result<Tally> {
    let program = Program::cargo().args(["test", "--package", "firmheap"]);
    let program = program.env("FIRMHEAP_ALIGNMENT", "16");
    count(program.env("CARGO_TARGET_DIR", paths::work("alignment-16")).must()?)
}

/// CPUs that have few registers and cannot count zeros: other links, the map changed in its place, bins by tables.
fn tests_small_cpu() -> Result<Tally> {
    let chosen = ["model", "faults", "blame", "safe_unlink"].map(|test| ["--test", test]).concat();
    let program = Program::cargo().args(["test", "--package", "firmheap", "--lib"]).args(chosen);
    let program = program.env("RUSTFLAGS", "--cfg firmheap_no_clz --cfg firmheap_few_registers");
    count(program.env("CARGO_TARGET_DIR", paths::work("small-cpu")).must()?)
}

fn abi() -> Result<Tally> {
    if !paths::root().join("tests/abi/Cargo.toml").exists() {
        return Ok(Tally::skipped("tests/abi is not there"));
    }
    let kernel = crate::kernel::folder()?;
    let program = Program::cargo().args(["test", "--package", "abi", "--package", "header"]);
    count(program.env("FREERTOS_KERNEL_PATH", kernel).must()?)
}

/// Each test that ran counts. None at all is a failure: a filter or a path has gone wrong.
pub fn count(ran: Ran) -> Result<Tally> {
    let passed = passed_tests(&ran.output);
    ensure!(passed > 0, "cargo test ran no test at all");
    Ok(Tally::counted(passed, format!("{passed} tests")))
}

fn passed_tests(output: &str) -> usize {
    let results = output.lines().filter_map(|line| line.trim().strip_prefix("test result: ok. "));
    results.filter_map(|line| line.split_whitespace().next()?.parse::<usize>().ok()).sum()
}

fn miri() -> Result<Tally> {
    if let Some(why) = miri_missing()? {
        return Ok(Tally::skipped(why));
    }
    let program = nightly(&["miri", "test", "--package", "firmheap"]);
    // No pointer is made from a number there: the window keeps where its root came from.
    let program = program.env("MIRIFLAGS", "-Zmiri-strict-provenance");
    count(program.seconds(MIRI_SECONDS).must()?)
}

/// Why there is no Miri; `None` if there is. It is installed where rustup can.
fn miri_missing() -> Result<Option<String>> {
    let cure = "rustup toolchain install nightly --component miri --component rust-src";
    if !on_path("rustup") {
        return Ok(Some("no rustup, and Miri comes through it".to_owned()));
    }
    let there = || nightly(&["miri", "--version"]).run();
    if !there()?.success {
        let words = cure.split_whitespace().skip(1).chain(["--profile", "minimal"]);
        Program::new("rustup").args(words).seconds(MIRI_SECONDS).run().map(|_| ()).unwrap_or(());
    }
    Ok((!there()?.success).then(|| format!("the component is not to be had; try: {cure}")))
}

/// Through rustup, because the `cargo` that called us may be one toolchain's own.
fn nightly(arguments: &[&str]) -> Program {
    let program = Program::new("rustup").args(["run", "nightly", "cargo"]).args(arguments);
    program.env("RUSTUP_TOOLCHAIN", "nightly")
}

#[cfg(test)]
mod tests {
    use super::passed_tests;

    #[test]
    fn every_test_binary_counts() {
        let output = "test result: ok. 12 passed; 0 failed\ntest result: ok. 13 passed; 0 failed\n";
        assert_eq!(passed_tests(output), 25);
        assert_eq!(passed_tests("running 0 tests\n"), 0);
    }
}
