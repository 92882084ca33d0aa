// SPDX-License-Identifier: MIT
//! One copy of the repository with all mutants in it, each behind a switch, and its test programs. tests/proof's program
//! `switches` writes the sources. A mutant that does not compile is found by the marks around it, and left out of
//! the next try.

use super::{work, SETTINGS, TESTED};
use crate::paths;
use crate::run::Program;
use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Errors of types hide those of borrowing, so some tries are needed; each takes seconds.
const TRIES: u32 = 12;
/// On a busy machine.
const SECONDS_TO_BUILD: u64 = 3600;
/// Tests of the sources' text: they do not run the core.
const NOT_OF_THE_CORE: [&str; 2] = ["rooms", "unsafe_rooms"];
const NOT_COPIED: [&str; 3] = [".git", "target", "FreeRTOS-Kernel"];

/// What was built.
pub struct Built {
    /// Numbers of the mutants that do not compile.
    pub unviable: BTreeSet<u32>,
    /// Numbers of those that cannot have a switch.
    pub left: BTreeSet<u32>,
    /// The test programs.
    pub programs: Vec<PathBuf>,
    /// A copy of the same sources without mutants, for those that have no switch.
    pub plain: PathBuf,
}

pub fn build(list: &str) -> Result<Built> {
    let (tree, plain) = (copied("tree")?, plain()?);
    let (file, known) = (work().join("list.json"), work().join("unviable.txt"));
    let mut unviable = BTreeSet::new();
    if fs::read_to_string(&file).is_ok_and(|last| last == list) {
        // The same mutants as the last time, of which these did not compile.
        let text = fs::read_to_string(&known).unwrap_or_default();
        unviable.extend(text.lines().filter_map(|line| line.parse::<u32>().ok()));
    }
    fs::write(&file, list)?;
    fs::write(&known, "")?;
    for _ in 0..TRIES {
        let left = write_sources(&file, &tree, &unviable)?;
        let found = wrong_ones(&tree)?;
        if found.is_empty() {
            let lines = unviable.iter().map(|number| format!("{number}\n"));
            fs::write(&known, lines.collect::<String>())?;
            let programs = programs(&tree)?;
            return Ok(Built { unviable, left, programs, plain });
        }
        let known = unviable.len();
        unviable.extend(found);
        ensure!(unviable.len() > known, "a mutant that was left out does not compile");
    }
    bail!("the mutants still do not compile after {TRIES} tries")
}

/// A copy without mutants and, as that with all of them, without code that is compiled wherever it is used.
fn plain() -> Result<PathBuf> {
    let tree = copied("plain")?;
    let list = work().join("none.json");
    fs::write(&list, "[]")?;
    write_sources(&list, &tree, &BTreeSet::new())?;
    Ok(tree)
}

/// A copy of the repository, but for the sources of the core, which are the program's to write.
fn copied(name: &str) -> Result<PathBuf> {
    let tree = work().join(name);
    copy(&paths::root(), &tree, &["src"])?;
    Ok(tree)
}

/// Everything but what was built. A file that is the same keeps its time, so that cargo builds nothing for it;
/// what is no longer there is removed.
fn copy(from: &Path, to: &Path, but: &[&str]) -> Result<()> {
    fs::create_dir_all(to)?;
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let left_out = NOT_COPIED.iter().chain(but).any(|other| name == *other);
        if kind.is_symlink() || left_out {
            continue;
        }
        let other = to.join(&name);
        if kind.is_dir() {
            copy(&entry.path(), &other, &[])?;
        } else {
            let bytes = fs::read(entry.path())?;
            if !fs::read(&other).is_ok_and(|old| old == bytes) {
                fs::write(&other, bytes)?;
            }
        }
        names.insert(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && !names.contains(&entry.file_name()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes the switched sources; returns the numbers of those that have no switch.
fn write_sources(list: &Path, tree: &Path, without: &BTreeSet<u32>) -> Result<BTreeSet<u32>> {
    let without: Vec<_> = without.iter().map(u32::to_string).collect();
    let words = ["run", "--quiet", "--package", "proof", "--features", "switches"];
    let said = Program::cargo()
        .args(words)
        .args(["--bin", "switches", "--"])
        .arg(list)
        .arg(paths::root())
        .arg(tree)
        .arg(without.join(","))
        .must()?
        .output;
    Ok(said.lines().filter_map(|line| line.trim().parse().ok()).collect())
}

fn cargo(tree: &Path, words: &[&str]) -> Program {
    let mut program = Program::cargo().args(words).folder(tree);
    for (name, value) in SETTINGS {
        program = program.env(name, value);
    }
    // A lint that is an error, as of arithmetic that overflows, is no reason for all the others not to compile.
    program.env("RUSTFLAGS", "--cap-lints allow").env("CARGO_TARGET_DIR", work().join("switched"))
}

/// The mutants that the compiler complains of.
fn wrong_ones(tree: &Path) -> Result<BTreeSet<u32>> {
    let words = ["check", "--lib", "--package", "firmheap", "--message-format", "json"];
    let ran = cargo(tree, &words).run()?;
    // What is wrong outside of every mutant follows from what is wrong in one: it may be gone the next time.
    let (mut found, mut outside) = (BTreeSet::new(), String::new());
    for error in messages(&ran.output).filter(|message| message["message"]["level"] == "error") {
        let message = &error["message"];
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        for span in spans.iter().filter(|span| span["is_primary"] == true) {
            let file = tree.join(span["file_name"].as_str().unwrap_or_default());
            let text = fs::read(&file).with_context(|| format!("{}", file.display()))?;
            let at = span["byte_start"].as_u64().unwrap_or(0) as usize;
            match innermost(&text[..at.min(text.len())]) {
                Some(number) => {
                    found.insert(number);
                }
                None => outside += message["rendered"].as_str().unwrap_or_default(),
            }
        }
    }
    let any = !found.is_empty();
    ensure!(ran.success || any, "it is no mutant that does not compile:\n{outside}");
    Ok(found)
}

/// The mutant whose mark is open at the end of this text.
fn innermost(text: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(text);
    let mut open = Vec::new();
    for part in text.split("/*").skip(1) {
        let Some((mark, _)) = part.split_once("*/") else { continue };
        if let Some(number) = mark.strip_prefix('<').and_then(|word| word.parse::<u32>().ok()) {
            open.push(number);
        } else if mark.strip_suffix('>').is_some_and(|word| word.parse::<u32>().is_ok()) {
            open.pop();
        }
    }
    open.pop()
}

fn programs(tree: &Path) -> Result<Vec<PathBuf>> {
    let packages = TESTED.iter().flat_map(|name| ["--package", name]);
    let words: Vec<_> = ["test", "--no-run"].into_iter().chain(packages).collect();
    let program = cargo(tree, &words).args(["--profile", "switched", "--message-format", "json"]);
    let ran = program.seconds(SECONDS_TO_BUILD).must()?;
    let made = messages(&ran.output).filter_map(|message| {
        let name = message["target"]["name"].as_str()?.to_owned();
        let program = message["executable"].as_str()?;
        (!NOT_OF_THE_CORE.contains(&name.as_str())).then(|| PathBuf::from(program))
    });
    let programs: Vec<_> = made.collect();
    ensure!(programs.len() > 5, "only {} test programs: {}", programs.len(), ran.log.display());
    Ok(programs)
}

fn messages(output: &str) -> impl Iterator<Item = Value> + '_ {
    output.lines().filter_map(|line| serde_json::from_str(line).ok())
}

#[cfg(test)]
mod tests {
    use super::innermost;

    #[test]
    fn an_error_is_that_of_the_mutant_it_is_in() {
        let text = b"a /*<1*/ b /*1>*/ c /*<2*/ d /*<3*/ e /*3>*/ f /* g */ h";
        assert_eq!(innermost(text), Some(2));
        assert_eq!(innermost(&text[..10]), Some(1));
        assert_eq!(innermost(&text[..20]), None);
    }
}
