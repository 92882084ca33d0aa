// SPDX-License-Identifier: MIT
//! `cargo xtask wcet`: the longest way through malloc and free, in instructions, from the machine code of
//! the archive as it is delivered; and the proof that there is one, because no way meets an instruction twice.
//!
//! What counts is what the benchmark measures: the caller's call, everything below it, the return. The
//! scheduler's two functions are the kernel's: their instructions are given (`--suspend`, `--resume`).
//! Instructions are not cycles.

mod code;
mod explain;
mod facts;
mod flow;
mod graph;
mod listing;
mod longest;
mod loops;

use crate::archive::Lock;
use crate::cpu::{Cpu, CPUS};
use crate::progress::Spinner;
use crate::{table, targets, tools};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use code::{Code, Made};
use graph::{Borders, Graph, Requests};
use longest::Way;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    /// Only these CPUs, by Rust's names (thumbv7m-none-eabi ..); all five without
    #[arg(long)]
    target: Vec<String>,
    /// Integrity level of the archive; without, both 0 and 1
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=2))]
    integrity: Vec<u8>,
    /// Also write the figures to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Show the longest ways, instruction by instruction
    #[arg(long)]
    explain: bool,
    /// An archive that calls traceMALLOC and traceFREE through the port file
    #[arg(long)]
    trace: bool,
    /// Regions of a heap defined by vPortDefineHeapRegions: a free looks up to that many of them through
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    regions: u32,
    /// The archive's lock: critical has interrupts masked where scheduler has the scheduler suspended
    #[arg(long, value_enum, default_value_t = Lock::Scheduler)]
    lock: Lock,
    /// Instructions of vTaskSuspendAll; with --lock critical of vPortEnterCritical
    #[arg(long, default_value_t = 5)]
    suspend: u32,
    /// Instructions of xTaskResumeAll; with --lock critical of vPortExitCritical
    #[arg(long, default_value_t = 6)]
    resume: u32,
    /// Instructions of another function outside of the archive: NAME=N
    #[arg(long, value_parser = cost)]
    cost: Vec<(String, u32)>,
}

/// The bounds of one archive.
pub struct Bounds {
    pub malloc: Bound,
    pub free: Bound,
}

/// The bounds of one function.
pub struct Bound {
    /// A request that is served and of a size that the ordinary way knows.
    pub served: u32,
    /// Also one for so few bytes that it is begun again with more.
    pub tiny: u32,
    /// Any request: also one that nothing fits, a bad pointer, or the first, which sets the heap up.
    pub any: Result<u32>,
    /// The longest stretch under the lock, of a request that is served; `None` if that ends in
    /// code that is not here.
    pub suspended: Option<u32>,
    explained: String,
}

pub fn run(options: &Options) -> Result<()> {
    prepare(&options.target)?;
    let mut rows = vec![head(options.lock)];
    let mut figures: Vec<Value> = Vec::new();
    let mut explained = String::new();
    let mut failures = Vec::new();
    for cpu in chosen(&options.target)? {
        for integrity in levels(&options.integrity) {
            let name = format!("{} at integrity level {integrity}", cpu.name);
            let spinner = Spinner::start(&name);
            let code = code::of(cpu, options.made(integrity))?;
            let found = bounds_of(&code, &options.costs(&code));
            spinner.done();
            match found {
                Ok(bounds) => {
                    rows.push(row(cpu, integrity, &bounds));
                    figures.push(figure(cpu, integrity, &bounds));
                    explained += &format!("\npvPortMalloc, {name}\n{}", bounds.malloc.explained);
                    explained += &format!("\nvPortFree, {name}\n{}", bounds.free.explained);
                }
                Err(error) => failures.push(format!("{name}: {error:#}")),
            }
        }
    }
    if options.explain {
        println!("{explained}");
    }
    print!("{}", table::render(&rows));
    println!("{}", options.note());
    if let Some(file) = &options.json {
        let all = json!({"unit": "instructions, not cycles", "suspend": options.suspend,
            "resume": options.resume, "bounds": figures});
        fs::write(file, format!("{all:#}\n"))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

/// The bounds of one CPU's archive without trace macros; the scheduler's functions cost what the benchmark's do.
pub fn bounds(cpu: &Cpu, integrity: u8, regions: u32, lock: Lock) -> Result<Bounds> {
    let code = code::of(cpu, Made { integrity, trace: false, regions, lock })?;
    let costs = costs(&code, 5, 6);
    bounds_of(&code, &costs)
}

/// The longest way through functions of the portable layer's extensions, of calls that are served; what copying
/// takes is not counted. In a heap of two regions, whose table they ask in any heap.
pub fn extensions(cpu: &Cpu, integrity: u8, names: &[&str]) -> Result<Vec<u32>> {
    let made = Made { integrity, trace: false, regions: 2, lock: Lock::Scheduler };
    let code = code::of(cpu, made)?;
    let mut costs = costs(&code, 5, 6);
    let copies = ["vFirmheapMove", "vFirmheapClear"].map(|name| (name.to_owned(), 0));
    costs.extend(copies);
    if !code.has_port {
        costs.insert("vFirmheapResume".to_owned(), 6);
    }
    let one = |name: &&str| {
        let borders = Borders {
            costs: costs.clone(),
            requests: Requests::Ordinary,
            regions: code.regions,
            without_port: !code.has_port,
        };
        let graph = Graph::of(&code.listing, code.set, &borders, name)?;
        let way = longest::through(&graph).with_context(|| format!("{name} is not bounded"))?;
        Ok(called(&way.with_context(|| format!("no way through {name} returns"))?))
    };
    names.iter().map(one).collect()
}

/// What the kernel's functions cost.
fn costs(code: &Code, take: u32, give: u32) -> BTreeMap<String, u32> {
    let own = [(code.lock.0, take), (code.lock.1, give)];
    let masks = code::MASKS.map(|name| (name, code::MASK));
    own.into_iter().chain(masks).map(|(name, cost)| (name.to_owned(), cost)).collect()
}

pub fn prepare(wanted: &[String]) -> Result<()> {
    tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC])?;
    for cpu in chosen(wanted)? {
        if cpu.target.starts_with("riscv") {
            tools::ensure(&[tools::RISCV_BINUTILS])?;
        }
        targets::ensure(cpu.target)?;
    }
    Ok(())
}

fn chosen(wanted: &[String]) -> Result<Vec<&'static Cpu>> {
    for name in wanted {
        let known: Vec<_> = CPUS.iter().map(|cpu| cpu.target).collect();
        ensure!(known.contains(&name.as_str()), "{name} is not known here: use one of {known:?}");
    }
    let is = |cpu: &&&Cpu| wanted.is_empty() || wanted.iter().any(|name| name == cpu.target);
    Ok(CPUS.iter().filter(is).copied().collect())
}

fn levels(wanted: &[u8]) -> Vec<u8> {
    if wanted.is_empty() {
        return vec![0, 1];
    }
    wanted.to_vec()
}

fn bounds_of(code: &Code, costs: &BTreeMap<String, u32>) -> Result<Bounds> {
    Ok(Bounds {
        malloc: bound(code, costs, "pvPortMalloc")?,
        free: bound(code, costs, "vPortFree")?,
    })
}

fn bound(code: &Code, costs: &BTreeMap<String, u32>, name: &str) -> Result<Bound> {
    let borders = |requests| Borders {
        costs: costs.clone(),
        requests,
        regions: code.regions,
        without_port: !code.has_port,
    };
    let ordinary = borders(Requests::Ordinary);
    let graph = Graph::of(&code.listing, code.set, &ordinary, name)?;
    let served = longest::through(&graph)
        .with_context(|| format!("{name} is not bounded"))?
        .with_context(|| format!("no way through {name} returns"))?;
    let suspended = longest::between(&graph, code.lock.0, code.lock.1)?;
    let longest = |requests| {
        let borders = borders(requests);
        let way = longest::through(&Graph::of(&code.listing, code.set, &borders, name)?)?;
        Ok(called(&way.context("no way returns")?))
    };
    Ok(Bound {
        served: called(&served),
        tiny: longest(Requests::Tiny)?,
        any: longest(Requests::All),
        suspended: suspended.map(|way| way.instructions),
        explained: explain::way(&graph, &served),
    })
}

/// The measured region begins with the caller's own call.
fn called(way: &Way) -> u32 {
    way.instructions + 1
}

fn head(lock: Lock) -> Vec<String> {
    let held = if lock == Lock::Critical { "masked" } else { "suspended" };
    let words =
        ["CPU, integrity level", "malloc", "tiny", held, "any call", "free", held, "any call"];
    words.map(str::to_owned).to_vec()
}

fn row(cpu: &Cpu, integrity: u8, bounds: &Bounds) -> Vec<String> {
    let mut cells = vec![format!("{}, {integrity}", cpu.name)];
    for (bound, has_tiny) in [(&bounds.malloc, true), (&bounds.free, false)] {
        cells.push(bound.served.to_string());
        cells.extend(has_tiny.then(|| bound.tiny.to_string()));
        cells.push(bound.suspended.map_or("?".to_owned(), |count| count.to_string()));
        cells.push(bound.any.as_ref().map_or("no bound".to_owned(), u32::to_string));
    }
    cells
}

fn figure(cpu: &Cpu, integrity: u8, bounds: &Bounds) -> Value {
    let one = |bound: &Bound| json!({"served": bound.served, "tiny": bound.tiny, "suspended": bound.suspended, "any_call": bound.any.as_ref().ok()});
    json!({"cpu": cpu.name, "target": cpu.target, "integrity": integrity,
        "malloc": one(&bounds.malloc), "free": one(&bounds.free)})
}

impl Options {
    fn made(&self, integrity: u8) -> Made {
        Made { integrity, trace: self.trace, regions: self.regions, lock: self.lock }
    }

    fn costs(&self, code: &Code) -> BTreeMap<String, u32> {
        let mut all = costs(code, self.suspend, self.resume);
        all.extend(self.cost.iter().cloned());
        all
    }

    fn note(&self) -> String {
        let (take, give, held) = match self.lock {
            Lock::Scheduler => ("vTaskSuspendAll", "xTaskResumeAll", "suspended"),
            Lock::Critical => ("vPortEnterCritical", "vPortExitCritical", "masked"),
        };
        format!(
            "Instructions, not cycles: the longest way from the call to the return, no loop on it{}, with {} for\n\
             {take} and {} for {give}. {held}: from behind the one to the call of the other.\n\
             tiny: also malloc of so few bytes that it is begun again with more.\n\
             any call: also one that nothing fits, a bad pointer, or the first, which sets the heap up; no hook,\n\
             no assertion (RV32IMAC: without the instructions of the port file).",
            if self.regions > 1 { " but one round for each region" } else { "" },
            self.suspend,
            self.resume
        )
    }
}

/// `NAME=N`
fn cost(text: &str) -> Result<(String, u32)> {
    let Some((name, number)) = text.split_once('=') else { bail!("write NAME=N") };
    Ok((name.to_owned(), number.parse()?))
}
