// SPDX-License-Identifier: MIT
//! `cargo xtask test`: every check of the project, one after the other. A failure does not stop the
//! rest; all of them are shown again at the end, and then one line counts them.

mod archives;
mod boards;
mod bounds;
mod by_hand;
mod caps;
mod contract;
mod examples;
mod faults;
mod firmware;
mod interrupts;
mod health;
mod misuse;
mod pairs;
mod memory;
mod pools;
mod port;
mod proof;
mod rust;
mod schemes;
mod strict;
mod suites;
mod track;

use crate::progress::Spinners;
use crate::{targets, tools};
use anyhow::{anyhow, bail, Result};
use clap::Args;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
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
    check: Box<Check>,
    beside: bool,
}

type Check = dyn Fn() -> Result<Tally> + Send + Sync;

/// What a check found. A check that finds more than one thing counts each of them.
#[derive(Default)]
pub struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    note: String,
}

impl Step {
    pub fn new(
        name: impl Into<String>,
        check: impl Fn() -> Result<Tally> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), check: Box::new(check), beside: false }
    }

    /// Runs beside all groups: for a long check that keeps one core busy and no build folder of theirs.
    pub fn beside(mut self) -> Self {
        self.beside = true;
        self
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
    let groups: Vec<Vec<Step>> = all_steps()
        .into_iter()
        .map(|group| group.into_iter().filter(wanted).collect())
        .filter(|group: &Vec<Step>| !group.is_empty())
        .collect();
    if options.list {
        groups.iter().flatten().for_each(|step| println!("{}", step.name));
        return Ok(());
    }
    if groups.is_empty() {
        bail!("no step has such a name; --list names them");
    }
    prepare()?;
    run_groups(groups)
}

/// In the order of speed and of what tells most: a formatting slip shows in a second. The steps of a group share build
/// folders and run one after the other.
fn all_steps() -> Vec<Vec<Step>> {
    let groups = [
        rust::steps,
        port::steps,
        archives::steps,
        firmware::steps,
        by_hand::steps,
        contract::steps,
        misuse::steps,
        pairs::steps,
        faults::steps,
        memory::steps,
        pools::steps,
        interrupts::steps,
        caps::steps,
        track::steps,
        health::steps,
        bounds::steps,
        suites::steps,
        proof::steps,
        schemes::steps,
        boards::steps,
    ];
    groups.into_iter().map(|group| group()).collect()
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

/// Two groups at a time: most steps wait for one compiler, linker or emulator.
const LANES: usize = 2;

fn run_groups(groups: Vec<Vec<Step>>) -> Result<()> {
    let (beside, in_turn): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .flat_map(|group| {
            let (beside, in_turn): (Vec<Step>, Vec<Step>) =
                group.into_iter().partition(|step| step.beside);
            beside.into_iter().map(|step| (true, vec![step])).chain([(false, in_turn)])
        })
        .partition(|(is_beside, _)| *is_beside);
    let waiting = Mutex::new(in_turn.into_iter().map(|(_, group)| group));
    let report = Mutex::new(Report::default());
    let spinners = Spinners::default();
    let run = |group: &[Step]| {
        for step in group {
            let spinner = spinners.start(&step.name);
            let (found, seconds) = measured(step);
            spinner.done();
            let line = unpoisoned(&report).add(step, found, seconds);
            spinners.print(&line);
        }
    };
    thread::scope(|scope| {
        for (_, group) in &beside {
            scope.spawn(|| run(group));
        }
        for _ in 0..LANES {
            scope.spawn(|| loop {
                let Some(group) = unpoisoned(&waiting).next() else { break };
                run(&group);
            });
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner).close()
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn measured(step: &Step) -> (Result<Tally>, f64) {
    let start = Instant::now();
    let found = catch_unwind(AssertUnwindSafe(|| (step.check)()))
        .unwrap_or_else(|_| Err(anyhow!("the check itself panicked")));
    (found, start.elapsed().as_secs_f64())
}

/// What was found so far.
#[derive(Default)]
struct Report {
    total: Tally,
    failures: Vec<String>,
    skips: Vec<String>,
}

impl Report {
    /// Counts it; returns the line to show.
    fn add(&mut self, step: &Step, found: Result<Tally>, seconds: f64) -> String {
        let (word, note) = match found {
            Ok(tally) => {
                self.total.passed += tally.passed;
                self.total.skipped += tally.skipped;
                if tally.skipped > 0 {
                    self.skips.push(format!("skipped: {} ({})", step.name, tally.note));
                }
                (if tally.skipped > 0 { "SKIPPED" } else { "ok" }, tally.note)
            }
            Err(error) => {
                self.total.failed += 1;
                self.failures.push(format!("{}\n{error:#}", step.name));
                ("FAILED", first_line(&format!("{error:#}")))
            }
        };
        format!("{word:<8}{seconds:>6.1} s  {:<44} {note}", step.name)
    }

    /// Everything that failed once more, then the line that counts.
    fn close(&self) -> Result<()> {
        for failure in &self.failures {
            println!("\nFAILED {failure}");
        }
        println!();
        self.skips.iter().for_each(|skip| println!("{skip}"));
        println!("{}", closing_line(&self.total));
        if self.total.failed > 0 {
            bail!("{} failed, see above", self.total.failed);
        }
        Ok(())
    }
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
