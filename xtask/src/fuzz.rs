// SPDX-License-Identifier: MIT
//! cargo-fuzz: the targets in fuzz/, steered by coverage. It needs a nightly toolchain and a C++ compiler.

use crate::paths;
use crate::run::{on_path, Program};
use anyhow::{bail, Context, Result};
use std::fs;
use std::path::PathBuf;

pub const TARGETS: [&str; 4] = ["operations", "hostile", "tables", "traces"];

/// Seconds for the first build, of libFuzzer too.
const BUILD_SECONDS: u64 = 900;
const LONGEST_INPUT: &str = "-max_len=1024";

/// Why there is no fuzzing here; `None` if there is.
pub fn missing() -> Option<String> {
    if !on_path("rustup") {
        return Some("no rustup, and the nightly toolchain comes through it".to_owned());
    }
    if !nightly(&["cargo", "--version"]).run().is_ok_and(|ran| ran.success) {
        return Some(
            "no nightly; try: rustup toolchain install nightly --profile minimal".to_owned(),
        );
    }
    if !nightly(&["cargo", "fuzz", "--version"]).run().is_ok_and(|ran| ran.success) {
        return Some("no cargo-fuzz; try: cargo install cargo-fuzz --locked".to_owned());
    }
    (!on_path("c++")).then(|| "no C++ compiler for libFuzzer; try: apt-get install g++".to_owned())
}

/// Fuzzes one target, starting from the committed corpus; returns how many inputs were run. What grows is kept
/// under the target folder, and what fails is named in the error.
pub fn run(target: &str, seconds: u64) -> Result<u64> {
    build(target)?;
    let grown = paths::work("fuzz").join(format!("{target}-grown"));
    let found = paths::work("fuzz").join(format!("{target}-found"));
    fs::create_dir_all(&grown)?;
    fs::create_dir_all(&found)?;
    let ran = Program::new(binary(target)?)
        .arg(format!("-max_total_time={seconds}"))
        .args([LONGEST_INPUT, "-print_final_stats=1", "-timeout=20", "-rss_limit_mb=2048"])
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(&grown)
        .arg(paths::root().join("fuzz/corpus").join(target))
        .seconds(seconds + 300)
        .run()?;
    if !ran.success {
        bail!(
            "fuzz target {target} failed; the input is in {}. Rerun it: cargo +nightly fuzz run {target} <input>\n{}",
            found.display(),
            ran.or_fail().err().map(|error| error.to_string()).unwrap_or_default()
        );
    }
    executions(&ran.output).context("libFuzzer printed no statistics")
}

fn executions(output: &str) -> Option<u64> {
    let line = output.lines().find(|line| line.starts_with("stat::number_of_executed_units:"))?;
    line.split_whitespace().last()?.parse().ok()
}

fn build(target: &str) -> Result<()> {
    nightly(&["cargo", "fuzz", "build", target])
        .env("CARGO_TARGET_DIR", paths::work("fuzz"))
        .seconds(BUILD_SECONDS)
        .must()
        .map(|_| ())
}

/// cargo-fuzz builds for the host by name.
fn binary(target: &str) -> Result<PathBuf> {
    let said = nightly(&["rustc", "-vV"]).must()?.output;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).context("no host")?;
    Ok(paths::work("fuzz").join(host).join("release").join(target))
}

fn nightly(words: &[&str]) -> Program {
    Program::new("rustup").args(["run", "nightly"]).args(words).env("RUSTUP_TOOLCHAIN", "nightly")
}

#[cfg(test)]
mod tests {
    use super::executions;

    #[test]
    fn libfuzzer_counts_what_it_ran() {
        let output = "Done 12 runs\nstat::number_of_executed_units: 4711\nstat::x: 1\n";
        assert_eq!(executions(output), Some(4711));
        assert_eq!(executions("Done\n"), None);
    }
}
