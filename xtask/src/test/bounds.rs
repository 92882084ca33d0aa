// SPDX-License-Identifier: MIT
//! P3, from the machine code: no loop in malloc and free on any CPU, and a bound that the worst call found by running
//! never exceeds and nearly reaches.

use super::{Step, Tally};
use crate::archive::Lock;
use crate::cpu::{Cpu, CPUS, M0, M3};
use crate::run::Program;
use crate::wcet::{self, Bounds};
use crate::{kernel, paths, tools};
use anyhow::{ensure, Context, Result};
use serde_json::Value;
use std::fs;

/// How far above the worst call found by running a bound may be.
const PER_CENT_ABOVE: u32 = 15;
/// The benchmark's traces with requests for less than any block begin so.
const TINY: &str = "tiny";

pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("no loop in malloc and free", no_loop),
        Step::new("the README's bound", readme_says),
    ];
    // The emulated Cortex-M3 runs the code of Cortex-M0 as well.
    for cpu in [&M3, &M0] {
        let name = format!("bound against the measured worst case, {}", cpu.target);
        steps.push(Step::new(name, move || against_measured(cpu)));
    }
    steps
}

fn no_loop() -> Result<Tally> {
    wcet::prepare(&[])?;
    let mut notes = Vec::new();
    for cpu in CPUS {
        for integrity in [0, 1] {
            // With several regions there is one in free, which they bound.
            bounds(cpu, integrity, 8)?;
            let found = bounds(cpu, integrity, 1)?;
            notes.push(format!("{}/{}", found.malloc.served, found.free.served));
        }
    }
    Ok(Tally::counted(2 * notes.len(), notes.join(" ")))
}

/// The page's first claim is the command's.
fn readme_says() -> Result<Tally> {
    wcet::prepare(&[M3.target.to_owned()])?;
    let Bounds { malloc, free, .. } = bounds(&M3, 1, 1)?;
    let words = format!(
        "{} instructions for a malloc that is served ({} for one of 1 to 4 bytes) and {} for a free",
        malloc.served, malloc.tiny, free.served
    );
    let readme = fs::read_to_string(paths::root().join("README.md"))?;
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(readme.contains(&words), "README.md does not say `{words}`");
    Ok(Tally::passed(words))
}

fn bounds(cpu: &Cpu, integrity: u8, regions: u32) -> Result<Bounds> {
    let named = || format!("{} at integrity level {integrity}", cpu.name);
    wcet::bounds(cpu, integrity, regions, Lock::Scheduler).with_context(named)
}

fn against_measured(cpu: &Cpu) -> Result<Tally> {
    tools::ensure(&[tools::QEMU])?;
    let measured = measured(cpu.target)?;
    let mut notes = Vec::new();
    for (name, integrity) in [("firmheap-0", 0), ("firmheap", 1)] {
        let bounds = bounds(cpu, integrity, 1)?;
        let calls = [
            ("malloc", "", bounds.malloc.served),
            ("malloc", TINY, bounds.malloc.tiny),
            ("free", "", bounds.free.served),
            ("free", TINY, bounds.free.served),
        ];
        for (call, family, bound) in calls {
            let worst = worst(&measured, name, call, family)?;
            let named = || format!("{family} {call}, integrity level {integrity}");
            judge(bound, worst, !family.is_empty()).with_context(named)?;
            notes.push(format!("{call} {worst} <= {bound}"));
        }
    }
    Ok(Tally::counted(2 * notes.len(), notes.join(", ")))
}

/// Neither below what was measured nor far above. The tiny requests need not reach their bound: in so small a
/// bin less can happen than the machine code allows for.
fn judge(bound: u32, worst: u32, tiny: bool) -> Result<()> {
    ensure!(worst > 0, "nothing was measured");
    ensure!(bound >= worst, "the bound is {bound}, yet a call took {worst}: wcet counts wrongly");
    ensure!(
        tiny || bound * 100 <= worst * (100 + PER_CENT_ABOVE),
        "the bound is {bound}, more than {PER_CENT_ABOVE} % above the worst call that was found, {worst}: \
         `cargo xtask wcet --explain` shows the way; either it cannot happen or benches/driver/src/adversary.rs \
         does not look for it"
    );
    Ok(())
}

/// Runs the benchmark's workloads and its search for the worst calls.
fn measured(target: &str) -> Result<Value> {
    let file = paths::work("wcet").join(format!("measured-{target}.json"));
    fs::create_dir_all(paths::work("wcet"))?;
    Program::cargo()
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(paths::root().join("benches/driver/Cargo.toml"))
        .args(["--", "--only", "firmheap,firmheap-0", "--no-real", "--no-memory", "--adversary"])
        .args(["--target", target, "--json"])
        .arg(&file)
        .env("FREERTOS_KERNEL_PATH", kernel::folder()?)
        .must()?;
    serde_json::from_slice(&fs::read(&file)?).context("the benchmark wrote no JSON")
}

/// The dearest call of the traces, with or without those that have tiny requests.
fn worst(measured: &Value, name: &str, call: &str, family: &str) -> Result<u32> {
    let rows =
        measured["allocators"].as_array().context("no allocators in the benchmark's JSON")?;
    let row = rows.iter().find(|row| row["name"] == name).with_context(|| format!("no {name}"))?;
    let groups = ["workloads", "adversary"].into_iter().filter_map(|group| row[group].as_object());
    let traces = groups.flatten().filter(|(trace, _)| trace.starts_with(TINY) != family.is_empty());
    let most = traces.filter_map(|(_, trace)| trace[call]["max"].as_u64()).max();
    Ok(u32::try_from(most.with_context(|| format!("no {call} was measured"))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_below_or_far_above_is_found() {
        assert!(judge(120, 119, false).is_ok());
        assert!(judge(118, 119, false).is_err() && judge(118, 119, true).is_err());
        assert!(judge(200, 119, false).is_err());
        assert!(judge(120, 0, true).is_err());
    }

    #[test]
    fn the_dearest_call_counts() {
        let trace = |max| serde_json::json!({"malloc": {"max": max}});
        let row = serde_json::json!({"name": "firmheap", "workloads": {"a": trace(7)}, "adversary": {"b": trace(9), "tiny.1": trace(11)}});
        let all = serde_json::json!({"allocators": [row]});
        assert_eq!(worst(&all, "firmheap", "malloc", "").unwrap(), 9);
        assert_eq!(worst(&all, "firmheap", "malloc", TINY).unwrap(), 11);
        assert!(worst(&all, "firmheap", "free", "").is_err());
        assert!(worst(&all, "heap_4", "malloc", "").is_err());
    }
}
