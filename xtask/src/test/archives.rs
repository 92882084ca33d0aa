// SPDX-License-Identifier: MIT
//! The archives as they are delivered: their symbols, and that they name no place of this machine.

use super::{Step, Tally};
use crate::archive::{self, Lock, Options, Regions};
use crate::{paths, targets};
use anyhow::{ensure, Result};
use std::fs;

pub fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = [targets::CORTEX_M3, targets::CORTEX_M0, targets::HOST_32]
        .into_iter()
        .map(|target| Step::new(format!("archive for {target}"), move || of_target(target)))
        .collect();
    steps.push(Step::new("archive for this host", || of_target(&targets::host()?)));
    steps.push(Step::new("archive of every option", every_option));
    steps.push(Step::new("archive of an unknown target names the cure", unknown_target));
    steps
}

fn of_target(target: &str) -> Result<Tally> {
    let options = Options::new(target, paths::work("archives").join(target));
    let found = archive::make(&options)?;
    names_no_place(&options)?;
    for part in ["firmheap_port.c", "include/firmheap.h"] {
        ensure!(options.out.join(part).exists(), "{part} is not beside the archive");
    }
    Ok(Tally::passed(found))
}

/// Debug information holds paths of sources: they must not tell where the archive was built.
fn names_no_place(options: &Options) -> Result<()> {
    let bytes = fs::read(options.file())?;
    let places = [Some(paths::root().into_os_string()), std::env::var_os("HOME")];
    for place in places.into_iter().flatten().filter(|place| place.len() > 1) {
        let place = place.to_string_lossy().into_owned();
        let found = bytes.windows(place.len()).any(|window| window == place.as_bytes());
        ensure!(!found, "the archive names {place}, a folder of the machine it was built on");
    }
    Ok(())
}

fn every_option() -> Result<Tally> {
    let mut made = 0;
    for integrity in [0, 1] {
        for regions in [Regions::Compact, Regions::Large] {
            for alignment in [8, 16, 32] {
                let out = paths::work("archives").join("option");
                let plain = Options::new(targets::CORTEX_M3, out);
                archive::make(&Options { integrity, regions, alignment, ..plain })?;
                made += 1;
            }
        }
    }
    for integrity in [2, 3, 4] {
        let plain = Options::new(targets::CORTEX_M0, paths::work("archives").join("option"));
        let (regions, alignment) = (Regions::Large, 16);
        archive::make(&Options { integrity, regions, alignment, clear_on_free: true, ..plain })?;
        made += 1;
    }
    for integrity in [1, 3] {
        for (lock, free_from_isr) in [(Lock::Critical, false), (Lock::Scheduler, true)] {
            let plain = Options::new(targets::CORTEX_M0, paths::work("archives").join("option"));
            archive::make(&Options { integrity, lock, free_from_isr, ..plain })?;
            made += 1;
        }
    }
    Ok(Tally::counted(made, format!("{made} archives")))
}

fn unknown_target() -> Result<Tally> {
    let options = Options::new("mips-nowhere-none", paths::work("archives").join("unknown"));
    let Err(error) = archive::make(&options) else {
        anyhow::bail!("an archive was made for a CPU that does not exist");
    };
    ensure!(format!("{error:#}").contains("rustup target add"), "no cure is named: {error:#}");
    Ok(Tally::passed(""))
}
