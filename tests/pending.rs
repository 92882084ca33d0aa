// SPDX-License-Identifier: MIT
//! Frees that interrupt handlers left to a task: in any order among the task's own calls, given back twice, written to
//! while they wait.
//!
//! `FIRMHEAP_MODEL_STEPS` sets the length of each program.
#![allow(missing_docs, clippy::missing_panics_doc, clippy::missing_errors_doc)]

mod support;

use firmheap::block::{Checked, Compact, Layout, Paired, Slim, Unchecked, Wide};
use firmheap::block::{Guard, Protected};
use firmheap::fault::Kind;
use firmheap::pending::{Pending, Taken};
use firmheap::region::Space;
use firmheap::units::At;
use std::collections::BTreeSet;
use support::{Arena, Judged, Random};

const BYTES: usize = 8192;

fn steps() -> u32 {
    let default = if cfg!(miri) { 80 } else { 40_000 };
    std::env::var("FIRMHEAP_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct World<L: Layout, G> {
    heap: Judged<L, G>,
    pending: Pending,
    waiting: BTreeSet<At>,
}

impl<L: Layout, G: Guard> World<L, G> {
    fn new() -> Self {
        let heap = Judged::new(Arena::with_region(BYTES));
        World { heap, pending: Pending::default(), waiting: BTreeSet::new() }
    }

    /// What a handler does.
    fn put(&mut self, block: At) -> Result<(), Kind> {
        let space = self.heap.arena.heap().space;
        self.pending.put(space, block)
    }

    fn take(&mut self) -> Option<Taken> {
        let heap = self.heap.arena.heap();
        self.pending.take(heap.space, |at| heap.holder(at).is_some())
    }

    /// What a task does for a handler.
    fn drain_one(&mut self) -> bool {
        let Some(taken) = self.take() else { return false };
        assert!(taken.sound && taken.lost == 0, "nobody wrote to it");
        assert!(self.waiting.remove(&taken.block), "nobody put it there");
        let mut heap = self.heap.arena.heap();
        let span = heap.holder(taken.block).expect("a region");
        heap.free(taken.block, span).expect("a block in use");
        true
    }
}

fn program<L: Layout, G: Guard>(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut world = World::<L, G>::new();
    let mut live: Vec<At> = Vec::new();
    for _ in 0..steps() {
        match random.below(5) {
            0 | 1 => {
                let bytes = random.size(400).max(1) as usize;
                let tiny = firmheap::units::Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN);
                let size = firmheap::Heap::<firmheap::region::Window, L, G>::request(
                    tiny.unwrap_or(bytes),
                );
                let mut heap = world.heap.arena.heap();
                if let Ok(block) = heap.allocate(size.expect("a size")) {
                    let capacity = block.size.bytes() - L::HEADER;
                    assert!(capacity >= firmheap::pending::LINKS, "room for the links");
                    world.heap.arena.bytes(block.at, capacity).fill(random.next() as u8);
                    live.push(block.at);
                }
            }
            2 | 3 if !live.is_empty() => {
                let block = live.swap_remove(random.below(live.len() as u32) as usize);
                assert_eq!(world.put(block), Ok(()));
                assert!(world.waiting.insert(block), "handed out while it waits");
                assert_eq!(world.put(block), Err(Kind::DoubleFree), "given back twice");
            }
            _ => {
                world.drain_one();
            }
        }
        assert_eq!(world.pending.count as usize, world.waiting.len());
        if random.below(100) == 0 {
            assert_eq!(world.heap.arena.heap().check(|_, _, _| ()), Ok(()));
        }
    }
    while world.drain_one() {}
    assert!(world.waiting.is_empty(), "lost: {:?}", world.waiting);
    for block in live {
        let mut heap = world.heap.arena.heap();
        let span = heap.holder(block).expect("a region");
        heap.free(block, span).expect("in use");
    }
    let heap = world.heap.arena.heap();
    assert_eq!(heap.control.counters.free, heap.control.first.size(), "all is one block again");
}

#[test]
fn handlers_and_tasks_in_any_order() {
    for seed in 1..=4 {
        program::<Paired<Compact>, Checked>(seed);
        program::<Paired<Wide>, Protected>(seed);
        program::<Slim<Compact>, Unchecked>(seed);
        program::<Slim<Wide>, Unchecked>(seed);
    }
}

type Small = World<Paired<Compact>, Checked>;

/// Three blocks that wait, the last one first.
fn three() -> (Small, [At; 3]) {
    let mut world = Small::new();
    let blocks = [20, 30, 40].map(|bytes| world.heap.allocate(bytes, 0).expect("there is room"));
    for block in blocks {
        assert_eq!(world.put(block), Ok(()));
    }
    (world, blocks)
}

#[test]
fn what_was_written_to_is_told_of_and_not_followed() {
    for (word, value) in [(0, 0), (0, 4), (0, 0xFFFF_FFF8), (4, 0), (4, 0xFFFF_FFFF)] {
        let (mut world, blocks) = three();
        let space = world.heap.arena.heap().space;
        space.store32(blocks[1].plus(word), value);
        assert_eq!(world.take(), Some(Taken { block: blocks[2], sound: true, lost: 0 }));
        let left = [0, 4].map(|word| space.load32(blocks[1].plus(word)));
        assert_eq!(world.take(), Some(Taken { block: blocks[1], sound: false, lost: 1 }));
        // It may be somebody else's by now.
        assert_eq!(left, [0, 4].map(|word| space.load32(blocks[1].plus(word))), "written to");
        assert_eq!((world.take(), world.pending), (None, Pending::default()));
        assert_eq!(world.put(blocks[0]), Ok(()), "the one that was lost can be given back again");
    }
}

/// A forger writes both words.
#[test]
fn a_link_out_of_the_heap_is_not_followed() {
    let (mut world, blocks) = three();
    let space = world.heap.arena.heap().space;
    for wrong in [0x10_0000_u32, 2, 0xFFFF_FFF0] {
        space.store32(blocks[2], wrong);
        space.store32(blocks[2].plus(4), !(blocks[2].0 ^ wrong));
        let mut copy = world.pending;
        let heap = world.heap.arena.heap();
        let taken = copy.take(heap.space, |at| heap.holder(at).is_some());
        assert_eq!(taken, Some(Taken { block: blocks[2], sound: false, lost: 2 }));
    }
}

/// A block written to and then given back again closes a circle: it ends, because every block that is taken loses its seal.
#[test]
fn a_circle_ends() {
    let (mut world, blocks) = three();
    let space = world.heap.arena.heap().space;
    space.store32(blocks[0].plus(4), 0);
    assert_eq!(world.put(blocks[0]), Ok(()), "it no longer looks as if it waits");
    let mut taken = 0;
    while world.take().is_some() {
        taken += 1;
        assert!(taken <= 5, "no end");
    }
}

#[test]
fn words_that_look_like_a_seal_are_no_fault() {
    let (mut world, _) = three();
    let block = world.heap.allocate(50, 0).expect("there is room");
    let space = world.heap.arena.heap().space;
    space.store32(block, 0x1234_5678);
    space.store32(block.plus(4), !(block.0 ^ 0x1234_5678));
    assert_eq!(world.put(block), Ok(()));
    assert_eq!(world.take(), Some(Taken { block, sound: true, lost: 0 }));
}

/// Not the last one alone: others came after it.
#[test]
fn given_back_again_while_it_waits() {
    let (mut world, blocks) = three();
    let before = world.pending;
    for block in blocks {
        assert_eq!(world.put(block), Err(Kind::DoubleFree));
        assert_eq!(world.pending, before, "refused, and nothing changed");
    }
}

/// A block that looks as if it waits is looked for as far as seals fit, and no further than the list.
#[test]
fn the_search_follows_no_broken_seal() {
    let looks_waiting = |world: &mut Small| {
        let block = world.heap.allocate(50, 0).expect("there is room");
        let space = world.heap.arena.heap().space;
        space.store32(block, 0x1234_5678);
        space.store32(block.plus(4), !(block.0 ^ 0x1234_5678));
        block
    };
    let (mut world, blocks) = three();
    let block = looks_waiting(&mut world);
    world.heap.arena.heap().space.store32(blocks[1], block.0);
    assert_eq!(world.put(block), Ok(()), "a link that was written to is no proof");

    let (mut world, _) = three();
    let block = looks_waiting(&mut world);
    world.pending.count = 100;
    assert_eq!(world.put(block), Ok(()), "the list ends before its count does");
}

/// Any bit of both words, and what applications keep at the beginning of a block: pointers, to itself or to a neighbour.
#[test]
fn every_bit_of_a_waiting_block_s_words_is_watched() {
    let judge = |write: &dyn Fn(u32, u32, [At; 3]) -> (u32, u32)| {
        let (mut world, blocks) = three();
        let space = world.heap.arena.heap().space;
        let second = blocks[1].plus(4);
        let (link, seal) = write(space.load32(blocks[1]), space.load32(second), blocks);
        space.store32(blocks[1], link);
        space.store32(second, seal);
        assert_eq!(world.take(), Some(Taken { block: blocks[2], sound: true, lost: 0 }));
        let expected = Some(Taken { block: blocks[1], sound: false, lost: 1 });
        assert_eq!(world.take(), expected, "{link:#x}, {seal:#x}");
    };
    for bit in (0..32).step_by(if cfg!(miri) { 9 } else { 1 }) {
        judge(&|link, seal, _| (link ^ 1 << bit, seal));
        judge(&|link, seal, _| (link, seal ^ 1 << bit));
    }
    judge(&|_, _, blocks| (0, blocks[1].0));
    judge(&|_, _, blocks| (blocks[1].0, 0));
    judge(&|_, _, blocks| (blocks[0].0, blocks[0].0 ^ blocks[1].0));
}
