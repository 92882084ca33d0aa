// SPDX-License-Identifier: MIT
//! Model tests: long random programs against a shadow allocator, `check()` after every step.
//!
//! `FIRMHEAP_MODEL="layout/guard/heap bytes#seed"` reruns one program (a failure prints its id);
//! `FIRMHEAP_MODEL_STEPS` sets the length of each.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{
    Checked, Compact, Guard, Layout, Paired, Protected, Slim, Tagged, Unchecked, Wide,
};
use firmheap::region::Window;
use firmheap::regions::Table;
use firmheap::units::At;
use firmheap::Heap;
use support::{Arena, Judged, Random};

const HEAPS: [usize; 6] = [64, 512, 4096, 20_000, 65_536, 1_000_000];
const SEEDS: u64 = if cfg!(miri) { 1 } else { 3 };

/// Under Miri a step costs thousands of times more.
fn steps() -> u32 {
    let default = if cfg!(miri) { 40 } else { 12_000 };
    std::env::var("FIRMHEAP_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn program<L: Layout, G: Guard>(bytes: usize, seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut arena = Arena::new(bytes);
    // The memory is one region or up to four with gaps between.
    let regions = 1 + random.below(4).min(bytes as u32 / 256);
    let share = bytes as u32 / regions;
    for region in 0..regions {
        let start = firmheap::units::At(256 + region * share);
        let gap = if regions > 1 { random.below(40) } else { 0 };
        arena.heap().add_region(start, start.plus(share - gap)).expect("room in the table");
    }
    let mut judged = Judged::<L, G>::new(arena);
    let largest = (share / 2).max(24);
    let mut filling = 3;
    for step in 0..steps() {
        // A large heap is walked now and then, a small one after every step.
        judged.thorough = bytes <= 4096 || step % 64 == 0;
        if step % 500 == 0 {
            filling = 1 + random.below(5); // phases that fill and phases that drain
        }
        if judged.live() == 0 || random.below(6) < filling {
            let size = random.size(largest);
            judged.allocate(size, random.next() as u8);
        } else {
            let victim = judged.nth(random.below(judged.live() as u32) as usize);
            judged.free(victim);
        }
    }
    while judged.live() > 0 {
        let victim = judged.nth(random.below(judged.live() as u32) as usize);
        judged.free(victim);
    }
    judged.judge_all();
    let figures = judged.arena.heap().figures();
    assert!(figures.free_blocks <= regions * 4, "free blocks merge completely");
}

fn programs<L: Layout, G: Guard>(name: &str) {
    let only = std::env::var("FIRMHEAP_MODEL").ok();
    for bytes in HEAPS {
        for seed in 1..=SEEDS {
            let id = format!("{name}/{bytes}#{seed}");
            if only.as_ref().is_some_and(|only| *only != id) || (cfg!(miri) && bytes > 4096) {
                continue;
            }
            println!("FIRMHEAP_MODEL={id}"); // shown by a failing test: this reruns it
            program::<L, G>(bytes, seed);
        }
    }
}

/// A request larger than any block there can be is refused before anything is read for it: the index has no head
/// for its bin.
fn requests_beyond_the_heap<L: Layout, G: Guard>() {
    for bytes in [64, 200, 1024, 5000, 70_000] {
        let mut arena = Arena::<L, G>::with_region(bytes);
        let mut heap = arena.heap();
        for request in (0..).map(|step| bytes + step * step * 64).take_while(|size| *size < 4 << 20)
        {
            if let Some(size) = Heap::<Window, L, G, Table<'_>>::request(request) {
                assert_eq!(heap.allocate(size).err(), Some(At::NONE), "{request} of {bytes}");
            }
        }
    }
}

#[test]
fn requests_beyond_the_heap_are_refused() {
    requests_beyond_the_heap::<Slim<Compact>, Unchecked>();
    requests_beyond_the_heap::<Paired<Compact>, Checked>();
    requests_beyond_the_heap::<Paired<Compact>, Protected>();
    requests_beyond_the_heap::<Paired<Wide>, Checked>();
    requests_beyond_the_heap::<Tagged<Paired<Wide>>, Checked>();
}

#[test]
fn slim_unchecked() {
    programs::<Slim<Compact>, Unchecked>("slim/compact/unchecked");
}

#[test]
fn wide_slim_unchecked() {
    programs::<Slim<Wide>, Unchecked>("slim/wide/unchecked");
}

#[test]
fn paired_unchecked() {
    programs::<Paired<Compact>, Unchecked>("paired/compact/unchecked");
}

#[test]
fn paired_checked() {
    programs::<Paired<Compact>, Checked>("paired/compact/checked");
}

#[test]
fn paired_protected() {
    programs::<Paired<Compact>, Protected>("paired/compact/protected");
}

#[test]
fn wide_unchecked() {
    programs::<Paired<Wide>, Unchecked>("paired/wide/unchecked");
}

#[test]
fn wide_checked() {
    programs::<Paired<Wide>, Checked>("paired/wide/checked");
}

#[test]
fn wide_protected() {
    programs::<Paired<Wide>, Protected>("paired/wide/protected");
}

#[test]
fn tagged_slim_compact_unchecked() {
    programs::<Tagged<Slim<Compact>>, Unchecked>("tagged/slim/compact/unchecked");
}

#[test]
fn tagged_slim_wide_unchecked() {
    programs::<Tagged<Slim<Wide>>, Unchecked>("tagged/slim/wide/unchecked");
}

#[test]
fn tagged_paired_compact_checked() {
    programs::<Tagged<Paired<Compact>>, Checked>("tagged/paired/compact/checked");
}

#[test]
fn tagged_paired_compact_protected() {
    programs::<Tagged<Paired<Compact>>, Protected>("tagged/paired/compact/protected");
}

#[test]
fn tagged_paired_wide_checked() {
    programs::<Tagged<Paired<Wide>>, Checked>("tagged/paired/wide/checked");
}

#[test]
fn tagged_paired_wide_protected() {
    programs::<Tagged<Paired<Wide>>, Protected>("tagged/paired/wide/protected");
}
