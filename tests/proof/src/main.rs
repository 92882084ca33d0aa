// SPDX-License-Identifier: MIT
//! The campaigns as a program, for hours instead of seconds: `cargo xtask soak` calls it.
use clap::{Parser, Subcommand};
use proof::small::Tally;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "proof", about = "Campaigns that try to break firmheap's core")]
struct Arguments {
    #[command(subcommand)]
    campaign: Campaign,
}

#[derive(Subcommand)]
enum Campaign {
    /// Flip every bit of every header and link of populated heaps, one at a time
    Flips {
        /// At least this many flips in each layout and level
        #[arg(long, default_value_t = 200_000)]
        flips: u64,
        /// The first heap
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Also write the table to this file (docs/BIT_FLIPS.md)
        #[arg(long)]
        page: Option<PathBuf>,
    },
    /// Play every sequence of requests and frees in tiny heaps
    Small {
        /// Calls in a sequence
        #[arg(long, default_value_t = 8)]
        depth: u8,
        /// Stop extending a world that has so many different states (24 bytes of RAM each)
        #[arg(long, default_value_t = 40_000_000)]
        states: u64,
    },
    /// Compare sizes, bins, maps and places with plain 64-bit arithmetic
    Arithmetic,
}

fn main() -> ExitCode {
    match Arguments::parse().campaign {
        Campaign::Flips { flips, seed, page } => flip(flips, seed, page),
        Campaign::Small { depth, states } => {
            let show = |name: &str, seen: Tally| {
                eprintln!(
                    "{name}: {} calls, {} states, {} refused",
                    seen.steps, seen.states, seen.refused
                );
            };
            let sum = proof::small::campaign(depth, states, show);
            println!(
                "every sequence of {depth} calls: {} calls judged, {} different states, {} frees of no block refused",
                sum.steps, sum.states, sum.refused
            );
            ExitCode::SUCCESS
        }
        Campaign::Arithmetic => {
            let alignment = firmheap::units::GRANULE;
            println!("alignment {alignment}: {} values agree", proof::arithmetic::campaign());
            ExitCode::SUCCESS
        }
    }
}

fn flip(flips: u64, seed: u64, page: Option<PathBuf>) -> ExitCode {
    let mut shown = 0;
    let rows = proof::flips::campaign(seed, flips, |name, done| {
        if done / 1_000_000 != shown {
            shown = done / 1_000_000;
            eprintln!("{name}: {done} of {flips}");
        }
    });
    let command = format!("cargo run --profile test -p proof --features program -- flips --flips {flips} --seed {seed}");
    let text = proof::flips::page(&rows, &command);
    println!("{text}");
    if let Some(page) = page {
        if let Err(why) = std::fs::write(&page, text) {
            eprintln!("error: cannot write {}: {why}", page.display());
            return ExitCode::FAILURE;
        }
    }
    let broken: Vec<String> = proof::flips::broken(&rows);
    broken.iter().for_each(|line| eprintln!("BROKEN {line}"));
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
