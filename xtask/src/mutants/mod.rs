// SPDX-License-Identifier: MIT
//! cargo-mutants on the core: a changed core must be noticed by a test. `.cargo/mutants.toml` says what is changed.
//!
//! Compiling the tests a thousand times is what takes hours. So all mutants that cargo-mutants lists are compiled into one
//! copy of the core, each behind a switch ([`switched`]), and each meets the test programs one after the other, the
//! quickest first ([`trial`]). The few that cannot have a switch, such as constants, are given to cargo-mutants itself
//! ([`apart`]).

mod apart;
mod known;
mod switched;
mod trial;

use crate::paths;
use crate::run::{on_path, Program};
use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// Small campaigns are enough to notice a mutant.
pub(crate) const SETTINGS: [(&str, &str); 4] = [
    ("FIRMHEAP_SMALL", "5"),
    ("FIRMHEAP_FLIPS", "3000"),
    ("FIRMHEAP_FUZZ", "200"),
    ("FIRMHEAP_MODEL_STEPS", "600"),
];
/// The packages whose tests run the core: its own, the campaigns, the reader of its traces.
const TESTED: [&str; 3] = ["firmheap", "proof", "firmheap-trace"];
/// The share of viable mutants that must be noticed.
const KILLED_LEAST: f64 = 0.95;
/// All of them, on two cores.
const HOURS_OF_ALL: f64 = 1.0;

/// How a mutant ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// It does not compile: no mutant.
    Unviable,
    Noticed,
    Missed,
}

/// One mutant of cargo-mutants' list.
struct Mutant {
    /// Its place in the list, from one: the number of its switch.
    number: u32,
    name: String,
    file: String,
}

/// All mutants; with little time every so manieth, beginning with another one for each seed.
pub fn run(hours: f64, seed: u64) -> Result<String> {
    let shards = (HOURS_OF_ALL / hours).ceil().max(1.0) as u64;
    let first = seed.wrapping_sub(1) % shards;
    let list = list()?;
    let mutants = named(&list)?;
    let built = switched::build(&list)?;
    let is_wanted = |mutant: &&Mutant| u64::from(mutant.number) % shards == first;
    let mut ends = Vec::new();
    let mut by_switch = Vec::new();
    let mut left = Vec::new();
    for mutant in mutants.iter().filter(is_wanted) {
        if built.left.contains(&mutant.number) {
            left.push(mutant);
        } else if built.unviable.contains(&mutant.number) {
            ends.push((mutant, End::Unviable));
        } else {
            by_switch.push(mutant);
        }
    }
    println!(
        "{} mutants{}: {} behind switches, {} for cargo-mutants",
        ends.len() + by_switch.len() + left.len(),
        of(shards),
        by_switch.len(),
        left.len()
    );
    ends.extend(trial::run(&built.programs, &by_switch)?);
    ends.extend(apart::run(&built.plain, &left)?);
    judge(&ends, shards)
}

fn of(shards: u64) -> String {
    if shards > 1 {
        format!(" of every {shards}th")
    } else {
        String::new()
    }
}

/// cargo-mutants' list, as JSON.
fn list() -> Result<String> {
    ensure!(
        on_path("cargo-mutants"),
        "no cargo-mutants; try: cargo install cargo-mutants --locked"
    );
    let file = work().join("listed.json");
    fs::create_dir_all(work())?;
    // Its warnings are on the other output; a file, so that it can be looked at.
    let words = ["-c", "exec cargo mutants --colors never --list --json > \"$0\""];
    Program::new("sh").args(words).arg(&file).must()?;
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

fn named(list: &str) -> Result<Vec<Mutant>> {
    let all: Value = serde_json::from_str(list).context("the list of cargo-mutants")?;
    let all = all.as_array().context("no list")?;
    ensure!(!all.is_empty(), "no mutant was made: what does .cargo/mutants.toml leave?");
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let numbered = (1..).zip(all);
    Ok(numbered
        .map(|(number, one)| Mutant { number, name: word(one, "name"), file: word(one, "file") })
        .collect())
}

fn work() -> PathBuf {
    paths::work("mutants")
}

fn judge(ends: &[(&Mutant, End)], shards: u64) -> Result<String> {
    let count = |end: End| ends.iter().filter(|(_, other)| *other == end).count();
    let (killed, viable) = (count(End::Noticed), ends.len() - count(End::Unviable));
    ensure!(viable > 0, "no mutant compiles");
    print!("{}", table(ends));
    let share = killed as f64 / viable as f64;
    let said = format!(
        "{killed} of {viable} viable mutants{} noticed ({:.1} %)",
        of(shards),
        100.0 * share
    );
    let missed: Vec<_> = ends
        .iter()
        .filter(|(_, end)| *end == End::Missed)
        .map(|(mutant, _)| mutant.name.as_str())
        .collect();
    let missed = missed.join("\n");
    println!("not noticed:\n{missed}");
    if share < KILLED_LEAST {
        bail!("{said}; not noticed:\n{missed}");
    }
    Ok(said)
}

/// A row for each file, as docs/MUTANTS.md has it.
fn table(ends: &[(&Mutant, End)]) -> String {
    let mut files: Vec<&str> = ends.iter().map(|(mutant, _)| mutant.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let mut text =
        "| file | mutants | do not compile | noticed | not noticed |\n|---|--:|--:|--:|--:|\n"
            .to_owned();
    let mut row = |name: &str, of: &dyn Fn(&Mutant) -> bool| {
        let count = |wanted: &[End]| {
            ends.iter().filter(|(mutant, end)| of(mutant) && wanted.contains(end)).count()
        };
        text += &format!(
            "| {name} | {} | {} | {} | {} |\n",
            count(&[End::Unviable, End::Noticed, End::Missed]),
            count(&[End::Unviable]),
            count(&[End::Noticed]),
            count(&[End::Missed])
        );
    };
    for file in files {
        row(&format!("`{file}`"), &|mutant| mutant.file == file);
    }
    row("all", &|_| true);
    text
}

#[cfg(test)]
mod tests {
    use super::{judge, table, End, Mutant};

    fn mutants(count: u32) -> Vec<Mutant> {
        let one = |number: u32| Mutant { number, name: number.to_string(), file: "f".to_owned() };
        (1..=count).map(one).collect()
    }

    fn ends(mutants: &[Mutant], missed: u32) -> Vec<(&Mutant, End)> {
        let end = |number: u32| if number <= missed { End::Missed } else { End::Noticed };
        mutants.iter().map(|mutant| (mutant, end(mutant.number))).collect()
    }

    #[test]
    fn one_in_twenty_may_survive() {
        let mutants = mutants(100);
        assert!(judge(&ends(&mutants, 5), 1).is_ok());
        assert!(judge(&ends(&mutants, 6), 1).is_err());
        assert!(judge(&[], 1).is_err());
    }

    #[test]
    fn what_does_not_compile_is_not_counted() {
        let mutants = mutants(20);
        let mut ends = ends(&mutants, 1);
        assert!(judge(&ends, 1).is_ok());
        ends[10].1 = End::Unviable;
        assert!(judge(&ends, 1).is_err(), "one of nineteen is more than one in twenty");
        assert!(table(&ends).contains("| `f` | 20 | 1 | 18 | 1 |\n"));
    }
}
