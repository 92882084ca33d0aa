// SPDX-License-Identifier: MIT
//! `cargo xtask demo`: the same C application on two boards and two heaps, side by side.

use crate::board::{self, Entry, Firmware};
use crate::progress::Spinner;
use crate::{table, targets, tools};
use anyhow::{bail, Result};
use clap::Args;
use std::time::Duration;

#[derive(Args)]
pub struct Options {
    /// Only this board: posix or mps2-an385
    #[arg(long, value_parser = board::BOARDS)]
    board: Option<String>,
    /// Only this heap: firmheap or 4
    #[arg(long, value_parser = board::HEAPS)]
    heap: Option<String>,
    /// firmheap as one of the kernel's own heap files, instead: heap_1 to heap_5, or all
    #[arg(long, value_parser = ["heap_1", "heap_2", "heap_3", "heap_4", "heap_5", "all"], conflicts_with = "heap")]
    scheme: Option<String>,
    /// Show what each firmware printed
    #[arg(long)]
    show_output: bool,
}

/// One entry of one firmware, run (twice where runs must be identical).
pub struct Run {
    firmware: Firmware,
    entry: String,
    pub verdict: Verdict,
    took: Duration,
    pub output: String,
}

/// How a run ended.
#[derive(PartialEq, Eq)]
pub enum Verdict {
    Passed,
    PassedTwiceIdentically,
    Failed,
    /// Two runs of a deterministic board differ, from this line on.
    Differs(String),
}

impl Verdict {
    pub fn passed(&self) -> bool {
        matches!(self, Self::Passed | Self::PassedTwiceIdentically)
    }

    pub fn text(&self) -> String {
        match self {
            Self::Passed => "passed".to_owned(),
            Self::PassedTwiceIdentically => "passed, two runs identical".to_owned(),
            Self::Failed => "FAILED".to_owned(),
            Self::Differs(line) => format!("FAILED: two runs differ: {line}"),
        }
    }
}

pub fn run(options: &Options) -> Result<()> {
    prepare()?;
    let heap = options.scheme.as_ref().filter(|scheme| *scheme != "all").or(options.heap.as_ref());
    let chosen = |firmware: &Firmware| {
        options.board.as_deref().is_none_or(|board| board == firmware.board)
            && heap.is_none_or(|heap| heap == firmware.heap)
    };
    let all = if options.scheme.is_some() { Firmware::of_schemes() } else { Firmware::all() };
    let mut runs = Vec::new();
    for firmware in all.into_iter().filter(chosen) {
        runs.extend(build_and_run(&firmware, options.show_output)?);
    }
    println!("\n{}", side_by_side(&runs));
    println!("{}", what_ran(&runs));
    let failed = runs.iter().filter(|run| !run.verdict.passed()).count();
    if failed > 0 {
        bail!("{failed} of {} runs failed; --show-output shows what they printed", runs.len());
    }
    Ok(())
}

/// What both boards need.
pub fn prepare() -> Result<()> {
    tools::ensure(&[
        tools::CMAKE,
        tools::NINJA,
        tools::HOST_CC,
        tools::ARM_CC,
        tools::ARM_LIBC,
        tools::QEMU,
        tools::PYTHON,
    ])?;
    targets::ensure(targets::CORTEX_M3)
}

fn build_and_run(firmware: &Firmware, show_output: bool) -> Result<Vec<Run>> {
    let spinner = Spinner::start("");
    spinner.say(&format!("{}: building", firmware.title()));
    firmware.build()?;
    let mut runs = Vec::new();
    for entry in firmware.entries()?.iter().filter(|entry| !entry.is_proof()) {
        spinner.say(&format!("{}: running {}", firmware.title(), entry.name));
        runs.push(run_entry(firmware, entry)?);
    }
    spinner.done();
    for run in &runs {
        println!("{:<22} {:<18} {}", firmware.title(), run.entry, run.verdict.text());
        if show_output || !run.verdict.passed() {
            println!("{}", run.output.trim_end());
        }
    }
    if runs.is_empty() {
        bail!("{} has nothing to run: c_demo/CMakeLists.txt lists no ctest entry", firmware.name());
    }
    Ok(runs)
}

/// Runs one entry, and once more where the second run must print the same.
pub fn run_entry(firmware: &Firmware, entry: &Entry) -> Result<Run> {
    let first = entry.run()?;
    let mut verdict = if first.success { Verdict::Passed } else { Verdict::Failed };
    if first.success && firmware.is_deterministic() && !entry.is_proof() {
        let second = entry.run()?;
        verdict = match first_difference(&first.output, &second.output) {
            None => Verdict::PassedTwiceIdentically,
            Some(line) => Verdict::Differs(line),
        };
    }
    Ok(Run {
        firmware: firmware.clone(),
        entry: entry.name.clone(),
        verdict,
        took: first.took,
        output: first.output,
    })
}

fn first_difference(first: &str, second: &str) -> Option<String> {
    if first == second {
        return None;
    }
    let mut pairs = first.lines().zip(second.lines());
    let differing = pairs.find(|(one, other)| one != other);
    Some(
        differing
            .map_or("one prints more".to_owned(), |(one, other)| format!("`{one}` / `{other}`")),
    )
}

/// One table for each kind of entry: a row for each figure, a column for each firmware.
fn side_by_side(runs: &[Run]) -> String {
    let mut kinds: Vec<&str> = runs.iter().map(|run| run.entry.as_str()).collect();
    kinds.dedup();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.into_iter().map(|kind| figures(kind, runs)).collect()
}

fn figures(kind: &str, runs: &[Run]) -> String {
    let of_kind: Vec<&Run> = runs.iter().filter(|run| run.entry == kind).collect();
    let summaries: Vec<_> = of_kind.iter().map(|run| board::summary(&run.output)).collect();
    let mut keys: Vec<&String> = Vec::new();
    for (key, _) in summaries.iter().flatten() {
        // The head of the table says these.
        let said = key == "heap" || key == "board";
        if !said && !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut rows = vec![vec![kind.to_owned()]];
    rows[0].extend(of_kind.iter().map(|run| run.firmware.title()));
    for key in keys {
        let value = |summary: &Vec<(String, String)>| {
            summary
                .iter()
                .find(|(name, _)| name == key)
                .map_or("-".to_owned(), |(_, value)| value.clone())
        };
        let mut row = vec![key.replace('_', " ")];
        row.extend(summaries.iter().map(value));
        rows.push(row);
    }
    format!("{}\n", table::render(&rows))
}

fn what_ran(runs: &[Run]) -> String {
    let mut rows: Vec<Vec<String>> =
        vec![["what ran", "board", "heap", "seconds", "verdict"].map(str::to_owned).to_vec()];
    for run in runs {
        rows.push(vec![
            run.entry.clone(),
            run.firmware.board.to_owned(),
            run.firmware.heap_title(),
            format!("{:.1}", run.took.as_secs_f64()),
            run.verdict.text(),
        ]);
    }
    table::render(&rows)
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn two_runs_must_be_identical_to_the_last_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n").as_deref(), Some("`b` / `c`"));
        assert!(first_difference("a\nb\n", "a\nb\nc\n").is_some());
    }
}
