// SPDX-License-Identifier: MIT
//! Resizing and alignment at integrity level 3: trailers, patterns and the quarantine stay right.
#![allow(missing_docs, clippy::missing_panics_doc, clippy::missing_errors_doc)]

mod support;

use firmheap::block::{Compact, Layout, Paired, Wide};
use firmheap::fault::{Fault, Kind};
use firmheap::units::{At, Size, GRANULE};
use support::warded::World;
use support::Random;

impl<L: Layout> Resizes for World<L> {
    /// As the C ABI does it.
    fn resize(&mut self, at: At, bytes: u32) -> Result<Option<bool>, Fault> {
        let patterns = self.patterns;
        let (old, pattern) = self.live[&at.0];
        let mut heap = self.heap();
        let Some(mut plan) = heap.plan_resize(at, bytes as usize)? else { return Ok(None) };
        let space = heap.heap.space;
        if let Some((from, end)) = plan.given_back() {
            patterns.spoil(space, from, end);
            plan = heap.plan_resize(at, bytes as usize)?.expect("as before");
        }
        let least = heap.heap.control.counters.free_min.min(heap.free() + plan.from() - plan.to());
        heap.resize(&plan);
        let noticed = heap.noticed;
        assert_eq!(heap.heap.control.counters.free_min, least, "the fewest free bytes ever");
        let changed = plan.renew(patterns, space);
        let kept = old.min(bytes) as usize;
        let payload = self.arena.bytes(at, bytes);
        assert!(payload[..kept].iter().all(|byte| *byte == pattern), "contents survive");
        assert!(payload[kept..].iter().all(|byte| *byte == 0xCD), "what is more is new");
        payload.fill(pattern);
        self.live.insert(at.0, (bytes, pattern));
        noticed.or(changed).map_or(Ok(Some(plan.from() != plan.to())), Err)
    }

    fn allocate_aligned(&mut self, bytes: u32, alignment: u32, pattern: u8) -> Option<At> {
        let patterns = self.patterns;
        let mut heap = self.heap();
        let found = heap.allocate_aligned(bytes as usize, alignment);
        assert_eq!(heap.noticed, None);
        let space = heap.heap.space;
        let at = match found {
            Ok(block) => block.at,
            Err(fault) => {
                assert_eq!(fault, None);
                return None;
            }
        };
        assert_eq!(patterns.renew(space, at, bytes), None, "untouched since it was freed");
        let payload = self.arena.bytes(at, bytes);
        assert_eq!(payload.as_ptr().addr() % alignment as usize, 0);
        assert!(payload.iter().all(|byte| *byte == 0xCD), "new memory holds the pattern");
        payload.fill(pattern);
        self.live.insert(at.0, (bytes, pattern));
        Some(at)
    }
}

trait Resizes {
    fn resize(&mut self, at: At, bytes: u32) -> Result<Option<bool>, Fault>;
    fn allocate_aligned(&mut self, bytes: u32, alignment: u32, pattern: u8) -> Option<At>;
}

fn random_programs<L: Layout>() {
    let (rounds, steps) = if cfg!(miri) { (1, 24) } else { (60, 400u32) };
    let (mut changed, mut kept, mut none, mut aligned) = (0, 0, 0, 0);
    for seed in 1..=rounds {
        let mut random = Random(seed);
        let limit = [0, 40, 300, 1000, 100_000][seed as usize % 5];
        let mut world = World::<L>::new(3000, limit);
        let all = world.heap().free();
        for step in 0..steps {
            let what = random.below(100);
            let pattern = step.to_le_bytes()[0];
            if what < 35 || world.live.is_empty() {
                let bytes = 1 + random.size(300);
                if what < 20 {
                    let got = world.allocate(bytes, pattern);
                    assert!(!matches!(got, Err(Some(_))), "seed {seed}, step {step}: {got:?}");
                } else {
                    let got = world.allocate_aligned(bytes, 16 << random.below(5), pattern);
                    aligned += u32::from(got.is_some());
                }
            } else {
                let nth = random.below(world.live.len() as u32) as usize;
                let at = At(*world.live.keys().nth(nth).expect("so many"));
                let done = if what < 60 {
                    world.free(at).map(|_| None)
                } else {
                    world.resize(at, 1 + random.size(300)).map(Some)
                };
                match done {
                    Ok(Some(Some(true))) => changed += 1,
                    Ok(Some(Some(false))) => kept += 1,
                    Ok(Some(None)) => none += 1,
                    Ok(None) => {}
                    Err(fault) => panic!("seed {seed}, step {step}: {fault:?}"),
                }
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
    println!("changed {changed}, kept {kept}, no room {none}, aligned {aligned}");
    assert!(cfg!(miri) || changed > 500 && kept > 500 && none > 500 && aligned > 500);
}

#[test]
fn compact_programs() {
    random_programs::<Paired<Compact>>();
}

#[test]
fn wide_programs() {
    random_programs::<Paired<Wide>>();
}

/// What was given back waits, and a write to it is found; so is one to free memory over which a block grows.
#[test]
fn writes_behind_a_smaller_block_are_found() {
    let mut world = World::<Paired<Compact>>::new(2000, 1000);
    let at = world.allocate(400, 1).expect("room");
    world.allocate(20, 2).expect("room");
    assert_eq!(world.resize(at, 100), Ok(Some(true)));
    assert_ne!(world.quarantine.size, Size::ZERO);
    assert_eq!(world.check(), Ok(()));
    world.arena.bytes(at.plus(300), 1)[0] = 0x77;
    assert_eq!(world.check().map_err(|fault| fault.kind), Err(Kind::WrittenAfterFree));
}

#[test]
fn writes_to_free_memory_are_found_by_who_grows_over_it() {
    let links = (100 + 8u32).next_multiple_of(GRANULE);
    for offset in (links + 8..300).step_by(4) {
        let mut world = World::<Paired<Compact>>::new(2000, 0);
        let at = world.allocate(100, 1).expect("room");
        world.arena.bytes(at.plus(offset), 1)[0] = 0x77;
        let grown = world.resize(at, 300).map_err(|fault| fault.kind);
        assert_eq!(grown, Err(Kind::WrittenAfterFree), "{offset}");
    }
}

/// Under the lock a block that grows looks at what its fence will stand on, and no further: the payload is looked at when
/// it is made new.
#[test]
fn only_the_fence_s_ground_is_looked_at_under_the_lock() {
    for (offset, is_payload) in [(200, true), (295, true), (296, false), (300, false)] {
        let mut world = World::<Paired<Compact>>::new(2000, 0);
        let at = world.allocate(100, 1).expect("room");
        world.arena.bytes(at.plus(offset), 1)[0] = 0x77;
        let (patterns, mut heap) = (world.patterns, world.heap());
        let plan = heap.plan_resize(at, 298).expect("sound").expect("room");
        heap.resize(&plan);
        let (noticed, space) = (heap.noticed, heap.heap.space);
        let later = plan.renew(patterns, space);
        let told = [noticed, later].map(|fault| fault.map(|fault| (fault.kind, fault.at)));
        let fault = Some((Kind::WrittenAfterFree, At((at.0 + offset) & !3)));
        assert_eq!(told, if is_payload { [None, fault] } else { [fault, None] }, "{offset}");
    }
}

/// What a smaller block gives back cannot be freed because a list is damaged: it stays a block in use, with a whole trailer.
#[test]
fn what_cannot_be_given_back_stays_whole() {
    let mut world = World::<Paired<Compact>>::new(2000, 0);
    let [other, _, at, right, _] =
        [100, 20, 200, 100, 20].map(|bytes| world.allocate(bytes, 1).expect("room"));
    for free in [right, other] {
        world.free(free).expect("a live block");
    }
    let link = other.plus(4); // of the first of the list in which the right neighbour is second
    let sound = world.arena.link(link);
    world.arena.set_link(link, At(0x5000));
    let told = world.resize(at, 50).map_err(|fault| fault.kind);
    assert_eq!(told, Err(Kind::FreeBlockDamaged));
    world.arena.set_link(link, sound);
    assert_eq!(world.check(), Ok(()));
    world.free(at).expect("a live block");
}

#[test]
fn an_overflow_is_found_by_a_resize() {
    for bytes in [1, 100, 101, 102, 103] {
        let mut world = World::<Paired<Compact>>::new(2000, 100);
        let at = world.allocate(bytes, 1).expect("room");
        world.arena.bytes(at.plus(bytes), 1)[0] = 0x77;
        for other in [1, 50, 100, 104, 500] {
            let found = world.resize(at, other).map_err(|fault| fault.kind);
            assert_eq!(found, Err(Kind::TrailerDamaged), "{bytes} to {other}");
        }
    }
}
