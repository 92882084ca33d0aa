// SPDX-License-Identifier: MIT
//! Pools: their C under strict warnings, what they cost, the interrupt storm in short, the examples on both boards, and
//! that a firmware without pools does not know of them.

use super::{Step, Tally};
use crate::run::{Program, Ran};
use crate::{kernel, paths, pools, symbols, targets};
use anyhow::{ensure, Context, Result};

const STORM: u32 = 100_000;
const STRICT: [&str; 7] =
    ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1"];
const SOURCES: [&str; 4] = [
    "port/firmheap_pool.c",
    "port/firmheap_pool_classes.c",
    "port/firmheap_cmsis_mempool.c",
    "tests/pools/headers.c",
];
/// FreeRTOSConfig.h with more on the command line.
const CONFIGS: [&[&str]; 4] = [
    &[],
    &["-DconfigSUPPORT_STATIC_ALLOCATION=1"],
    &["-DconfigSUPPORT_STATIC_ALLOCATION=1", "-DconfigUSE_POOL_WAITING=0"],
    &[
        "-DconfigSUPPORT_STATIC_ALLOCATION=1",
        "-DconfigUSE_HEAP_FAULT_HOOK=1",
        "-DINCLUDE_xTaskGetCurrentTaskHandle=1",
    ],
];
const COMPILERS: [(&str, &[&str], &str); 4] = [
    ("cc", &[], "ThirdParty/GCC/Posix"),
    ("cc", &["-m32"], "ThirdParty/GCC/Posix"),
    ("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"], "GCC/ARM_CM3"),
    ("arm-none-eabi-gcc", &["-mcpu=cortex-m0", "-mthumb"], "GCC/ARM_CM0"),
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
    for (compiler, configs) in COMPILERS.iter().zip([4, 1, 2, 1]) {
        for options in &CONFIGS[..configs] {
            for source in SOURCES {
                compile(compiler, options, source)?.or_fail()?;
                passed += 1;
            }
        }
    }
    for bad in ["-DpoolsBAD=1", "-DpoolsBAD=2", "-DpoolsBAD=3", "-DpoolsBAD=4"] {
        let ran = compile(&COMPILERS[2], &[bad], SOURCES[3])?;
        ensure!(!ran.success, "{bad} compiles");
        ensure!(ran.output.contains("has_blocks_of_a_pointer_or_more"), "{bad}: {}", ran.output);
        passed += 1;
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn compile(compiler: &(&str, &[&str], &str), options: &[&str], source: &str) -> Result<Ran> {
    let (program, flags, port) = compiler;
    let kernel = kernel::folder()?;
    let folder = paths::work("pools");
    std::fs::create_dir_all(&folder)?;
    Program::new(program)
        .args(*flags)
        .args(STRICT)
        .args(options)
        .arg("-isystem")
        .arg(kernel.join("include"))
        .arg("-isystem")
        .arg(kernel.join("portable").join(port))
        .args(["-I", "xtask/firmware", "-I", "include", "-c", source, "-o"])
        .arg(folder.join("strict.o"))
        .run()
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
    let folder = paths::work("examples").join(board);
    let demo = paths::root().join("c_demo");
    let mut configure = Program::new("cmake").args(["-G", "Ninja", "-S"]);
    configure = configure.arg(demo.join("examples")).arg("-B").arg(&folder);
    configure = configure.arg(format!("-DBOARD={board}"));
    configure = configure.env("FREERTOS_KERNEL_PATH", kernel::folder()?);
    let toolchain = demo.join("boards").join(board).join("toolchain.cmake");
    if toolchain.exists() {
        configure = configure.arg(format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()));
    }
    configure.must()?;
    Program::new("cmake").arg("--build").arg(&folder).must()?;
    let ran = Program::new("ctest").arg("--test-dir").arg(&folder).arg("--output-on-failure");
    let output = ran.must()?.output;
    let passed = output.lines().filter(|line| line.contains("Passed")).count();
    ensure!(passed >= 4, "{passed} examples ran:\n{output}");
    let closing = output.lines().find(|line| line.contains("tests passed"));
    Ok(Tally::counted(passed, closing.context("ctest did not end")?))
}
