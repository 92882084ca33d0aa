// SPDX-License-Identifier: MIT
//! A search for the worst call: thousands of small situations in a nearly empty heap, each with blocks of a few
//! sizes around one bin, so that lists of one, two and three blocks, near fits and merges on
//! either side come in every combination. The bound of `cargo xtask wcet` is held against what this finds.

use crate::workload::{Random, Recorder, Trace};

/// Seeds of the search; each is one trace.
pub const SEEDS: std::ops::Range<u64> = 1..7;
/// Situations in a trace.
const SITUATIONS: u32 = 1_500;

pub fn generate(seed: u64) -> Trace {
    let mut random = Random::new(b'!', seed);
    let mut recorder = Recorder::new(&format!("adversary.{seed}"));
    for _ in 0..SITUATIONS {
        situation(&mut random, &mut recorder);
    }
    recorder.finish(false)
}

/// Blocks side by side, some of them freed, then a few requests for what is nearly there; at the end everything is
/// freed in any order, so that the next situation begins in an empty heap again.
fn situation(random: &mut Random, recorder: &mut Recorder) {
    let sizes = sizes(random);
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
        (around + random.between(0, 6) * 8).saturating_sub(16 + header).max(1)
    };
    (0..random.between(2, 6)).map(|_| one(random)).collect()
}
