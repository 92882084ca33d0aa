// SPDX-License-Identifier: MIT
//! Small worlds: in tiny heaps, every sequence of requests and frees up to a stated depth.
//!
//! A **state** is every byte of the regions, every head, and the counters that steer the heap (`map`, `free`). Two
//! sequences that end in the same state have the same futures, so each state is extended once for each number
//! of steps that remain. In each state every invariant is checked, every block is where the shadow knows one, and
//! (from level 1 on) a free of every other address is refused: the header of a merged block never looks alive.

use crate::memory::Seen;
use crate::world::{Answer, Region, World};
use firmheap::bins::{bin_of, BinMap};
use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::units::{At, Size, BLOCK_MIN, GRANULE};
use std::collections::HashMap;

/// What was seen of one kind of world.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    /// Requests and frees that were played and judged.
    pub steps: u64,
    /// Different states.
    pub states: u64,
    /// Frees of addresses that are no block's, each of which was refused.
    pub refused: u64,
}

/// One kind of world.
struct Search<L: Layout, G> {
    world: World<L, G>,
    requests: Vec<Size>,
    /// Sizes are told apart by what they became.
    live: Vec<(At, Size)>,
    /// For each state the most steps that were left when it was reached.
    known: HashMap<u64, u8>,
    path: Vec<String>,
    fills: bool,
    seen: Tally,
    states_max: u64,
}

impl<L: Layout, G: Guard> Search<L, G> {
    fn extend(&mut self, left: u8) {
        let state = self.state();
        match self.known.get(&state) {
            Some(known) if *known >= left => return,
            Some(_) => {}
            None => {
                self.seen.states += 1;
                self.judge();
            }
        }
        self.known.insert(state, left);
        if left == 0 || self.seen.states >= self.states_max {
            return;
        }
        for number in 0..self.requests.len() {
            let wanted = self.requests[number];
            self.step(left, |search| search.allocate(wanted));
        }
        for number in 0..self.live.len() {
            self.step(left, |search| search.free(number));
        }
    }

    /// One call, all that can follow it, and back.
    fn step(&mut self, left: u8, call: impl FnOnce(&mut Self)) {
        let mark = self.world.mark();
        let live = self.live.clone();
        call(self);
        assert_eq!(self.world.memory.seen(), Seen::default(), "{}", self.path.join(" "));
        self.seen.steps += 1;
        self.extend(left - 1);
        self.path.pop();
        self.live = live;
        self.world.undo(&mark);
    }

    fn allocate(&mut self, wanted: Size) {
        self.path.push(format!("malloc({})", wanted.bytes() - L::HEADER));
        let free = self.world.control.counters.free;
        let largest = self.world.figures().largest;
        match self.world.allocate(wanted) {
            Answer::Served(block) => {
                assert!(block.size >= wanted, "{}", self.path.join(" "));
                assert!(block.size.0 - wanted.0 < BLOCK_MIN.0, "{}", self.path.join(" "));
                assert_eq!(self.world.control.counters.free, free - block.size);
                if self.fills {
                    let mut word = 0;
                    while word + 4 <= block.size.bytes() - L::HEADER {
                        self.world.memory.set_word(block.at.plus(word), 0xEEEE_EEEE);
                        word += 4;
                    }
                }
                let place = self.live.partition_point(|(at, _)| *at < block.at);
                self.live.insert(place, (block.at, block.size));
            }
            // Good fit: two looks at most, but the largest block's own bin is one of them.
            Answer::NoMemory => assert!(
                largest < wanted || bin_of(largest, L::LARGEST) == bin_of(wanted, L::LARGEST),
                "{}: refused with {largest:?} free",
                self.path.join(" ")
            ),
            Answer::Fault => panic!("{}: a fault in a sound heap", self.path.join(" ")),
        }
    }

    fn free(&mut self, number: usize) {
        let (at, size) = self.live.remove(number);
        self.path.push(format!("free({:#x})", at.0));
        assert_eq!(self.world.free(at), Ok(size), "{}", self.path.join(" "));
    }

    /// Every invariant of this state.
    fn judge(&mut self) {
        let mut used = Vec::new();
        let result =
            self.world.check(|at, size, is_used| used.extend(is_used.then_some((at, size))));
        assert_eq!(result, Ok(()), "{}", self.path.join(" "));
        used.sort(); // the walk begins with the largest region
        assert_eq!(used, self.live, "{}", self.path.join(" "));
        if G::CHECKED {
            self.refuse_all_others();
        }
    }

    fn refuse_all_others(&mut self) {
        let spans: Vec<_> = self.world.all_spans().collect();
        let mark = self.world.mark();
        for span in spans {
            for index in 0..=span.granules {
                let at = span.start.plus(index * GRANULE);
                if self.live.iter().any(|(live, _)| *live == at) {
                    continue;
                }
                let path = &self.path;
                assert!(self.world.free(at).is_err(), "{}: then free({:#x})", path.join(" "), at.0);
                assert_eq!(self.world.memory.mark(), mark.journal(), "a refusal that writes");
                self.seen.refused += 1;
            }
        }
    }

    fn state(&self) -> u64 {
        let mut hash = u64::from(self.world.control.counters.free.0) << 32;
        let mut mix = |word: u32| {
            hash = (hash ^ u64::from(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            hash ^= hash >> 29;
        };
        self.world.memory.words().for_each(&mut mix);
        for bin in firmheap::bins::BIN_MIN..L::Map::BINS {
            mix(u32::from(self.world.control.counters.map.get().has(bin)));
        }
        hash
    }
}

/// A world's regions, in bytes of blocks; each gets room for its headers.
const WORLDS: [&[u32]; 3] = [&[96], &[160], &[64, 96]];

/// Every world of one layout and level to this depth, or until each has so many states.
fn worlds<L: Layout, G: Guard>(depth: u8, states_max: u64) -> Tally {
    let mut sum = Tally::default();
    for (world, fills) in WORLDS.into_iter().flat_map(|world| [(world, false), (world, true)]) {
        let mut start = 0x2000_0000 + GRANULE;
        let mut regions: Vec<Region> = Vec::new();
        for units in world {
            let bytes = units / 8 * GRANULE.min(16) + 2 * GRANULE;
            regions.push((At(start), bytes));
            start += bytes + 3 * GRANULE; // a gap
        }
        let unit = GRANULE.min(16);
        let payloads = [1, 2 * unit, 3 * unit, 5 * unit];
        let requests = payloads.map(|bytes| World::<L, G>::size_for(bytes).expect("small"));
        let mut search = Search {
            world: World::<L, G>::new(&regions, 0xA5A5_A5A5),
            requests: requests.to_vec(),
            live: Vec::new(),
            known: HashMap::new(),
            path: Vec::new(),
            fills,
            seen: Tally::default(),
            states_max,
        };
        search.extend(depth);
        sum.steps += search.seen.steps;
        sum.states += search.seen.states;
        sum.refused += search.seen.refused;
    }
    sum
}

/// Every layout and level; `progress` hears of each.
pub fn campaign(depth: u8, states_max: u64, mut progress: impl FnMut(&str, Tally)) -> Tally {
    let mut sum = Tally::default();
    let mut run = |name: &str, seen: Tally| {
        progress(name, seen);
        sum.steps += seen.steps;
        sum.states += seen.states;
        sum.refused += seen.refused;
    };
    run("slim, level 0", worlds::<Slim<Compact>, Unchecked>(depth, states_max));
    run("slim, wide, level 0", worlds::<Slim<Wide>, Unchecked>(depth, states_max));
    run("paired, level 1", worlds::<Paired<Compact>, Checked>(depth, states_max));
    run("paired, level 2", worlds::<Paired<Compact>, Protected>(depth, states_max));
    run("paired, wide, level 1", worlds::<Paired<Wide>, Checked>(depth, states_max));
    run("paired, wide, level 2", worlds::<Paired<Wide>, Protected>(depth, states_max));
    sum
}
