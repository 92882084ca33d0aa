// SPDX-License-Identifier: MIT
//! `cargo xtask memory`: the portable layer's extensions beside the C library's realloc and aligned_alloc (tests/memory), on
//! the host and on QEMU's mps2-an385, and what they cost. `--docs` writes the tables of docs/MEMORY.md.

use crate::archive::{self, Options as Archive, Regions};
use crate::cpu::M3;
use crate::progress::Spinner;
use crate::run::Program;
use crate::{kernel, memory_costs, paths, table, targets, tools};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::PathBuf;

const STRICT: [&str; 8] = [
    "-std=gnu99",
    "-O1",
    "-g",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-main",
    "-Wno-unused-parameter",
];
const SOURCES: [&str; 4] = [
    "tests/memory/main.c",
    "tests/memory/directed.c",
    "tests/memory/differential.c",
    "port/firmheap_port.c",
];

#[derive(Args)]
pub struct Options {
    /// How many operations run beside the C library, in each variant
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(20_000..))]
    operations: u32,
    /// Write the tables of docs/MEMORY.md
    #[arg(long)]
    docs: bool,
    /// Only the tables of what it costs
    #[arg(long)]
    costs: bool,
}

/// Where a program runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    Host,
    Host32,
    CortexM3,
}

/// An archive and the program over it.
#[derive(Clone, Copy)]
pub struct Variant {
    pub machine: Machine,
    pub level: u8,
    pub large: bool,
    pub alignment: u8,
    pub clears: bool,
    pub regions: bool,
}

const PLAIN: Variant = Variant {
    machine: Machine::Host,
    level: 1,
    large: false,
    alignment: 8,
    clears: false,
    regions: false,
};

/// Every level, form, alignment, machine and option at least once; the first two are the reference.
pub const VARIANTS: [Variant; 14] = [
    PLAIN,
    Variant { machine: Machine::CortexM3, ..PLAIN },
    Variant { machine: Machine::Host32, level: 0, ..PLAIN },
    Variant { level: 0, large: true, clears: true, ..PLAIN },
    Variant { level: 2, ..PLAIN },
    Variant { machine: Machine::Host32, level: 2, large: true, regions: true, ..PLAIN },
    Variant { level: 3, ..PLAIN },
    Variant { machine: Machine::Host32, level: 3, large: true, clears: true, ..PLAIN },
    Variant { level: 1, regions: true, clears: true, ..PLAIN },
    Variant { level: 1, alignment: 16, ..PLAIN },
    Variant { machine: Machine::Host32, level: 0, alignment: 32, regions: true, ..PLAIN },
    Variant { level: 3, alignment: 32, regions: true, ..PLAIN },
    Variant { level: 1, alignment: 32, large: true, ..PLAIN },
    // The whole heap is checked at every call: short.
    Variant { level: 4, ..PLAIN },
];

impl Variant {
    pub fn name(&self) -> String {
        let machine = match self.machine {
            Machine::Host => "host",
            Machine::Host32 => "host-32",
            Machine::CortexM3 => "mps2-an385",
        };
        let form = if self.large { "large" } else { "compact" };
        let clears = if self.clears { "-clears" } else { "" };
        let regions = if self.regions { "-regions" } else { "" };
        format!("{machine}-{}-{form}-{}{clears}{regions}", self.level, self.alignment)
    }

    /// Operations in this variant where a plain one does so many.
    fn share(&self, operations: u32) -> u32 {
        if self.level == 4 {
            operations.min(100_000) / 5
        } else {
            operations
        }
    }

    fn header(&self) -> u8 {
        let size = if self.large { 4 } else { 2 };
        if self.level == 0 {
            size
        } else {
            2 * size
        }
    }

    fn archive(&self) -> Result<PathBuf> {
        let target = match self.machine {
            Machine::Host => targets::host()?,
            Machine::Host32 => targets::HOST_32.to_owned(),
            Machine::CortexM3 => targets::CORTEX_M3.to_owned(),
        };
        // The archive does not know of regions.
        let name = Self { regions: false, ..*self }.name();
        let options = Archive {
            integrity: self.level,
            regions: if self.large { Regions::Large } else { Regions::Compact },
            alignment: self.alignment,
            clear_on_free: self.clears,
            ..Archive::new(&target, paths::work("memory").join(name))
        };
        archive::make_if_stale(&options)?;
        Ok(options.file())
    }

    fn build(&self, operations: u32) -> Result<PathBuf> {
        let archive = self.archive()?;
        let program = paths::work("memory").join(format!("{}.elf", self.name()));
        let (compiler, flags): (_, &[&str]) = match self.machine {
            Machine::Host => ("cc", &["-no-pie"]),
            Machine::Host32 => ("cc", &["-m32", "-no-pie"]),
            Machine::CortexM3 => ("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"]),
        };
        let mut compile = Program::new(compiler).args(flags).args(STRICT);
        let numbers = [
            ("FIRMHEAP_INTEGRITY", u32::from(self.level)),
            ("FIRMHEAP_REGIONS_LARGE", u32::from(self.large)),
            ("FIRMHEAP_USE_REGIONS", u32::from(self.regions)),
            ("memoryHEADER", u32::from(self.header())),
            ("memoryALIGNMENT", u32::from(self.alignment)),
            ("CONTRACT_ALIGNMENT", u32::from(self.alignment)),
            ("CONTRACT_TICK_BITS", 32),
            ("memoryOPERATIONS", self.share(operations)),
        ];
        for (name, value) in numbers {
            compile = compile.arg(format!("-D{name}={value}U"));
        }
        if self.clears {
            compile = compile.arg("-DmemoryCLEAR");
        }
        if self.machine == Machine::CortexM3 {
            compile = compile.arg("-nostartfiles").args(M3.library()).args(M3.script());
            compile = compile.args(["-DtargetSBRK_BYTES=1000000", "tests/misuse/target.c"]);
        }
        compile
            .args(["-I", "tests/memory", "-I", "include", "-isystem", "tests/contract/host"])
            .arg("-isystem")
            .arg(kernel::folder()?.join("include"))
            .args(SOURCES)
            .arg("-o")
            .arg(&program)
            .arg("-Wl,--no-warn-rwx-segments")
            .arg(archive)
            .must()?;
        Ok(program)
    }

    /// Runs it; its lines of figures.
    pub fn run(&self, operations: u32) -> Result<Vec<String>> {
        tools::ensure(&[tools::CMAKE, tools::HOST_CC])?;
        let program = if self.machine == Machine::CortexM3 {
            M3.ensure_tools()?;
            let program = M3.emulator().args(["-semihosting-config", "enable=on,target=native"]);
            program.arg("-kernel").arg(self.build(operations)?)
        } else {
            Program::new(self.build(operations)?)
        };
        let output = program.seconds(600).must().with_context(|| self.name())?.output;
        ensure!(output.ends_with("passed\n"), "{}: it ended without a word: {output}", self.name());
        let lines = output.lines().filter(|line| line.starts_with("resizes: "));
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        ensure!(lines.len() == 3, "{}: {output}", self.name());
        Ok(lines)
    }
}

/// The functions of firmheap_memory.h.
pub const FUNCTIONS: [&str; 5] = [
    "pvPortRealloc",
    "pvPortReallocArray",
    "pvPortAlignedAlloc",
    "xPortGetAllocationSize",
    "xPortGetLargestFreeBlockSize",
];

pub fn run(options: &Options) -> Result<()> {
    let variants = if options.costs { &[][..] } else { &VARIANTS[..] };
    for variant in variants {
        let spinner = Spinner::start(&variant.name());
        let lines = variant.run(options.operations)?;
        spinner.done();
        lines.iter().for_each(|line| println!("{}: {line}", variant.name()));
    }
    let spinner = Spinner::start("counting instructions and bytes");
    let tables = memory_costs::tables()?;
    spinner.done();
    print!("{tables}");
    if options.docs {
        table::write_docs("MEMORY.md", "memory", &tables)?;
    }
    Ok(())
}
