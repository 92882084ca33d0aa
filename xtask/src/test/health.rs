// SPDX-License-Identifier: MIT
//! Health: its C under strict warnings, and what it says after the real traces beside an oracle.

use super::{Step, Tally};
use crate::health::{self, TRACES};
use crate::run::Program;
use crate::{kernel, paths};
use anyhow::{ensure, Result};

const STRICT: [&str; 7] =
    ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1"];
const SOURCES: [&str; 5] = ["health", "report", "failure", "watch", "rules"];
const COMPILERS: [(&str, &[&str], &str); 4] = [
    ("cc", &[], "ThirdParty/GCC/Posix"),
    ("cc", &["-m32"], "ThirdParty/GCC/Posix"),
    ("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"], "GCC/ARM_CM3"),
    ("arm-none-eabi-gcc", &["-mcpu=cortex-m0", "-mthumb"], "GCC/ARM_CM0"),
];

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("health, strict C99, four compilers", strict),
        Step::new("health, six traces beside an oracle", traces),
    ]
}

fn strict() -> Result<Tally> {
    let kernel = kernel::folder()?;
    let folder = paths::work("health");
    std::fs::create_dir_all(&folder)?;
    let mut passed = 0;
    for (compiler, flags, port) in COMPILERS {
        for part in SOURCES {
            let source = format!("port/firmheap_{part}.c");
            Program::new(compiler)
                .args(flags)
                .args(STRICT)
                .arg("-isystem")
                .arg(kernel.join("include"))
                .arg("-isystem")
                .arg(kernel.join("portable").join(port))
                .args(["-I", "tests/health", "-I", "include", "-c", &source, "-o"])
                .arg(folder.join("strict.o"))
                .must()?;
            passed += 1;
        }
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn traces() -> Result<Tally> {
    let oracle = health::oracle()?;
    let mut refused_in_all = 0;
    let mut compared_in_all = 0;
    for (trace, first, second) in TRACES {
        let [_, refused, compared] = health::replay(&oracle, trace, first, second)?;
        refused_in_all += refused;
        compared_in_all += compared;
    }
    ensure!(refused_in_all > 100, "only {refused_in_all} requests were refused");
    let note = format!("{compared_in_all} comparisons, {refused_in_all} requests refused");
    Ok(Tally::counted(TRACES.len(), note))
}
