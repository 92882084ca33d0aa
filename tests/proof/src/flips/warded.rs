// SPDX-License-Identifier: MIT
//! The same at integrity level 3: also every bit of the fence behind a request and of the links of what waits in the
//! quarantine, and one bit of each word of memory that is free. Level 4 is the check of this level, before every call.

use super::heaps::{regions, What};
use super::{note, Tallies, Tally};
use crate::memory::{Memory, Seen, HEADS};
use crate::world::{Mark, World};
use crate::Random;
use firmheap::bins::{bin_of, BIN_MIN};
use firmheap::block::{Layout, Protected};
use firmheap::fault::Fault;
use firmheap::integrity::poison::{Patterns, LINKS};
use firmheap::integrity::quarantine::Quarantine;
use firmheap::integrity::{trailer, Warded};
use firmheap::units::{At, Size};
use std::collections::BTreeMap;
use std::ops::Range;

/// More accesses than any call makes in heaps of this size: each may fill memory, or walk.
const FUEL: u32 = 1 << 19;
const PATTERNS: Patterns = Patterns::of(false);

type Spot = (What, At, Range<u32>);

struct Ward<L: Layout> {
    world: World<L, Protected>,
    quarantine: Quarantine,
    limit: u32,
    /// Bytes asked for, by payload address.
    live: BTreeMap<At, u32>,
}

/// Every bit of one heap, which `seed` shapes.
pub fn heap_of_flips<L: Layout>(seed: u64) -> Tallies {
    let mut random = Random::new(seed);
    let mut ward = Ward::<L>::populated(&mut random);
    let mut tallies = Tallies::default();
    for (what, word, bits) in ward.spots() {
        for bit in bits {
            ward.flip(word, bit, &mut random, &mut tallies.0[what as usize], seed);
        }
    }
    tallies
}

impl<L: Layout> Ward<L> {
    fn populated(random: &mut Random) -> Self {
        let limit = [0, 100, 400, 2000][random.below(4) as usize];
        let world = World::new(&regions(random, false, L::LARGEST), 0);
        let mut ward =
            Ward { world, quarantine: Quarantine::default(), limit, live: BTreeMap::new() };
        ward.world.memory.refuel(FUEL);
        ward.warded().spoil_all();
        for _ in 0..80 {
            if ward.live.len() < 20 || random.below(2) == 0 {
                let bytes = random.size(150);
                if let Ok(at) = ward.allocate(bytes) {
                    ward.live.insert(at, bytes);
                }
            } else {
                let number = random.below(ward.live.len() as u32) as usize;
                let at = *ward.live.keys().nth(number).expect("so many");
                ward.free(at).expect("a live block");
                ward.live.remove(&at);
            }
        }
        ward.check().expect("a sound heap");
        assert_eq!(ward.world.memory.seen(), Seen::default());
        ward.world.memory.commit();
        ward
    }

    fn warded(&mut self) -> Warded<'_, &Memory, L> {
        Warded {
            heap: self.world.heap(),
            quarantine: &mut self.quarantine,
            quarantine_bytes: self.limit,
            patterns: PATTERNS,
            noticed: None,
        }
    }

    /// As the C ABI does it.
    fn allocate(&mut self, bytes: u32) -> Result<At, Option<Fault>> {
        self.world.memory.refuel(FUEL);
        let at = self.warded().allocate(bytes as usize)?.at;
        PATTERNS.renew(&self.world.memory, at, bytes);
        Ok(at)
    }

    fn free(&mut self, at: At) -> Result<Size, Fault> {
        self.world.memory.refuel(FUEL);
        let opening = self.warded().open(at)?;
        PATTERNS.spoil(&self.world.memory, at, at.plus(opening.bytes & !3));
        self.warded().free_opened(at, opening)
    }

    fn check(&mut self) -> Result<(), Fault> {
        self.world.memory.refuel(FUEL);
        self.warded().check()
    }

    fn mark(&self) -> (Mark<L::Map>, Quarantine) {
        (self.world.mark(), Quarantine { ..self.quarantine })
    }

    fn flip(&mut self, word: At, bit: u32, random: &mut Random, tally: &mut Tally, seed: u64) {
        let name = format!("heap {seed}, level 3, {word:?}, bit {bit}");
        let (before, quarantine) = self.mark();
        self.world.memory.flip(word, bit);
        tally.flips += 1;
        let found = self.check().is_err();
        tally.check += u64::from(found);
        if !found {
            tally.example(|| format!("not found by the check: {name}"));
        }
        let mut seen = self.world.memory.seen();
        self.live_on(random, &mut seen);
        tally.wrote_outside += u64::from(seen.outside_stores > 0);
        tally.read_outside += u64::from(seen.outside_loads > 0);
        tally.looped += u64::from(seen.ran_dry);
        if seen.outside_stores > 0 || seen.ran_dry {
            tally.escape(|| format!("{seen:?}: {name}"));
        }
        self.world.undo(&before);
        self.quarantine = quarantine;
    }

    /// Every block is freed, with requests in between; then one needs what waits.
    fn live_on(&mut self, random: &mut Random, seen: &mut Seen) {
        let used: Vec<At> = self.live.keys().copied().collect();
        let start = random.below(used.len() as u32) as usize;
        for step in 0..used.len() {
            let _ = self.free(used[(start + step * 7) % used.len()]);
            note(seen, self.world.memory.seen());
            if step % 4 == 0 {
                let _ = self.allocate(random.size(100));
                note(seen, self.world.memory.seen());
            }
        }
        for bytes in [random.size(2000), 5000] {
            let _ = self.allocate(bytes);
            note(seen, self.world.memory.seen());
        }
        let _ = self.check();
        note(seen, self.world.memory.seen());
    }

    /// Every word that is the heap's: all but payloads, and the last word of a free block, which holds nothing.
    fn spots(&mut self) -> Vec<Spot> {
        self.world.memory.refuel(FUEL);
        let held = self.quarantine.size;
        let mut blocks = Vec::new();
        let walked = self.warded().heap.check_with(held, |at, size, used| {
            blocks.push((at, size, used));
        });
        walked.expect("a sound heap");
        let mut spots = Vec::new();
        for (at, size, used) in blocks {
            let header = |of: At| words(What::Header, of.minus(L::HEADER), of);
            spots.extend(header(at));
            let end = at.right(size).minus(L::HEADER);
            match (used, self.live.get(&at)) {
                (true, Some(bytes)) => {
                    let (first, bits) = (at.plus(bytes & !3), 8 * (bytes & 3)..32);
                    spots.push((What::Fence, first, bits));
                    spots.extend(words(What::Fence, first.plus(4), end));
                }
                (true, None) => {
                    spots.extend(words(What::Link, at, at.plus(LINKS)));
                    spots.extend(pattern(at.plus(LINKS), end.minus(trailer::BYTES)));
                    spots.extend(words(What::Fence, end.minus(trailer::BYTES), end));
                }
                (false, _) => {
                    spots.extend(words(What::Link, at, at.plus(LINKS)));
                    spots.extend(pattern(at.plus(LINKS), end.minus(trailer::BYTES)));
                }
            }
            if self.world.all_spans().any(|span| span.end() == at.right(size)) {
                spots.extend(header(at.right(size)));
            }
        }
        let top = bin_of(self.world.control.first.size(), L::LARGEST);
        spots.extend(words(What::Head, HEADS.plus(4 * BIN_MIN), HEADS.plus(4 * top + 4)));
        spots
    }
}

/// The words from one address up to another.
fn words(what: What, from: At, end: At) -> impl Iterator<Item = Spot> {
    (from.0..end.0.max(from.0)).step_by(4).map(move |at| (what, At(at), 0..32))
}

/// One bit of each word that holds nothing but the pattern.
fn pattern(from: At, end: At) -> impl Iterator<Item = Spot> {
    words(What::Freed, from, end).map(|(what, at, _)| {
        let bit = at.0 / 4 * 11 % 32;
        (what, at, bit..bit + 1)
    })
}
