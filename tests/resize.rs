// SPDX-License-Identifier: MIT
//! What the portable layer's extensions promise, against the shadow of `support`: sizes, resizing, alignment.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::fault::Kind;
use firmheap::units::{At, Size, GRANULE};
use support::holes::Holes;
use support::resized::Outcome;
use support::{Arena, Judged, Random};

/// The largest request that is said to be possible is served, and one byte more is refused.
fn largest_request_is_exact<L: Layout, G: Guard>() {
    for seed in 1..if cfg!(miri) { 2 } else { 8 } {
        let mut random = Random(seed * 0x9E37_79B9);
        let bytes = 2000 * seed as u32;
        let mut judged = Judged::<L, G>::new(Arena::with_region(bytes as usize));
        let mut none = 0;
        for step in 0..if cfg!(miri) { 16 } else { 2000 } {
            judged.thorough = step % 64 == 0;
            let filling = 3 + step / 100 % 3;
            if judged.live() == 0 || random.below(6) < filling {
                judged.allocate(random.size(bytes / 6), random.next() as u8);
            } else {
                judged.free(judged.nth(random.below(judged.live() as u32) as usize));
            }
            let largest = judged.arena.heap().largest_request().expect("the heap is sound");
            assert_eq!(judged.allocate(largest + 1, 1), None, "{} is too much", largest + 1);
            if largest == 0 {
                none += 1;
                continue;
            }
            let block = judged.allocate(largest, 2);
            judged.free(block.unwrap_or_else(|| panic!("{largest} is not served")));
        }
        assert!(none < 2000);
    }
}

#[test]
fn the_largest_request_is_exact() {
    largest_request_is_exact::<Slim<Compact>, Unchecked>();
    largest_request_is_exact::<Paired<Compact>, Checked>();
    largest_request_is_exact::<Paired<Compact>, Protected>();
    largest_request_is_exact::<Paired<Wide>, Checked>();
    largest_request_is_exact::<Slim<Wide>, Unchecked>();
}

/// In a heap that is larger than the largest request the limit of requests is the answer.
#[test]
fn the_largest_request_of_a_large_heap_is_the_limit() {
    let mut judged = Judged::<Paired<Compact>, Checked>::new(Arena::with_region(600_000));
    let largest = judged.arena.heap().largest_request().expect("the heap is sound");
    assert!(largest >= Paired::<Compact>::REQUEST_MAX, "{largest}");
    assert_eq!(judged.allocate(largest + 1, 1), None);
    assert_ne!(judged.allocate(largest, 1), None);
}

#[test]
fn a_size_is_told_of_used_blocks_only() {
    let mut judged = Judged::<Paired<Compact>, Checked>::new(Arena::with_region(4000));
    let at = judged.allocate(100, 1).expect("room");
    let size = judged.arena.heap().used_size(at).expect("a used block");
    assert!((104..104 + GRANULE).contains(&size.bytes()));
    for wrong in [at.plus(8), at.plus(4), At::NONE, at.plus(100_000)] {
        assert!(judged.arena.heap().used_size(wrong).is_err());
    }
    judged.free(at);
    assert!(judged.arena.heap().used_size(at).is_err());
}

/// Programs that allocate, align, resize and free.
fn program<L: Layout, G: Guard>(bytes: u32, seed: u64) -> Tally {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut arena = Arena::new(bytes as usize);
    let regions = 1 + random.below(4).min(bytes / 512);
    let share = bytes / regions;
    for region in 0..regions {
        let start = At(256 + region * share);
        let gap = if regions > 1 { random.below(40) } else { 0 };
        arena.heap().add_region(start, start.plus(share - gap)).expect("room in the table");
    }
    let mut judged = Judged::<L, G>::new(arena);
    let mut tally = Tally::default();
    let largest = (share / 2).max(24);
    let mut filling = 3;
    for step in 0..steps() {
        judged.thorough = bytes <= 4096 || step % 64 == 0;
        if step % 500 == 0 {
            filling = 1 + random.below(6);
        }
        if judged.live() == 0 || random.below(10) < filling {
            let size = random.size(largest);
            if random.below(3) == 0 {
                let alignment = GRANULE << random.below(7);
                let at = judged.allocate_aligned(size, alignment, random.next() as u8);
                tally.aligned += u32::from(at.is_some());
            } else {
                judged.allocate(size, random.next() as u8);
            }
        } else {
            let victim = judged.nth(random.below(judged.live() as u32) as usize);
            if random.below(2) == 0 {
                judged.free(victim);
            } else {
                tally.count(judged.resize(victim, random.size(largest)));
            }
        }
    }
    while judged.live() > 0 {
        let victim = judged.nth(random.below(judged.live() as u32) as usize);
        judged.free(victim);
    }
    judged.judge_all();
    assert!(
        judged.arena.heap().figures().free_blocks <= regions * 4,
        "free blocks merge completely"
    );
    tally
}

/// How often each thing happened: what never happens is not tested.
#[derive(Default, Debug)]
struct Tally {
    aligned: u32,
    same: u32,
    in_place: u32,
    moved: u32,
    no_room: u32,
}

impl Tally {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Same => self.same += 1,
            Outcome::InPlace => self.in_place += 1,
            Outcome::Moved(_) => self.moved += 1,
            Outcome::NoRoom => self.no_room += 1,
        }
    }
}

fn steps() -> u32 {
    let default = if cfg!(miri) { 24 } else { 12_000 };
    std::env::var("FIRMHEAP_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn programs<L: Layout, G: Guard>() {
    for bytes in [512, 4096, 20_000, 65_536, 1_000_000] {
        if cfg!(miri) && bytes > 4096 {
            continue;
        }
        for seed in 1..=if cfg!(miri) { 1 } else { 3 } {
            let tally = program::<L, G>(bytes, seed);
            println!("{bytes}#{seed}: {tally:?}");
            if steps() >= 4_000 && bytes > 512 {
                let least = tally.aligned.min(tally.same).min(tally.in_place);
                assert!(least.min(tally.moved).min(tally.no_room) > 20, "{tally:?}");
            }
        }
    }
}

#[test]
fn slim_unchecked() {
    programs::<Slim<Compact>, Unchecked>();
}

#[test]
fn wide_slim_unchecked() {
    programs::<Slim<Wide>, Unchecked>();
}

#[test]
fn paired_unchecked() {
    programs::<Paired<Compact>, Unchecked>();
}

#[test]
fn paired_checked() {
    programs::<Paired<Compact>, Checked>();
}

#[test]
fn paired_protected() {
    programs::<Paired<Compact>, Protected>();
}

#[test]
fn wide_checked() {
    programs::<Paired<Wide>, Checked>();
}

#[test]
fn wide_protected() {
    programs::<Paired<Wide>, Protected>();
}

/// Every wrong pointer is refused with its kind, before anything is changed.
fn misuse<L: Layout, G: Guard>() {
    let mut judged = Judged::<L, G>::new(Arena::with_region(4096));
    let blocks: Vec<_> = (0..30).filter_map(|n| judged.allocate(60, n)).collect();
    for block in blocks.iter().step_by(3) {
        judged.free(*block);
    }
    let kind = |judged: &mut Judged<L, G>, at: At, bytes: u32| {
        let wanted = Judged::<L, G>::wanted(bytes).expect("a size");
        let heap = judged.arena.heap();
        let Some(span) = heap.holder(at) else { return Some(Kind::ForeignPointer) };
        heap.plan_resize(at, span, wanted).err().map(|fault| fault.kind)
    };
    for bytes in [1, 60, 200, 3000] {
        for freed in blocks.iter().step_by(3) {
            assert_eq!(kind(&mut judged, *freed, bytes), Some(Kind::DoubleFree));
        }
        for wrong in [0, 8, 255, 4096 + 256, u32::MAX] {
            assert_eq!(kind(&mut judged, At(wrong), bytes), Some(Kind::ForeignPointer));
        }
        for used in blocks.iter().skip(1).step_by(3) {
            for inside in 1..60 {
                assert!(kind(&mut judged, used.plus(inside), bytes).is_some(), "{inside} into it");
            }
            assert_eq!(kind(&mut judged, *used, bytes), None);
        }
        judged.judge_all();
    }
}

/// A block that moved or shrank: its old pointer, and pointers to what it gave back, are none any more.
fn stale_pointers<L: Layout, G: Guard>() {
    for seed in 1..if cfg!(miri) { 2 } else { 200 } {
        let mut random = Random(seed);
        let mut judged =
            Judged::<L, G>::new(Arena::with_region(if cfg!(miri) { 600 } else { 3000 }));
        let blocks: Vec<_> =
            (0..).map_while(|n| judged.allocate(20 + random.below(100), n)).collect();
        for block in blocks.iter().step_by(2) {
            judged.free(*block);
        }
        for block in blocks.iter().skip(1).step_by(2) {
            if let Outcome::Moved(new) = judged.resize(*block, 60 + random.below(200)) {
                for stale in [*block, new.plus(GRANULE)] {
                    let heap = judged.arena.heap();
                    let span = heap.holder(stale).expect("inside");
                    assert!(heap.judge_used(stale, span).is_err(), "{stale:?} is believed");
                }
            }
            judged.judge_all();
        }
    }
}

/// With one bit of a header or a link flipped a resize or an aligned request is refused or does what it should: no
/// program that goes on after that writes outside the heap, and nothing is changed by a refusal.
fn damage<G: Guard>() {
    let step = if cfg!(miri) { 1999 } else { 1 };
    for bit in (0..8 * 1024u32).step_by(step) {
        let mut judged = Judged::<Paired<Compact>, G>::new(Arena::with_region(1024));
        let blocks: Vec<_> = (0..8).filter_map(|n| judged.allocate(60 + 8 * n, 0)).collect();
        judged.free(blocks[1]);
        judged.free(blocks[3]);
        judged.free(blocks[6]);
        let at = At(256 + bit / 8);
        judged.arena.bytes(at, 1)[0] ^= 1 << (bit % 8);
        let image = judged.arena.bytes(At(256), 1024).to_vec();
        for (block, bytes) in [(2, 30), (2, 130), (2, 230), (4, 150), (7, 300), (0, 100)] {
            let wanted = Judged::<Paired<Compact>, G>::wanted(bytes).expect("a size");
            let heap = judged.arena.heap();
            let span = heap.holder(blocks[block]).expect("inside");
            let planned = heap.plan_resize(blocks[block], span, wanted);
            assert!(image == judged.arena.bytes(At(256), 1024), "planning changes nothing");
            if let Ok(Some(plan)) = planned {
                let end = plan.to.at.right(plan.to.size);
                assert!(end <= span.end() && plan.to.at >= span.start, "bit {bit}");
                let others = blocks.iter().enumerate();
                let others = others.filter(|(n, _)| ![1, 3, 6, block].contains(n));
                for (_, other) in others {
                    assert!(*other < plan.to.at || *other >= end, "bit {bit}: over a used block");
                }
            }
        }
        if !G::LINKS {
            continue; // links are believed, as by any request
        }
        let wanted = Judged::<Paired<Compact>, G>::wanted(40).expect("a size");
        let mut heap = judged.arena.heap();
        let before = heap.control.counters.allocations;
        if heap.allocate_aligned(wanted, 32).is_err() {
            assert_eq!(heap.control.counters.allocations, before);
            assert!(image == judged.arena.bytes(At(256), 1024), "a refusal changes nothing");
        }
    }
}

/// With checked links what would be left over goes to no list whose head is damaged, and a block moves over no neighbour
/// that does not agree with its own: the plan says so, before anything is changed.
fn plans_are_judged<L: Layout>() {
    // A free block of 30 granules, one of 12 in use behind it, and the heap is full.
    let plan = |holes: &mut Holes<L, Protected>, granules: u32| {
        let at = holes.at[0].right(Size::of_granules(30));
        let heap = holes.arena.heap();
        heap.plan_resize(at, heap.control.first, Size::of_granules(granules))
            .map(|plan| plan.map(|plan| plan.moves()))
            .map_err(|fault| (fault.kind, fault.at))
    };
    let mut holes = Holes::<L, Protected>::spaced(&[(30, 12)]);
    let (left, at) = (holes.at[0], holes.at[0].right(Size::of_granules(30)));
    // Smaller, with something left over behind it; larger, with something before it; and with all of it.
    for (granules, rest) in [(5, Some(7)), (20, Some(22)), (42, None)] {
        let planned = Ok(Some(granules > 12));
        assert_eq!(plan(&mut holes, granules), planned);
        if let Some(rest) = rest {
            let head = holes.head(rest);
            let sound = holes.arena.link(head);
            holes.arena.set_link(head, At(0x5000));
            let found = plan(&mut holes, granules);
            assert_eq!(found, Err((Kind::FreeBlockDamaged, at)), "{rest} are left over");
            holes.arena.set_link(head, sound);
        }
        holes.arena.bytes(left.minus(L::HEADER), 1)[0] ^= 0x10;
        let refused = Err((Kind::FreeBlockDamaged, left));
        let expected = if granules > 12 { refused } else { planned };
        assert_eq!(plan(&mut holes, granules), expected, "the left neighbour, {granules}");
        holes.arena.bytes(left.minus(L::HEADER), 1)[0] ^= 0x10;
    }
}

#[test]
fn plans_are_judged_by_links() {
    plans_are_judged::<Paired<Compact>>();
    plans_are_judged::<Paired<Wide>>();
}

#[test]
fn misuse_is_refused() {
    misuse::<Paired<Compact>, Checked>();
    misuse::<Paired<Compact>, Protected>();
    misuse::<Paired<Wide>, Checked>();
}

#[test]
fn stale_pointers_are_none() {
    stale_pointers::<Paired<Compact>, Checked>();
    stale_pointers::<Paired<Compact>, Protected>();
    stale_pointers::<Paired<Wide>, Checked>();
}

#[test]
fn damage_leads_nowhere() {
    damage::<Checked>();
    damage::<Protected>();
}

/// Alignments that no block can have, and those so large that none has a place.
#[test]
fn large_alignments() {
    let mut judged = Judged::<Paired<Compact>, Checked>::new(Arena::with_region(60_000));
    for log2 in GRANULE.trailing_zeros()..32 {
        let at = judged.allocate_aligned(100, 1 << log2, 7);
        assert!(at.is_some() || log2 > 12, "2^{log2} has a place");
    }
    let mut full = Judged::<Paired<Compact>, Checked>::new(Arena::with_region(1000));
    while full.allocate(20, 1).is_some() {}
    assert_eq!(full.allocate_aligned(20, 64, 1), None);
}
