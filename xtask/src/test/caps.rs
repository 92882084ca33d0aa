// SPDX-License-Identifier: MIT
//! Regions with capabilities: their C under strict warnings, random programs and bad input on the host at every integrity
//! level, and that a firmware without does not know of them.

use super::strict::{compile, COMPILERS};
use super::{examples, Step, Tally};
use crate::archive::{self, Options as Archive};
use crate::run::Program;
use crate::{caps, kernel, paths, targets};
use anyhow::{ensure, Result};

const SOURCES: [&str; 2] = ["port/firmheap_caps.c", "port/firmheap_caps_figures.c"];
/// What else may be compiled beside them.
const FACES: [&str; 2] = ["port/firmheap_esp_heap_caps.c", "port/firmheap_stacks.c"];
/// tests/caps/FreeRTOSConfig.h with more on the command line.
const CONFIGS: [&[&str]; 4] = [
    &[],
    &["-DFIRMHEAP_USE_REGIONS=1"],
    &["-DFIRMHEAP_CAPS_LARGE=0", "-DconfigHEAP_CLEAR_MEMORY_ON_FREE=1"],
    &["-DconfigENABLE_HEAP_PROTECTOR=1", "-DINCLUDE_xTaskGetCurrentTaskHandle=1"],
];

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("caps, strict C99, four compilers", strict),
        Step::new("caps, programs and bad input on the host", programs),
        Step::new("caps, a firmware without is the same", identical),
        Step::new("caps, examples on posix", || examples("posix")),
        Step::new("caps, examples on three memories of mps2-an385", || examples("mps2-an385")),
    ]
}

fn strict() -> Result<Tally> {
    let mut passed = 0;
    for compiler in &COMPILERS {
        for options in CONFIGS {
            for source in SOURCES.into_iter().chain(FACES) {
                let options = [&["-Wno-unused-parameter"], options].concat();
                compile(compiler, "tests/caps", &options, source)?.or_fail()?;
                passed += 1;
            }
        }
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn identical() -> Result<Tally> {
    let (without, with) = caps::identical()?;
    Ok(Tally::counted(
        3,
        format!("{without} bytes in both; another firmware, with regions: {with}"),
    ))
}

/// Three memories of the board, placed by its linker script.
fn examples(board: &str) -> Result<Tally> {
    let folder = paths::work("examples-caps").join(board);
    let (passed, said) = examples::run(board, &folder, &["-DCAPS=ON"], ".", 2)?;
    Ok(Tally::counted(passed, said))
}

/// Each level, with `ucHeap` and with regions only; level 1 also as a 32-bit program.
fn programs() -> Result<Tally> {
    let host = targets::host()?;
    let (small, quick) = (targets::HOST_32.to_owned(), "2000");
    let mut ran = 0;
    for (target, integrity, steps) in [
        (&host, 1, "60000"),
        (&small, 1, "60000"),
        (&host, 2, "30000"),
        (&host, 3, quick),
        (&host, 4, "500"),
    ] {
        for regions in [false, true] {
            program(target, integrity, regions, steps)?;
            ran += 1;
        }
    }
    Ok(Tally::counted(ran, format!("{ran} programs over four memories")))
}

fn program(target: &str, integrity: u8, regions: bool, steps: &str) -> Result<()> {
    let out = paths::work("caps").join(format!("{target}-{integrity}"));
    let options = Archive { integrity, ..Archive::new(target, out.clone()) };
    archive::make_if_stale(&options)?;
    let kernel = kernel::folder()?;
    let image = out.join(if regions { "regions" } else { "array" });
    let mut cc =
        Program::new("cc").args(["-std=gnu99", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]);
    cc = cc.args(["-fsanitize=undefined", "-fno-sanitize-recover=all"]);
    if target == targets::HOST_32 {
        cc = cc.arg("-m32");
    }
    if regions {
        cc = cc.arg("-DFIRMHEAP_USE_REGIONS=1");
    }
    if integrity >= 3 {
        cc = cc.arg(format!("-DFIRMHEAP_INTEGRITY={integrity}"));
    }
    cc = cc.args(["-I", "tests/caps", "-I", "include", "-isystem"]).arg(kernel.join("include"));
    cc = cc.arg("-isystem").arg(kernel.join("portable/ThirdParty/GCC/Posix"));
    cc = cc.arg("port/firmheap_port.c").args(SOURCES).arg("tests/caps/caps.c");
    cc.arg(options.file()).arg("-o").arg(&image).must()?;
    let ran = Program::new(image).arg(steps).seconds(120).must()?;
    ensure!(ran.output.starts_with("ok"), "{}", ran.output);
    Ok(())
}
