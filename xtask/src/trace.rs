// SPDX-License-Identifier: MIT
//! `cargo xtask trace decode`: what a firmware recorded (docs/TRACE_FORMAT.md), as text.

use crate::run::Program;
use crate::symbols;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use firmheap_trace::{Summary, Trace, What};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a recorded trace: every event, or what it comes to
    Decode(Decode),
}

#[derive(Args)]
struct Decode {
    /// The stream that the firmware's writer wrote
    file: PathBuf,
    /// The firmware it comes from: sites become file and line
    #[arg(long)]
    elf: Option<PathBuf>,
    /// Only the totals, who holds what at the end, and where it was allocated
    #[arg(long)]
    summary: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let Command::Decode(decode) = &options.command;
    let stream = std::fs::read(&decode.file)
        .with_context(|| format!("cannot read {}", decode.file.display()))?;
    let trace = firmheap_trace::read(&stream)?;
    let places = match &decode.elf {
        Some(elf) => places(elf, &sites(&trace))?,
        None => BTreeMap::new(),
    };
    if !decode.summary {
        for event in &trace.events {
            let site = site_of(event.what).and_then(|site| places.get(&site));
            println!("{}{}", trace.line(event), site.map_or(String::new(), |at| format!("\t{at}")));
        }
    }
    print_summary(&trace, &places);
    Ok(())
}

fn site_of(what: What) -> Option<u64> {
    match what {
        What::Allocate { site, .. } | What::Fail { site, .. } if site != 0 => Some(site),
        _ => None,
    }
}

fn sites(trace: &Trace) -> Vec<u64> {
    let mut sites: Vec<u64> = trace.events.iter().filter_map(|event| site_of(event.what)).collect();
    sites.sort_unstable();
    sites.dedup();
    sites
}

/// File and line of each return address: those of the instruction before it, which is the call.
pub fn places(elf: &Path, sites: &[u64]) -> Result<BTreeMap<u64, String>> {
    if sites.is_empty() {
        return Ok(BTreeMap::new());
    }
    let addresses = sites.iter().map(|site| format!("{:#x}", (site & !1).saturating_sub(2)));
    // GNU's tool for Arm knows other CPUs' debug information, too, and so does LLVM's.
    let tool = symbols::tool("addr2line", "thumbv7m-none-eabi")?;
    let said = Program::new(tool).arg("-e").arg(elf).args(addresses).must()?.output;
    let line = |text: &str| {
        let path = text.split(" (").next().unwrap_or(text);
        path.rsplit('/').next().unwrap_or(path).to_owned()
    };
    Ok(sites.iter().copied().zip(said.lines().map(line)).collect())
}

fn print_summary(trace: &Trace, places: &BTreeMap<u64, String>) {
    let summary = Summary::of(trace);
    let head = &trace.header;
    println!("# {}, kernel {}, clock {} Hz", head.cpu, head.kernel, head.hertz);
    println!(
        "# {} allocations, {} frees, {} resizes, {} failures, {} lost{}",
        summary.allocations,
        summary.frees,
        summary.resizes,
        summary.failures,
        summary.lost,
        if trace.truncated { "; the last record is cut short" } else { "" }
    );
    println!(
        "# held at the end: {} bytes in {} blocks; peak {}; rounding gave away {} bytes in all",
        summary.held.bytes, summary.held.blocks, summary.peak, summary.rounding
    );
    for (task, held) in &summary.by_task {
        println!("# task {task}: {} bytes, {} blocks", held.bytes, held.blocks);
    }
    for (site, held) in &summary.by_site {
        let place = places.get(site).cloned().unwrap_or_else(|| format!("{site:#010x}"));
        println!("# site {place}: {} bytes, {} blocks", held.bytes, held.blocks);
    }
}
