// SPDX-License-Identifier: MIT
//! The kernel's behavioural contract, run against firmheap and against the kernel's own heap files
//! (tests/contract). Each of its programs counts.

use super::{Step, Tally};
use crate::run::Program;
use crate::{kernel, paths};
use anyhow::{ensure, Context, Result};

pub fn steps() -> Vec<Step> {
    vec![Step::new("contract, against heap_4 and heap_5 too", contract)]
}

fn contract() -> Result<Tally> {
    let program = Program::new("python3").arg(paths::root().join("tests/contract/run.py"));
    let program = program.env("PYTHONDONTWRITEBYTECODE", "1");
    let ran = program.env("FREERTOS_KERNEL_PATH", kernel::folder()?).must()?;
    let programs =
        number_before(&ran.output, " programs in ").context("no line counts programs")?;
    let checks = number_before(&ran.output, " passed, 0 failed").context("no closing line")?;
    ensure!(programs > 0 && checks >= programs, "the suite checked nothing");
    Ok(Tally::counted(programs, format!("{programs} programs, {checks} checks in them")))
}

/// The number that stands before `words`, in the last line that has them.
fn number_before(output: &str, words: &str) -> Option<usize> {
    let line = output.lines().rev().find(|line| line.contains(words))?;
    line.split_once(words)?.0.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number_before;

    #[test]
    fn a_failure_is_no_count() {
        let output = "contract: 496 programs in 123 s\n1084830 passed, 0 failed\n";
        assert_eq!(number_before(output, " programs in "), Some(496));
        assert_eq!(number_before(output, " passed, 0 failed"), Some(1_084_830));
        assert_eq!(number_before("10 passed, 11 failed", " passed, 0 failed"), None);
    }
}
