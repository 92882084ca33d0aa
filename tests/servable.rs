// SPDX-License-Identifier: MIT
//! What a free block must be to be handed out, and told of as the largest: confirmed by its right neighbour, inside one
//! region, and in the list it is found in.
#![allow(missing_docs, clippy::missing_panics_doc)] // tests

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Wide};
use firmheap::units::{At, Size};
use support::holes::Holes;
use support::Arena;

const GRANULES: u32 = 13;

/// Two free blocks of one size; the copy of the size of this one is damaged.
fn two_alike<L: Layout, G: Guard>(damaged: usize) -> Holes<L, G> {
    let mut holes = Holes::<L, G>::new(&[GRANULES, GRANULES]);
    let right = holes.at[damaged].right(Size::of_granules(GRANULES));
    holes.arena.bytes(right.minus(L::HEADER), 1)[0] ^= 0x10;
    holes
}

/// Of two that are equally large the largest request would get the first of its list: that it meets, and no other.
fn the_block_that_a_request_would_meet_is_judged<L: Layout, G: Guard>() {
    let size = Size::of_granules(GRANULES);
    let mut holes = two_alike::<L, G>(1);
    assert_eq!(holes.arena.heap().largest_request(), Ok(size.bytes() - L::HEADER));
    assert_eq!(holes.allocate(GRANULES), Some(holes.at[0]));
    let mut holes = two_alike::<L, G>(0);
    assert_eq!(holes.arena.heap().largest_request(), Err(holes.at[0]));
    assert_eq!(holes.arena.heap().allocate(size), Err(holes.at[0]));
}

#[test]
fn the_block_that_a_request_would_meet() {
    the_block_that_a_request_would_meet_is_judged::<Paired<Compact>, Checked>();
    the_block_that_a_request_would_meet_is_judged::<Paired<Compact>, Protected>();
    the_block_that_a_request_would_meet_is_judged::<Paired<Wide>, Protected>();
}

/// With checked links a size that leads out of its region is not believed, though what lies there, below the end of
/// another region, confirms it.
fn no_block_ends_between_regions<L: Layout>() {
    let mut arena = Arena::<L, Protected>::new(4096);
    for (start, end) in [(256, 1024), (2048, 2400)] {
        arena.heap().add_region(At(start), At(end)).expect("a region");
    }
    let heap = arena.heap();
    let (block, size) = (heap.control.first.start, Size::of_bytes(1024));
    L::make_free(heap.space, block, size, block.right(size));
    assert_eq!(heap.largest_request(), Err(block));
    assert_eq!(arena.heap().allocate(Size::of_bytes(512)), Err(block));
}

#[test]
fn no_block_ends_between_two_regions() {
    no_block_ends_between_regions::<Paired<Compact>>();
    no_block_ends_between_regions::<Paired<Wide>>();
}

/// With checked links a head that leads to a block of another list is damaged: the block names its own.
#[test]
fn a_head_s_block_names_the_head() {
    let mut holes = Holes::<Paired<Compact>, Protected>::new(&[12, 40]);
    let (head, other) = (holes.head(12), holes.at[1]);
    holes.arena.set_link(head, other);
    assert_eq!(holes.arena.heap().allocate(Size::of_granules(12)), Err(head));
}
