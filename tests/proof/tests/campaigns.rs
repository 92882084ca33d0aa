// SPDX-License-Identifier: MIT
//! The campaigns in small; `cargo xtask soak` runs them for hours.
//!
//! `FIRMHEAP_FLIPS`, `FIRMHEAP_SMALL` set how many flips in each layout and level, and how many calls deep.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn sizes_bins_maps_and_places_agree_with_plain_arithmetic() {
    let compared = proof::arithmetic::campaign();
    assert!(compared > 5_000_000, "only {compared} values");
    println!("{compared} values agree");
}

#[test]
fn every_short_sequence_in_tiny_heaps_keeps_every_invariant() {
    let depth = setting("FIRMHEAP_SMALL", 7) as u8;
    let seen = proof::small::campaign(depth, u64::MAX, |_, _| {});
    assert!(depth < 6 || seen.states > 100_000, "only {} states", seen.states);
    assert!(seen.refused > seen.states, "frees of no block are tried in every state");
    println!("{seen:?}");
}

/// The largest of the promises: see src/flips/report.rs for what breaks one.
#[test]
fn every_flipped_bit_is_found() {
    let rows = proof::flips::campaign(1, setting("FIRMHEAP_FLIPS", 150_000), |_, _| {});
    println!("{}", proof::flips::page(&rows, "cargo test -p proof"));
    let broken = proof::flips::broken(&rows);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What cargo-fuzz found worth keeping, on any toolchain.
#[test]
fn the_committed_corpus_passes() {
    for (name, target) in proof::fuzz::TARGETS {
        let folder = project().join("fuzz/corpus").join(name);
        let entries = fs::read_dir(&folder).unwrap_or_else(|why| panic!("{folder:?}: {why}"));
        let mut inputs = 0;
        for entry in entries {
            let file = entry.expect("an entry").path();
            println!("{}", file.display()); // shown by a failing test: the input to look at
            target(&fs::read(&file).expect("a readable file"));
            inputs += 1;
        }
        assert!(inputs > 10, "{name}: only {inputs} inputs in {folder:?}");
    }
}

/// Random bytes for every target: little, but on any toolchain.
#[test]
fn random_inputs_pass() {
    let mut random = proof::Random::new(setting("FIRMHEAP_FUZZ_SEED", 1));
    for round in 0..setting("FIRMHEAP_FUZZ", 4_000) {
        let length = random.below(600) as usize;
        let bytes: Vec<u8> = (0..length).map(|_| random.word() as u8).collect();
        for (name, target) in proof::fuzz::TARGETS {
            let passed = std::panic::catch_unwind(|| target(&bytes)).is_ok();
            assert!(passed, "{name}, round {round}: {bytes:?}");
        }
    }
}

#[test]
fn the_recorded_traces_are_read_and_served() {
    for entry in fs::read_dir(project().join("traces")).expect("traces/") {
        let file = entry.expect("an entry").path();
        if file.extension().is_none_or(|ending| ending != "gz") {
            continue;
        }
        let unpacked = Command::new("gzip").arg("-dc").arg(&file).output().expect("gzip");
        assert!(unpacked.stdout.len() > 10_000, "{}", file.display());
        assert!(proof::fuzz::is_served(&unpacked.stdout), "{} is refused", file.display());
    }
}
