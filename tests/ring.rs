// SPDX-License-Identifier: MIT
//! Rings against a shadow: long random programs, misuse on the way, headers that were overwritten, and two threads.
//!
//! `FIRMHEAP_MODEL_STEPS` sets the length of each program.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::region::{Band, GRAIN};
use firmheap::ring::{message_max, Control, Misuse, Ring};
use std::collections::VecDeque;
use support::Random;

/// What lies around the ring's memory and must stay.
const FENCE: u64 = 0x5AA5_C33C_9669_0FF0;

struct Arena {
    control: Control,
    words: Vec<u64>,
    first: *mut u64,
}

// SAFETY: as the ring's contract says, each side is one thread.
unsafe impl Sync for Arena {}

impl Arena {
    fn new(granules: u32) -> Arena {
        // One word more for the first header, and a fence on both sides.
        let mut words = vec![FENCE; granules as usize + 3];
        let first = words.as_mut_ptr().wrapping_add(1);
        Arena { control: Control::new(granules), words, first }
    }

    fn ring(&self) -> Ring<'_> {
        Ring::new(&self.control, self.band())
    }

    fn band(&self) -> Band {
        // SAFETY: as many granules as the control says, and a word more.
        unsafe { Band::new(self.first.cast()) }
    }

    /// The payload of a message or reservation, whose owner the caller is.
    fn fill(&self, at: u32, bytes: u32, byte: u8) {
        // SAFETY: within the ring's memory, and this side's.
        unsafe { self.band().payload(at).write_bytes(byte, bytes as usize) }
    }

    fn holds(&self, at: u32, bytes: u32, byte: u8) -> bool {
        // SAFETY: as for `fill`.
        let payload =
            unsafe { std::slice::from_raw_parts(self.band().payload(at), bytes as usize) };
        payload.iter().all(|found| *found == byte)
    }

    fn is_fenced(&self) -> bool {
        let last = self.words.len() - 1;
        // SAFETY: the words are there; read through the pointer that the ring uses.
        unsafe { self.first.sub(1).read() == FENCE && self.first.add(last - 1).read() == FENCE }
    }
}

fn steps() -> u32 {
    let default = if cfg!(miri) { 40 } else { 60_000 };
    std::env::var("FIRMHEAP_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// One message as the shadow knows it.
#[derive(Clone, Copy)]
struct Known {
    at: u32,
    bytes: u32,
    byte: u8,
}

impl Known {
    fn granules(self) -> u32 {
        (self.bytes + 4).div_ceil(GRAIN)
    }
}

/// From one message to the next all the others are found.
fn follows(ring: Ring, first: u32, known: &VecDeque<Known>) {
    let mut last = first;
    for other in known {
        let next = ring.behind(last).expect("sound").expect("the shadow has one more");
        assert_eq!((next.at, next.bytes), (other.at, other.bytes));
        last = next.at;
    }
    assert_eq!(ring.behind(last), Ok(None), "more than there are");
}

fn program(granules: u32, seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let arena = Arena::new(granules);
    let ring = arena.ring();
    let most = message_max(granules);
    let mut known: VecDeque<Known> = VecDeque::new();
    let (mut refused, mut used_max) = (0, 0);
    for _ in 0..steps() {
        if random.below(2) == 0 {
            let bytes = 1 + random.below(most);
            let Some(at) = ring.reserve(bytes as usize) else {
                refused += 1;
                assert!(!known.is_empty(), "{bytes} of {most} bytes, and nobody has any");
                continue;
            };
            let need = (bytes + 4).div_ceil(GRAIN);
            assert!(at + need <= granules, "over the end");
            for other in &known {
                let apart = at + need <= other.at || other.at + other.granules() <= at;
                assert!(apart, "granule {at} is a message's");
            }
            let byte = random.next() as u8;
            arena.fill(at, bytes, byte);
            let wrong = (at + 1 + random.below(granules)) % granules;
            if wrong != at {
                assert_eq!(ring.commit(wrong, bytes as usize), Err(Misuse::NotReserved));
            }
            assert_eq!(ring.commit(at, bytes as usize + 1), Err(Misuse::TooLong));
            let kept = if random.below(4) == 0 { random.below(bytes + 1) } else { bytes };
            assert_eq!(ring.commit(at, kept as usize), Ok(()));
            assert_eq!(ring.commit(at, 1), Err(Misuse::NotReserved), "committed twice");
            if kept > 0 {
                known.push_back(Known { at, bytes: kept, byte });
            }
        } else {
            let oldest = ring.oldest().expect("sound");
            let Some(expected) = known.pop_front() else {
                assert_eq!(oldest, None);
                assert_eq!(ring.release(random.below(granules)), Err(Misuse::Empty));
                continue;
            };
            let found = oldest.expect("the shadow has one");
            assert_eq!((found.at, found.bytes), (expected.at, expected.bytes));
            assert!(arena.holds(found.at, found.bytes, expected.byte), "not as it was written");
            follows(ring, found.at, &known);
            let wrong = (found.at + 1 + random.below(granules - 1)) % granules;
            assert_eq!(ring.release(wrong), Err(Misuse::NotOldest));
            assert_eq!(ring.release(found.at), Ok(()));
        }
        let figures = ring.figures();
        let sum: u32 = known.iter().map(|known| known.granules()).sum();
        assert!(figures.used >= sum && figures.used < granules, "{figures:?}");
        used_max = figures.used.max(used_max);
        assert_eq!((figures.used_max, figures.refused), (used_max, refused));
    }
    assert_eq!(ring.check(), Ok(known.len() as u32));
    assert!(arena.is_fenced(), "wrote outside");
}

#[test]
fn messages_of_any_size_in_order() {
    for seed in 1..=3 {
        for granules in [2, 3, 4, 5, 7, 16, 33, 1000] {
            program(granules, seed);
        }
    }
}

/// Wherever the head of an empty ring is, the largest message fits; and the next larger one is refused at once.
#[test]
fn an_empty_ring_takes_the_largest_message() {
    for granules in 2..=if cfg!(miri) { 9 } else { 40 } {
        for head in 0..granules {
            let arena = Arena::new(granules);
            let ring = arena.ring();
            for _ in 0..head {
                let at = ring.reserve(1).expect("one granule");
                ring.commit(at, 1).expect("reserved");
                ring.release(at).expect("there");
            }
            let most = message_max(granules) as usize;
            assert!(most >= 4);
            for _ in 0..3 {
                assert_eq!(ring.reserve(most + 1), None);
                assert_eq!(ring.reserve(0), None);
                let at = ring.reserve(most).expect("empty");
                assert_eq!(ring.commit(at, most), Ok(()));
                assert_eq!(ring.release(at), Ok(()));
            }
            assert_eq!(ring.figures().refused, 6);
        }
    }
}

#[test]
fn a_second_reservation_takes_the_place_of_the_first() {
    let arena = Arena::new(16);
    let ring = arena.ring();
    let first = ring.reserve(20).expect("room");
    assert_eq!(ring.reserve(30), Some(first));
    assert_eq!(ring.oldest(), Ok(None), "nothing is told before it is committed");
    assert_eq!(ring.commit(first, 31), Err(Misuse::TooLong));
    assert_eq!(ring.commit(first, 30), Ok(()));
    assert_eq!(ring.oldest().expect("sound").expect("one").bytes, 30);
    ring.discard();
    assert_eq!(ring.oldest(), Ok(None));
}

/// The words of a ring as damage can leave them.
fn damaged(granules: u32, head: u32, tail: u32) -> Control {
    // SAFETY: words, in the order in which the ring has them.
    unsafe { std::mem::transmute::<[u32; 7], Control>([granules, head, tail, 0, 0, 0, 0]) }
}

/// A ring whose head or tail is no granule of it has room for nothing, and no message.
#[test]
fn a_head_or_tail_outside_leads_nowhere() {
    let mut arena = Arena::new(8);
    let outside = [8, 9, 1000, 0x8000_0000];
    let inside = 0..8;
    let heads = outside.iter().flat_map(|head| (0..8).chain([9]).map(|tail| (*head, tail)));
    let tails = outside.iter().flat_map(|tail| inside.clone().map(|head| (head, *tail)));
    for (head, tail) in heads.chain(tails) {
        arena.control = damaged(8, head, tail);
        for bytes in [1, 4, 12, 28] {
            assert_eq!(arena.ring().reserve(bytes), None, "head {head}, tail {tail}");
        }
        let expected = if head == tail { Ok(None) } else { Err(Misuse::Damaged) };
        assert_eq!(arena.ring().oldest(), expected, "head {head}, tail {tail}");
    }
    assert!(arena.is_fenced(), "wrote outside");
}

/// Commits a message that takes so many granules.
fn commit(ring: Ring, granules: u32) -> u32 {
    let bytes = (granules * GRAIN - 4) as usize;
    let at = ring.reserve(bytes).expect("room");
    ring.commit(at, bytes).expect("reserved");
    at
}

/// From each granule there is, and some more: only from messages that wait there is a way on, not from one that was
/// released, nor from what is skipped.
#[test]
fn only_what_waits_has_a_message_behind() {
    let arena = Arena::new(16);
    let ring = arena.ring();
    assert_eq!([6, 2, 2, 4].map(|granules| commit(ring, granules)), [0, 6, 8, 10]);
    for released in [0, 6, 8] {
        ring.release(released).expect("the oldest");
    }
    assert_eq!([4, 2].map(|granules| commit(ring, granules)), [0, 4], "over what is skipped");
    arena.fill(10, 28, 0);
    arena.fill(0, 28, 0);
    arena.fill(4, 12, 0);
    for at in 0..40 {
        let found = ring.behind(at).map(|message| message.map(|message| message.at));
        let expected = match at {
            10 => Ok(Some(0)),
            0 => Ok(Some(4)),
            4 => Ok(None),
            1..=3 | 5 | 11..=13 | 15 => Err(Misuse::Damaged), // zeros of a payload, or what was never a header
            _ => Err(Misuse::NotOldest),
        };
        assert_eq!(found, expected, "granule {at}");
    }
}

/// What is skipped ends with the ring, and a message is at its start: else that header is another ring's.
#[test]
fn what_is_skipped_reaches_to_the_end() {
    let skipping = |granules: u32, at: u32| {
        let arena = Arena::new(granules);
        for _ in 0..at {
            arena.ring().release(commit(arena.ring(), 1)).expect("the oldest");
        }
        assert_eq!(commit(arena.ring(), granules - at + 1), 0);
        arena
    };
    let mut small = skipping(12, 10);
    let skip = small.band().header(10);
    assert_eq!(small.ring().oldest().map(|message| message.map(|message| message.at)), Ok(Some(0)));
    small.control = damaged(12, 0, 10);
    assert_eq!(small.ring().oldest(), Err(Misuse::Damaged), "nothing is at the start");

    let large = Arena::new(64);
    for _ in 0..10 {
        large.ring().release(commit(large.ring(), 1)).expect("the oldest");
    }
    assert_eq!(commit(large.ring(), 3), 10);
    large.band().set_header(10, skip);
    assert_eq!(large.ring().oldest(), Err(Misuse::Damaged), "two granules before the end of 64");
}

#[test]
fn a_ring_is_emptied_in_place() {
    let mut arena = Arena::new(16);
    commit(arena.ring(), 3);
    commit(arena.ring(), 2);
    arena.ring().release(0).expect("the oldest");
    assert_eq!((arena.ring().reserve(1000), arena.ring().reserve(7)), (None, Some(5)));
    arena.control.empty(9);
    assert_eq!(format!("{:?}", arena.control), format!("{:?}", Control::new(9)));
}

#[test]
fn payloads_lead_back_to_their_granules() {
    let granules = 20;
    let arena = Arena::new(granules);
    let band = arena.band();
    for granule in 0..granules {
        let payload = band.payload(granule).cast_const();
        assert_eq!(band.granule(payload), Some(granule));
        for beside in 1..GRAIN as usize {
            assert_eq!(band.granule(payload.wrapping_add(beside)), None, "{granule}, {beside}");
        }
    }
    let before = band.payload(0).cast_const().wrapping_sub(GRAIN as usize);
    assert!(band.granule(before).is_none_or(|granule| granule >= granules));
}

#[test]
fn a_ring_of_nothing_refuses() {
    let arena = Arena::new(0);
    let ring = arena.ring();
    assert_eq!((ring.reserve(1), ring.reserve(usize::MAX), ring.reserve(0)), (None, None, None));
    assert_eq!(ring.commit(0, 1), Err(Misuse::NotReserved));
    assert_eq!((ring.oldest(), ring.release(0)), (Ok(None), Err(Misuse::Empty)));
    assert_eq!(ring.check(), Ok(0));
}

/// Every header of a ring replaced by whatever: the consumer says so or finds a message inside, and nothing is written
/// outside; one bit changed is always found.
#[test]
fn overwritten_headers_lead_nowhere() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let rounds = if cfg!(miri) { 60 } else { 20_000 };
    let (mut found, mut missed) = (0, 0);
    for round in 0..rounds {
        let granules = 4 + random.below(40);
        let arena = Arena::new(granules);
        let ring = arena.ring();
        for _ in 0..random.below(60) {
            let bytes = 1 + random.below(message_max(granules));
            if let Some(at) = ring.reserve(bytes as usize) {
                ring.commit(at, bytes as usize).expect("reserved");
            } else if let Ok(Some(message)) = ring.oldest() {
                ring.release(message.at).expect("the oldest");
            }
        }
        let Ok(Some(message)) = ring.oldest() else { continue };
        let old = arena.band().header(message.at);
        let one_bit = round % 2 == 0;
        let new = if one_bit { old ^ 1 << random.below(32) } else { random.next() as u32 };
        if new == old {
            continue;
        }
        arena.band().set_header(message.at, new);
        match ring.oldest() {
            Err(Misuse::Damaged) => {
                found += 1;
                assert_eq!(ring.release(message.at), Err(Misuse::Damaged));
                ring.discard();
                assert_eq!(ring.oldest(), Ok(None));
            }
            Ok(Some(other)) => {
                assert!(!one_bit, "{old:08x} {new:08x}");
                missed += 1;
                assert!(other.at + (other.bytes + 4).div_ceil(GRAIN) <= granules);
            }
            other => panic!("{other:?}"),
        }
        for _ in 0..10 {
            let bytes = 1 + random.below(message_max(granules));
            if let Some(at) = ring.reserve(bytes as usize) {
                arena.fill(at, bytes, 0xEE);
                ring.commit(at, bytes as usize).expect("reserved");
            }
        }
        let _ = ring.check();
        assert!(arena.is_fenced(), "wrote outside");
    }
    assert!(found > rounds / 2 && missed * 500 < found, "{missed} of {found} went unseen");
}

/// One thread makes messages, one uses them; Miri looks for races and reorders what may be reordered.
#[test]
fn two_threads() {
    let messages: u32 = if cfg!(miri) { 60 } else { 5 * steps() };
    for granules in [4, 9, 64] {
        let arena = Arena::new(granules);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut random = Random(77);
                for number in 0..messages {
                    let bytes = 1 + random.below(message_max(arena.control.granules));
                    let at = loop {
                        match arena.ring().reserve(bytes as usize) {
                            Some(at) => break at,
                            None => std::thread::yield_now(),
                        }
                    };
                    arena.fill(at, bytes, number as u8);
                    arena.ring().commit(at, bytes as usize).expect("reserved");
                }
            });
            let mut random = Random(77);
            for number in 0..messages {
                let bytes = 1 + random.below(message_max(arena.control.granules));
                let message = loop {
                    match arena.ring().oldest().expect("sound") {
                        Some(message) => break message,
                        None => std::thread::yield_now(),
                    }
                };
                assert_eq!(message.bytes, bytes, "message {number}");
                assert!(arena.holds(message.at, bytes, number as u8), "message {number}");
                arena.ring().release(message.at).expect("the oldest");
            }
        });
        assert_eq!(arena.ring().figures().used, 0);
        assert!(arena.is_fenced(), "wrote outside");
    }
}

/// The header that a ring of so many granules has at `at` for a message of `bytes`.
fn header_of(granules: u32, at: u32, bytes: usize) -> u32 {
    let arena = Arena::new(granules);
    let ring = arena.ring();
    for granule in 0..at {
        ring.reserve(1).expect("one granule");
        ring.commit(granule, 1).expect("reserved");
        ring.release(granule).expect("there");
    }
    assert_eq!(ring.reserve(bytes), Some(at));
    ring.commit(at, bytes).expect("reserved");
    arena.band().header(at)
}

#[test]
fn headers_of_other_places_and_rings_are_none() {
    // As long as it can be told, but longer than what was committed here, and than what there is.
    for bytes in [60, 100, 150] {
        let arena = Arena::new(12);
        let ring = arena.ring();
        assert_eq!(ring.reserve(20), Some(0));
        ring.commit(0, 20).expect("reserved");
        arena.band().set_header(0, header_of(64, 0, bytes));
        assert_eq!(ring.oldest(), Err(Misuse::Damaged), "{bytes}");
    }
    // A word copied along with its payload.
    for place in 1..10 {
        let arena = Arena::new(64);
        let ring = arena.ring();
        assert_eq!(ring.reserve(20), Some(0));
        ring.commit(0, 20).expect("reserved");
        arena.band().set_header(0, header_of(64, place, 20));
        assert_eq!(ring.oldest(), Err(Misuse::Damaged), "{place}");
    }
}
