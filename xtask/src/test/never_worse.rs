// SPDX-License-Identifier: MIT
//! Largest request and smallest total RAM beside the kernel's heap_4, as 32-bit code
//! (tests/never_worse): every heap size, the recorded programs, 10,000 random ones.

use super::{Step, Tally};
use crate::run::Program;
use crate::{kernel, paths};
use anyhow::{ensure, Context, Result};

pub fn steps() -> Vec<Step> {
    vec![Step::new("never worse than heap_4", never_worse)]
}

fn never_worse() -> Result<Tally> {
    let program = Program::new("python3").arg(paths::root().join("tests/never_worse/run.py"));
    let ran = program.env("FREERTOS_KERNEL_PATH", kernel::folder()?).must()?;
    let passed = closing_count(&ran.output).context("the suite printed no closing line")?;
    ensure!(passed > 0, "the suite checked nothing");
    Ok(Tally::counted(passed, format!("{passed} checks, 10000 random programs")))
}

/// `N passed, 0 failed`, the suite's last line.
fn closing_count(output: &str) -> Option<usize> {
    output.lines().last()?.strip_suffix(" passed, 0 failed")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::closing_count;

    #[test]
    fn a_failure_is_no_count() {
        assert_eq!(closing_count("never_worse: 40 s\n42 passed, 0 failed\n"), Some(42));
        assert_eq!(closing_count("40 passed, 2 failed\n"), None);
    }
}
