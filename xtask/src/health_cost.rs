// SPDX-License-Identifier: MIT
//! `cargo xtask health`: what seeing costs on each CPU, and that a firmware without pays nothing. `--docs` writes the
//! tables of docs/HEALTH.md.

use crate::archive::{self, Options as Archive, Track};
use crate::cpu::{Cpu, CPUS, M3};
use crate::health::{archive, plain_image, program, summary};
use crate::image::{self, Image};
use crate::progress::Spinner;
use crate::table::{markdown, write_docs};
use crate::{paths, targets};
use anyhow::{ensure, Context, Result};
use clap::Args;

const LEVELS: [Track; 4] = [Track::Off, Track::Tasks, Track::Sites, Track::Trace];
const PARTS: [&str; 5] = ["health", "report", "failure", "watch", "rules"];
const COUNTS: [(&str, &str); 6] = [
    ("malloc", "pvPortMalloc of 60 bytes"),
    ("free", "vPortFree"),
    ("health", "vPortGetHeapHealth"),
    ("health_block", "for each free block more"),
    ("walk_block", "a block of a walk"),
    ("fail", "a request that fails, and its record"),
];

/// What the port's files are compiled with when they are weighed.
const SIZED: [&str; 5] = [
    "-DhealthFIRMWARE",
    "-DhealthFAILS=1",
    "-DFIRMHEAP_TRACK=sites",
    "-DFIRMHEAP_REPORT=1",
    "-DFIRMHEAP_RULES=1",
];

#[derive(Args)]
pub struct Options {
    /// Write the tables of docs/HEALTH.md
    #[arg(long)]
    docs: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let mut counts = Vec::new();
    for cpu in CPUS {
        let spinner = Spinner::start(&format!("archives for {}, and counting", cpu.name));
        let levels = LEVELS.iter().map(|track| count(cpu, *track).with_context(|| cpu.name));
        counts.push(levels.collect::<Result<Vec<_>>>()?);
        spinner.done();
    }
    let tables = format!("{}\n{}", instructions(&counts), bytes()?);
    print!("{tables}");
    let size = identical()?;
    println!("\na firmware without is the same to the byte: {size} bytes");
    if options.docs {
        write_docs("HEALTH.md", "health", &tables)?;
    }
    Ok(())
}

/// What `tests/health/count.c` counts: a number for each of [`COUNTS`].
fn count(cpu: &'static Cpu, track: Track) -> Result<[u32; COUNTS.len()]> {
    let mut defines = vec!["-DhealthFAILS=0".to_owned(), "-DhealthHEAP_BYTES=32768".to_owned()];
    defines.extend((track != Track::Off).then(|| "-DFIRMHEAP_REPORT=1".to_owned()));
    defines.extend((track == Track::Trace).then(|| "-DcountTRACES".to_owned()));
    let name = format!("count-{}-{}", cpu.target, track.name());
    let image = program(cpu, &name, track, "count.c", &defines).ruler();
    let output = image::count(cpu, &image.link(&archive(cpu, track)?)?)?;
    let found = summary(&output);
    let number = |key: &str| -> Result<u32> {
        let found = found.iter().find(|(name, _)| name == key);
        Ok(found.with_context(|| format!("no {key}:\n{output}"))?.1.parse()?)
    };
    let is_whole = track != Track::Trace || number("lost")? == 0;
    ensure!(is_whole, "the ring is too small to count with");
    let mut counts = [0; COUNTS.len()];
    for (count, (key, _)) in counts.iter_mut().zip(COUNTS) {
        *count = number(key)?;
    }
    Ok(counts)
}

/// A row for each thing that is counted, a column for each CPU, in which the levels stand side by side.
fn instructions(counts: &[Vec<[u32; COUNTS.len()]>]) -> String {
    let names = LEVELS.map(Track::name).join(" / ");
    let mut rows = vec![head(&format!("instructions, mean, {names}"))];
    for (place, (_, what)) in COUNTS.iter().enumerate() {
        let cell = |levels: &Vec<[u32; COUNTS.len()]>| {
            let numbers: Vec<_> = levels.iter().map(|counts| counts[place].to_string()).collect();
            numbers.join(" / ")
        };
        rows.push(std::iter::once((*what).to_owned()).chain(counts.iter().map(cell)).collect());
    }
    markdown(&rows)
}

fn head(what: &str) -> Vec<String> {
    std::iter::once(what).chain(CPUS.map(|cpu| cpu.name)).map(str::to_owned).collect()
}

/// Flash and RAM of the port's files, compiled for `sites`, and of the archive's functions.
fn bytes() -> Result<String> {
    let mut rows = vec![head("bytes of flash / RAM, if all of it is used")];
    for part in PARTS {
        let mut row = vec![format!("port/firmheap_{part}.c")];
        for cpu in CPUS {
            let name = format!("health/size-{}-{part}", cpu.target);
            let image = Image::new(cpu, &name).config("tests/health").flags(SIZED);
            let object = image.object(&format!("port/firmheap_{part}.c"))?;
            let (flash, memory) = image::size(cpu, &object)?;
            row.push(format!("{flash} / {memory}"));
        }
        rows.push(row);
    }
    let ours = ["xFirmheapWalkStep", "vFirmheapSurvey", "xFirmheapSurveyRegions"];
    let mut row = vec!["the archive's part of figures and walk".to_owned()];
    for cpu in CPUS {
        let flash = image::bytes_of(cpu, &archive(cpu, Track::Off)?, &ours)?;
        row.push(format!("{flash} / 0"));
    }
    rows.push(row);
    Ok(markdown(&rows))
}

/// The image of a firmware that asks for nothing, with an archive that could answer and with one that could not.
pub fn identical() -> Result<usize> {
    let with = archive(&M3, Track::Off)?;
    let out = paths::work("health").join("cortex-m3-plain");
    let plain = Archive { no_extensions: true, ..Archive::new(targets::CORTEX_M3, out) };
    archive::make_if_stale(&plain)?;
    let (one, other) = (plain_image("with", &with)?, plain_image("without", &plain.file())?);
    ensure!(one == other, "the images differ: {} and {} bytes", one.len(), other.len());
    ensure!(one.len() > 1_000, "nothing was compared");
    Ok(one.len())
}
