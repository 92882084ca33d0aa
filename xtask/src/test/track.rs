// SPDX-License-Identifier: MIT
//! Tracking and budgets: their C under strict warnings, the port file and the archive that do not belong together, what
//! they cost, the examples on both boards at several integrity levels, and that off is nothing.

use super::strict::{self, Compiler, COMPILERS, CORTEX_M3};
use super::{examples, Step, Tally};
use crate::archive::{self, Options, Track};
use crate::cpu::M3;
use crate::run::{Program, Ran};
use crate::{kernel, paths, targets, track};
use anyhow::{ensure, Result};

const NEEDS: [&str; 3] = [
    "-DINCLUDE_xTaskGetCurrentTaskHandle=1",
    "-DINCLUDE_xTaskGetSchedulerState=1",
    "-DINCLUDE_uxTaskPriorityGet=1",
];
const CONFIGS: [&[&str]; 7] = [
    &["-DFIRMHEAP_TRACK=tasks"],
    &["-DFIRMHEAP_TRACK=sites"],
    &["-DFIRMHEAP_TRACK=sites", "-DFIRMHEAP_BUDGETS=1"],
    &[
        "-DFIRMHEAP_TRACK=tasks",
        "-DconfigNUM_THREAD_LOCAL_STORAGE_POINTERS=2",
        "-DFIRMHEAP_OWNER_SLOT=1",
    ],
    &["-DFIRMHEAP_TRACK=tasks", "-DconfigUSE_TRACE_FACILITY=1", "-DFIRMHEAP_OWNER_NUMBER=1"],
    &["-DFIRMHEAP_TRACK=sites", "-DFIRMHEAP_BUDGETS=1", "-DFIRMHEAP_LOCK=critical"],
    &["-DFIRMHEAP_TRACK=sites", "-DFIRMHEAP_BUDGETS=1", "-DFIRMHEAP_INTEGRITY=3"],
];

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("tracking, strict C99, four compilers", strict),
        Step::new("tracking, wrong pairs do not link", wrong_pairs),
        Step::new("tracking, beside regions with capabilities", capabilities),
        Step::new("tracking, instructions on Cortex-M3", instructions),
        Step::new("tracking, a firmware without is the same", identical),
        Step::new("tracking, examples on posix", || examples("posix", 1)),
        Step::new("tracking, examples on mps2-an385", every_level),
    ]
}

fn strict() -> Result<Tally> {
    let mut passed = 0;
    for compiler in &COMPILERS {
        for options in CONFIGS {
            compile(compiler, &NEEDS, options)?.or_fail()?;
            passed += 1;
        }
    }
    // What is missing is said.
    for (needs, options, word) in [
        (
            &NEEDS[1..],
            &["-DFIRMHEAP_TRACK=tasks", "-DINCLUDE_xTaskGetCurrentTaskHandle=0"][..],
            "INCLUDE_xTaskGetCurrentTaskHandle",
        ),
        (
            &NEEDS[..2],
            &["-DFIRMHEAP_TRACK=tasks", "-DFIRMHEAP_BUDGETS=1", "-DINCLUDE_uxTaskPriorityGet=0"],
            "INCLUDE_uxTaskPriorityGet",
        ),
        (&NEEDS[..], &["-DFIRMHEAP_BUDGETS=1"], "FIRMHEAP_BUDGETS needs FIRMHEAP_TRACK"),
        (&NEEDS[..], &["-DFIRMHEAP_TRACK=task"], "one of off, tasks, sites, trace"),
        (
            &NEEDS[..],
            &["-DFIRMHEAP_TRACK=tasks", "-DFIRMHEAP_SCHEME=heap_4"],
            "needs FIRMHEAP_SCHEME=firm",
        ),
        (
            &NEEDS[..],
            &["-DFIRMHEAP_TRACK=tasks", "-DFIRMHEAP_OWNER_SLOT=3"],
            "FIRMHEAP_OWNER_SLOT is an index",
        ),
    ] {
        let ran = compile(&CORTEX_M3, needs, options)?;
        ensure!(!ran.success && ran.output.contains(word), "no word of {word}:\n{}", ran.output);
        passed += 1;
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn compile(compiler: &Compiler, needs: &[&str], options: &[&str]) -> Result<Ran> {
    strict::compile(compiler, "xtask/firmware", &[needs, options].concat(), "port/firmheap_port.c")
}

/// The archive's level, the port file's, and the symbol that says so; an empty one if they belong together.
const PAIRS: [(Track, bool, &str, &str); 6] = [
    (Track::Off, false, "-DFIRMHEAP_TRACK=tasks", "firmheap_archive_of_TRACK_tasks"),
    (Track::Tasks, false, "-DFIRMHEAP_TRACK=sites", "firmheap_archive_of_TRACK_sites"),
    (
        Track::Tasks,
        false,
        "-DFIRMHEAP_TRACK=off",
        "xFirmheapTracker_of_a_port_file_with_FIRMHEAP_TRACK_tasks",
    ),
    (
        Track::Sites,
        false,
        "-DFIRMHEAP_TRACK=tasks",
        "xFirmheapSites_of_a_port_file_with_FIRMHEAP_TRACK_sites",
    ),
    (
        Track::Tasks,
        true,
        "-DFIRMHEAP_TRACK=tasks",
        "xFirmheapShares_of_a_port_file_with_FIRMHEAP_BUDGETS",
    ),
    (Track::Tasks, false, "-DFIRMHEAP_TRACK=tasks", ""),
];

fn wrong_pairs() -> Result<Tally> {
    let host = targets::host()?;
    let kernel = kernel::folder()?;
    for (track, budgets, port, symbol) in PAIRS {
        let name = format!("pair-{}{}", track.name(), if budgets { "-budgets" } else { "" });
        let plain = Options::new(&host, paths::work("track").join(name));
        let options = Options { track, budgets, ..plain };
        archive::make_if_stale(&options)?;
        let mut program =
            Program::new("cc").args(["-O1", "-DconfigUSE_HEAP_FAULT_HOOK=0", port]).args(NEEDS);
        for folder in [kernel.join("include"), kernel.join("portable/ThirdParty/GCC/Posix")] {
            program = program.arg("-isystem").arg(folder);
        }
        let sources = ["port/firmheap_port.c", "tests/misuse/empty.c", "tests/track/kernel.c"];
        program = program.args(["-I", "tests/misuse", "-I", "include"]).args(sources);
        let ran = program.arg(options.file()).arg("-o").arg(options.out.join("app")).run()?;
        if symbol.is_empty() {
            ran.or_fail()?;
        } else {
            ensure!(!ran.success, "an archive with {} links with {port}", track.name());
            ensure!(ran.output.contains(symbol), "no word of {symbol}:\n{}", ran.output);
        }
    }
    Ok(Tally::counted(PAIRS.len(), ""))
}

/// What the main heap hands out as one of the regions is entered, too.
fn capabilities() -> Result<Tally> {
    let kernel = kernel::folder()?;
    let mut passed = 0;
    for (track, integrity) in [(Track::Tasks, 1), (Track::Sites, 1), (Track::Tasks, 3)] {
        let name = format!("caps-{}-{integrity}", track.name());
        let plain = Options::new(&targets::host()?, paths::work("track").join(name));
        let options = Options { track, integrity, ..plain };
        archive::make_if_stale(&options)?;
        let image = options.out.join("caps");
        Program::new("cc")
            .args(["-std=gnu99", "-O1", "-g", "-Wall", "-Wextra", "-Werror"])
            .args(NEEDS)
            .arg(format!("-DFIRMHEAP_TRACK={}", track.name()))
            .arg(format!("-DFIRMHEAP_INTEGRITY={integrity}"))
            .args(["-I", "tests/caps", "-I", "include", "-isystem"])
            .arg(kernel.join("include"))
            .arg("-isystem")
            .arg(kernel.join("portable/ThirdParty/GCC/Posix"))
            .args(["port/firmheap_port.c", "port/firmheap_caps.c", "port/firmheap_caps_figures.c"])
            .args(["tests/track/caps.c", "tests/track/kernel.c"])
            .arg(options.file())
            .arg("-o")
            .arg(&image)
            .must()?;
        let ran = Program::new(image).must()?;
        ensure!(ran.output.starts_with("ok"), "{}", ran.output);
        passed += 1;
    }
    Ok(Tally::counted(passed, format!("{passed} programs")))
}

fn instructions() -> Result<Tally> {
    let counts = [track::count(&M3, track::LEVELS[0])?, track::count(&M3, track::LEVELS[1])?];
    track::judge(&counts)?;
    let (malloc, free) = track::added(counts[0], counts[1]);
    let tenths = |number: u32| format!("{}.{}", number / 10, number % 10);
    let most = track::INSTRUCTIONS_MAX;
    Ok(Tally::counted(2, format!("malloc +{}, free +{} <= {most}", tenths(malloc), tenths(free))))
}

fn identical() -> Result<Tally> {
    Ok(Tally::passed(format!("{} bytes", track::identical()?)))
}

fn every_level() -> Result<Tally> {
    let mut passed = 0;
    for integrity in [0, 1, 3, 4] {
        passed += examples("mps2-an385", integrity)?.passed;
    }
    Ok(Tally::counted(passed, "integrity 0, 1, 3, 4"))
}

fn examples(board: &str, integrity: u8) -> Result<Tally> {
    let folder = paths::work("track").join(format!("{board}-{integrity}"));
    let level = format!("-DFIRMHEAP_INTEGRITY={integrity}");
    let options =
        ["-DEXAMPLES=tracking", "-DFIRMHEAP_TRACK=sites", "-DFIRMHEAP_BUDGETS=ON", &level];
    // A check of the whole heap in every call takes longer than the board's watchdog waits, but for one.
    let (only, least) = if integrity == 4 { ("leak_tracker", 1) } else { (".", 4) };
    let (passed, said) = examples::run(board, &folder, &options, only, least)?;
    Ok(Tally::counted(passed, said))
}
