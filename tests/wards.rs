// SPDX-License-Identifier: MIT
//! Integrity level 3 in the core: trailers, patterns and the quarantine, in both widths.
#![allow(missing_docs, clippy::missing_panics_doc, clippy::missing_errors_doc)]

#[macro_use]
mod support;

use firmheap::block::Layout;
use firmheap::fault::Kind;
use firmheap::integrity::poison::Patterns;
use firmheap::integrity::trailer::Trailer;
use firmheap::region::Space;
use firmheap::units::{At, Size, GRANULE};
use support::warded::World;
use support::Random;

fn random_programs<L: Layout>() {
    let (rounds, steps) = if cfg!(miri) { (1, 60) } else { (60, 400u32) };
    for seed in 1..=rounds {
        let mut random = Random(seed);
        let limit = [0, 40, 300, 1000, 100_000][seed as usize % 5];
        let mut world = World::<L>::new(3000, limit);
        let all = world.heap().free();
        for step in 0..steps {
            if random.below(100) < 55 {
                let bytes = 1 + random.size(400);
                match world.allocate(bytes, step.to_le_bytes()[0]) {
                    Ok(_) => {}
                    Err(None) => assert_eq!(world.quarantine.size, Size::ZERO, "given back first"),
                    Err(Some(fault)) => panic!("seed {seed}, step {step}: {fault:?}"),
                }
            } else if !world.live.is_empty() {
                let nth = random.below(world.live.len() as u32) as usize;
                let (at, (bytes, pattern)) =
                    world.live.iter().nth(nth).map(|(a, b)| (*a, *b)).expect("so many");
                assert!(world.arena.bytes(At(at), bytes).iter().all(|byte| *byte == pattern));
                world
                    .free(At(at))
                    .unwrap_or_else(|fault| panic!("seed {seed}, step {step}: {fault:?}"));
                assert_eq!(world.free(At(at)).map_err(|fault| fault.kind), Err(Kind::DoubleFree));
            }
            assert_eq!(world.check(), Ok(()), "seed {seed}, step {step}");
        }
        for at in world.live.keys().copied().collect::<Vec<_>>() {
            world.free(At(at)).expect("a live block");
        }
        assert_eq!(world.heap().free(), all, "everything is back");
        let heap = world.heap().heap;
        assert_eq!(heap.control.counters.allocations, heap.control.counters.frees);
    }
}

/// One byte behind any requested size is seen, whatever is written there (but what was there).
fn every_overflow_of_one_byte<L: Layout>() {
    // Miri: a thousand times slower, and the same code for each size and value.
    let (sizes, values) = if cfg!(miri) { (23, 101) } else { (1, 1) };
    for bytes in (1..80u32).step_by(sizes) {
        let mut world = World::<L>::new(1024, 0);
        let at = world.allocate(bytes, 1).expect("room");
        world.allocate(20, 2).expect("room");
        let before = world.arena.bytes(at.plus(bytes), 1)[0];
        assert_ne!(before, 0, "a zero written too far is always seen");
        for value in (0..=255u8).filter(|value| *value != before).step_by(values) {
            world.arena.bytes(at.plus(bytes), 1)[0] = value;
            let found = world.free(at).expect_err("an overflow").kind;
            assert_eq!(found, Kind::TrailerDamaged, "{bytes} bytes, {value:#x}");
            assert_eq!(world.check().map_err(|fault| fault.kind), Err(Kind::TrailerDamaged));
        }
        world.arena.bytes(at.plus(bytes), 1)[0] = before;
        world.free(at).expect("whole again");
        assert_eq!(world.check(), Ok(()));
    }
}

/// The trailer of a block, with its bits as they are.
fn word_of<L: Layout>(world: &mut World<L>, at: At) -> (At, u32) {
    let space = world.heap().heap.space;
    let place = at.right(L::size(space, at)).minus(L::HEADER + 4);
    (place, space.load32(place))
}

/// Every bit of the trailer; and numbers which no fence has, in all four of its bytes, with a payload to match.
fn every_wrong_trailer<L: Layout>() {
    let mut world = World::<L>::new(2048, 0);
    let bytes = 200;
    let at = world.allocate(bytes, 0xFD).expect("room");
    let (place, sound) = word_of(&mut world, at);
    let fence = place.0 - at.0 - bytes;
    let key = sound ^ (fence * 0x0101_0101);
    let bits = (0..32).map(|bit| sound ^ 1 << bit);
    let numbers = (65..127).map(|number| key ^ (number * 0x0101_0101));
    for wrong in bits.chain(numbers) {
        world.arena.bytes(place, 4).copy_from_slice(&wrong.to_le_bytes());
        let found = world.free(at).expect_err("a wrong trailer");
        assert_eq!((found.kind, found.found), (Kind::TrailerDamaged, wrong), "{wrong:#x}");
    }
    world.arena.bytes(place, 4).copy_from_slice(&sound.to_le_bytes());
    world.free(at).expect("whole again");
}

/// A trailer is believed in its own place and heap alone, and none of its bytes is the zero that ends a string.
fn trailers_differ<L: Layout>() {
    let mut world = World::<L>::new(4096, 0);
    let space = world.heap().heap.space;
    for canary in [0, u32::MAX, 0x5EED_CAFE] {
        let written = |at: u32, canary: u32| {
            let trailer = Trailer::of::<L>(space, At(at), Size(256 / GRANULE), canary);
            trailer.write(100, 0);
            space.load32(trailer.word())
        };
        let mut all: Vec<u32> = (0..100).map(|n| written(512 + 8 * n, canary)).collect();
        all.extend((0..32).map(|bit| written(1024, canary ^ 1 << bit)));
        assert!(all.iter().all(|word| word & 0x8080_8080 == 0x8080_8080), "{canary:#x}");
        all.sort_unstable();
        all.dedup();
        assert!(all.len() >= 125, "{canary:#x}: only {} of 132 differ", all.len());
    }
}

/// Every byte of freed memory that is not a link is watched, also after merging.
fn written_after_free<L: Layout>() {
    for offset in (8..92u32).step_by(if cfg!(miri) { 29 } else { 1 }) {
        let mut world = World::<L>::new(2048, 0);
        let blocks: Vec<_> = (0..3).map(|n| world.allocate(96, n).expect("room")).collect();
        world.allocate(20, 3).expect("room");
        for block in &blocks {
            world.free(*block).expect("a live block");
        }
        world.arena.bytes(blocks[1].plus(offset), 1)[0] ^= 0x10;
        assert_eq!(world.check().map_err(|fault| fault.kind), Err(Kind::WrittenAfterFree));
        let found = world.allocate(290, 4);
        let fault = found.expect_err("found at reuse").expect("a fault");
        assert_eq!(
            (fault.kind, fault.at),
            (Kind::WrittenAfterFree, At((blocks[1].0 + offset) & !3))
        );
        assert_eq!(world.check(), Ok(()), "reported once, and as new");
    }
}

/// A block that becomes free hides no write to the free block before it.
fn writes_beside_a_freed_block_stay_found<L: Layout>() {
    // The last word before the block's header is the one that holds anything.
    let watched = 8..96 - L::HEADER - 4;
    for offset in watched.step_by(if cfg!(miri) { 29 } else { 1 }) {
        let mut world = World::<L>::new(1024, 0);
        let [left, at, _] =
            [96 - L::HEADER - 4, 60, 20].map(|bytes| world.allocate(bytes, 1).expect("room"));
        assert_eq!(at.0 - left.0, 96);
        world.free(left).expect("a live block");
        world.arena.bytes(left.plus(offset), 1)[0] ^= 0x10;
        world.free(at).expect("a live block");
        let fault = world.check().expect_err("written after free");
        assert_eq!((fault.kind, fault.at), (Kind::WrittenAfterFree, At((left.0 + offset) & !3)));
    }
}

/// Under the lock only the fence's ground is looked at and filled: the rest of the payload is the caller's, before a free
/// and after an allocation.
fn payloads_are_left_to_the_caller<L: Layout>() {
    for (offset, is_payload) in [(8, true), (295, true), (296, false), (299, false)] {
        let mut world = World::<L>::new(1024, 1024);
        let at = world.heap().heap.control.first.start;
        world.arena.bytes(at.plus(offset), 1)[0] = 0x77;
        let (patterns, mut heap) = (world.patterns, world.heap());
        let block = heap.allocate(298).expect("room");
        let (noticed, space) = (heap.noticed, heap.heap.space);
        assert_eq!(block.at, at);
        let told = [noticed, patterns.renew(space, at, 298)].map(|fault| fault.map(|it| it.at));
        let fault = Some(At((at.0 + offset) & !3));
        assert_eq!(told, if is_payload { [None, fault] } else { [fault, None] }, "{offset}");
        world.arena.bytes(at, 298).fill(0x55);
        let mut heap = world.heap();
        let opening = heap.open(at).expect("a live block");
        heap.free_opened(at, opening).expect("it waits");
        let payload = world.arena.bytes(at, 296);
        assert!(payload[8..].iter().all(|byte| *byte == 0x55), "all but the links");
    }
}

/// A link of the quarantine that was written over is told of, and nothing is lost.
fn damaged_quarantine<L: Layout>() {
    for victim in (0..4).step_by(if cfg!(miri) { 3 } else { 1 }) {
        let mut world = World::<L>::new(1024, 1000);
        let all = world.heap().free();
        let blocks: Vec<_> = (0..4).map(|n| world.allocate(60, n).expect("room")).collect();
        for block in &blocks {
            world.free(*block).expect("a live block");
        }
        let link = world.heap().heap.space.load32(blocks[victim]);
        world.arena.bytes(blocks[victim], 4).fill(0x33);
        let fault = world.check().expect_err("written over");
        assert_eq!(fault.kind, Kind::WrittenAfterFree);
        assert_eq!((fault.expected, fault.found), (link, 0x3333_3333), "what was there, and is");
        let fault = world.allocate(900, 9).expect_err("needs what waits").expect("a fault");
        assert_eq!((fault.kind, fault.at), (Kind::WrittenAfterFree, blocks[victim]));
        assert_eq!(world.check(), Ok(()));
        assert_eq!(world.live.len(), 1, "and it was served");
        let at = *world.live.keys().next().expect("one");
        world.free(At(at)).expect("a live block");
        assert_eq!(world.heap().free(), all);
    }
}

/// A debugger shows them: what is new, what is free, and zeros where memory is cleared.
#[test]
fn patterns_repeat_one_byte() {
    let (usual, cleared) = (Patterns::of(false), Patterns::of(true));
    assert_eq!((usual.new, usual.freed), (0xCDCD_CDCD, 0xDDDD_DDDD));
    assert_eq!((cleared.new, cleared.freed), (0xCDCD_CDCD, 0));
}

/// The first free block on the way leaves the quarantine; what is asked for is what decides.
fn waits_and_is_given_back<L: Layout>() {
    let mut world = World::<L>::new(1024, 200);
    let first = world.allocate(60, 1).expect("room");
    world.free(first).expect("a live block");
    let second = world.allocate(60, 2).expect("room");
    assert_ne!(first, second, "memory that waits is not used again");
    let free = world.heap().free();
    let large = world.allocate(600, 3).expect("room");
    world.free(large).expect("more than may wait is free at once");
    assert_eq!(world.heap().free(), free, "what waits counts as free");
    let most = free.bytes() - 12;
    assert!(world.allocate(most, 4).is_err(), "in two pieces");
    assert_eq!(world.quarantine.size, Size::ZERO, "given back before an allocation fails");
}

/// The largest request is served, and one byte more is not: from a heap without room for any on.
fn the_largest_request_is_exact<L: Layout>() {
    for bytes in (0..400).step_by(if cfg!(miri) { 16 } else { 4 }) {
        let largest = World::<L>::new(bytes, 0).heap().largest_request().expect("a sound heap");
        let mut world = World::<L>::new(bytes, 0);
        assert_eq!(world.allocate(largest + 1, 1), Err(None), "{bytes} bytes");
        if largest != 0 {
            world.allocate(largest, 1).expect("the largest that there is");
            assert_eq!(world.heap().largest_request(), Ok(0), "{bytes} bytes");
        }
    }
}

/// What a request would get is what it gets.
fn blocks_are_foretold<L: Layout>() {
    for bytes in (1..200).step_by(if cfg!(miri) { 37 } else { 1 }) {
        let mut world = World::<L>::new(1024, 0);
        let foretold = world.heap().block_for(bytes);
        let block = world.heap().allocate(bytes).expect("room");
        assert_eq!(foretold, Some(block.size), "{bytes} bytes");
    }
    let mut world = World::<L>::new(1024, 0);
    for bytes in [usize::MAX, usize::MAX - 4, L::REQUEST_MAX as usize + 100] {
        assert_eq!(world.heap().block_for(bytes), None, "{bytes} bytes");
    }
}

for_layouts!(
    random_programs,
    every_overflow_of_one_byte,
    every_wrong_trailer,
    trailers_differ,
    written_after_free,
    writes_beside_a_freed_block_stay_found,
    payloads_are_left_to_the_caller,
    damaged_quarantine,
    waits_and_is_given_back,
    the_largest_request_is_exact,
    blocks_are_foretold
);
