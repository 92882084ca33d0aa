// SPDX-License-Identifier: MIT
//! Runs an image on QEMU and reads its report.

use crate::job::Jobs;
use crate::tool::{run_text, write, Outcome};
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// Counts of one kind of call in one trace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calls {
    pub calls: u64,
    pub sum: u64,
    pub p99: u32,
    pub max: u32,
    /// Index of the operation that cost the most.
    pub at: u32,
}

impl Calls {
    pub fn mean(&self) -> f64 {
        self.sum as f64 / self.calls.max(1) as f64
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    pub name: String,
    /// The very first call, which may set the heap up; not among the others.
    pub first: u32,
    pub malloc: Calls,
    pub free: Calls,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Smallest {
    pub name: String,
    /// Bytes of the heap array; 0 when no size up to the limit serves the trace.
    pub heap: u32,
    pub peak: u32,
    /// The allocator's .data and .bss in firmware with a heap of that size.
    pub static_bytes: u32,
    /// Is 2 % more heap enough, too?
    pub monotonic: bool,
}

impl Smallest {
    /// Heap and static data, if there is a size that serves.
    pub fn total(&self) -> Option<u32> {
        (self.heap != 0).then_some(self.heap + self.static_bytes)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlopePoint {
    pub blocks: u32,
    pub malloc: u32,
    pub free: u32,
    pub refused: u32,
}

/// Everything one run reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Bytes of .data and .bss that belong to the allocator.
    pub static_bytes: u32,
    pub timings: Vec<Timing>,
    pub smallest: Vec<Smallest>,
    pub slope: Vec<SlopePoint>,
}

/// Runs the jobs; timed ones twice, and the two runs must not differ.
pub fn execute(image: &Path, jobs: &Jobs) -> Outcome<Report> {
    let file = image.with_extension("jobs");
    write(&file, &jobs.finish())?;
    let first = once(image, &file, jobs.timed())?;
    if jobs.timed() {
        let second = once(image, &file, true)?;
        if first != second {
            return Err(format!("two runs of {} differ:\n{first}\n{second}", image.display()));
        }
    }
    let is_warded = image.iter().any(|part| part == "firmheap-3");
    parse(&first, is_warded).map_err(|why| format!("{}: {why}\n{first}", image.display()))
}

fn once(image: &Path, jobs: &Path, timed: bool) -> Outcome<String> {
    let mut qemu = Command::new("qemu-system-arm");
    qemu.args(["-M", "mps2-an385", "-cpu", "cortex-m3", "-display", "none", "-monitor", "none"]);
    qemu.args(["-serial", "none", "-semihosting-config", "enable=on,target=native"]);
    if timed {
        qemu.args(["-icount", "shift=10,align=off,sleep=off"]);
    }
    qemu.arg("-kernel").arg(image);
    qemu.arg("-device").arg(format!("loader,file={},addr=0x21000000,force-raw=on", jobs.display()));
    run_text(&mut qemu)
}

fn parse(text: &str, is_warded: bool) -> Outcome<Report> {
    let mut report = Report::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("static") => report.static_bytes = field(&fields(words)?, "bytes")?,
            Some("time") => report.timings.push(timing(words)?),
            Some("memory") => {
                let name = words.next().ok_or("memory without a name")?.to_owned();
                let map = fields(words)?;
                report.smallest.push(Smallest {
                    name,
                    heap: field(&map, "heap")?,
                    peak: field(&map, "peak")?,
                    static_bytes: report.static_bytes,
                    monotonic: map.get("more").is_some_and(|&more| more == 1),
                });
            }
            Some("slope") => {
                let map = fields(words)?;
                // With a trailer in every block the sizes of the slope's requests are other blocks'.
                if field(&map, "null")? != 1 && !is_warded {
                    return Err("a request was served that fits no free block".into());
                }
                report.slope.push(SlopePoint {
                    blocks: field(&map, "blocks")?,
                    malloc: field(&map, "malloc")?,
                    free: field(&map, "free")?,
                    refused: field(&map, "refused")?,
                });
            }
            Some("calibration" | "done") | None => {}
            Some(_) => return Err(format!("unexpected line: {line}")),
        }
    }
    if text.lines().last() != Some("done") {
        return Err("the report is incomplete".into());
    }
    Ok(report)
}

fn timing<'a>(mut words: impl Iterator<Item = &'a str>) -> Outcome<Timing> {
    let name = words.next().ok_or("time without a name")?.to_owned();
    let rest: Vec<&str> = words.collect();
    let middle = rest.iter().position(|&word| word == "free").ok_or("no figures for free")?;
    let first = field(&fields(rest.iter().copied().take(1))?, "first")?;
    Ok(Timing { name, first, malloc: calls(&rest[2..middle])?, free: calls(&rest[middle + 1..])? })
}

fn calls(words: &[&str]) -> Outcome<Calls> {
    let map = fields(words.iter().copied())?;
    Ok(Calls {
        calls: field(&map, "calls")?.into(),
        sum: field(&map, "sum")?.into(),
        p99: field(&map, "p99")?,
        max: field(&map, "max")?,
        at: field(&map, "at")?,
    })
}

fn fields<'a>(words: impl Iterator<Item = &'a str>) -> Outcome<HashMap<&'a str, u32>> {
    words
        .map(|word| {
            let (name, value) =
                word.split_once('=').ok_or_else(|| format!("not a field: {word}"))?;
            Ok((name, value.parse().map_err(|e| format!("{word}: {e}"))?))
        })
        .collect()
}

fn field(map: &HashMap<&str, u32>, name: &str) -> Outcome<u32> {
    map.get(name).copied().ok_or_else(|| format!("the field {name} is missing"))
}
