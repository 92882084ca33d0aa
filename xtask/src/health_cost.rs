// SPDX-License-Identifier: MIT
//! `cargo xtask health`: what seeing costs on Cortex-M3, and that a firmware without pays nothing. `--docs` writes the
//! tables of docs/HEALTH.md.

use crate::archive::{self, Options as Archive, Track};
use crate::cpu::M3;
use crate::health::{archive, emulate_slowly, firmware, plain_image, summary};
use crate::image::{self, Image};
use crate::progress::Spinner;
use crate::table::write_docs;
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
    let spinner = Spinner::start("counting instructions");
    let tables = format!("{}\n{}", instructions()?, bytes()?);
    spinner.done();
    print!("{tables}");
    let size = identical()?;
    println!("\na firmware without is the same to the byte: {size} bytes");
    if options.docs {
        write_docs("HEALTH.md", "health", &tables)?;
    }
    Ok(())
}

/// Of `tests/health/count.c`, at each level.
fn instructions() -> Result<String> {
    let mut columns = Vec::new();
    for track in LEVELS {
        let mut defines = vec!["-DhealthFAILS=0".to_owned(), "-DhealthHEAP_BYTES=32768".to_owned()];
        if track != Track::Off {
            defines.push("-DFIRMHEAP_REPORT=1".to_owned());
        }
        if track == Track::Trace {
            defines.push("-DcountTRACES".to_owned());
        }
        let image = firmware(&format!("count-{}", track.name()), track, "count.c", &defines)?;
        let output = emulate_slowly(&image)?;
        let found = summary(&output);
        let number = |key: &str| -> Result<u32> {
            let found = found.iter().find(|(name, _)| name == key);
            Ok(found.with_context(|| format!("no {key}:\n{output}"))?.1.parse()?)
        };
        ensure!(
            track != Track::Trace || number("lost")? == 0,
            "the ring is too small to count with"
        );
        columns.push(COUNTS.map(|(key, _)| number(key)));
    }
    let mut text =
        "| Cortex-M3, instructions, mean | off | tasks | sites | trace |\n|---|--:|--:|--:|--:|\n"
            .to_owned();
    for (row, (_, what)) in COUNTS.iter().enumerate() {
        let mut line = format!("| {what} |");
        for column in &columns {
            let number = column[row].as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
            line += &format!(" {number} |");
        }
        text += &line;
        text += "\n";
    }
    Ok(text)
}

/// Flash and RAM of the port's files, compiled for `sites`, and of the archive's functions.
fn bytes() -> Result<String> {
    let mut text =
        "| Cortex-M3, bytes, if all of it is used | flash | RAM |\n|---|--:|--:|\n".to_owned();
    for part in PARTS {
        let image = Image::new(&M3, &format!("health/size-{part}")).config("tests/health");
        let object = image.flags(SIZED).object(&format!("port/firmheap_{part}.c"))?;
        let (flash, memory) = image::size(&M3, &object)?;
        text += &format!("| port/firmheap_{part}.c | {flash} | {memory} |\n");
    }
    let ours = ["xFirmheapWalkStep", "vFirmheapSurvey", "xFirmheapSurveyRegions"];
    let sum = image::bytes_of(&M3, &archive(Track::Off)?, &ours)?;
    text += &format!("| the archive's part of figures and walk | {sum} | 0 |\n");
    Ok(text)
}

/// The image of a firmware that asks for nothing, with an archive that could answer and with one that could not.
pub fn identical() -> Result<usize> {
    let with = archive(Track::Off)?;
    let out = paths::work("health").join("cortex-m3-plain");
    let plain = Archive { no_extensions: true, ..Archive::new(targets::CORTEX_M3, out) };
    archive::make_if_stale(&plain)?;
    let (one, other) = (plain_image("with", &with)?, plain_image("without", &plain.file())?);
    ensure!(one == other, "the images differ: {} and {} bytes", one.len(), other.len());
    ensure!(one.len() > 1_000, "nothing was compared");
    Ok(one.len())
}
