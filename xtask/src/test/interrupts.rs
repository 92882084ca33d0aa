// SPDX-License-Identifier: MIT
//! Interrupt handlers and the heap, and rings: their headers under strict warnings, the storms in short, what it costs, and
//! that a firmware without does not know of them.

use super::strict::{compile, COMPILERS};
use super::{Step, Tally};
use crate::archive::{self, Lock, Options as Archive};
use crate::cpu::M3;
use crate::interrupts::{self, Storm};
use crate::{image, paths, symbols, targets, wcet};
use anyhow::{ensure, Context, Result};
use std::path::PathBuf;

const STORM: u32 = 60_000;
/// The most that a ring's function, and `vPortFreeFromISR`, may take on Cortex-M3.
const INSTRUCTIONS_MAX: u32 = 105;
/// The longest stretch with interrupts masked on Cortex-M3 at integrity level 1.
const MASKED_MAX: u32 = 90;

pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("interrupts, strict C99", strict),
        Step::new("interrupts, instructions on Cortex-M3", instructions),
        Step::new("interrupts, a firmware without is the same", identical),
    ];
    for kind in Storm::ALL {
        let name = format!("interrupts, storm, {}", kind.name());
        steps.push(Step::new(name, move || storm(kind)));
    }
    steps
}

/// And with what it is about left out it is a storm indeed.
fn storm(kind: Storm) -> Result<Tally> {
    let summary = interrupts::storm(kind, STORM, &[])?;
    for sabotage in kind.sabotages() {
        interrupts::sabotaged(kind, STORM, sabotage)?;
    }
    Ok(Tally::counted(1 + kind.sabotages().len(), summary))
}

fn strict() -> Result<Tally> {
    let mut passed = 0;
    for compiler in &COMPILERS {
        for bad in [&[][..], &["-DringBAD=1"], &["-DringBAD=2"], &["-DringBAD=3"]] {
            let ran = compile(compiler, "xtask/firmware", bad, "tests/isr/headers.c")?;
            if bad.is_empty() {
                ran.or_fail()?;
            } else {
                let said = ran.output.contains("has_16_bytes_to_512_KiB");
                ensure!(!ran.success && said, "{bad:?} compiles: {}", ran.output);
            }
            passed += 1;
        }
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn instructions() -> Result<Tally> {
    let rings = interrupts::counted(Storm::Deferred, "ring")?;
    let heap = interrupts::counted(Storm::Deferred, "heap")?;
    let number = |counts: &[(String, u32)], key: &str| {
        counts.iter().find(|(name, _)| name == key).map(|(_, count)| *count).context(key.to_owned())
    };
    ensure!(number(&rings, "messages")? > 500, "nothing was measured");
    let mut worst = number(&heap, "free_from_isr")?;
    for key in ["reserve", "commit", "peek", "release"] {
        let count = number(&rings, key)?;
        ensure!(count > 10, "{key} was not measured");
        worst = worst.max(count);
    }
    ensure!(worst <= INSTRUCTIONS_MAX, "{worst} instructions, more than {INSTRUCTIONS_MAX}");
    let bounds = wcet::bounds(&M3, 1, 1, Lock::Critical)?;
    let masked = [bounds.malloc.suspended, bounds.free.suspended];
    for found in masked {
        let found = found.context("the masked stretch has no bound")?;
        ensure!((20..=MASKED_MAX).contains(&found), "masked for {found} instructions");
    }
    Ok(Tally::counted(7, format!("{worst} <= {INSTRUCTIONS_MAX}; masked {masked:?}")))
}

/// The image of a firmware without rings is that of an archive that has none.
fn identical() -> Result<Tally> {
    let with = Storm::Ring.archive()?;
    let plain = Archive::new(targets::CORTEX_M3, paths::work("isr").join("without"));
    let without = Archive { no_extensions: true, ..plain };
    archive::make_if_stale(&without)?;
    let names = |file: PathBuf| -> Result<usize> {
        let symbols = symbols::read(&file, targets::CORTEX_M3)?;
        Ok(symbols.iter().filter(|symbol| symbol.name.contains("FirmheapRing")).count())
    };
    ensure!(
        names(with.clone())? == 9 && names(without.file())? == 0,
        "rings are not where they belong"
    );
    let image = |name: &str, archive: &PathBuf| -> Result<Vec<u8>> {
        image::binary(&M3, &image::plain(name).link(archive)?)
    };
    let (one, other) =
        (image("isr/plain-with", &with)?, image("isr/plain-without", &without.file())?);
    ensure!(!one.is_empty() && one == other, "{} bytes and {}", one.len(), other.len());
    Ok(Tally::counted(3, format!("{} bytes in both", one.len())))
}
