// SPDX-License-Identifier: MIT
//! `cargo xtask caps`: what regions with capabilities cost (tests/caps/count.c on QEMU's mps2-an385, and the sizes of the
//! functions), and whether a firmware without them is the same. `--docs` writes the tables of docs/CAPS.md.

use crate::archive::{self, Options as Archive};
use crate::run::Program;
use crate::{board, paths, pools, symbols, targets, tools};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

const BOARD: &str = "c_demo/boards/mps2-an385/board.c";

#[derive(Args)]
pub struct Options {
    /// Write the tables of docs/CAPS.md
    #[arg(long)]
    docs: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let archive = archive(true)?;
    let tables = format!("{}\n{}", instructions(&archive)?, flash(&archive)?);
    print!("{tables}");
    if options.docs {
        let file = paths::root().join("docs/CAPS.md");
        let text = fs::read_to_string(&file)?;
        let (begin, end) = ("<!-- begin: cargo xtask caps --docs -->\n", "<!-- end -->");
        let (before, rest) = text.split_once(begin).context("no place for the tables")?;
        let (_, after) = rest.split_once(end).context("no end of the tables")?;
        fs::write(&file, format!("{before}{begin}\n{tables}\n{end}{after}"))?;
    }
    Ok(())
}

/// libfirmheap.a for Cortex-M3, with or without what regions need.
fn archive(extensions: bool) -> Result<PathBuf> {
    tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC, tools::QEMU])?;
    let out = paths::work("caps-m3").join(if extensions { "with" } else { "without" });
    let plain = Archive::new(targets::CORTEX_M3, out);
    let options = Archive { no_extensions: !extensions, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

fn user(archive: &Path) -> Result<PathBuf> {
    let sources = [
        "tests/pools/startup.c",
        BOARD,
        "c_demo/src/print.c",
        "port/firmheap_port.c",
        "port/firmheap_caps.c",
        "port/firmheap_caps_figures.c",
        "tests/caps/count.c",
    ];
    pools::link_all("caps-count", archive, &["-I", "tests/caps", "-DCAPS_COUNT"], &sources, false)
}

/// The instructions of an allocation and a free, for each region.
fn instructions(archive: &Path) -> Result<String> {
    let output = pools::emulate(&user(archive)?, 10)?;
    let head = [
        "Cortex-M3, instructions, with a lock of two empty functions",
        "pvPortMallocWithCaps",
        "vPortFree",
    ];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    for line in output.lines().filter(|line| line.starts_with("summary: ")) {
        let name = line.split(' ').nth(1).unwrap_or_default();
        let pairs = board::summary(line);
        let number = |key: &str| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.clone()).with_context(|| format!("no {key}: {line}"))
        };
        table.push(vec![format!("{name} region"), number("allocate")?, number("free")?]);
    }
    ensure!(table.len() == 5, "four regions were to be measured:\n{output}");
    Ok(pools::markdown(&table))
}

fn flash(archive: &Path) -> Result<String> {
    let nm = symbols::tool("nm", targets::CORTEX_M3)?;
    let listing = Program::new(nm).args(["-P", "-t", "d"]).arg(archive).must()?.output;
    let size = |name: String| -> Result<String> {
        let line = listing.lines().find(|line| line.split(' ').next() == Some(name.as_str()));
        let field = line.and_then(|line| line.split_whitespace().nth(3));
        field.map(str::to_owned).with_context(|| format!("no {name}"))
    };
    let head = ["Cortex-M3, bytes of flash in the archive", "small", "large"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    for (what, name) in [
        ("allocate", "pvFirmheapOwnTake"),
        ("allocate aligned", "pvFirmheapOwnTakeAligned"),
        ("free", "xFirmheapOwnGive"),
        ("resize", "ulFirmheapOwnResize"),
        ("make a region", "lFirmheapOwnMake"),
        ("check", "ulFirmheapOwnCheck"),
    ] {
        let [small, large] = [size(format!("{name}Small"))?, size(format!("{name}Large"))?];
        table.push(vec![what.to_owned(), small, large]);
    }
    Ok(pools::markdown(&table))
}

/// Is the image of a firmware without regions the same, whether the archive can serve them or not? The bytes of it, and of
/// one that has regions.
pub fn identical() -> Result<(usize, usize)> {
    let plain = ["xtask/firmware/main.c", "tests/pools/startup.c", BOARD, "tests/pools/exit.c"];
    let flags = ["-I", "xtask/firmware"];
    let one = pools::link_all("caps-plain-with", &archive(true)?, &flags, &plain, true)?;
    let other = pools::link_all("caps-plain-without", &archive(false)?, &flags, &plain, true)?;
    let (one, other, used) = (binary(&one)?, binary(&other)?, binary(&user(&archive(true)?)?)?);
    ensure!(
        one == other && !one.is_empty(),
        "an archive with regions makes another image ({} bytes) of a firmware that uses none ({} bytes)",
        one.len(),
        other.len()
    );
    ensure!(used != one, "the comparison compares nothing");
    ensure!(user(&archive(false)?).is_err(), "regions work without the archive's part");
    Ok((one.len(), used.len()))
}

fn binary(elf: &Path) -> Result<Vec<u8>> {
    let binary = elf.with_extension("bin");
    let objcopy = symbols::tool("objcopy", targets::CORTEX_M3)?;
    Program::new(objcopy).args(["-O", "binary"]).arg(elf).arg(&binary).must()?;
    Ok(fs::read(binary)?)
}
