// SPDX-License-Identifier: MIT
//! The campaigns of tests/proof and tests/concurrency in small; `cargo xtask soak` runs them for hours.

use super::rust::count;
use super::{Step, Tally};
use crate::run::Program;
use crate::{fuzz, kernel, paths, soak};
use anyhow::{ensure, Context, Result};

/// Seconds of each fuzz target.
const FUZZ_SECONDS: u64 = 4;
/// Requests and frees of each storm.
const STORM: &str = "3e5";

pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("bit flips, small worlds, arithmetic, corpus", || campaigns(8, &[])),
        Step::new("the same, alignment 16, no leading zeros", || campaigns(16, LIGHT)),
        Step::new("the program that soak runs", program),
        Step::new("preemption inside the heap", storm),
    ];
    for target in fuzz::TARGETS {
        steps.push(Step::new(format!("fuzz {target}"), move || fuzz_briefly(target)));
    }
    steps
}

/// A share of the flips and depths: what differs with the alignment shows soon.
const LIGHT: &[(&str, &str)] =
    &[("FIRMHEAP_FLIPS", "20000"), ("FIRMHEAP_SMALL", "5"), ("FIRMHEAP_FUZZ", "500")];

/// The alignment is a constant of a build, so each has its own folder.
fn campaigns(alignment: u32, settings: &[(&str, &str)]) -> Result<Tally> {
    let mut program = Program::cargo().args(["test", "--package", "proof"]);
    if alignment != 8 {
        let folder = paths::work("proof").join(alignment.to_string());
        program = program.env("CARGO_TARGET_DIR", folder);
        program = program.env("FIRMHEAP_ALIGNMENT", alignment.to_string());
    }
    if alignment == 16 {
        // CPUs that cannot count leading zeros take them from a table: the same arithmetic, by that table.
        program = program.env("RUSTFLAGS", "--cfg firmheap_no_clz --cfg firmheap_few_registers");
    }
    for (name, value) in settings {
        program = program.env(name, value);
    }
    count(program.must()?)
}

/// A moment of what runs for hours: that it starts is no matter of course.
fn program() -> Result<Tally> {
    for words in [&["flips", "--flips", "200"][..], &["small", "--depth", "2"]] {
        soak::proof(8).args(words).must()?;
    }
    Ok(Tally::counted(2, "flips, small"))
}

fn storm() -> Result<Tally> {
    let program = Program::new("python3").arg(paths::root().join("tests/concurrency/run.py"));
    let program = program.args(["--operations", STORM, "--work"]).arg(paths::work("concurrency"));
    let ran = program.env("FREERTOS_KERNEL_PATH", kernel::folder()?).must()?;
    let last = ran.output.lines().last().unwrap_or_default();
    let passed = last.strip_suffix(" passed, 0 failed").context("no closing line")?;
    let passed: usize = passed.parse()?;
    ensure!(passed > 0, "no program ran");
    Ok(Tally::counted(passed, format!("{STORM} operations in each of {passed} programs")))
}

fn fuzz_briefly(target: &str) -> Result<Tally> {
    if let Some(why) = fuzz::missing() {
        return Ok(Tally::skipped(why));
    }
    let runs = fuzz::run(target, FUZZ_SECONDS)?;
    ensure!(runs > 0, "the fuzz target did not run");
    Ok(Tally::passed(format!("{runs} executions in {FUZZ_SECONDS} s")))
}
