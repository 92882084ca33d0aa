// SPDX-License-Identifier: MIT
//! The suites that are programs of their own and end with `N passed, 0 failed`: smallest RAM beside the kernel's
//! heap_4 (tests/never_worse), and a second Rust archive in the same image (tests/mixed).

use super::{Step, Tally};
use crate::run::Program;
use crate::{kernel, paths};
use anyhow::{ensure, Context, Result};

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("never worse than heap_4", || suite("tests/never_worse/run.py")),
        Step::new("another Rust archive in the image", || suite("tests/mixed/run.py")),
    ]
}

pub fn suite(script: &str) -> Result<Tally> {
    let program = Program::new("python3").arg(paths::root().join(script));
    let program = program.env("PYTHONDONTWRITEBYTECODE", "1");
    let ran = program.env("FREERTOS_KERNEL_PATH", kernel::folder()?).must()?;
    let passed = closing_count(&ran.output).context("the suite printed no closing line")?;
    ensure!(passed > 0, "the suite checked nothing");
    let short = ran.output.lines().find(|line| line.contains("NOT REACHED")).map_or("", str::trim);
    Ok(Tally::counted(passed, format!("{passed} checks {short}")))
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
