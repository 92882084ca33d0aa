// SPDX-License-Identifier: MIT
//! The demonstration firmware: every entry of every board and heap is one check.

use super::{Step, Tally};
use crate::board::Firmware;
use crate::demo;
use anyhow::{bail, ensure, Result};

pub fn steps() -> Vec<Step> {
    let step = |firmware: Firmware| {
        Step::new(format!("demo {}", firmware.name()), move || check(&firmware))
    };
    Firmware::all().into_iter().map(step).collect()
}

pub fn check(firmware: &Firmware) -> Result<Tally> {
    firmware.build()?;
    let entries = firmware.entries()?;
    ensure!(!entries.is_empty(), "{} has nothing to run", firmware.name());
    for entry in &entries {
        let run = demo::run_entry(firmware, entry)?;
        if !run.verdict.passed() {
            bail!("{}: {}\n{}", entry.name, run.verdict.text(), run.output);
        }
        // The heap at work, as vPortHeapPrint() shows it.
        let reports = firmware.heap == "firmheap" && entry.name == "c_demo";
        ensure!(!reports || run.output.contains("\nmap   [#"), "no report:\n{}", run.output);
    }
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    Ok(Tally::counted(entries.len(), names.join(", ")))
}
