// SPDX-License-Identifier: MIT
//! Where used blocks are: `is_used_block` says it of every address, in the heap and around it; and that as many are in use as
//! were handed out.
#![allow(missing_docs, clippy::missing_panics_doc)] // tests

mod support;

use firmheap::block::{
    Checked, Compact, Guard, Layout, Paired, Protected, Slim, Tagged, Unchecked, Wide,
};
use firmheap::fault::Kind;
use firmheap::units::{At, Size, GRANULE};
use std::collections::BTreeSet;
use support::{Arena, Random};

const BYTES: u32 = 1024;

fn every_address<L: Layout, G: Guard>() {
    let mut random = Random(9);
    let mut arena = Arena::<L, G>::with_region(BYTES as usize);
    let start = arena.heap().spans().next().expect("a region").start;
    let mut live = BTreeSet::new();
    for step in 0..if cfg!(miri) { 3 } else { 60 } {
        let mut heap = arena.heap();
        if step % 3 != 2 {
            let size = L::BLOCK_MIN + Size::of_granules(random.below(9));
            live.extend(heap.allocate(size).ok().map(|block| block.at.0));
        } else if let Some(at) = live.pop_first() {
            let span = heap.holder(At(at)).expect("a block of the heap");
            heap.free(At(at), span).expect("it is used");
        }
        let heap = arena.heap();
        for at in (start.0 - 32..start.0 + BYTES + 32).step_by(if cfg!(miri) { 8 } else { 1 }) {
            assert_eq!(heap.is_used_block(At(at)), live.contains(&at), "{at} after {step} steps");
        }
        assert!(!heap.is_used_block(At::NONE) && !heap.is_used_block(At(u32::MAX)));
    }
    assert!(!live.is_empty());
    let mut heap = arena.heap();
    heap.check(|_, _, _| {}).expect("all is well");
    heap.control.counters.allocations += 1;
    assert_eq!(heap.check(|_, _, _| {}).map_err(|fault| fault.kind), Err(Kind::CountersDisagree));
}

/// Without checks blocks are found by following sizes: one that is none ends that.
#[test]
fn a_size_that_is_none_ends_the_search() {
    let mut arena = Arena::<Slim<Compact>, Unchecked>::with_region(BYTES as usize);
    let [first, second] =
        [0, 1].map(|_| arena.heap().allocate(Size::of_granules(4)).expect("room"));
    assert!(arena.heap().is_used_block(second.at));
    for header in [0, 2, 0xFFFE_u16] {
        arena.bytes(At(first.at.0 - 2), 2).copy_from_slice(&header.to_le_bytes());
        assert!(!arena.heap().is_used_block(second.at), "{header:#x}");
    }
}

/// Nor does one lead on that is so large that the address would wrap, to the very block that is asked for.
#[test]
fn a_size_beyond_the_region_ends_the_search() {
    let mut arena = Arena::<Slim<Wide>, Unchecked>::with_region(BYTES as usize);
    let [first, second] =
        [0, 1].map(|_| arena.heap().allocate(Size::of_granules(4)).expect("room"));
    let around = 0u32.wrapping_sub(1).wrapping_div(GRANULE / 2) + 1; // half granules
    let header = first.size.0.wrapping_add(around);
    assert_eq!(first.at.right(Size(header)), second.at);
    arena.bytes(first.at.minus(4), 4).copy_from_slice(&header.to_le_bytes());
    assert!(!arena.heap().is_used_block(second.at));
}

#[test]
fn unchecked() {
    every_address::<Slim<Compact>, Unchecked>();
    every_address::<Tagged<Slim<Compact>>, Unchecked>();
}

#[test]
fn checked() {
    every_address::<Paired<Compact>, Checked>();
    every_address::<Tagged<Paired<Compact>>, Checked>();
}

#[test]
fn protected() {
    every_address::<Paired<Compact>, Protected>();
    every_address::<Paired<Wide>, Protected>();
}
