// SPDX-License-Identifier: MIT
//! `cargo xtask track`: what it costs to know who holds each block, in instructions, flash and memory on each CPU. `--docs`
//! writes the tables of docs/TRACKING.md.

use crate::archive::{self, Options as Archive, Track};
use crate::cpu::{Cpu, CPUS, M3};
use crate::image::{self, Image};
use crate::progress::Spinner;
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

pub const LEVELS: [Level; 6] = [
    Level { name: "off", track: Track::Off, budgets: false, slot: false },
    Level { name: "tasks", track: Track::Tasks, budgets: false, slot: false },
    Level { name: "tasks, with a slot", track: Track::Tasks, budgets: false, slot: true },
    Level { name: "sites", track: Track::Sites, budgets: false, slot: false },
    Level { name: "tasks, with budgets", track: Track::Tasks, budgets: true, slot: false },
    Level { name: "trace", track: Track::Trace, budgets: false, slot: false },
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
    let mut all = Vec::new();
    for cpu in CPUS {
        let spinner = Spinner::start(&format!("archives for {}, and counting", cpu.name));
        let found = counts(cpu).with_context(|| cpu.name)?;
        spinner.done();
        judge_any(&found).with_context(|| cpu.name)?;
        all.push(found);
    }
    let (m3, _) = all.iter().zip(CPUS).find(|(_, cpu)| cpu.name == M3.name).context("no M3")?;
    let tables = [on_m3(m3), on_all(&all), promise(&all), bytes()?].join("\n");
    print!("{tables}");
    judge(m3)?;
    if options.docs {
        write_docs("TRACKING.md", "track", &tables)?;
    }
    Ok(())
}

/// At each level.
fn counts(cpu: &'static Cpu) -> Result<Vec<Count>> {
    LEVELS.iter().map(|level| count(cpu, *level).with_context(|| level.name)).collect()
}

/// Something was measured.
fn judge_any(counts: &[Count]) -> Result<()> {
    let (malloc, free) = added(counts[0], counts[1]);
    ensure!(counts[0].malloc > 40 && malloc > 0 && free > 0, "nothing was measured: {counts:?}");
    Ok(())
}

/// On Cortex-M3 tracking of tasks keeps its promise.
pub fn judge(counts: &[Count]) -> Result<()> {
    judge_any(counts)?;
    let most = most_added(counts);
    ensure!(most <= 10 * INSTRUCTIONS_MAX, "{most} tenths more than off: over {INSTRUCTIONS_MAX}");
    Ok(())
}

fn tenths(number: u32) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// Tenths of instructions that malloc and free take more.
pub fn added(off: Count, on: Count) -> (u32, u32) {
    let malloc = on.malloc_tenths.saturating_sub(off.malloc_tenths);
    (malloc, on.free_tenths.saturating_sub(off.free_tenths))
}

/// Tenths of instructions that tracking of tasks adds to a call.
fn most_added(counts: &[Count]) -> u32 {
    let (malloc, free) = added(counts[0], counts[1]);
    malloc.max(free)
}

fn archive(cpu: &Cpu, level: Level) -> Result<PathBuf> {
    cpu.ensure_tools()?;
    let folder = format!("{}{}", level.track.name(), if level.budgets { "-budgets" } else { "" });
    let plain = Archive::new(cpu.target, paths::work("track").join(cpu.target).join(folder));
    let (track, budgets) = (level.track, level.budgets);
    let options = Archive { track, budgets, alignment: cpu.alignment, no_trace: true, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

pub fn count(cpu: &'static Cpu, level: Level) -> Result<Count> {
    count_of(&image::count(cpu, &linked(cpu, level)?)?)
}

fn linked(cpu: &'static Cpu, level: Level) -> Result<PathBuf> {
    let name = format!("count-{}", level.name.replace([',', ' '], "-"));
    image(cpu, &name).flags(["-Werror"]).flags(defines(level)).link(&archive(cpu, level)?)
}

/// tests/track/count.c.
fn image(cpu: &'static Cpu, name: &str) -> Image {
    let image = Image::new(cpu, &format!("track/{}/{name}", cpu.target)).config("tests/track");
    image.board().ruler().sources([
        "tests/track/count.c",
        "c_demo/src/print.c",
        "port/firmheap_port.c",
    ])
}

fn defines(level: Level) -> Vec<String> {
    let mut all = vec![format!("-DFIRMHEAP_TRACK={}", level.track.name())];
    all.push(format!("-DFIRMHEAP_BUDGETS={}", u8::from(level.budgets)));
    all.extend(level.slot.then(|| "-DFIRMHEAP_OWNER_SLOT=0".to_owned()));
    all.extend((level.track == Track::Trace).then(|| "-DcountTRACES".to_owned()));
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

fn on_m3(counts: &[Count]) -> String {
    let head = [
        "Cortex-M3, instructions",
        "malloc",
        "more than off",
        "free",
        "more than off",
        "another task than the last",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
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

/// The first column says what a row is, the others are the CPUs.
fn for_cpus(what: &str, mut rows: Vec<Vec<String>>) -> String {
    let names = CPUS.iter().map(|cpu| cpu.name.to_owned());
    rows.insert(0, std::iter::once(what.to_owned()).chain(names).collect());
    markdown(&rows)
}

/// What each CPU's counts are at `off`, and how many more at the other levels.
fn on_all(all: &[Vec<Count>]) -> String {
    let row = |name: String, cell: &dyn Fn(&[Count]) -> String| {
        std::iter::once(name).chain(all.iter().map(|counts| cell(counts))).collect()
    };
    let mut rows = Vec::new();
    for (place, level) in LEVELS.iter().enumerate() {
        rows.push(row(level.name.to_owned(), &|counts| {
            let (off, count) = (counts[0], counts[place]);
            if place == 0 {
                return format!("{} / {}", tenths(off.malloc_tenths), tenths(off.free_tenths));
            }
            let (malloc, free) = added(off, count);
            format!("+{} / +{}", tenths(malloc), tenths(free))
        }));
    }
    rows.push(row("tasks, another task than the last".to_owned(), &|counts| {
        format!("+{}", counts[1].change)
    }));
    for_cpus("instructions, malloc / free", rows)
}

/// Where tracking of tasks adds how much, in a sentence.
fn promise(all: &[Vec<Count>]) -> String {
    let (kept, broken): (Vec<_>, Vec<_>) = CPUS
        .iter()
        .zip(all)
        .map(|(cpu, counts)| (cpu.name, most_added(counts)))
        .partition(|(_, most)| *most <= 10 * INSTRUCTIONS_MAX);
    let name = |(name, most): &(&str, u32)| format!("{name} ({})", tenths(*most));
    let list = |all: &[(&str, u32)]| all.iter().map(name).collect::<Vec<_>>().join(", ");
    let more = if broken.is_empty() { "none of them".to_owned() } else { list(&broken) };
    format!(
        "`tasks` adds at most {INSTRUCTIONS_MAX} instructions to a call on {}; more on {more}.\n",
        list(&kept)
    )
}

/// What the images that count are larger by than at `off`: what a firmware that allocates and frees pays for.
fn bytes() -> Result<String> {
    let mut rows: Vec<_> = LEVELS[1..].iter().map(|level| vec![level.name.to_owned()]).collect();
    for cpu in CPUS {
        let sizes = LEVELS.iter().map(|level| image::size(cpu, &linked(cpu, *level)?));
        let sizes = sizes.collect::<Result<Vec<_>>>()?;
        let (flash, memory) = sizes[0];
        for (row, size) in rows.iter_mut().zip(&sizes[1..]) {
            ensure!(size.0 > flash + 200 && size.1 > memory + 200, "nothing was weighed");
            row.push(format!("+{} / +{}", size.0 - flash, size.1 - memory));
        }
    }
    let what = format!("bytes, flash / RAM, {} tasks, {} sites", ROWS[0], ROWS[1]);
    Ok(for_cpus(&what, rows))
}

/// Images of a firmware that tracks nothing, with the port file's options said and unsaid.
pub fn identical() -> Result<usize> {
    let archive = archive(&M3, LEVELS[0])?;
    let image = |name: &str, flags: &[&str]| -> Result<Vec<u8>> {
        image::binary(&M3, &image(&M3, name).flags(flags).link(&archive)?)
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
        let (kept, broken) =
            (vec![count(800, 700), count(1000, 950)], vec![count(800, 700), count(1051, 950)]);
        let said = promise(&[broken, kept.clone(), kept.clone(), kept.clone(), kept]);
        assert!(
            said.contains("on Cortex-M3 (25.0), ") && said.contains("more on Cortex-M0 (25.1)")
        );
    }
}
