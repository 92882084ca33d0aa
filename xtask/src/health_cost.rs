// SPDX-License-Identifier: MIT
//! `cargo xtask health`: what seeing costs on Cortex-M3, and that a firmware without pays nothing. `--docs` writes the
//! tables of docs/HEALTH.md.

use crate::archive::{self, Options as Archive, Track};
use crate::health::{archive, emulate_slowly, firmware, plain_image, summary};
use crate::progress::Spinner;
use crate::run::Program;
use crate::{kernel, paths, symbols, targets};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::fs;

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
        write_docs(&tables)?;
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
    let kernel = kernel::folder()?;
    let mut text =
        "| Cortex-M3, bytes, if all of it is used | flash | RAM |\n|---|--:|--:|\n".to_owned();
    for part in PARTS {
        let object = paths::work("health").join(format!("size-{part}.o"));
        Program::new("arm-none-eabi-gcc")
            .args(["-mcpu=cortex-m3", "-mthumb", "-std=gnu99", "-Os", "-DhealthFIRMWARE"])
            .args(["-DhealthFAILS=1", "-DFIRMHEAP_TRACK=sites", "-DFIRMHEAP_REPORT=1"])
            .args(["-DFIRMHEAP_RULES=1", "-isystem"])
            .arg(kernel.join("include"))
            .arg("-isystem")
            .arg(kernel.join("portable/GCC/ARM_CM3"))
            .args(["-I", "tests/health", "-I", "include", "-c"])
            .arg(format!("port/firmheap_{part}.c"))
            .arg("-o")
            .arg(&object)
            .must()?;
        let tool = symbols::tool("size", targets::CORTEX_M3)?;
        let said = Program::new(tool).arg(&object).must()?.output;
        let line = said.lines().nth(1).context("size says nothing")?;
        let numbers: Vec<u32> =
            line.split_whitespace().take(3).map_while(|word| word.parse().ok()).collect();
        let [code, data, zeros] = numbers[..] else { anyhow::bail!("size says {line}") };
        text += &format!("| port/firmheap_{part}.c | {} | {} |\n", code + data, data + zeros);
    }
    let nm = symbols::tool("nm", targets::CORTEX_M3)?;
    let ours = ["xFirmheapWalkStep", "vFirmheapSurvey", "xFirmheapSurveyRegions"];
    let listing =
        Program::new(&nm).args(["-P", "-t", "d"]).arg(archive(Track::Off)?).must()?.output;
    let size = |name: &str| {
        let line = listing.lines().find(|line| line.split(' ').next() == Some(name))?;
        line.split_whitespace().nth(3)?.parse::<u32>().ok()
    };
    let sizes: Option<Vec<u32>> = ours.iter().map(|name| size(name)).collect();
    let sum: u32 = sizes.context("the archive lacks a function")?.iter().sum();
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

fn write_docs(tables: &str) -> Result<()> {
    let file = paths::root().join("docs/HEALTH.md");
    let text = fs::read_to_string(&file)?;
    let (begin, end) = ("<!-- begin: cargo xtask health --docs -->\n", "<!-- end -->");
    let (before, rest) = text.split_once(begin).context("no place for the tables")?;
    let (_, after) = rest.split_once(end).context("no end of the tables")?;
    fs::write(&file, format!("{before}{begin}\n{tables}\n{end}{after}"))?;
    Ok(())
}
