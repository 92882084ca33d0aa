// SPDX-License-Identifier: MIT
//! Each allocation of an application fails once: the one without bugs survives all, and each bug of the other one
//! shows as what it is.

use super::{Step, Tally};
use crate::faults::{self, Verdict};
use anyhow::{ensure, Result};

pub fn steps() -> Vec<Step> {
    vec![Step::new("an application survives any allocation that fails", survives)]
}

fn survives() -> Result<Tally> {
    let folder = faults::build()?;
    let sites = faults::judge(&folder.join("faults"))?;
    for site in &sites {
        ensure!(site.verdict == Verdict::Survived, "{}: {:?}", site.place, site.verdict);
    }
    ensure!(sites.len() >= 8, "only {} sites were found", sites.len());
    let bugs = faults::judge(&folder.join("faults_with_bugs"))?;
    let found = |function: &str| {
        let site = bugs.iter().find(|site| site.place.starts_with(function));
        site.map_or(Verdict::NotReached, |site| site.verdict)
    };
    ensure!(
        found("prvReader") == Verdict::Crashed,
        "the bug that crashes: {:?}",
        found("prvReader")
    );
    ensure!(found("prvWaitForEvening") == Verdict::Hung, "the bug that hangs");
    let leaks = bugs.iter().any(|site| {
        site.place.starts_with("prvLogCreate") && matches!(site.verdict, Verdict::Leaked(_))
    });
    ensure!(leaks, "the bug that leaks");
    Ok(Tally::counted(sites.len() + 3, format!("{} sites, 3 bugs found", sites.len())))
}
