// SPDX-License-Identifier: MIT
//! Regions with capabilities: their C under strict warnings, random programs and bad input on the host at every integrity
//! level, and that a firmware without does not know of them.

use super::{Step, Tally};
use crate::archive::{self, Options as Archive};
use crate::run::Program;
use crate::{kernel, paths, targets};
use anyhow::{ensure, Result};

const STRICT: [&str; 8] = [
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wno-unused-parameter",
    "-Werror",
    "-O1",
];
const SOURCES: [&str; 2] = ["port/firmheap_caps.c", "port/firmheap_caps_figures.c"];
const COMPILERS: [(&str, &[&str], &str); 4] = [
    ("cc", &[], "ThirdParty/GCC/Posix"),
    ("cc", &["-m32"], "ThirdParty/GCC/Posix"),
    ("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"], "GCC/ARM_CM3"),
    ("arm-none-eabi-gcc", &["-mcpu=cortex-m0", "-mthumb"], "GCC/ARM_CM0"),
];
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
    ]
}

fn strict() -> Result<Tally> {
    let kernel = kernel::folder()?;
    let folder = paths::work("caps");
    std::fs::create_dir_all(&folder)?;
    let mut passed = 0;
    for (compiler, flags, port) in COMPILERS {
        for options in CONFIGS {
            for source in SOURCES {
                Program::new(compiler)
                    .args(flags)
                    .args(STRICT)
                    .args(options)
                    .arg("-isystem")
                    .arg(kernel.join("include"))
                    .arg("-isystem")
                    .arg(kernel.join("portable").join(port))
                    .args(["-I", "tests/caps", "-I", "include", "-c", source, "-o"])
                    .arg(folder.join("strict.o"))
                    .must()?;
                passed += 1;
            }
        }
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
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
