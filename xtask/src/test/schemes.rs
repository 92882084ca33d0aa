// SPDX-License-Identifier: MIT
//! The kernel's own schemes, heap_1 to heap_5: beside the kernel's files in one image, in flash, where they differ on
//! purpose, in wrong pairs, and in the demonstration firmware. In its short form; the long one is
//! `tests/twin/run.py --operations 1000000`.

use super::{boards, suites, Step, Tally};
use crate::archive::{self, Options, Scheme};
use crate::board::Firmware;
use crate::run::Program;
use crate::{paths, targets};
use anyhow::Result;

pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("schemes: lints", lints),
        Step::new("schemes: archives", archives),
        Step::new("schemes: twins of the kernel's files", || suites::suite("tests/twin/run.py")),
        Step::new("schemes: deviations", || suites::suite("tests/twin/deviations.py")),
        Step::new("schemes: flash beside the kernel's files", || {
            suites::suite("tests/twin/flash.py")
        }),
        Step::new("schemes: wrong pairs do not link", || suites::suite("tests/twin/pairs.py")),
    ];
    steps.extend(Firmware::of_schemes().into_iter().map(|firmware| {
        Step::new(format!("schemes: demo {}", firmware.name()), move || boards::check(&firmware))
    }));
    steps
}

fn lints() -> Result<Tally> {
    for scheme in Scheme::EXACT {
        Program::cargo()
            .args(["clippy", "--package", "firmheap", "--features", "exports", "--"])
            .args(["-D", "warnings"])
            .env("FIRMHEAP_SCHEME", scheme.name())
            .must()?;
    }
    Ok(Tally::counted(Scheme::EXACT.len(), ""))
}

fn archives() -> Result<Tally> {
    for scheme in Scheme::EXACT {
        for target in [targets::CORTEX_M0, targets::CORTEX_M3] {
            let out = paths::work("archives").join(scheme.name());
            archive::make(&Options { scheme, ..Options::new(target, out) })?;
        }
    }
    Ok(Tally::counted(2 * Scheme::EXACT.len(), "each of one object, no panic"))
}
