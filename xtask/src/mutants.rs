// SPDX-License-Identifier: MIT
//! cargo-mutants on the core: a changed core must be noticed by a test. `.cargo/mutants.toml` says what is changed.
//!
//! In two passes, because building is what costs: every mutant meets the tests of the core alone, and what they do
//! not notice meets the campaigns of tests/proof, too.

use crate::paths;
use crate::run::Program;
use anyhow::{bail, ensure, Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Small campaigns are enough to notice a mutant: each is compiled and run by itself.
const SETTINGS: [(&str, &str); 4] = [
    ("FIRMHEAP_SMALL", "5"),
    ("FIRMHEAP_FLIPS", "10000"),
    ("FIRMHEAP_FUZZ", "200"),
    ("FIRMHEAP_MODEL_STEPS", "300"),
];
/// The share of viable mutants that must be noticed.
const KILLED_LEAST: f64 = 0.95;
/// All of them, on two cores.
const HOURS_OF_ALL: f64 = 2.0;

/// The mutants of one pass, by how they ended.
struct Pass {
    killed: BTreeSet<String>,
    missed: BTreeSet<String>,
}

/// All mutants in two hours; every so manieth in less, beginning with another one for each seed.
pub fn run(hours: f64, seed: u64) -> Result<String> {
    let shards = (HOURS_OF_ALL / hours).ceil().max(1.0) as u64;
    let shard = format!("{}/{shards}", seed.wrapping_sub(1) % shards);
    let words = ["--sharding", "round-robin", "--shard", &shard, "--test-package", "firmheap"];
    let first = pass("first", &words.map(str::to_owned))?;
    let (mut killed, mut missed) = (first.killed.len(), first.missed);
    if !missed.is_empty() {
        let mut words: Vec<String> =
            ["--test-package", "firmheap", "--test-package", "proof"].map(str::to_owned).into();
        words.extend(missed.iter().flat_map(|name| ["--re".to_owned(), exactly(name)]));
        let second = pass("second", &words)?;
        killed += missed.difference(&second.missed).count();
        missed = second.missed;
    }
    judge(killed, &missed, shards)
}

fn judge(killed: usize, missed: &BTreeSet<String>, shards: u64) -> Result<String> {
    let viable = killed + missed.len();
    ensure!(viable > 0, "no mutant was made: what does .cargo/mutants.toml leave?");
    let share = killed as f64 / viable as f64;
    let of = if shards > 1 { format!(" of every {shards}th") } else { String::new() };
    let said = format!("{killed} of {viable} viable mutants{of} noticed ({:.1} %)", 100.0 * share);
    let listed: Vec<_> = missed.iter().map(String::as_str).collect();
    println!("{}", listed.join("\n"));
    if share < KILLED_LEAST {
        bail!("{said}; not noticed:\n{}", listed.join("\n"));
    }
    Ok(said)
}

fn pass(name: &str, words: &[String]) -> Result<Pass> {
    let out = paths::work("mutants").join(name);
    let _old = fs::remove_dir_all(out.join("mutants.out"));
    fs::create_dir_all(&out)?;
    let mut program = Program::cargo().arg("mutants").args(words);
    for (name, value) in SETTINGS {
        program = program.env(name, value);
    }
    // A survivor is an error to cargo-mutants; how many there may be is judged here.
    let program = program.env("CARGO_TARGET_DIR", paths::work("mutants").join("target"));
    let shown = program.args(["--colors", "never", "--output"]).arg(&out).show();
    let cure = "no result of cargo-mutants; try: cargo install cargo-mutants --locked";
    let out = finished(&out).with_context(|| format!("{cure} ({shown:?})"))?;
    let mut killed = lines(&out, "caught.txt")?;
    killed.extend(lines(&out, "timeout.txt")?); // it loops, and a test that loops is noticed
    Ok(Pass { killed, missed: lines(&out, "missed.txt")? })
}

/// Its folder, if the tests passed without a mutant: only then the rest means anything.
fn finished(out: &Path) -> Result<PathBuf> {
    let out = out.join("mutants.out");
    let outcomes = fs::read_to_string(out.join("outcomes.json"))?;
    ensure!(
        outcomes.contains("\"end_time\": \""),
        "the tests fail without a mutant, or it was stopped"
    );
    Ok(out)
}

fn lines(out: &Path, file: &str) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(out.join(file))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// A regular expression for one mutant's name.
fn exactly(name: &str) -> String {
    let escaped = name.chars().flat_map(|letter| {
        let special = !(letter.is_alphanumeric() || letter == ' ' || letter == '_');
        special.then_some('\\').into_iter().chain([letter])
    });
    format!("^{}$", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{exactly, judge};
    use std::collections::BTreeSet;

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(exactly("src/units.rs:19:36: a * b"), r"^src\/units\.rs\:19\:36\: a \* b$");
    }

    #[test]
    fn one_in_twenty_may_survive() {
        let missed: BTreeSet<_> = (0..5).map(|number| number.to_string()).collect();
        assert!(judge(95, &missed, 1).is_ok());
        assert!(judge(94, &missed, 1).is_err());
        assert!(judge(0, &BTreeSet::new(), 1).is_err());
    }
}
