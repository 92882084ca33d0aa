// SPDX-License-Identifier: MIT
//! Bit flips: every single bit of every header, footer, link and list head of populated heaps, flipped one at a
//! time. Who notices it, and does firmheap ever write outside its regions or loop because of it?
//!
//! For each flip, from the same heap:
//! * the check of the whole heap, which must find it;
//! * each malloc or free that **touches** the block which the bit describes: hands it out, gives it back or
//!   merges it (of a head: takes from its list or adds to it);
//! * the same for the other block that shares the header;
//! * the rest of the program's life: every block freed in random order, requests in between, the figures. Not
//!   one store may leave the regions.

mod heaps;
mod report;
mod warded;

pub use report::{broken, page, Row, Tally};

use crate::memory::Seen;
use crate::world::{Answer, Mark, World};
use crate::Random;
use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::units::{At, Size};
use heaps::{Heap, Op, Spot, What};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Flips bits of heap after heap until at least `flips` were flipped in every layout and level.
/// `progress` hears of each heap.
pub fn campaign(seed: u64, flips: u64, mut progress: impl FnMut(&str, u64)) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut run = |name: &str, level: u32, go: &dyn Fn(u64) -> Tallies| {
        // Each flip at level 3 fills and compares kilobytes.
        let flips = if level < 3 { flips } else { flips / 4 };
        let mut sum = Tallies::default();
        let mut number = seed;
        while sum.flips() < flips {
            sum.add(&go(number));
            number += 1;
            progress(name, sum.flips());
        }
        rows.extend(sum.rows(name, level, number - seed));
    };
    run("slim", 0, &heap_of_flips::<Slim<Compact>, Unchecked>);
    run("slim, wide", 0, &heap_of_flips::<Slim<Wide>, Unchecked>);
    run("paired", 1, &heap_of_flips::<Paired<Compact>, Checked>);
    run("paired", 2, &heap_of_flips::<Paired<Compact>, Protected>);
    run("paired, wide", 1, &heap_of_flips::<Paired<Wide>, Checked>);
    run("paired, wide", 2, &heap_of_flips::<Paired<Wide>, Protected>);
    run("paired", 3, &warded::heap_of_flips::<Paired<Compact>>);
    run("paired, wide", 3, &warded::heap_of_flips::<Paired<Wide>>);
    rows
}

/// One tally for each [`What`].
#[derive(Default)]
struct Tallies([Tally; What::ALL.len()]);

impl Tallies {
    fn flips(&self) -> u64 {
        self.0.iter().map(|tally| tally.flips).sum()
    }
    fn add(&mut self, other: &Tallies) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, more)| sum.add(more));
    }
    fn rows(self, layout: &str, level: u32, heaps: u64) -> impl Iterator<Item = Row> {
        let layout = layout.to_owned();
        let named = What::ALL.into_iter().zip(self.0).filter(|(_, tally)| tally.flips > 0);
        named.map(move |(what, tally)| Row { layout: layout.clone(), level, what, heaps, tally })
    }
}

/// Every bit of one heap, which `seed` shapes.
fn heap_of_flips<L: Layout, G: Guard>(seed: u64) -> Tallies {
    let Heap { mut world, used, written } = Heap::<L, G>::populated(seed);
    let spots = heaps::spots(&mut world);
    let mut tallies = Tallies::default();
    let random = Random::new(seed ^ 0xF11B);
    let mut flipper = Flipper { seed, world: &mut world, used: &used, written, random };
    for spot in spots {
        for bit in spot.bits.clone() {
            flipper.flip(&spot, bit, &mut tallies.0[spot.what as usize]);
        }
    }
    tallies
}

/// The flips of one heap, with all they need.
struct Flipper<'h, L: Layout, G> {
    seed: u64,
    world: &'h mut World<L, G>,
    used: &'h [At],
    /// Payloads hold what the application wrote.
    written: bool,
    random: Random,
}

impl<L: Layout, G: Guard> Flipper<'_, L, G> {
    fn flip(&mut self, spot: &Spot, bit: u32, tally: &mut Tally) {
        let name = format!("heap {}, {:?}, bit {bit}", self.seed, spot.word);
        let (before, start) = (self.world.mark(), self.random.clone());
        self.world.memory.flip(spot.word, bit);
        tally.flips += 1;
        let mut seen = Seen::default();
        let found = self.world.check(|_, _, _| {}).is_err();
        note(&mut seen, self.world.memory.seen());
        tally.check += u64::from(found);
        if !found {
            tally.example(|| format!("not found by the check: {name}"));
        }
        if spot.what.is_guarded(level::<G>()) {
            self.aftermath(spot, tally, &mut seen);
        } else if G::CHECKED {
            // Where nothing is promised, damage may also break what the core takes for granted.
            let rest = AssertUnwindSafe(|| self.aftermath(spot, tally, &mut seen));
            tally.undefined += u64::from(catch_unwind(rest).is_err());
        }
        let harmed = seen.outside_stores > 0 || seen.ran_dry;
        let forged = harmed
            && self.may_be_forged(spot, &before)
            && self.is_forged(spot, bit, &before, start);
        tally.forged += u64::from(forged);
        tally.wrote_outside += u64::from(seen.outside_stores > 0 && !forged);
        tally.read_outside += u64::from(seen.outside_loads > 0);
        tally.looped += u64::from(seen.ran_dry && !forged);
        if harmed && !forged {
            tally.escape(|| format!("{seen:?}: {name}"));
        }
        self.world.undo(&before);
    }

    /// At level 1 a free block's size may lead into another region: malloc does not ask which region a block is in.
    fn may_be_forged(&mut self, spot: &Spot, before: &Mark<L::Map>) -> bool {
        let possible = level::<G>() == 1 && spot.what == What::Header && self.written;
        if !possible || self.world.all_spans().count() == 1 {
            return false;
        }
        self.world.undo(before);
        let is_its_block = |(at, _, used): &(At, Size, bool)| !used && at.minus(4) == spot.word;
        self.world.blocks().iter().any(is_its_block)
    }

    /// The size that the flip made leads into a payload or free memory, which holds that very number, as a header would:
    /// with other contents nothing is written outside and nothing loops.
    fn is_forged(&mut self, spot: &Spot, bit: u32, before: &Mark<L::Map>, start: Random) -> bool {
        self.world.undo(before);
        heaps::fill_payloads(self.world, || u32::MAX); // no block's size
        heaps::fill_free(self.world, u32::MAX);
        self.world.memory.flip(spot.word, bit);
        let (mut seen, mut unused) = (Seen::default(), Tally::default());
        let after = std::mem::replace(&mut self.random, start); // the same calls once more
        self.aftermath(spot, &mut unused, &mut seen);
        self.random = after;
        seen.outside_stores == 0 && !seen.ran_dry
    }

    /// Each call that touches the block, from the damaged heap; then the rest of the program's life.
    fn aftermath(&mut self, spot: &Spot, tally: &mut Tally, seen: &mut Seen) {
        let damaged = self.world.mark();
        for op in &spot.own {
            let outcome = play(self.world, *op, seen);
            self.world.undo(&damaged);
            tally.own.count(outcome);
            if outcome == Outcome::Missed && G::LINKS {
                tally.example(|| format!("heap {}: not caught by {op:?}: {spot:?}", self.seed));
            }
        }
        for op in &spot.shares {
            let outcome = play(self.world, *op, seen);
            self.world.undo(&damaged);
            tally.shares.count(outcome);
        }
        live_on(self.world, self.used, &mut self.random, seen);
    }
}

/// The integrity level that a guard stands for.
fn level<G: Guard>() -> u32 {
    u32::from(G::CHECKED) + u32::from(G::LINKS)
}

/// What a call did about the damage.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Caught,
    Missed,
    /// A request that was served elsewhere, or not at all: the block was left alone.
    Elsewhere,
}

fn play<L: Layout, G: Guard>(world: &mut World<L, G>, op: Op, seen: &mut Seen) -> Outcome {
    let outcome = match op {
        Op::Free(at) if world.free(at).is_err() => Outcome::Caught,
        Op::Free(_) => Outcome::Missed,
        Op::Allocate { size, gets } => match world.allocate(size) {
            Answer::Fault => Outcome::Caught,
            Answer::Served(block) if gets.is_none_or(|gets| gets == block.at) => Outcome::Missed,
            _ => Outcome::Elsewhere,
        },
    };
    note(seen, world.memory.seen());
    outcome
}

/// The program goes on as if nothing had happened: it frees all it has, asks for memory, asks for figures.
fn live_on<L: Layout, G: Guard>(
    world: &mut World<L, G>,
    used: &[At],
    random: &mut Random,
    seen: &mut Seen,
) {
    world.figures();
    note(seen, world.memory.seen());
    let start = random.below(used.len() as u32) as usize;
    for step in 0..used.len() {
        // An odd stride visits every block once if their number is a power of two, most of them otherwise.
        let at = used[(start + step * 7) % used.len()];
        play(world, Op::Free(at), seen);
        if step % 4 == 0 {
            let wanted = World::<L, G>::size_for(1 + random.size(200)).expect("small");
            play(world, Op::Allocate { size: wanted, gets: None }, seen);
        }
    }
    world.figures();
    note(seen, world.memory.seen());
    let _ = world.check(|_, _, _| {});
    note(seen, world.memory.seen());
}

fn note(all: &mut Seen, now: Seen) {
    all.outside_loads += now.outside_loads;
    all.outside_stores += now.outside_stores;
    all.ran_dry |= now.ran_dry;
}
