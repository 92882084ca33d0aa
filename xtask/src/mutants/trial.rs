// SPDX-License-Identifier: MIT
//! Each mutant behind a switch meets the test programs, the quickest first, until one of them fails.

use super::known::Known;
use super::{work, End, Mutant, SETTINGS};
use crate::progress::Spinner;
use crate::run::Program;
use anyhow::{ensure, Context, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a mutant may use: a test that needs more has noticed it. Seconds of one core, and some room for a busy
/// machine; KiB of memory.
const SECONDS_LEAST: f64 = 2.0;
const TIMES_USUAL: f64 = 6.0;
const MEMORY: u64 = 4 << 20;
/// A program of tests that takes longer is run test by test.
const LONG: Duration = Duration::from_secs(1);
/// The longest tests of each round.
const ROUNDS: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(3), Duration::MAX];
/// Starting a program, in seconds.
const START: f64 = 0.02;

/// A program of tests, or one test of it where all of them take long; and the seconds of computing it may take.
struct Test {
    program: PathBuf,
    only: Option<String>,
    seconds: u64,
    took: Duration,
    noticed: AtomicU32,
}

impl Test {
    fn name(&self) -> String {
        let program = self.program.file_name().unwrap_or_default().to_string_lossy();
        let program = program.rsplit_once('-').map_or(&*program, |(name, _)| name);
        self.only.as_ref().map_or(program.to_owned(), |only| format!("{program} {only}"))
    }
}

/// How each mutant ended. All meet the test that noticed them the last time first, then the quick tests, and only what
/// those do not notice the longer ones. What is known is also written to a file on the way: a run that is cut off says
/// that much.
pub fn run<'m>(programs: &[PathBuf], mutants: &[&'m Mutant]) -> Result<Vec<(&'m Mutant, End)>> {
    let mut tests = usual(programs)?;
    let file = work().join("ends.txt");
    let known = Known::with(&file)?;
    let log = Mutex::new(File::create(&file)?);
    let mut ends = Vec::new();
    let mut left: Vec<&Mutant> = mutants.to_vec();
    println!("{} mutants, the tests that noticed them before", left.len());
    let its_own = |mutant: &Mutant| {
        tests.iter().filter(|test| known.has(mutant, &test.name())).collect::<Vec<_>>()
    };
    let noticed = round(its_own, &left, &log)?;
    left.retain(|mutant| !noticed.contains(&mutant.number));
    for most in ROUNDS {
        let longer = tests.split_off(tests.partition_point(|test| test.took <= most));
        let which = if most == Duration::MAX { "the rest" } else { &format!("up to {most:?}") };
        println!("{} mutants, {} tests: {which}", left.len(), tests.len());
        let noticed = round(|_: &Mutant| tests.iter().collect(), &left, &log)?;
        left.retain(|mutant| !noticed.contains(&mutant.number));
        tests = longer;
    }
    for mutant in mutants {
        let missed = left.iter().any(|other| other.number == mutant.number);
        let end = if missed { End::Missed } else { End::Noticed };
        if missed {
            write_line(&log, &format!("missed\t-\t{}", mutant.name));
        }
        ends.push((*mutant, end));
    }
    println!("one line for each: {}", file.display());
    Ok(ends)
}

/// The numbers of those that one of their tests notices.
fn round<'t>(
    tests: impl Fn(&Mutant) -> Vec<&'t Test> + Sync,
    mutants: &[&Mutant],
    log: &Mutex<File>,
) -> Result<BTreeSet<u32>> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let spinner = Spinner::start("mutants behind switches");
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let work = || -> Result<()> {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(mutant) = mutants.get(index) else { return Ok(()) };
                if let Some(test) = noticed(tests(mutant), mutant.number)? {
                    write_line(log, &format!("noticed\t{}\t{}", test.name(), mutant.name));
                    locked(&found).insert(mutant.number);
                }
                if index % 100 == 99 {
                    spinner.say(&format!("{} of {} mutants", index + 1, mutants.len()));
                }
            }
        };
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|one| one.join().expect("no panic"))
    })?;
    spinner.done();
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_line(log: &Mutex<File>, line: &str) {
    let _only_for_reading_on_the_way = writeln!(locked(log), "{line}");
}

/// The tests pass without a mutant, and take so long.
fn usual(programs: &[PathBuf]) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for program in programs {
        let all = measured(program, None)?;
        if all.took < LONG {
            tests.push(all);
            continue;
        }
        for only in names(program)? {
            tests.push(measured(program, Some(only))?);
        }
    }
    tests.sort_by_key(|test| test.took);
    for test in &tests {
        println!("{:>8.2} s  {}", test.took.as_secs_f64(), test.name());
    }
    Ok(tests)
}

fn measured(program: &Path, only: Option<String>) -> Result<Test> {
    let (program, noticed) = (program.to_owned(), AtomicU32::new(0));
    let test = Test { program, only, seconds: 600, took: Duration::ZERO, noticed };
    // The lesser of two: on a busy machine one run can take long for no reason of its own.
    let mut took = Duration::MAX;
    for _ in 0..2 {
        let start = Instant::now();
        ensure!(passes(&test, 0)?, "{} fails without a mutant", test.name());
        took = took.min(start.elapsed());
    }
    let seconds = (took.as_secs_f64() * TIMES_USUAL).max(SECONDS_LEAST).ceil() as u64;
    Ok(Test { took, seconds, ..test })
}

fn names(program: &Path) -> Result<Vec<String>> {
    let listing = Program::new(program).args(["--list", "--format", "terse"]).must()?.output;
    let names: Vec<_> =
        listing.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect();
    ensure!(!names.is_empty(), "{} lists no test", program.display());
    Ok(names)
}

/// The test that fails with this mutant. Those that have noticed most for their time are asked first.
fn noticed(mut order: Vec<&Test>, mutant: u32) -> Result<Option<&Test>> {
    let worth = |test: &Test| {
        f64::from(test.noticed.load(Ordering::Relaxed) + 1) / (test.took.as_secs_f64() + START)
    };
    order.sort_by(|one, other| worth(other).total_cmp(&worth(one)));
    for test in order {
        if !passes(test, mutant)? {
            test.noticed.fetch_add(1, Ordering::Relaxed);
            return Ok(Some(test));
        }
    }
    Ok(None)
}

/// Runs a test with a mutant on, to the first failure; one that computes for too long or takes too much memory does
/// not pass.
fn passes(test: &Test, mutant: u32) -> Result<bool> {
    // One by one: a plain shell sets only one of several limits at once.
    let limits = format!(
        "ulimit -t {} && ulimit -v {MEMORY} && ulimit -c 0 && exec \"$0\" \"$@\"",
        test.seconds
    );
    let mut command = Command::new("sh");
    command.args(["-c", &limits]).arg(&test.program).args(["--test-threads", "1"]);
    if let Some(only) = &test.only {
        command.args(["--exact", only]);
    }
    command.env("FIRMHEAP_MUTANT", mutant.to_string()).envs(SETTINGS).stdin(Stdio::null());
    command.current_dir(work().join("tree")).stdout(Stdio::piped()).stderr(Stdio::null());
    let named = || format!("cannot run {}", test.program.display());
    let mut child = command.spawn().with_context(named)?;
    let output = child.stdout.take().context("no output")?;
    // A limit of computing also ends one that waits for nothing: no test here sleeps.
    let failed = BufReader::new(output).lines().map_while(Result::ok).any(|line| is_failure(&line));
    if failed {
        let _it_may_have_ended = child.kill();
    }
    Ok(child.wait()?.success() && !failed)
}

fn is_failure(line: &str) -> bool {
    line.starts_with("test ") && line.ends_with("FAILED")
}

#[cfg(test)]
mod tests {
    use super::is_failure;

    #[test]
    fn the_first_failure_is_enough() {
        assert!(is_failure("test double_free::wide ... FAILED"));
        assert!(!is_failure("test double_free::wide ... ok"));
        assert!(!is_failure("test result: ok. 2 passed; 0 failed"));
    }
}
