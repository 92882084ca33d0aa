// SPDX-License-Identifier: MIT
//! The portable layer's extensions: beside the C library in every variant, no loop on any way, what they cost, and that a
//! firmware without them is the same.

use super::{Step, Tally};
use crate::cpu::{M0, M3};
use crate::memory::{self, FUNCTIONS, VARIANTS};
use crate::{memory_costs, wcet};
use anyhow::{Context, Result};

const OPERATIONS: u32 = 20_000;
/// Of the variants, in short: newlib on the board, every level, both forms, regions, clearing, alignments.
const CHOSEN: [usize; 7] = [1, 2, 4, 7, 8, 11, 13];
/// The reference on the host; `cargo xtask memory` runs so many in all of them.
const MANY: u32 = 1_000_000;

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("memory, strict C99 and C++", || {
            let compiled = memory_costs::strict()?;
            Ok(Tally::counted(compiled, format!("{compiled} compilations")))
        }),
        Step::new("memory, a million resizes beside glibc", || {
            let lines = VARIANTS[0].run(MANY)?;
            Ok(Tally::counted(lines.len(), lines.last().cloned().unwrap_or_default()))
        }),
        Step::new("memory, resizes in seven variants, newlib too", variants),
        Step::new("memory, the C library on the heap, without _sbrk", || {
            let ran = memory_costs::newlib()?;
            Ok(Tally::counted(ran, "newlib, newlib-nano"))
        }),
        Step::new("memory, no loop, and no call above its bound", no_loop),
        Step::new("memory, a firmware without is the same", identical),
    ]
}

fn variants() -> Result<Tally> {
    let mut lines = 0;
    for place in CHOSEN {
        lines += VARIANTS[place].run(OPERATIONS)?.len();
    }
    Ok(Tally::counted(lines, format!("{} variants", CHOSEN.len())))
}

fn no_loop() -> Result<Tally> {
    wcet::prepare(&[])?;
    let mut notes = Vec::new();
    let chosen = [(&M0, 0), (&M3, 1)];
    for (cpu, level) in chosen {
        let bounds = wcet::extensions(cpu, level, &FUNCTIONS)
            .with_context(|| format!("{}, level {level}", cpu.name))?;
        if cpu.target == M3.target {
            memory_costs::judge(&memory_costs::counts(level)?, &bounds)?;
        }
        notes.push(format!("{}/{level}: realloc {}, aligned {}", cpu.name, bounds[0], bounds[2]));
    }
    Ok(Tally::counted(chosen.len() * FUNCTIONS.len(), notes.join("; ")))
}

fn identical() -> Result<Tally> {
    let (without, with) = memory_costs::identical()?;
    let used = memory::FUNCTIONS.len();
    Ok(Tally::counted(
        3,
        format!("{without} bytes in both; with one of the {used} functions: {with}"),
    ))
}
