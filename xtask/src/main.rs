// SPDX-License-Identifier: MIT
//! firmheap's own commands. Each one installs or names what it is missing, shows what it does, and
//! exits with a non-zero status if anything failed.

mod archive;
mod bench;
mod board;
mod caps;
mod cpu;
mod demo;
mod fuzz;
mod faults;
mod health;
mod health_cost;
mod image;
mod integrity;
mod interrupts;
mod kernel;
mod memory;
mod memory_costs;
mod misuse;
mod mutants;
mod paths;
mod pools;
mod progress;
mod run;
mod soak;
mod symbols;
mod table;
mod targets;
mod test;
mod tools;
mod track;
mod trace;
mod wcet;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Build, show and check firmheap")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the demonstration firmware on both boards, with firmheap and with the kernel's heap_4
    Demo(demo::Options),
    /// Check everything; ends with one line: N passed, N failed
    Test(test::Options),
    /// Count the instructions of malloc and free on Cortex-M3, beside heap_4 and other allocators
    Bench(bench::Options),
    /// Bound the instructions of malloc and free, from the machine code of the archives
    Wcet(wcet::Options),
    /// Run every campaign at its full length: bit flips, small worlds, fuzzing, preemption, mutants
    Soak(soak::Options),
    /// What each integrity level catches and costs: the tables of docs/INTEGRITY.md
    Integrity(integrity::Options),
    /// Run an application once for each place that allocates, with that allocation failing
    Faults(faults::Options),
    /// Resize and align blocks beside the C library, and count what that costs
    Memory(memory::Options),
    /// Count what pools cost, and put them through an interrupt storm
    Pools(pools::Options),
    /// What regions with capabilities cost
    Caps(caps::Options),
    /// Count what figures, walks, reports and traces cost
    Health(health_cost::Options),
    /// Read a trace that a firmware recorded with FIRMHEAP_TRACK=trace
    Trace(trace::Options),
    /// Put heap calls and rings through interrupt storms, and count what they cost
    Interrupts(interrupts::Options),
    /// Count what it costs to know who holds each block, and what budgets cost
    Track(track::Options),
    /// Make libfirmheap.a, the port file and the headers for a build without CMake
    Archive(archive::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Wcet(options) => wcet::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Integrity(options) => integrity::run(&options),
        Command::Faults(options) => faults::run(&options),
        Command::Memory(options) => memory::run(&options),
        Command::Pools(options) => pools::run(&options),
        Command::Caps(options) => caps::run(&options),
        Command::Health(options) => health_cost::run(&options),
        Command::Trace(options) => trace::run(&options),
        Command::Interrupts(options) => interrupts::run(&options),
        Command::Track(options) => track::run(&options),
        Command::Archive(options) => archive::run(&options),
    };
    report(outcome)
}

fn report(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
