// SPDX-License-Identifier: MIT
//! Mutants that cannot have a switch: what must be a constant, and what changes a type. cargo-mutants compiles each
//! by itself: in two passes, because every mutant meets the tests of the core alone first, and only what they do not
//! notice those of the other packages, too.

use super::{work, End, Mutant, SETTINGS, TESTED};
use crate::run::Program;
use anyhow::{bail, ensure, Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// The mutants of one pass, by how they ended.
struct Pass {
    noticed: BTreeSet<String>,
    missed: BTreeSet<String>,
    unviable: BTreeSet<String>,
}

pub fn run<'m>(tree: &Path, mutants: &[&'m Mutant]) -> Result<Vec<(&'m Mutant, End)>> {
    if mutants.is_empty() {
        return Ok(Vec::new());
    }
    let names: BTreeSet<String> = mutants.iter().map(|mutant| mutant.name.clone()).collect();
    let first = pass(tree, "first", &["--test-package", "firmheap"], &names)?;
    let (mut missed, mut noticed) = (first.missed, first.noticed);
    if !missed.is_empty() {
        let words: Vec<_> = TESTED.iter().flat_map(|name| ["--test-package", name]).collect();
        let second = pass(tree, "second", &words, &missed)?;
        missed = second.missed;
        noticed.extend(second.noticed);
    }
    let end = |name: &String| match name {
        name if first.unviable.contains(name) => Ok(End::Unviable),
        name if missed.contains(name) => Ok(End::Missed),
        name if noticed.contains(name) => Ok(End::Noticed),
        name => bail!("cargo-mutants did not try `{name}`"),
    };
    mutants.iter().map(|mutant| Ok((*mutant, end(&mutant.name)?))).collect()
}

fn pass(tree: &Path, name: &str, words: &[&str], mutants: &BTreeSet<String>) -> Result<Pass> {
    let out = work().join(name);
    let _old = fs::remove_dir_all(out.join("mutants.out"));
    fs::create_dir_all(&out)?;
    let mut program = Program::cargo().arg("mutants").args(words).arg("--dir").arg(tree);
    program = program.args(mutants.iter().flat_map(|name| ["--re".to_owned(), exactly(name)]));
    for (name, value) in SETTINGS {
        program = program.env(name, value);
    }
    let jobs = thread::available_parallelism().map_or(1, usize::from).to_string();
    // Each job has a tree and a target folder of its own.
    let program = program.args(["--jobs", &jobs]);
    // A survivor is an error to cargo-mutants; how many there may be is judged by our caller.
    let shown = program.args(["--colors", "never", "--output"]).arg(&out).show();
    let out = finished(&out).with_context(|| format!("no result of cargo-mutants ({shown:?})"))?;
    // One that loops is noticed, too.
    let noticed = lines(&out, "caught.txt")?.into_iter().chain(lines(&out, "timeout.txt")?);
    Ok(Pass {
        noticed: noticed.collect(),
        missed: lines(&out, "missed.txt")?,
        unviable: lines(&out, "unviable.txt")?,
    })
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
    // No others: `\<` and `\>` are the bounds of a word.
    let escaped = name.chars().flat_map(|letter| {
        r"\.+*?()|[]{}^$#&-~".contains(letter).then_some('\\').into_iter().chain([letter])
    });
    format!("^{}$", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::exactly;

    #[test]
    fn a_name_is_no_pattern() {
        assert_eq!(exactly("src/a.rs:19:36: a * b -> <c>"), r"^src/a\.rs:19:36: a \* b \-> <c>$");
    }
}
