// SPDX-License-Identifier: MIT
//! A trace that was recorded on mps2-an385, beside the record that the kernel's own trace macros made of the same calls.

use super::{emulate, firmware, folder, summary};
use crate::archive::Track;
use crate::{paths, trace};
use anyhow::{ensure, Context, Result};
use firmheap_trace::{Trace, What};
use std::fs;
use std::path::Path;

/// A trace beside the other record of the same calls.
pub struct Compared {
    pub calls: usize,
    pub lost: u64,
    pub bytes: usize,
}

/// Records so many calls through a ring of these bytes, with a writer that sleeps so many ticks, and compares what the
/// trace decodes to with the record that the kernel's own macros made.
pub fn record(calls: u32, ring: u32, slow: u32, resizes: bool) -> Result<Compared> {
    let folder = folder()?;
    let name = format!("record-{calls}-{ring}-{slow}-{resizes}");
    let stream = folder.join(format!("{name}.trace"));
    let other = folder.join(format!("{name}.calls"));
    let defines = [
        format!("-DrecordEVENTS={calls}U"),
        format!("-DrecordRING={ring}U"),
        format!("-DrecordSLOW={slow}U"),
        format!("-DrecordRESIZES={}", u8::from(resizes)),
        format!("-DrecordTRACE_FILE=\"{}\"", stream.display()),
        format!("-DrecordRECORD_FILE=\"{}\"", other.display()),
        "-DhealthRECORDS".to_owned(),
        "-DhealthFAILS=0".to_owned(),
        "-DhealthHEAP_BYTES=65536".to_owned(),
    ];
    let image = firmware(&name, Track::Trace, "record.c", &defines)?;
    for file in [&stream, &other] {
        let _absent_is_fine = fs::remove_file(file);
    }
    let output = emulate(&image)?;
    let said = |key: &str| -> Result<u64> {
        let found = summary(&output).into_iter().find(|(name, _)| name == key);
        Ok(found.with_context(|| format!("no {key}:\n{output}"))?.1.parse()?)
    };
    let bytes = fs::read(&stream)?;
    let trace = firmheap_trace::read(&bytes)?;
    let calls = fs::read(&other)?;
    let calls: Vec<[u32; 4]> = calls.chunks_exact(16).map(call).collect();
    ensure!(calls.len() as u64 == said("calls")?, "the record is not whole");
    let lost = compare(&trace, &calls, &image, resizes)?;
    ensure!(trace.end == Some((said("recorded")?, said("lost")?)), "the end says {:?}", trace.end);
    ensure!(lost == said("lost")?, "{lost} events are marked as lost, {} were", said("lost")?);
    Ok(Compared { calls: calls.len(), lost, bytes: bytes.len() })
}

/// Address, bytes, what was wanted, task: `Call_t` of tests/health/record.c.
fn call(bytes: &[u8]) -> [u32; 4] {
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    [word(0), word(4), word(8), word(12)]
}

/// Every event is the call at its place; lost ones are as many as calls are passed over. How many those are.
fn compare(trace: &Trace, calls: &[[u32; 4]], image: &Path, resizes: bool) -> Result<u64> {
    let mut calls_left = calls.iter();
    let mut lost = 0;
    let mut resized = 0;
    let mut sites = std::collections::BTreeSet::new();
    for (number, event) in trace.events.iter().enumerate() {
        if let What::Lost { events } = event.what {
            lost += events;
            ensure!(events > 0, "event {number}: nothing was lost");
            for _ in 0..events {
                ensure!(calls_left.next().is_some(), "event {number}: more lost than there were");
            }
            continue;
        }
        // The kernel's macros tell of a resize in place as a free and an allocation.
        if let What::Resize { address, bytes } = event.what {
            let (free, again) = (calls_left.next(), calls_left.next());
            let (free, again) = free.zip(again).with_context(|| format!("event {number}"))?;
            let same = u64::from(free[0]) == address
                && free[1] & FREED != 0
                && [u64::from(again[0]), u64::from(again[1])] == [address, bytes];
            ensure!(same, "event {number}: {}, {free:x?} {again:x?}", trace.line(event));
            resized += 1;
            continue;
        }
        let call = calls_left.next().with_context(|| format!("event {number} never happened"))?;
        let line = trace.line(event);
        ensure!(
            is_same(trace.task_name(event), event.what, *call),
            "event {number}: {line}, {call:x?}"
        );
        if let (What::Allocate { site, .. }, 0 | 1) = (event.what, call[3]) {
            sites.extend((site != 0).then_some(site)); // a block that moved to its left has none
        }
    }
    // What was lost after the last event is told of by the end alone.
    let rest = calls_left.count() as u64;
    let sites: Vec<u64> = sites.into_iter().collect();
    let places = trace::places(image, &sites)?;
    let source = fs::read_to_string(paths::root().join("tests/health/record.c"))?;
    for place in places.values() {
        let line: usize =
            place.strip_prefix("record.c:").and_then(|line| line.parse().ok()).unwrap_or(0);
        let marked =
            source.lines().nth(line.wrapping_sub(1)).is_some_and(|line| line.contains("/* seed: "));
        ensure!(marked, "a worker's site is {place}");
    }
    let expected = 2 + usize::from(resizes);
    ensure!(places.len() == expected, "the workers have {expected} sites, not {places:?}");
    ensure!(!resizes || resized > 1_000, "only {resized} resizes in place");
    Ok(lost + rest)
}

/// In the bytes of a call: it was a free.
const FREED: u32 = 0x8000_0000;

fn is_same(task: &str, what: What, [address, size, asked, worker]: [u32; 4]) -> bool {
    let same_task = match worker {
        0 => task == "north",
        1 => task == "south",
        _ => task != "north" && task != "south",
    };
    let is_worker = worker < 2;
    let same = match what {
        What::Allocate { address: at, bytes, wanted, site } => {
            at == u64::from(address)
                && bytes == u64::from(size)
                && (!is_worker || site == 0 || wanted == u64::from(asked))
        }
        What::Free { address: at, bytes } => {
            at == u64::from(address) && bytes == u64::from(size & !FREED) && size & FREED != 0
        }
        What::Fail { wanted, .. } => address == 0 && (!is_worker || wanted == u64::from(asked)),
        _ => false,
    };
    same && same_task
}
