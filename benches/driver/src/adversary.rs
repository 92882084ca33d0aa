// SPDX-License-Identifier: MIT
//! A search for the worst call: thousands of small situations in a nearly empty heap, each with blocks of a few
//! sizes around one bin, so that lists of one, two and three blocks, near fits and merges on
//! either side come in every combination. The bound of `cargo xtask wcet` is held against what this finds.

use crate::workload::{Random, Recorder, Trace};

/// Seeds of the search.
const SEEDS: std::ops::Range<u64> = 1..6;
/// Situations in a trace.
const SITUATIONS: u32 = 1_500;

/// Requests below this are smaller than any block, which some allocators treat apart.
const TINY: u32 = 8;

/// All traces of the search: `adversary.N` without, `tiny.N` with requests that are smaller than any block.
pub fn traces() -> Vec<Trace> {
    let one = |name: &str, seed: u64, sizes: Sizes| {
        let mut random = Random::new(b'!', seed);
        let mut recorder = Recorder::new(&format!("{name}.{seed}"));
        for _ in 0..SITUATIONS {
            let sizes = sizes(&mut random);
            situation(&mut random, &mut recorder, &sizes);
        }
        recorder.finish(false)
    };
    let ordinary = SEEDS.map(|seed| one("adversary", seed, sizes));
    ordinary.chain(SEEDS.map(|seed| one("tiny", seed, tiny_sizes))).collect()
}

type Sizes = fn(&mut Random) -> Vec<u32>;

/// Blocks side by side, some of them freed, then a few requests for what is nearly there; at the end everything is
/// freed in any order, so that the next situation begins in an empty heap again.
fn situation(random: &mut Random, recorder: &mut Recorder, sizes: &[u32]) {
    let size = |random: &mut Random| sizes[random.pick(sizes.len())];
    let mut live: Vec<u32> =
        (0..random.between(6, 24)).map(|_| recorder.alloc(size(random))).collect();
    for _ in 0..random.between(1, live.len() as u32) {
        let at = random.pick(live.len());
        recorder.free(live.swap_remove(at));
    }
    for _ in 0..random.between(1, 6) {
        live.push(recorder.alloc(size(random)));
    }
    while !live.is_empty() {
        let at = random.pick(live.len());
        recorder.free(live.swap_remove(at));
    }
}

/// Two to six sizes around the beginning of a bin, and around that of the next one.
fn sizes(random: &mut Random) -> Vec<u32> {
    let bin = random.between(2, 3) << random.between(3, 9);
    let one = |random: &mut Random| {
        let around = bin + bin / 2 * random.between(0, 2);
        let header = random.between(0, 1) * 4;
        (around + random.between(0, 6) * 8).saturating_sub(16 + header).max(TINY)
    };
    (0..random.between(2, 6)).map(|_| one(random)).collect()
}

/// Tiny ones, and some that leave room for them.
fn tiny_sizes(random: &mut Random) -> Vec<u32> {
    let one = |random: &mut Random| random.between(1, TINY - 1);
    let other = |random: &mut Random| random.between(1, 8) * 8 + 4;
    let tiny = (0..random.between(1, 3)).map(|_| one(random)).collect::<Vec<_>>();
    let others = (0..random.between(1, 3)).map(|_| other(random)).collect::<Vec<_>>();
    [tiny, others].concat()
}
