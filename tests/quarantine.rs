// SPDX-License-Identifier: MIT
//! Integrity level 3 in the core: what waits in the quarantine, and what is told when its memory or that around it
//! was written over.
#![allow(missing_docs, clippy::missing_panics_doc)]

#[macro_use]
mod support;

use firmheap::block::{Layout, Protected};
use firmheap::fault::Kind;
use firmheap::integrity::poison::Patterns;
use firmheap::region::Window;
use firmheap::units::{At, Size, BLOCK_MIN};
use support::warded::World;
use support::Arena;

const ROOM_FOR_ALL: u32 = 10_000;

/// Blocks of so many bytes each, in the order of addresses; freed, so that all of them wait.
fn waiting<L: Layout>(world: &mut World<L>, number: u8, bytes: u32) -> Vec<At> {
    let blocks: Vec<_> = (0..number).map(|n| world.allocate(bytes, n).expect("room")).collect();
    for block in &blocks {
        world.free(*block).expect("a live block");
    }
    blocks
}

fn size_of<L: Layout>(world: &mut World<L>, block: At) -> Size {
    L::size(world.heap().heap.space, block)
}

/// Something that needs the memory of all that waits: what is on the way is told of.
fn kind_at_reuse<L: Layout>(world: &mut World<L>) -> Option<Kind> {
    let all = world.heap().free().bytes() - 2 * BLOCK_MIN.bytes();
    world.allocate(all, 0xAA).err().flatten().map(|fault| fault.kind)
}

/// As many bytes wait as may, to the last; one more block, and the oldest is free.
fn the_bound_is_met_exactly<L: Layout>() {
    let mut world = World::<L>::new(2048, ROOM_FOR_ALL);
    let block = world.allocate(60, 0).expect("room");
    let size = size_of(&mut world, block);
    let mut world = World::<L>::new(2048, 3 * size.bytes());
    let blocks = waiting(&mut world, 5, 60);
    assert_eq!(world.quarantine.size.bytes(), 3 * size.bytes());
    assert_eq!(world.quarantine.oldest, blocks[2]);
    assert_eq!(world.check(), Ok(()));
    let (free, held) = (world.heap().free(), world.quarantine.size);
    assert_eq!(world.heap().figures().free, free, "what waits counts as free in the figures");
    assert_eq!(free, world.heap().heap.control.counters.free + held);
}

/// The trailer, not a link, of each of the blocks that wait is written over.
fn a_mark_that_was_written_over<L: Layout>() {
    for victim in 0..4 {
        let mut world = World::<L>::new(1024, ROOM_FOR_ALL);
        let blocks = waiting(&mut world, 4, 60);
        let size = size_of(&mut world, blocks[victim]);
        let mark = blocks[victim].right(size).minus(L::HEADER + 4);
        world.arena.bytes(mark, 4).fill(0x21);
        assert_eq!(world.check().map_err(|fault| fault.kind), Err(Kind::TrailerDamaged));
        assert_eq!(kind_at_reuse(&mut world), Some(Kind::WrittenAfterFree), "block {victim}");
        assert_eq!(world.quarantine.size, Size::ZERO);
    }
}

/// A header that says something else of its left neighbour: the block bears the mark, and can not be freed.
fn a_header_that_was_written_over<L: Layout>() {
    for victim in 1..4 {
        let mut world = World::<L>::new(1024, ROOM_FOR_ALL);
        let blocks = waiting(&mut world, 4, 60);
        let left = world.arena.bytes(blocks[victim].minus(L::HEADER), 1);
        left[0] ^= 0x40;
        assert!(world.check().is_err());
        assert!(kind_at_reuse(&mut world).is_some(), "block {victim}");
        assert_eq!(world.quarantine.size, Size::ZERO, "and the call ends");
    }
}

/// Behind a header that holds no size nothing can be told: the queue is laid out anew without it, and calls end.
fn a_header_of_no_size<L: Layout>() {
    for word in [0u32, 0x0001_0001, 0xFFFF_FFFF, 0x7000_7000] {
        let mut world = World::<L>::new(1024, ROOM_FOR_ALL);
        let blocks = waiting(&mut world, 4, 60);
        world.arena.bytes(blocks[0], 4).fill(0x33); // a link, so that the queue is laid out anew
        world.arena.bytes(blocks[2].minus(4), 4).copy_from_slice(&word.to_le_bytes());
        assert!(world.check().is_err());
        assert!(kind_at_reuse(&mut world).is_some(), "{word:#x}");
        assert_eq!(world.quarantine.size, Size::ZERO);
    }
}

/// Laying out the queue anew finds the smallest blocks, the last of a region, and those of every region.
fn all_that_waits_is_found_again<L: Layout>() {
    let mut arena = Arena::<L, Protected>::new(3 * 400);
    for number in 0..3 {
        let start = At(Window::FIRST_REGION.0 + number * 400);
        arena.heap().add_region(start, start.plus(380)).expect("room in the table");
    }
    let mut world = World::over(arena, ROOM_FOR_ALL);
    let all = world.heap().free();
    let mut blocks = Vec::new();
    while let Ok(block) = world.allocate(1, 7) {
        blocks.push(block);
    }
    assert!(blocks.len() > 30, "every region is full of the smallest blocks");
    // The first that is freed is damaged; the others are found by address, to the last byte of each region.
    let damaged = blocks[blocks.len() / 2];
    world.free(damaged).expect("a live block");
    for block in blocks.iter().filter(|block| **block != damaged) {
        world.free(*block).expect("a live block");
    }
    assert_eq!(world.heap().free(), all);
    world.arena.bytes(damaged, 8).fill(0x33);
    let fault = world.allocate(100, 1).expect_err("the damage").expect("a fault");
    assert_eq!((fault.kind, fault.at), (Kind::WrittenAfterFree, damaged));
    let at = *world.live.keys().next().expect("it was served all the same");
    world.free(At(at)).expect("a live block");
    assert_eq!(world.heap().free(), all, "nothing was lost");
    assert_eq!(world.check(), Ok(()));
}

/// A header that was written over is no double free: that is said of what is free alone.
fn an_overflow_is_no_double_free<L: Layout>() {
    let mut world = World::<L>::new(1024, 0);
    let blocks: Vec<_> = (0..3).map(|n| world.allocate(60, n).expect("room")).collect();
    world.arena.bytes(blocks[1].minus(L::HEADER), 1)[0] ^= 0x40;
    let found = world.free(blocks[0]).expect_err("an overflow").kind;
    assert_eq!(found, Kind::RightDisagrees);
    world.arena.bytes(blocks[1].minus(L::HEADER), 1)[0] ^= 0x40;
    assert_eq!(world.check(), Ok(()));
    for block in &blocks {
        world.free(*block).expect("whole again");
    }
    // Merged away: nothing is left of its header but the pattern.
    assert_eq!(world.free(blocks[1]).expect_err("freed twice").kind, Kind::DoubleFree);
}

#[test]
fn patterns_are_one_byte_repeated() {
    let (kept, cleared) = (Patterns::of(false), Patterns::of(true));
    assert_eq!((kept.new, kept.freed), (0xCDCD_CDCD, 0xDDDD_DDDD));
    assert_eq!((cleared.new, cleared.freed), (0xCDCD_CDCD, 0));
    assert!(kept.is_freed(0xDDDD_DDDD) && !kept.is_freed(0xDDDD_DDDC) && !kept.is_freed(0));
    assert!(!cleared.is_freed(0), "payloads are full of zeros");
    assert!(!cleared.is_freed(1));
}

for_layouts!(
    the_bound_is_met_exactly,
    a_mark_that_was_written_over,
    a_header_that_was_written_over,
    a_header_of_no_size,
    all_that_waits_is_found_again,
    an_overflow_is_no_double_free
);
