// SPDX-License-Identifier: MIT
//! `cargo xtask interrupts`: the heap's two ways of serving interrupt handlers, and rings, under interrupt storms on QEMU's
//! mps2-an385 (tests/isr), and what they cost. `--docs` writes the tables of docs/INTERRUPTS.md and docs/RING.md.

use crate::archive::{self, Lock, Options as Archive, Track};
use crate::cpu::{CPUS, M3};
use crate::image::{self, bytes_of, Image};
use crate::progress::Spinner;
use crate::table::{markdown, write_docs};
use crate::{board, paths, targets, wcet};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Options {
    /// Operations of each storm
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    operations: u32,
    /// Only the storms
    #[arg(long)]
    no_costs: bool,
    /// Write the tables of docs/INTERRUPTS.md and docs/RING.md
    #[arg(long)]
    docs: bool,
}

/// A program of tests/isr, how it is made, and what of it can be left out so that it must fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storm {
    /// Handlers allocate and free.
    Critical,
    /// The same, and each block stands in its owner's row.
    Tracked,
    /// Handlers leave frees to tasks.
    Deferred,
    /// The same at integrity level 3.
    Warded,
    /// Messages in both directions.
    Ring,
}

impl Storm {
    pub const ALL: [Self; 5] =
        [Self::Critical, Self::Tracked, Self::Deferred, Self::Warded, Self::Ring];

    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Tracked => "tracked",
            Self::Deferred => "deferred",
            Self::Warded => "warded",
            Self::Ring => "ring",
        }
    }

    /// What its port file is compiled with.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Critical => &["-DFIRMHEAP_LOCK=critical"],
            Self::Tracked => &[
                "-DFIRMHEAP_LOCK=critical",
                "-DFIRMHEAP_TRACK=tasks",
                "-DINCLUDE_xTaskGetCurrentTaskHandle=1",
                "-DINCLUDE_xTaskGetSchedulerState=1",
                "-DstormTRACKED",
            ],
            Self::Deferred => &["-DFIRMHEAP_FREE_FROM_ISR=1"],
            Self::Warded => &[
                "-DFIRMHEAP_FREE_FROM_ISR=1",
                "-DFIRMHEAP_INTEGRITY=3",
                "-DFIRMHEAP_QUARANTINE_BYTES=0",
            ],
            Self::Ring => &[],
        }
    }

    fn source(self) -> &'static str {
        if self == Self::Ring {
            "tests/isr/ring.c"
        } else {
            "tests/isr/heap.c"
        }
    }

    /// Flags that take away what the storm is about.
    pub fn sabotages(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Critical | Self::Tracked => &[&[
                "-DstormSABOTAGE",
                "-Wl,--wrap=vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical",
                "-Wl,--wrap=vFirmheapUnlock",
                "-Wl,--wrap=vFirmheapResume",
            ]],
            Self::Deferred | Self::Warded => {
                &[&["-DstormSABOTAGE", "-Wl,--wrap=pvFirmheapTakePending"]]
            }
            Self::Ring => &[&["-DstormSABOTAGE=1"], &["-DstormSABOTAGE=2"]],
        }
    }

    /// libfirmheap.a for Cortex-M3. The critical one without trace calls: so it calls the port file's lock itself, which
    /// the sabotage can take away.
    pub fn archive(self) -> Result<PathBuf> {
        M3.ensure_tools()?;
        let plain = Archive::new(targets::CORTEX_M3, paths::work("isr").join(self.name()));
        let options = match self {
            Self::Critical => Archive { lock: Lock::Critical, no_trace: true, ..plain },
            Self::Tracked => {
                Archive { lock: Lock::Critical, no_trace: true, track: Track::Tasks, ..plain }
            }
            Self::Deferred => Archive { free_from_isr: true, ..plain },
            Self::Warded => Archive { free_from_isr: true, integrity: 3, ..plain },
            Self::Ring => plain,
        };
        archive::make_if_stale(&options)?;
        Ok(options.file())
    }
}

pub fn run(options: &Options) -> Result<()> {
    if !options.no_costs {
        let spinner = Spinner::start("counting instructions");
        let (heap, ring) = (heap_tables()?, ring_tables()?);
        spinner.done();
        println!("{heap}\n{ring}");
        if options.docs {
            write_docs("INTERRUPTS.md", "interrupts", &heap)?;
            write_docs("RING.md", "interrupts", &ring)?;
        }
    }
    for kind in Storm::ALL {
        let name = kind.name();
        let spinner = Spinner::start(&format!("{} operations, {name}", options.operations));
        let summary = storm(kind, options.operations, &[])?;
        spinner.done();
        println!("storm, {name}: {summary}");
        for sabotage in kind.sabotages() {
            println!("  with {}: {}", sabotage[0], sabotaged(kind, options.operations, sabotage)?);
        }
    }
    Ok(())
}

/// Runs a storm; the summary it ends with.
pub fn storm(kind: Storm, operations: u32, sabotage: &[&str]) -> Result<String> {
    let number = format!("-DstormOPERATIONS={operations}U");
    let name = format!("{}{}", kind.name(), if sabotage.is_empty() { "" } else { "-sabotaged" });
    let image = image(&name, kind, kind.source()).flags([number]).flags(sabotage).kernel();
    let output = image::emulate(&M3, &image.link(&kind.archive()?)?, 5)?;
    let line = output.lines().find_map(|line| line.strip_prefix("summary: "));
    let summary = line.with_context(|| format!("the storm ended without a word:\n{output}"))?;
    ensure!(number_in(&output, "operations")? >= operations, "too few operations: {summary}");
    ensure!(number_in(&output, "interrupts")? >= operations / 30, "no storm: {summary}");
    Ok(summary.to_owned())
}

/// The first line of how a storm failed that must fail.
pub fn sabotaged(kind: Storm, operations: u32, sabotage: &[&str]) -> Result<String> {
    match storm(kind, operations, sabotage) {
        Ok(summary) => anyhow::bail!("{kind:?} with {sabotage:?} finds nothing wrong: {summary}"),
        Err(error) => {
            let said = format!("{error:#}");
            let line = said.lines().find(|line| line.contains("FAILED"));
            Ok(line.with_context(|| format!("it failed in another way: {said}"))?.to_owned())
        }
    }
}

fn image(name: &str, kind: Storm, source: &str) -> Image {
    let image = Image::new(&M3, &format!("isr/{name}")).config("tests/isr").config("tests/pools");
    image.flags(kind.options()).board().sources(["c_demo/src/print.c", source])
}

/// tests/isr/count.c, without the kernel.
fn count(name: &str, kind: Storm) -> Result<PathBuf> {
    let image = image(&format!("{name}-{}", kind.name()), kind, "tests/isr/count.c");
    let image = image.flags(["-DcountNO_ASSERT"]).sources(["port/firmheap_port.c"]);
    image.link(&kind.archive()?)
}

fn number_in(output: &str, key: &str) -> Result<u32> {
    let pairs = board::summary(output);
    let found = pairs.iter().find(|(name, _)| name == key);
    found.with_context(|| format!("no {key}:\n{output}"))?.1.parse().map_err(Into::into)
}

/// What a run of tests/isr/count.c says in its line of this name.
pub fn counted(kind: Storm, line: &str) -> Result<Vec<(String, u32)>> {
    let output = image::count(&M3, &count("count", kind)?)?;
    let start = format!("summary: {line} ");
    let found = output.lines().find(|text| text.starts_with(&start));
    let found = found.with_context(|| format!("no line for {line}:\n{output}"))?;
    board::summary(found).into_iter().map(|(key, value)| Ok((key, value.parse()?))).collect()
}

fn of(counts: &[(String, u32)], key: &str) -> Result<String> {
    let found = counts.iter().find(|(name, _)| name == key);
    Ok(found.with_context(|| format!("no {key}"))?.1.to_string())
}

fn heap_tables() -> Result<String> {
    wcet::prepare(&[])?;
    let mut rows = vec![[
        "instructions with interrupts masked, integrity level 1",
        "pvPortMalloc",
        "vPortFree",
    ]
    .map(str::to_owned)
    .to_vec()];
    for cpu in CPUS {
        let bounds = wcet::bounds(cpu, 1, 1, Lock::Critical)?;
        let masked = |count: Option<u32>| count.map_or("?".to_owned(), |count| count.to_string());
        rows.push(vec![
            cpu.name.to_owned(),
            masked(bounds.malloc.suspended),
            masked(bounds.free.suspended),
        ]);
    }
    let masked = markdown(&rows);
    let counts = counted(Storm::Deferred, "heap")?;
    let (deferred, critical) = (Storm::Deferred.archive()?, Storm::Critical.archive()?);
    let port = |kind: Storm, names: &[&str]| bytes_in_port(kind, names);
    let archive_names = ["ulFirmheapMayDefer", "ulFirmheapDefer", "pvFirmheapUndefer"];
    let deferred_flash = bytes_of(&M3, &deferred, &archive_names)?
        + port(Storm::Deferred, &["vPortFreeFromISR", "pvFirmheapTakePending"])?;
    let lock = "vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical";
    let lock_flash = port(Storm::Critical, &[lock, "vFirmheapUnlock"])?;
    ensure!(critical.exists(), "no archive");
    let costs = markdown(&[
        ["Cortex-M3, FIRMHEAP_FREE_FROM_ISR", ""].map(str::to_owned).to_vec(),
        vec!["vPortFreeFromISR, instructions at most".into(), of(&counts, "free_from_isr")?],
        vec!["a heap call that frees two for handlers, more".into(), of(&counts, "drain_two")?],
        vec!["flash of all of it, bytes".into(), deferred_flash.to_string()],
        vec!["flash of the critical lock in the port file, bytes".into(), lock_flash.to_string()],
    ]);
    Ok(format!("{masked}\n{costs}"))
}

/// Bytes of functions of the port file, compiled as for the storm.
fn bytes_in_port(kind: Storm, names: &[&str]) -> Result<u32> {
    bytes_of(&M3, &count("bytes", kind)?, names)
}

fn ring_tables() -> Result<String> {
    let archive: &Path = &Storm::Ring.archive()?;
    let counts = counted(Storm::Deferred, "ring")?;
    let flash = |name: &str| Ok::<_, anyhow::Error>(bytes_of(&M3, archive, &[name])?.to_string());
    let mut rows =
        vec![["Cortex-M3", "instructions at most", "bytes of flash"].map(str::to_owned).to_vec()];
    for (name, symbol, key) in [
        ("pvRingReserve", "pvFirmheapRingReserve", "reserve"),
        ("xRingCommit", "xFirmheapRingCommit", "commit"),
        ("pvRingPeek", "pvFirmheapRingPeek", "peek"),
        ("xRingRelease", "xFirmheapRingRelease", "release"),
    ] {
        rows.push(vec![name.to_owned(), of(&counts, key)?, flash(symbol)?]);
    }
    for (name, symbol) in [
        ("pvRingNext", "pvFirmheapRingNext"),
        ("xRingInitialise", "xFirmheapRingInitialise"),
        ("xRingDiscard", "xFirmheapRingDiscard"),
        ("vRingGetStats", "vFirmheapRingGetStats"),
        ("xRingCheck", "xFirmheapRingCheck"),
    ] {
        rows.push(vec![name.to_owned(), String::new(), flash(symbol)?]);
    }
    Ok(markdown(&rows))
}
