// SPDX-License-Identifier: MIT
//! The demonstration firmware as the demo and the tests build it: a board, a heap, a build folder.
//! What to run, and through which emulator, is read from the firmware's own ctest entries.

use crate::paths;
use crate::run::Program;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub const BOARDS: [&str; 2] = ["posix", "mps2-an385"];
pub const HEAPS: [&str; 2] = ["firmheap", "4"];
/// firmheap with one of the kernel's own schemes.
pub const SCHEMES: [&str; 5] = ["heap_1", "heap_2", "heap_3", "heap_4", "heap_5"];
const RUN_SECONDS: u64 = 300;

/// One image to be: `c_demo` for a board with a heap.
#[derive(Clone)]
pub struct Firmware {
    pub board: &'static str,
    pub heap: &'static str,
}

/// A program the firmware's build offers to run.
pub struct Entry {
    pub name: String,
    command: Vec<String>,
}

/// What one run of an entry gave.
pub struct Outcome {
    pub success: bool,
    pub output: String,
    pub took: Duration,
}

impl Firmware {
    pub fn all() -> Vec<Self> {
        let of_board = |board| HEAPS.map(move |heap| Self { board, heap });
        BOARDS.into_iter().flat_map(of_board).collect()
    }

    /// The same on each of the kernel's own schemes.
    pub fn of_schemes() -> Vec<Self> {
        let of_board = |board| SCHEMES.map(move |heap| Self { board, heap });
        BOARDS.into_iter().flat_map(of_board).collect()
    }

    fn scheme(&self) -> Option<&'static str> {
        SCHEMES.into_iter().find(|scheme| *scheme == self.heap)
    }

    pub fn name(&self) -> String {
        format!("{}-{}", self.board, self.heap)
    }

    /// For people: the kernel's file by its name, not its number.
    pub fn title(&self) -> String {
        format!("{} {}", self.board, self.heap_title())
    }

    /// The same without the board.
    pub fn heap_title(&self) -> String {
        match self.scheme() {
            Some(scheme) => format!("firmheap {scheme}"),
            None if self.heap == "4" => "heap_4".to_owned(),
            None => self.heap.to_owned(),
        }
    }

    /// On the emulator every run is the same, instruction by instruction.
    pub fn is_deterministic(&self) -> bool {
        self.board != "posix"
    }

    fn folder(&self) -> PathBuf {
        paths::target().join("demo").join(self.name())
    }

    /// Configures and builds; cheap if nothing changed.
    pub fn build(&self) -> Result<()> {
        let demo = paths::root().join("c_demo");
        let mut configure = Program::new("cmake").args(["-G", "Ninja", "-S"]).arg(&demo);
        configure = configure.arg("-B").arg(self.folder());
        configure = configure.arg(format!("-DBOARD={}", self.board));
        let heap = if self.scheme().is_some() { "firmheap" } else { self.heap };
        configure = configure.arg(format!("-DHEAP={heap}"));
        configure = configure.arg(format!("-DFIRMHEAP_SCHEME={}", self.scheme().unwrap_or("firm")));
        let toolchain = demo.join("boards").join(self.board).join("toolchain.cmake");
        if toolchain.exists() {
            configure = configure.arg(format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()));
        }
        configure.must().with_context(|| format!("configuring {}", self.name()))?;
        let build = Program::new("cmake").arg("--build").arg(self.folder());
        build.must().with_context(|| format!("building {}", self.name()))?;
        Ok(())
    }

    /// What there is to run, in the order the build lists it.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let listing = Program::new("ctest")
            .arg("--test-dir")
            .arg(self.folder())
            .arg("--show-only=json-v1")
            .must()?
            .output;
        let start = listing.find('{').context("ctest listed nothing")?;
        let listed: Value =
            serde_json::from_str(&listing[start..]).context("reading ctest's list")?;
        let tests = listed["tests"].as_array().context("ctest's list has no tests")?;
        tests.iter().map(entry).collect()
    }
}

fn entry(test: &Value) -> Result<Entry> {
    let name = test["name"].as_str().context("a ctest entry without a name")?.to_owned();
    let words = test["command"].as_array();
    let words = words.with_context(|| format!("ctest entry {name} was not built"))?;
    let command = words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
    Ok(Entry { name, command })
}

impl Entry {
    /// Proves that the firmware's own checks can fail: a build with a fault in it. Not for show.
    pub fn is_proof(&self) -> bool {
        self.name.contains("_notices_")
    }

    pub fn run(&self) -> Result<Outcome> {
        let (program, arguments) = self.command.split_first().context("an empty ctest command")?;
        let start = Instant::now();
        let ran = Program::new(program).args(arguments).seconds(RUN_SECONDS).run()?;
        Ok(Outcome { success: ran.success, output: ran.output, took: start.elapsed() })
    }
}

/// The `summary: key=value ..` lines of a firmware, in their order.
pub fn summary(output: &str) -> Vec<(String, String)> {
    let lines = output.lines().filter_map(|line| line.trim().strip_prefix("summary:"));
    let pairs = lines.flat_map(str::split_whitespace).filter_map(|word| word.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn summary_lines_become_pairs_in_their_order() {
        let output = "hello\nsummary: b=2 a=1\nsummary: result=ok\n";
        let pairs = [("b", "2"), ("a", "1"), ("result", "ok")];
        let expected = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(summary(output), expected);
    }
}
