// SPDX-License-Identifier: MIT
//! The walk in steps, with allocations and frees between them; the survey beside a shadow.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::heap::{Cursor, Stride, Visited};
use firmheap::region::Space;
use firmheap::units::{At, Size, GRANULE};
use firmheap::Heap;
use std::collections::{BTreeMap, BTreeSet};
use support::{Arena, Random};

const ROUNDS: u32 = if cfg!(miri) { 2 } else { 200 };

/// Blocks in use by address, and the arena they are in.
struct Field<L: Layout, G> {
    arena: Arena<L, G>,
    live: BTreeMap<u32, u32>,
    random: Random,
}

impl<L: Layout, G: Guard> Field<L, G> {
    fn new(regions: &[u32], seed: u64) -> Self {
        let bytes = regions.iter().map(|bytes| bytes + 64).sum::<u32>() as usize;
        let mut arena = Arena::new(bytes);
        let mut start = At(256);
        for bytes in regions {
            arena.heap().add_region(start, start.plus(*bytes)).expect("a region");
            start = start.plus(bytes + 64);
        }
        Field { arena, live: BTreeMap::new(), random: Random(seed) }
    }

    /// One allocation or free.
    fn churn(&mut self) {
        if self.random.below(100) < 57 {
            let bytes = self.random.size(600) as usize;
            let tiny = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
            let size = Heap::<firmheap::region::Window, L, G>::request(tiny).expect("a size");
            if let Ok(block) = self.arena.heap().allocate(size) {
                self.live.insert(block.at.0, block.size.bytes());
            }
        } else if !self.live.is_empty() {
            let number = self.random.below(self.live.len() as u32) as usize;
            let at = *self.live.keys().nth(number).expect("there are so many");
            self.live.remove(&at);
            let mut heap = self.arena.heap();
            let span = heap.holder(At(at)).expect("in a region");
            heap.free(At(at), span).expect("a live block");
        }
    }

    /// A whole walk with `between` calls between two steps; what was visited.
    fn walk(&mut self, stride: Stride, between: u32) -> Vec<Visited> {
        let mut cursor = Cursor::default();
        let mut visited = Vec::new();
        for _ in 0..100_000 {
            let before = visited.len();
            let end = self
                .arena
                .heap()
                .walk_on(&mut cursor, stride, |_, _| true, |block| visited.push(block))
                .expect("a sound heap");
            assert!(visited.len() - before <= stride.visits as usize, "no more than allowed");
            if end {
                return visited;
            }
            (0..between).for_each(|_| self.churn());
        }
        panic!("the walk does not come to its end");
    }
}

fn lived_blocks_once<L: Layout, G: Guard>(regions: &[u32]) {
    for seed in 1..=ROUNDS {
        let mut field = Field::<L, G>::new(regions, u64::from(seed));
        (0..400).for_each(|_| field.churn());
        let visits = 1 + field.random.below(9);
        let looks = if seed % 3 == 0 { 1 + field.random.below(20) } else { u32::MAX };
        // Who frees between all steps and allows few looks gets nowhere: documented, and so not tried.
        let between = if looks == u32::MAX { 1 + seed % 7 } else { 0 };
        let at_start: BTreeMap<_, _> = field.live.clone();
        let mut ended: BTreeSet<u32> = BTreeSet::new();
        let mut cursor = Cursor::default();
        let mut visited = Vec::new();
        loop {
            let stride = Stride { looks, visits };
            let heap = field.arena.heap();
            let done = heap.walk_on(&mut cursor, stride, |_, _| true, |block| visited.push(block));
            if done.expect("a sound heap") {
                break;
            }
            for _ in 0..between {
                let before: BTreeSet<_> = field.live.keys().copied().collect();
                field.churn();
                ended.extend(before.iter().filter(|at| !field.live.contains_key(at)));
            }
        }
        let addresses: Vec<u32> = visited.iter().map(|block| block.at.0).collect();
        assert!(addresses.windows(2).all(|pair| pair[0] < pair[1]), "no address twice");
        for (at, bytes) in at_start.iter().filter(|(at, _)| !ended.contains(at)) {
            let found = visited.iter().filter(|block| block.at.0 == *at);
            let found: Vec<_> = found.map(|block| (block.used, block.size.bytes())).collect();
            assert_eq!(found, [(true, *bytes)], "a block that lived, seed {seed}");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes minutes there; the same loads as in the others")]
fn each_block_that_lives_is_visited_once() {
    lived_blocks_once::<Paired<Compact>, Checked>(&[20_000]);
    lived_blocks_once::<Slim<Compact>, Unchecked>(&[20_000]);
    lived_blocks_once::<Paired<Wide>, Protected>(&[4_000, 12_000, 800]);
    lived_blocks_once::<Slim<Wide>, Unchecked>(&[4_000, 12_000, 800]);
}

#[test]
fn a_walk_at_rest_is_the_check_s() {
    let mut field = Field::<Paired<Compact>, Checked>::new(&[6_000, 9_000], 7);
    for visits in [1, 2, 5, u32::MAX] {
        (0..150).for_each(|_| field.churn());
        let mut expected = Vec::new();
        let note = |at, size, used| expected.push(Visited { at, size, used });
        field.arena.heap().check(note).expect("sound");
        expected.sort_by_key(|block| block.at); // the check begins with the largest region
        for looks in [1, 4, u32::MAX] {
            assert_eq!(field.walk(Stride { looks, visits }, 0), expected);
        }
    }
}

#[test]
fn a_cursor_from_anywhere_reads_nothing_outside() {
    let mut field = Field::<Paired<Compact>, Checked>::new(&[6_000, 3_000], 3);
    (0..200).for_each(|_| field.churn());
    let mut random = Random(99);
    for _ in 0..if cfg!(miri) { 50 } else { 20_000 } {
        let near = At(256 + random.below(9_400));
        let mut cursor = Cursor {
            region: if random.below(2) == 0 { At(260) } else { near },
            next: At(random.next() as u32),
            known: near,
            frees: field.arena.heap().control.counters.frees,
        };
        let stride = Stride { looks: 10_000, visits: 10_000 };
        let _ = field.arena.heap().walk_on(&mut cursor, stride, |_, _| true, |_| ());
    }
}

/// Sixty blocks of 32 bytes in use, or every other one.
fn row(every_other: bool) -> (Field<Paired<Compact>, Checked>, Vec<At>) {
    let mut field = Field::<Paired<Compact>, Checked>::new(&[60 * 32 + GRANULE], 1);
    let size = Size::of_bytes(32);
    let take = |_| field.arena.heap().allocate(size).expect("room").at;
    let blocks: Vec<At> = (0..60).map(take).collect();
    for at in blocks.iter().skip(1).step_by(2).filter(|_| every_other) {
        let mut heap = field.arena.heap();
        let span = heap.holder(*at).expect("in a region");
        heap.free(*at, span).expect("a live block");
    }
    (field, blocks)
}

/// How many blocks a step visits that may look at so many headers.
fn visited(field: &mut Field<Paired<Compact>, Checked>, cursor: &mut Cursor, looks: u32) -> u32 {
    let mut count = 0;
    let stride = Stride { looks, visits: u32::MAX };
    let walked = field.arena.heap().walk_on(cursor, stride, |_, _| true, |_| count += 1);
    walked.expect("a sound heap");
    count
}

#[test]
fn a_step_looks_at_no_more_headers_than_allowed() {
    for looks in [3, 4, 7, 59] {
        let (mut field, _) = row(false);
        let mut cursor = Cursor::default();
        assert_eq!(visited(&mut field, &mut cursor, looks), looks, "the first step");
        // From now on one look is at the known block, which was visited.
        assert_eq!(visited(&mut field, &mut cursor, looks), (looks - 1).min(60 - looks));
    }
}

/// A walk goes on behind a block that is in use and stays, as the caller says: no other is known to be there later.
#[test]
fn what_a_cursor_knows_is_in_use_and_stays() {
    let (mut field, blocks) = row(true);
    for (stays, visits, known) in [(true, 1, 0), (true, 2, 0), (true, 4, 2), (false, 4, 0)] {
        let mut cursor = Cursor::default();
        let stride = Stride { looks: u32::MAX, visits };
        let heap = field.arena.heap();
        let end = heap.walk_on(&mut cursor, stride, |_, _| stays, |_| ());
        assert_eq!((end, cursor.next), (Ok(false), blocks[visits as usize]));
        assert_eq!(cursor.known, blocks[known], "{visits} visited, {stays}");
    }
}

/// Blocks that do not stay, as those in the quarantine, with free ones between, are no end of a walk of few looks: a step
/// passes over all of them, or the next one would begin where it began.
#[test]
fn a_row_that_does_not_stay_is_passed() {
    let (mut field, blocks) = row(true);
    for (looks, last_to_stay) in [(1, 0), (3, 0), (32, 1), (8, 30)] {
        let mut cursor = Cursor::default();
        let mut seen = 0;
        for step in 0.. {
            assert!(step < 100, "with {looks} looks it does not come to its end");
            let stride = Stride { looks, visits: u32::MAX };
            let heap = field.arena.heap();
            let stays = |at, _| at <= blocks[last_to_stay];
            if heap.walk_on(&mut cursor, stride, stays, |_| seen += 1) == Ok(true) {
                break;
            }
        }
        assert!(seen >= blocks.len(), "all were visited");
    }
}

/// A known block is believed up to where all was visited, and no further: blocks between would be left out.
#[test]
fn a_known_block_is_not_behind_the_next() {
    let (mut field, blocks) = row(false);
    let region = blocks[0];
    for (known, next, count) in [(5, 5, 55), (4, 5, 55), (9, 5, 55)] {
        let mut cursor = Cursor { region, next: blocks[next], known: blocks[known], frees: 0 };
        assert_eq!(visited(&mut field, &mut cursor, 100), count, "known {known}, next {next}");
    }
    let mut cursor = Cursor { region, next: blocks[5], known: blocks[5], frees: 0 };
    assert_eq!(visited(&mut field, &mut cursor, 3), 3, "and from there on, at once");
}

#[test]
fn a_damaged_header_ends_the_walk() {
    let mut field = Field::<Paired<Compact>, Checked>::new(&[8_000], 5);
    (0..200).for_each(|_| field.churn());
    let victim = At(*field.live.keys().nth(5).expect("many"));
    field.arena.heap().space.store16(victim.minus(2), 0xFFF1);
    let mut seen = 0;
    let mut cursor = Cursor::default();
    let walked = field.arena.heap().walk_on(&mut cursor, Stride::ALL, |_, _| true, |_| seen += 1);
    assert_eq!(walked.expect_err("damaged").at, victim);
    assert!(seen >= 5, "those before it were visited");
}

fn survey_is_the_shadow_s<L: Layout, G: Guard>(regions: &[u32]) {
    for seed in 1..=ROUNDS {
        let mut field = Field::<L, G>::new(regions, u64::from(seed) + 1_000);
        for _ in 0..field.random.below(900) {
            field.churn();
        }
        let used: u32 = field.live.values().sum();
        let mut free = Vec::new();
        let note = |at: At, size: Size, used: bool| {
            if !used {
                free.push((at, size.bytes()));
            }
        };
        field.arena.heap().check(note).expect("sound");
        let survey = field.arena.heap().survey();
        assert_eq!(survey.total.bytes() - survey.figures.free.bytes(), used);
        assert_eq!(survey.figures.free.bytes(), free.iter().map(|(_, bytes)| bytes).sum::<u32>());
        assert_eq!(survey.figures.free_blocks as usize, free.len());
        assert_eq!(survey.regions as usize, field.arena.heap().spans().count());
        let spans: Vec<_> = field.arena.heap().spans().collect();
        for span in spans {
            let found = field.arena.heap().survey_region(span);
            let own: Vec<_> = free.iter().filter(|(at, _)| span.holds(*at)).collect();
            assert_eq!(found.free_blocks as usize, own.len());
            assert_eq!(found.free.bytes(), own.iter().map(|(_, bytes)| bytes).sum::<u32>());
            let largest = own.iter().map(|(_, bytes)| *bytes).max().unwrap_or(0);
            assert_eq!(found.largest.bytes(), largest);
        }
        largest_request_is_served(&mut field, survey.request_max);
    }
}

fn largest_request_is_served<L: Layout, G: Guard>(field: &mut Field<L, G>, most: u32) {
    let request = |bytes: u32| {
        let tiny = Size::for_tiny_request(bytes as usize, L::HEADER, L::BLOCK_MIN)
            .unwrap_or(bytes as usize);
        Heap::<firmheap::region::Window, L, G>::request(tiny)
    };
    let mut heap = field.arena.heap();
    assert!(
        request(most + 1).is_none_or(|size| heap.allocate(size).is_err()),
        "one byte more is not served"
    );
    if most > 0 {
        let size = request(most).expect("a size");
        assert!(heap.allocate(size).is_ok(), "{most} bytes are served");
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes minutes there; the same loads as in the others")]
fn figures_are_those_of_the_shadow() {
    survey_is_the_shadow_s::<Paired<Compact>, Checked>(&[20_000]);
    survey_is_the_shadow_s::<Slim<Compact>, Unchecked>(&[9_000, 500, 9_000]);
    survey_is_the_shadow_s::<Paired<Wide>, Protected>(&[4_000, 12_000, 800]);
    survey_is_the_shadow_s::<Paired<Wide>, Checked>(&[600_000]);
    survey_is_the_shadow_s::<Paired<Compact>, Checked>(&[264_000]);
}
