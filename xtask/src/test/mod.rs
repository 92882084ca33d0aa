// SPDX-License-Identifier: MIT
//! `cargo xtask test`: every check of the project, one after the other. A failure does not stop the
//! rest; all of them are shown again at the end, and then one line counts them.

mod archives;
mod boards;
mod bounds;
mod by_hand;
mod contract;
mod faults;
mod firmware;
mod misuse;
mod pairs;
mod pools;
mod port;
mod proof;
mod rust;
mod schemes;
mod suites;

use crate::progress::Spinner;
use crate::{targets, tools};
use anyhow::{anyhow, bail, Result};
use clap::Args;
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

    /// Runs beside the others: for a long check that keeps one core busy and no build folder of theirs.
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
        by_hand::steps,
        contract::steps,
        misuse::steps,
        pairs::steps,
        faults::steps,
        pools::steps,
        bounds::steps,
        suites::steps,
        proof::steps,
        schemes::steps,
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
    let (beside, in_turn): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|step| step.beside);
    let mut report = Report::default();
    thread::scope(|scope| {
        let started: Vec<_> =
            beside.iter().map(|step| (step, scope.spawn(|| measured(step)))).collect();
        for step in in_turn {
            let spinner = Spinner::start(&step.name);
            let (found, seconds) = measured(step);
            spinner.done();
            report.add(step, found, seconds);
        }
        for (step, thread) in started {
            let spinner = Spinner::start(&step.name);
            let (found, seconds) =
                thread.join().unwrap_or_else(|_| (Err(anyhow!("the check itself panicked")), 0.0));
            spinner.done();
            report.add(step, found, seconds);
        }
    });
    report.close()
}

fn measured(step: &Step) -> (Result<Tally>, f64) {
    let start = Instant::now();
    let found = (step.check)();
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
    fn add(&mut self, step: &Step, found: Result<Tally>, seconds: f64) {
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
        println!("{word:<8}{seconds:>6.1} s  {:<44} {note}", step.name);
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
