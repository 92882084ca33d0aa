// SPDX-License-Identifier: MIT
//! Archive and port file made for different integrity levels do not link, and the symbol says why; failures on demand
//! do what was asked for, and without them nothing of them is there.

use super::{Step, Tally};
use crate::archive::{self, Lock, Options};
use crate::run::{Program, Ran};
use crate::{kernel, paths, symbols, targets};
use anyhow::{ensure, Result};
use std::path::{Path, PathBuf};

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("mistake: port file and archive of different integrity", wrong_pairs),
        Step::new("mistake: port file and archive of different locks", wrong_locks),
        Step::new("failures on demand", on_demand),
    ]
}

/// Integrity of the archive, that of the port file, and the symbol; an empty one if they belong together.
const PAIRS: [(u8, u8, &str); 6] = [
    (0, 1, "firmheap_archive_of_INTEGRITY_1_or_higher"),
    (1, 3, "firmheap_archive_of_INTEGRITY_3_or_higher"),
    (3, 4, "firmheap_archive_of_INTEGRITY_4"),
    (3, 1, "xFirmheapWard_of_a_port_file_with_FIRMHEAP_INTEGRITY_3"),
    (4, 3, ""),
    (1, 0, ""),
];

fn wrong_pairs() -> Result<Tally> {
    for (archive, port, symbol) in PAIRS {
        let folder = paths::work("pairs").join(archive.to_string());
        let options = Options { integrity: archive, ..Options::new(&targets::host()?, folder) };
        archive::make_if_stale(&options)?;
        let ran = link(&options, &[&format!("-DFIRMHEAP_INTEGRITY={port}")])?;
        if symbol.is_empty() {
            ran.or_fail()?;
        } else {
            ensure!(!ran.success, "an archive of level {archive} links with a port file of {port}");
            ensure!(ran.output.contains(symbol), "no word of {symbol}:\n{}", ran.output);
        }
    }
    Ok(Tally::counted(PAIRS.len(), ""))
}

/// An archive's lock and whether it frees for interrupts, the port file's flags, and the symbol.
const LOCKS: [(Lock, bool, &str, &str); 7] = [
    (Lock::Scheduler, false, "-DFIRMHEAP_LOCK=critical", "firmheap_archive_with_LOCK_critical"),
    (Lock::Scheduler, true, "-DFIRMHEAP_LOCK=critical", "firmheap_archive_with_LOCK_critical"),
    (Lock::Critical, false, "", "a_port_file_with_FIRMHEAP_LOCK_critical"),
    (Lock::Scheduler, false, "-DFIRMHEAP_FREE_FROM_ISR=1", "firmheap_archive_with_FREE_FROM_ISR"),
    (Lock::Scheduler, true, "", "a_port_file_with_FIRMHEAP_FREE_FROM_ISR_1"),
    (Lock::Critical, false, "-DFIRMHEAP_LOCK=critical", ""),
    (Lock::Scheduler, true, "-DFIRMHEAP_FREE_FROM_ISR=1", ""),
];

fn wrong_locks() -> Result<Tally> {
    for (lock, free_from_isr, flag, symbol) in LOCKS {
        let folder = paths::work("pairs").join(format!("{}-{free_from_isr}", lock.name()));
        let plain = Options::new(&targets::host()?, folder);
        let options = Options { lock, free_from_isr, ..plain };
        archive::make_if_stale(&options)?;
        let flags: Vec<_> = [flag].into_iter().filter(|flag| !flag.is_empty()).collect();
        let ran = link(&options, &flags)?;
        if symbol.is_empty() {
            ran.or_fail()?;
        } else {
            ensure!(!ran.success, "an archive of {lock:?}, {free_from_isr} links with {flag}");
            ensure!(ran.output.contains(symbol), "no word of {symbol}:\n{}", ran.output);
        }
    }
    Ok(Tally::counted(LOCKS.len(), ""))
}

fn on_demand() -> Result<Tally> {
    let host = targets::host()?;
    let plain = Options::new(&host, paths::work("pairs").join("inject"));
    let options = Options { inject_failures: true, ..plain };
    archive::make_if_stale(&options)?;
    link(&options, &["-DFIRMHEAP_INJECT_FAILURES=1"])?.or_fail()?;
    let program = options.out.join("app");
    Program::new(&program).seconds(10).must()?;

    let without = Options::new(&host, paths::work("pairs").join("1"));
    archive::make_if_stale(&without)?;
    let ran = link(&without, &["-DFIRMHEAP_INJECT_FAILURES=1"])?;
    ensure!(ran.output.contains("firmheap_archive_with_INJECT_FAILURES"), "{}", ran.output);
    let object = port(&without, &[])?;
    let has = |file: &Path, name: &str| -> Result<bool> {
        Ok(symbols::read(file, &host)?.iter().any(|symbol| symbol.name == name))
    };
    ensure!(has(&object, "vFirmheapFault")?, "nm shows nothing of the port file");
    ensure!(!has(&object, "vPortFailAllocation")?, "failures on demand are there although off");
    ensure!(has(&program, "vPortFailAllocation")?, "they are not there although on");
    Ok(Tally::passed("11 ways of asking"))
}

fn compiler(options: &Options, flags: &[&str]) -> Result<Program> {
    let kernel = kernel::folder()?;
    let mut program = Program::new("cc").args(["-O1", "-Wall", "-Wextra", "-Werror"]).args(flags);
    for folder in [kernel.join("include"), kernel.join("portable/ThirdParty/GCC/Posix")] {
        program = program.arg("-isystem").arg(folder);
    }
    for folder in [paths::root().join("tests/misuse"), options.out.join("include")] {
        program = program.arg("-I").arg(folder);
    }
    Ok(program)
}

fn port(options: &Options, flags: &[&str]) -> Result<PathBuf> {
    let object = options.out.join("firmheap_port.o");
    let source = options.out.join("firmheap_port.c");
    let flags: Vec<_> = flags.iter().copied().chain(["-DconfigUSE_HEAP_FAULT_HOOK=0"]).collect();
    compiler(options, &flags)?.arg("-c").arg(source).arg("-o").arg(&object).must()?;
    Ok(object)
}

/// tests/misuse/inject.c, or an empty program that allocates, with the port file and the archive.
fn link(options: &Options, flags: &[&str]) -> Result<Ran> {
    let object = port(options, flags)?;
    let injects = flags.iter().any(|flag| flag.contains("INJECT"));
    let source = if injects { "tests/misuse/inject.c" } else { "tests/misuse/empty.c" };
    let program = compiler(options, flags)?.arg(paths::root().join(source)).arg(object);
    program.arg(options.file()).arg("-o").arg(options.out.join("app")).run()
}
