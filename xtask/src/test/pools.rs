// SPDX-License-Identifier: MIT
//! Pools: their C under strict warnings, what they cost, the interrupt storm in short, the examples on both boards, and
//! that a firmware without pools does not know of them.

use super::strict::{compile, COMPILERS, CORTEX_M3};
use super::{examples, Step, Tally};
use crate::{paths, pools, symbols, targets};
use anyhow::{ensure, Result};

const STORM: u32 = 100_000;
const SOURCES: [&str; 5] = [
    "port/firmheap_pool.c",
    "port/firmheap_pool_classes.c",
    "port/firmheap_cmsis_mempool.c",
    "port/firmheap_zephyr_heap.c",
    "tests/pools/headers.c",
];
const CONFIG: &str = "xtask/firmware";
/// FreeRTOSConfig.h with more on the command line.
const CONFIGS: [&[&str]; 5] = [
    &[],
    &["-DconfigSUPPORT_STATIC_ALLOCATION=1"],
    &["-DconfigSUPPORT_STATIC_ALLOCATION=1", "-DconfigUSE_POOL_WAITING=0"],
    &[
        "-DconfigSUPPORT_STATIC_ALLOCATION=1",
        "-DconfigUSE_HEAP_FAULT_HOOK=1",
        "-DINCLUDE_xTaskGetCurrentTaskHandle=1",
    ],
    &[
        "-DconfigSUPPORT_STATIC_ALLOCATION=1",
        "-DINCLUDE_xTaskGetSchedulerState=1",
        "-DFIRMHEAP_K_HEAP_LARGE=0",
        "-DFIRMHEAP_K_HEAP_NOCACHE=__attribute__((section(\".nocache\")))",
        "-DconfigHEAP_CLEAR_MEMORY_ON_FREE=1",
    ],
];

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("pools, strict C99, four compilers", strict),
        Step::new("pools, instructions on Cortex-M3", instructions),
        Step::new("pools, interrupt storm", storm),
        Step::new("pools, a firmware without is the same", identical),
        Step::new("pools, examples on posix", || examples("posix")),
        Step::new("pools, examples on mps2-an385", || examples("mps2-an385")),
    ]
}

fn strict() -> Result<Tally> {
    let mut passed = 0;
    for (compiler, configs) in COMPILERS.iter().zip([5, 1, 5, 1]) {
        for options in &CONFIGS[..configs] {
            for source in SOURCES {
                compile(compiler, CONFIG, options, source)?.or_fail()?;
                passed += 1;
            }
        }
    }
    for bad in ["-DpoolsBAD=1", "-DpoolsBAD=2", "-DpoolsBAD=3", "-DpoolsBAD=4"] {
        let ran = compile(&CORTEX_M3, CONFIG, &[bad], SOURCES[4])?;
        ensure!(!ran.success, "{bad} compiles");
        ensure!(ran.output.contains("has_blocks_of_a_pointer_or_more"), "{bad}: {}", ran.output);
        passed += 1;
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn instructions() -> Result<Tally> {
    let (core, call) = pools::counts(&pools::archive(true)?)?;
    pools::judge(core)?;
    let most = pools::INSTRUCTIONS_MAX;
    let (allocate, free) = (core.allocate, core.free);
    let whole = format!("whole calls {}, {}", call.allocate, call.free);
    Ok(Tally::counted(4, format!("allocate {allocate}, free {free} <= {most}; {whole}")))
}

/// And without the critical section it is a storm indeed.
fn storm() -> Result<Tally> {
    let archive = pools::archive(true)?;
    let summary = pools::storm(&archive, STORM, false)?;
    ensure!(
        pools::storm(&archive, STORM, true).is_err(),
        "without the critical section the storm finds nothing, so it is none"
    );
    Ok(Tally::counted(2, summary.split(" refused").next().unwrap_or_default()))
}

fn identical() -> Result<Tally> {
    let (without, with) = pools::identical()?;
    let archive = symbols::read(&pools::archive(true)?, targets::CORTEX_M3)?;
    let ours = archive.iter().filter(|symbol| symbol.name.contains("FirmheapPool")).count();
    ensure!(ours >= 5, "the archive has only {ours} functions for pools");
    Ok(Tally::counted(3, format!("{without} bytes in both; another firmware, with pools: {with}")))
}

fn examples(board: &str) -> Result<Tally> {
    let (passed, said) = examples::run(board, &paths::work("examples").join(board), &[], ".", 4)?;
    Ok(Tally::counted(passed, said))
}
