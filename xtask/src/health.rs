// SPDX-License-Identifier: MIT
//! The programs of tests/health: an oracle on the host beside the real traces.

use crate::archive::{self, Options as Archive, Regions};
use crate::run::Program;
use crate::{board, kernel, paths, targets, tools};
use anyhow::{ensure, Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const STRICT: [&str; 8] = [
    "-std=gnu99",
    "-O2",
    "-g",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-no-pie",
    "-Wl,--no-warn-rwx-segments",
];

/// The six traces, each with the sizes of two regions in which some of its requests are refused.
pub const TRACES: [(&str, u32, u32); 6] = [
    ("cjson_docs", 150_000, 50_000),
    ("expat_xml", 32_000, 20_000),
    ("freertos_full_demo_mps2", 20_000, 45_000),
    ("libcoap_server", 300_000, 9_000),
    ("lua54_script", 64_000, 16_000),
    ("mbedtls_server", 50_000, 20_000),
];

fn folder() -> Result<PathBuf> {
    let folder = paths::work("health");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The oracle's program.
pub fn oracle() -> Result<PathBuf> {
    tools::ensure(&[tools::CMAKE, tools::HOST_CC])?;
    let folder = folder()?;
    let options = Archive {
        regions: Regions::Large,
        ..Archive::new(&targets::host()?, folder.join("host-large"))
    };
    archive::make_if_stale(&options)?;
    let program = folder.join("oracle");
    let kernel = kernel::folder()?;
    Program::new("cc")
        .args(STRICT)
        .args(["-DhealthRECORDS", "-DFIRMHEAP_USE_REGIONS=1", "-DFIRMHEAP_REGIONS_LARGE=1"])
        .arg("-isystem")
        .arg(kernel.join("include"))
        .arg("-isystem")
        .arg(kernel.join("portable/ThirdParty/GCC/Posix"))
        .args(["-I", "tests/health", "-I", "include", "tests/health/oracle.c"])
        .args(["port/firmheap_port.c", "port/firmheap_health.c"])
        .arg(options.file())
        .arg("-o")
        .arg(&program)
        .must()?;
    Ok(program)
}

/// Replays one trace in regions of these sizes; calls, refused requests and comparisons.
pub fn replay(program: &Path, trace: &str, first: u32, second: u32) -> Result<[u32; 3]> {
    let packed = paths::root().join("traces").join(format!("{trace}.gz"));
    let text = folder()?.join(format!("{trace}.txt"));
    if !text.exists() {
        let unpacked = Program::new("gzip").arg("-dc").arg(packed).must()?.output;
        fs::write(&text, unpacked)?;
    }
    let ran = Program::new(program).arg(text).args([first.to_string(), second.to_string()]);
    let output = ran.seconds(120).must()?.output;
    let pairs = board::summary(&format!("summary: {output}"));
    let number = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        found
            .and_then(|(_, value)| value.parse().ok())
            .with_context(|| format!("no {key}: {output}"))
    };
    let found = [number("calls")?, number("refused")?, number("compared")?];
    ensure!(found[0] > 5_000 && found[2] > 8, "the trace was not replayed: {output}");
    Ok(found)
}
