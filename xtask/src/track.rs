// SPDX-License-Identifier: MIT
//! `cargo xtask track`: what it costs to know who holds each block, counted on QEMU's mps2-an385, and bytes of flash and
//! memory on each CPU. `--docs` writes the tables of docs/TRACKING.md.

use crate::archive::{self, Options as Archive, Track};
use crate::cpu::M3;
use crate::image::{self, Image};
use crate::progress::Spinner;
use crate::run::Program;
use crate::table::{markdown, write_docs};
use crate::{board, paths, symbols, targets};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::PathBuf;

/// What tracking of tasks may add to a call on Cortex-M3.
pub const INSTRUCTIONS_MAX: u32 = 25;
/// Rows for tasks and for sites, if nothing else is said: port/firmheap_track.c.
const ROWS: [&str; 2] = ["16", "64"];

#[derive(Args)]
pub struct Options {
    /// Write the tables of docs/TRACKING.md
    #[arg(long)]
    docs: bool,
}

/// What an archive is made with.
#[derive(Clone, Copy)]
pub struct Level {
    pub name: &'static str,
    track: Track,
    budgets: bool,
    slot: bool,
}

pub const LEVELS: [Level; 5] = [
    Level { name: "off", track: Track::Off, budgets: false, slot: false },
    Level { name: "tasks", track: Track::Tasks, budgets: false, slot: false },
    Level { name: "tasks, with a slot", track: Track::Tasks, budgets: false, slot: true },
    Level { name: "sites", track: Track::Sites, budgets: false, slot: false },
    Level { name: "tasks, with budgets", track: Track::Tasks, budgets: true, slot: false },
];

/// Instructions of the same calls at one level: the most, tenths on average, and what another task's request takes more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    pub malloc: u32,
    pub malloc_tenths: u32,
    pub free: u32,
    pub free_tenths: u32,
    pub change: u32,
}

pub fn run(options: &Options) -> Result<()> {
    let spinner = Spinner::start("counting instructions");
    let mut counts = Vec::new();
    for level in LEVELS {
        counts.push(count(level).with_context(|| level.name)?);
    }
    spinner.done();
    let spinner = Spinner::start("making archives for each CPU");
    let tables = format!("{}\n{}", instructions(&counts), bytes()?);
    spinner.done();
    print!("{tables}");
    judge(&counts)?;
    if options.docs {
        write_docs("TRACKING.md", "track", &tables)?;
    }
    Ok(())
}

/// Tracking of tasks keeps its promise, and something was measured.
pub fn judge(counts: &[Count]) -> Result<()> {
    let (off, tasks) = (counts[0], counts[1]);
    let (malloc, free) = added(off, tasks);
    ensure!(off.malloc > 40 && malloc > 0 && free > 0, "nothing was measured: {counts:?}");
    let most = malloc.max(free);
    ensure!(most <= 10 * INSTRUCTIONS_MAX, "{most} tenths more than off: over {INSTRUCTIONS_MAX}");
    Ok(())
}

/// Tenths of instructions that malloc and free take more.
pub fn added(off: Count, on: Count) -> (u32, u32) {
    let malloc = on.malloc_tenths.saturating_sub(off.malloc_tenths);
    (malloc, on.free_tenths.saturating_sub(off.free_tenths))
}

pub fn archive(target: &str, alignment: u8, level: Level) -> Result<PathBuf> {
    M3.ensure_tools()?;
    let folder = format!("{}{}", level.track.name(), if level.budgets { "-budgets" } else { "" });
    let plain = Archive::new(target, paths::work("track").join(target).join(folder));
    let (track, budgets) = (level.track, level.budgets);
    let options = Archive { track, budgets, alignment, no_trace: true, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

pub fn count(level: Level) -> Result<Count> {
    let archive = archive(targets::CORTEX_M3, 8, level)?;
    let name = format!("count-{}", level.name.replace([',', ' '], "-"));
    let image = image(&name).flags(["-Werror"]).flags(defines(level)).link(&archive)?;
    count_of(&image::emulate(&M3, &image, 10)?)
}

/// tests/track/count.c.
fn image(name: &str) -> Image {
    let image = Image::new(&M3, &format!("track/{name}")).config("tests/track").board();
    image.sources(["tests/track/count.c", "c_demo/src/print.c", "port/firmheap_port.c"])
}

fn defines(level: Level) -> Vec<String> {
    let mut all = vec![format!("-DFIRMHEAP_TRACK={}", level.track.name())];
    all.push(format!("-DFIRMHEAP_BUDGETS={}", u8::from(level.budgets)));
    all.extend(level.slot.then(|| "-DFIRMHEAP_OWNER_SLOT=0".to_owned()));
    all
}

fn count_of(output: &str) -> Result<Count> {
    let pairs = board::summary(output);
    let number = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        found
            .and_then(|(_, value)| value.parse::<u32>().ok())
            .with_context(|| format!("no {key}:\n{output}"))
    };
    Ok(Count {
        malloc: number("malloc")?,
        malloc_tenths: number("malloc_tenths")?,
        free: number("free")?,
        free_tenths: number("free_tenths")?,
        change: number("change")?,
    })
}

fn instructions(counts: &[Count]) -> String {
    let head = [
        "Cortex-M3, instructions",
        "malloc",
        "more than off",
        "free",
        "more than off",
        "another task than the last",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let tenths = |number: u32| format!("{}.{}", number / 10, number % 10);
    for (level, count) in LEVELS.iter().zip(counts) {
        let (malloc, free) = added(counts[0], *count);
        rows.push(vec![
            level.name.to_owned(),
            format!("{} / {}", tenths(count.malloc_tenths), count.malloc),
            tenths(malloc),
            format!("{} / {}", tenths(count.free_tenths), count.free),
            tenths(free),
            count.change.to_string(),
        ]);
    }
    markdown(&rows)
}

/// Flash of all functions of the archive that allocate and free, and of the tables, for each CPU.
fn bytes() -> Result<String> {
    let cpus = [
        ("Cortex-M0", targets::CORTEX_M0, 8),
        ("Cortex-M3", targets::CORTEX_M3, 8),
        ("Cortex-M33", "thumbv8m.main-none-eabi", 8),
        ("RV32IMAC", "riscv32imac-unknown-none-elf", 16),
    ];
    let mut head = vec!["bytes more than off".to_owned()];
    head.extend(cpus.iter().map(|(name, _, _)| format!("{name}, malloc and free")));
    head.push(format!("RAM, {} tasks, {} sites", ROWS[0], ROWS[1]));
    head.push("a block".to_owned());
    let mut rows = vec![head];
    for level in LEVELS.iter().filter(|level| level.track != Track::Off && !level.slot) {
        let mut row = vec![level.name.to_owned()];
        for (_, target, alignment) in cpus {
            let off = flash(target, alignment, LEVELS[0])?;
            row.push((flash(target, alignment, *level)? - off).to_string());
        }
        row.push(ram(*level)?.to_string());
        row.push("4".to_owned());
        rows.push(row);
    }
    Ok(markdown(&rows))
}

/// The functions of the tracker's way: pvPortMalloc, vPortFree and what only they call at this level.
fn flash(target: &str, alignment: u8, level: Level) -> Result<i64> {
    let names = ["pvPortMalloc", "vPortFree", "pvFirmheapMallocFrom"];
    let parts = ["tracked", "7tracker", "5quota", "6budget"];
    let archive = archive(target, alignment, level)?;
    let nm = symbols::tool("nm", target)?;
    let listing = Program::new(nm).args(["-P", "-t", "d"]).arg(archive).must()?.output;
    let mut sum = 0;
    for line in listing.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, kind, _, size] = words[..] else { continue };
        let counts = names.contains(&name) || parts.iter().any(|part| name.contains(part));
        if counts && matches!(kind, "T" | "t") {
            sum += size.parse::<i64>()?;
        }
    }
    ensure!(sum > 200, "nm shows nothing of malloc and free");
    Ok(sum)
}

/// Bytes of the tables on 32-bit CPUs, from the port file's object.
fn ram(level: Level) -> Result<u32> {
    let object = image("port").flags(defines(level)).object("port/firmheap_port.c")?;
    let nm = symbols::tool("nm", targets::CORTEX_M3)?;
    let listing = Program::new(nm).args(["-P", "-t", "d"]).arg(&object).must()?.output;
    let ours = [
        "xFirmheapTracker",
        "xFirmheapFaces",
        "xFirmheapSites",
        "xFirmheapShares",
        "xFirmheapBudgets",
        "pxBudgetHook",
    ];
    let sizes = listing.lines().filter(|line| ours.iter().any(|name| line.starts_with(name)));
    sizes
        .filter_map(|line| line.split_whitespace().nth(3))
        .map(|size| size.parse::<u32>().context("no size"))
        .sum()
}

/// Images of a firmware that tracks nothing, with the port file's options said and unsaid.
pub fn identical() -> Result<usize> {
    let archive = archive(targets::CORTEX_M3, 8, LEVELS[0])?;
    let image = |name: &str, flags: &[&str]| -> Result<Vec<u8>> {
        image::binary(&M3, &image(name).flags(flags).link(&archive)?)
    };
    let (unsaid, said) =
        (image("unsaid", &[])?, image("said", &["-DFIRMHEAP_TRACK=off", "-DFIRMHEAP_BUDGETS=0"])?);
    ensure!(unsaid == said && !said.is_empty(), "off is not nothing");
    let found = symbols::read(&archive, targets::CORTEX_M3)?;
    let ours = found.iter().find(|symbol| {
        ["Tracker", "tracker", "Owner", "quota", "Budget", "leaks"]
            .iter()
            .any(|word| symbol.name.contains(word))
    });
    ensure!(
        ours.is_none(),
        "the archive has {} although nothing is tracked",
        ours.map_or("", |symbol| &symbol.name)
    );
    Ok(said.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_judged() {
        let count = |malloc, free| Count {
            malloc: 100,
            malloc_tenths: malloc,
            free: 100,
            free_tenths: free,
            change: 9,
        };
        assert!(judge(&[count(800, 700), count(1000, 950)]).is_ok());
        assert!(judge(&[count(800, 700), count(1051, 950)]).is_err());
        assert!(judge(&[count(800, 700), count(1000, 951)]).is_err());
        assert!(judge(&[count(800, 700), count(800, 700)]).is_err(), "nothing was measured");
        assert!(count_of("summary: count malloc=1").is_err());
    }
}
