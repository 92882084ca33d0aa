// SPDX-License-Identifier: MIT
//! `cargo xtask test`: every check of the project, one after the other. A failure does not stop the
//! rest; all of them are shown again at the end, and then one line counts them.

mod archives;
mod boards;
mod contract;
mod firmware;
mod port;
mod rust;

use crate::progress::Spinner;
use crate::{targets, tools};
use anyhow::{bail, Result};
use clap::Args;
use std::time::Instant;

#[derive(Args)]
pub struct Options {
    /// Only the steps whose name contains one of these words
    words: Vec<String>,
    /// Name the steps and do nothing
    #[arg(long)]
    list: bool,
}

/// One check with a name of its own.
pub struct Step {
    name: String,
    check: Box<dyn Fn() -> Result<Tally>>,
}

/// What a check found. A check that finds more than one thing counts each of them.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    note: String,
}

impl Step {
    pub fn new(name: impl Into<String>, check: impl Fn() -> Result<Tally> + 'static) -> Self {
        Self { name: name.into(), check: Box::new(check) }
    }
}

impl Tally {
    pub fn passed(note: impl Into<String>) -> Self {
        Self { passed: 1, note: note.into(), ..Self::default() }
    }

    pub fn counted(passed: usize, note: impl Into<String>) -> Self {
        Self { passed, note: note.into(), ..Self::default() }
    }

    pub fn skipped(why: impl Into<String>) -> Self {
        Self { skipped: 1, note: why.into(), ..Self::default() }
    }
}

pub fn run(options: &Options) -> Result<()> {
    let wanted = |step: &Step| {
        options.words.is_empty()
            || options.words.iter().any(|word| step.name.contains(word.as_str()))
    };
    let steps: Vec<Step> = all_steps().into_iter().filter(wanted).collect();
    if options.list {
        steps.iter().for_each(|step| println!("{}", step.name));
        return Ok(());
    }
    if steps.is_empty() {
        bail!("no step has such a name; --list names them");
    }
    prepare()?;
    run_steps(&steps)
}

/// In the order of speed and of what tells most: a formatting slip shows in a second.
fn all_steps() -> Vec<Step> {
    let groups = [
        rust::steps,
        port::steps,
        archives::steps,
        firmware::steps,
        contract::steps,
        boards::steps,
    ];
    groups.into_iter().flat_map(|group| group()).collect()
}

fn prepare() -> Result<()> {
    tools::ensure(&[
        tools::CMAKE,
        tools::NINJA,
        tools::HOST_CC,
        tools::HOST_32,
        tools::ARM_CC,
        tools::ARM_LIBC,
        tools::QEMU,
        tools::PYTHON,
        tools::LIBCLANG,
    ])?;
    for target in [targets::CORTEX_M3, targets::CORTEX_M0, targets::HOST_32] {
        targets::ensure(target)?;
    }
    Ok(())
}

fn run_steps(steps: &[Step]) -> Result<()> {
    let mut total = Tally::default();
    let mut failures = Vec::new();
    let mut skips = Vec::new();
    for step in steps {
        let tally = run_step(step).unwrap_or_else(|error| {
            failures.push(format!("{}\n{error:#}", step.name));
            Tally { failed: 1, ..Tally::default() }
        });
        if tally.skipped > 0 {
            skips.push(format!("skipped: {} ({})", step.name, tally.note));
        }
        total.passed += tally.passed;
        total.failed += tally.failed;
        total.skipped += tally.skipped;
    }
    for failure in &failures {
        println!("\nFAILED {failure}");
    }
    println!();
    skips.iter().for_each(|skip| println!("{skip}"));
    println!("{}", closing_line(&total));
    if total.failed > 0 {
        bail!("{} failed, see above", total.failed);
    }
    Ok(())
}

fn run_step(step: &Step) -> Result<Tally> {
    let spinner = Spinner::start(&step.name);
    let start = Instant::now();
    let found = (step.check)();
    let seconds = start.elapsed().as_secs_f64();
    spinner.done();
    let (word, note) = match &found {
        Ok(tally) if tally.skipped > 0 => ("SKIPPED", tally.note.clone()),
        Ok(tally) => ("ok", tally.note.clone()),
        Err(error) => ("FAILED", first_line(&format!("{error:#}"))),
    };
    println!("{word:<8}{seconds:>6.1} s  {:<44} {note}", step.name);
    found
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(120).collect()
}

fn closing_line(total: &Tally) -> String {
    let line = format!("{} passed, {} failed", total.passed, total.failed);
    if total.skipped > 0 {
        format!("{line}, {} skipped", total.skipped)
    } else {
        line
    }
}
