// SPDX-License-Identifier: MIT
//! Regions with memory between them that is not the heap's.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Compact, Layout, Paired, Protected, Tagged, Wide};
use firmheap::units::{At, Size, GRANULE};
use support::Arena;

const LOWER: (At, At) = (At(256), At(256 + 640));
const UPPER: (At, At) = (At(1280), At(1280 + 960));

/// A free block whose header says that it reaches into the next region, where a word confirms it, is not believed: what
/// lies between is not written to. Every request and every figure asks.
fn claims_memory_of_another_region<L: Layout>() {
    let wanted = Size::of_granules(6);
    let mut arena = Arena::<L, Protected>::new(2560);
    for (start, end) in [LOWER, UPPER] {
        arena.heap().add_region(start, end).expect("a region");
    }
    let heap = arena.heap();
    let blocks = heap.spans().map(|span| span.start).collect::<Vec<_>>();
    let (lower, upper) = (*blocks.iter().min().expect("two"), *blocks.iter().max().expect("two"));
    let claim = Size::of_granules((upper.plus(8 * GRANULE).0 - lower.0) / GRANULE);
    let sound = L::size(heap.space, lower);
    L::make_free(heap.space, lower, claim, lower.right(claim));
    let between = LOWER.1 .0 + GRANULE..UPPER.0 .0 - GRANULE;
    let before = arena.bytes(At(between.start), between.len() as u32).to_vec();
    assert_eq!(arena.heap().allocate(wanted).map(|block| block.at), Err(lower));
    assert_eq!(
        arena.heap().allocate_aligned(wanted, 2 * GRANULE).map(|block| block.at),
        Err(lower)
    );
    assert_eq!(arena.bytes(At(between.start), between.len() as u32), before);
    // As it was, it serves.
    let space = arena.heap().space;
    L::make_free(space, lower, sound, lower.right(sound));
    assert_eq!(arena.heap().allocate(wanted).map(|block| block.at), Ok(lower));
}

#[test]
fn a_claim_on_another_region_is_not_believed() {
    claims_memory_of_another_region::<Paired<Compact>>();
    claims_memory_of_another_region::<Paired<Wide>>();
    claims_memory_of_another_region::<Tagged<Paired<Compact>>>();
}
