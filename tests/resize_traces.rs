// SPDX-License-Identifier: MIT
//! The recorded programs that resize much need less memory with resizing than with malloc, copy and free. Prints the
//! smallest heap of both, found by bisection (`--nocapture` shows it).
#![allow(missing_docs, clippy::missing_panics_doc)]
#![cfg(not(miri))] // reads files

mod support;

use firmheap::block::{Checked, Compact, Layout, Paired};
use firmheap::region::Window;
use firmheap::units::{At, Size, GRANULE};
use firmheap::Heap;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use support::Arena;

type Form = Paired<Compact>;
type TheHeap<'a> = Heap<'a, Window, Form, Checked>;

#[derive(Clone, Copy)]
enum Event {
    Allocate { block: u32, bytes: u32 },
    Resize { old: u32, new: u32, bytes: u32 },
    Free { block: u32 },
}

fn events(name: &str) -> Vec<Event> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces").join(format!("{name}.gz"));
    let unpacked = Command::new("gzip").arg("-dc").arg(file).output().expect("gzip runs");
    let text = String::from_utf8(unpacked.stdout).expect("a trace is text");
    let mut events = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let kind = words.next().expect("an event");
        let numbers: Vec<u32> = words.filter_map(|word| word.parse().ok()).collect();
        events.push(match kind {
            "m" | "c" => Event::Allocate { block: numbers[0], bytes: numbers[1] },
            "r" => Event::Resize { old: numbers[0], new: numbers[1], bytes: numbers[2] },
            "f" => Event::Free { block: numbers[0] },
            _ => panic!("{line}"),
        });
    }
    assert!(events.len() > 5_000, "{name}: {} events", events.len());
    events
}

fn wanted(bytes: u32) -> Size {
    let bytes = bytes.max(1) as usize;
    let tiny = Size::for_tiny_request(bytes, Form::HEADER, Form::BLOCK_MIN);
    TheHeap::request(tiny.unwrap_or(bytes)).expect("a size that there can be")
}

fn free(heap: &mut TheHeap, at: At) {
    let span = heap.holder(at).expect("a live block");
    heap.free(at, span).expect("a live block");
}

/// True if a heap of so many bytes serves all; how many resizes needed no other memory.
fn serves(events: &[Event], bytes: u32, resizes: bool) -> Option<u32> {
    let mut arena = Arena::<Form, Checked>::with_region(bytes as usize);
    let mut heap = arena.heap();
    let mut live = HashMap::new();
    let mut stayed = 0;
    for event in events {
        match *event {
            Event::Allocate { block, bytes } => {
                live.insert(block, heap.allocate(wanted(bytes)).ok()?.at);
            }
            Event::Free { block } => free(&mut heap, live.remove(&block).expect("a live block")),
            Event::Resize { old, new, bytes } => {
                let at: At = live.remove(&old).expect("a live block");
                let span = heap.holder(at).expect("a live block");
                let plan = heap.plan_resize(at, span, wanted(bytes)).expect("a sound heap");
                let place = match plan {
                    Some(plan) if resizes => {
                        stayed += 1;
                        heap.resize(&plan);
                        plan.to.at
                    }
                    _ => {
                        let block = heap.allocate(wanted(bytes)).ok()?;
                        free(&mut heap, at);
                        block.at
                    }
                };
                live.insert(new, place);
            }
        }
    }
    Some(stayed)
}

/// The smallest heap, in steps of 8 bytes, found by bisection.
fn smallest(events: &[Event], resizes: bool) -> u32 {
    let (mut fails, mut good) = (1_000, 261_000);
    assert!(serves(events, good, resizes).is_some());
    while good - fails > 8 {
        let middle = (fails + good) / 16 * 8;
        if serves(events, middle, resizes).is_some() {
            good = middle;
        } else {
            fails = middle;
        }
    }
    good
}

/// A claim for alignment 8: with larger granules one of the three needs more than a region holds.
#[test]
fn resizing_needs_less_memory_than_copying() {
    if GRANULE > 8 {
        return;
    }
    for name in ["cjson_docs", "expat_xml", "lua54_script"] {
        let events = events(name);
        let copies = smallest(&events, false);
        let resizes = smallest(&events, true);
        let stayed = serves(&events, resizes, true).expect("it was served");
        let all = events.iter().filter(|event| matches!(event, Event::Resize { .. })).count();
        println!("{name}: {all} resizes; smallest heap with malloc, copy, free {copies}, with resizing {resizes} ({stayed} without other memory)");
        assert!(resizes < copies, "{name}: {resizes} instead of {copies}");
    }
}
