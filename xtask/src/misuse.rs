// SPDX-License-Identifier: MIT
//! tests/misuse: one tiny C program for each misuse, on the host with 64 and 32 bits and on mps2-an385, at every
//! integrity level. What each must raise stands in its own file; what it did raise comes back as a table.

use crate::archive::{self, Options};
use crate::cpu::M3;
use crate::run::Program;
use crate::{kernel, paths, targets, tools};
use anyhow::{ensure, Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

pub const LEVELS: u8 = 5;
const STRICT: [&str; 7] = ["-std=gnu99", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-main"];

/// Where the programs run.
#[derive(Clone, Copy)]
pub struct Platform {
    pub name: &'static str,
    compiler: &'static str,
    flags: &'static [&'static str],
    port: &'static str,
    emulated: bool,
}

pub const PLATFORMS: [Platform; 3] = [
    Platform {
        name: "host, 64-bit",
        compiler: "cc",
        flags: &["-no-pie"],
        port: "ThirdParty/GCC/Posix",
        emulated: false,
    },
    Platform {
        name: "host, 32-bit",
        compiler: "cc",
        flags: &["-m32", "-no-pie"],
        port: "ThirdParty/GCC/Posix",
        emulated: false,
    },
    Platform {
        name: "mps2-an385",
        compiler: "arm-none-eabi-gcc",
        flags: &["-mcpu=cortex-m3", "-mthumb"],
        port: "GCC/ARM_CM3",
        emulated: true,
    },
];

/// One misuse: what it is, and the numbers of the faults it must raise at each level.
pub struct Case {
    pub name: String,
    pub what: String,
    pub expected: Vec<u32>,
}

/// Numbers of tests/misuse/misuse.h beside those of faults: nothing was raised; that or [`DAMAGED`], as it happens.
const MISSED: u32 = 0;
const CHANCE: u32 = 98;
/// The number of the fault "free block damaged".
const DAMAGED: u32 = 5;

impl Case {
    /// What it counts as that this was raised at this level.
    pub fn counted(&self, level: u8, raised: u32) -> u32 {
        let by_chance = self.expected[usize::from(level)] == CHANCE;
        if by_chance && [MISSED, DAMAGED].contains(&raised) {
            CHANCE
        } else {
            raised
        }
    }
}

impl Platform {
    fn target(&self) -> Result<String> {
        Ok(match (self.emulated, self.flags.contains(&"-m32")) {
            (true, _) => targets::CORTEX_M3.to_owned(),
            (_, true) => targets::HOST_32.to_owned(),
            _ => targets::host()?,
        })
    }

    fn folder(&self, level: u8) -> PathBuf {
        paths::work("misuse").join(self.name.replace([',', ' '], "-")).join(level.to_string())
    }

    /// One program with all cases; the archive and the port file are of this level.
    pub fn build(&self, level: u8) -> Result<PathBuf> {
        tools::ensure(&[tools::CMAKE, tools::HOST_CC])?;
        if self.emulated {
            tools::ensure(&[tools::ARM_CC, tools::ARM_LIBC, tools::QEMU])?;
        }
        let folder = self.folder(level);
        let options = Options { integrity: level, ..Options::new(&self.target()?, folder.clone()) };
        archive::make_if_stale(&options)?;
        fs::write(folder.join("cases.h"), list()?)?;
        let sources = paths::root().join("tests/misuse");
        let program = folder.join("misuse.elf");
        let kernel = kernel::folder()?;
        let mut compile = Program::new(self.compiler)
            .args(self.flags)
            .args(STRICT)
            .arg(format!("-DFIRMHEAP_INTEGRITY={level}"))
            .arg("-isystem")
            .arg(kernel.join("include"))
            .arg("-isystem")
            .arg(kernel.join("portable").join(self.port));
        for include in [&sources, &folder, &paths::root().join("include")] {
            compile = compile.arg("-I").arg(include);
        }
        compile = compile.arg(sources.join("main.c")).args(case_files()?);
        if self.emulated {
            let script = paths::root().join("c_demo/boards/mps2-an385/link.ld");
            compile =
                compile.arg(sources.join("target.c")).args(["-nostartfiles", "-specs=nano.specs"]);
            compile = compile.arg(format!("-T{}", script.display()));
        }
        compile
            .arg(paths::root().join("port/firmheap_port.c"))
            .arg("-o")
            .arg(&program)
            .arg("-Wl,--no-warn-rwx-segments")
            .arg(options.file())
            .must()?;
        Ok(program)
    }

    /// What each case raised, in the order of the cases: the number of the fault, zero if the program ended, in
    /// whatever way, without one; or what is wrong with the report.
    pub fn raised(&self, program: &Path, cases: &[Case]) -> Result<Vec<Result<u32>>> {
        if self.emulated {
            return Ok(cases
                .iter()
                .map(|case| raised_in(&emulate(program, &case.name)?))
                .collect());
        }
        let output = Program::new(program).arg("all").seconds(200).must()?.output;
        let parts: BTreeMap<&str, &str> =
            output.split("run ").filter_map(|part| part.split_once('\n')).collect();
        let one =
            |case: &Case| raised_in(parts.get(case.name.as_str()).context("the case did not run")?);
        Ok(cases.iter().map(one).collect())
    }
}

fn emulate(program: &Path, case: &str) -> Result<String> {
    let semihosting = format!("enable=on,target=native,arg=misuse,arg={case}");
    let qemu = M3.emulator().args(["-semihosting-config", &semihosting, "-kernel"]).arg(program);
    Ok(qemu.seconds(10).run()?.output)
}

fn raised_in(output: &str) -> Result<u32> {
    let said = |word| output.lines().find_map(|line: &str| line.strip_prefix(word));
    if let Some(wrong) = said("wrong: ") {
        anyhow::bail!("{wrong}\n{output}");
    }
    if let Some(number) = said("raised ") {
        return Ok(number.trim().parse()?);
    }
    // It crashed, before or after the fault was told of.
    Ok(said("heap fault ").and_then(|rest| rest.split(':').next()?.parse().ok()).unwrap_or(0))
}

/// The cases as the host's program at level 1 lists them.
pub fn cases(program: &Path) -> Result<Vec<Case>> {
    let listing = Program::new(program).must()?.output;
    let mut cases = Vec::new();
    for line in listing.lines().filter_map(|line| line.strip_prefix("case ")) {
        let (head, what) = line.split_once('|').context("a case without words")?;
        let mut words = head.split(' ');
        let name = words.next().context("a case without a name")?.to_owned();
        let expected = words.map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        ensure!(expected.len() == usize::from(LEVELS), "{name}: a fault for each level");
        cases.push(Case { name, what: what.to_owned(), expected });
    }
    ensure!(cases.len() > 15, "only {} cases: is tests/misuse/cases complete?", cases.len());
    Ok(cases)
}

fn case_files() -> Result<Vec<PathBuf>> {
    let folder = paths::root().join("tests/misuse/cases");
    let mut files =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "c"));
    files.sort();
    Ok(files)
}

fn list() -> Result<String> {
    let names = case_files()?;
    let lines =
        names.iter().filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned()));
    Ok(lines.map(|name| format!("misuseCASE_OF( {name} )\n")).collect())
}

/// A word for each number of `FirmheapFault` that a misuse can raise.
pub fn word(number: u32) -> String {
    let words = BTreeMap::from([
        (MISSED, "missed"),
        (1, "foreign pointer"),
        (2, "double free"),
        (3, "right disagrees"),
        (4, "left disagrees"),
        (DAMAGED, "free block damaged"),
        (15, "trailer damaged"),
        (16, "written after free"),
        (CHANCE, "by chance"),
        (99, "NULL"),
    ]);
    words.get(&number).map_or_else(|| format!("fault {number}"), |word| (*word).to_owned())
}
