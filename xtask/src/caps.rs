// SPDX-License-Identifier: MIT
//! `cargo xtask caps`: what regions with capabilities cost (tests/caps/count.c on QEMU's mps2-an385, and the sizes of the
//! functions), and whether a firmware without them is the same. `--docs` writes the tables of docs/CAPS.md.

use crate::archive::{self, Options as Archive};
use crate::cpu::M3;
use crate::image::{self, bytes_of, Image};
use crate::table::{markdown, write_docs};
use crate::{board, paths, targets};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

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
        write_docs("CAPS.md", "caps", &tables)?;
    }
    Ok(())
}

/// libfirmheap.a for Cortex-M3, with or without what regions need.
fn archive(extensions: bool) -> Result<PathBuf> {
    M3.ensure_tools()?;
    let out = paths::work("caps-m3").join(if extensions { "with" } else { "without" });
    let plain = Archive::new(targets::CORTEX_M3, out);
    let options = Archive { no_extensions: !extensions, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

fn user(archive: &Path) -> Result<PathBuf> {
    let image = Image::new(&M3, "caps-m3/count").config("tests/caps").flags(["-DCAPS_COUNT"]);
    let sources = [
        "c_demo/src/print.c",
        "port/firmheap_port.c",
        "port/firmheap_caps.c",
        "port/firmheap_caps_figures.c",
        "tests/caps/count.c",
    ];
    image.board().sources(sources).link(archive)
}

/// The instructions of an allocation and a free, for each region.
fn instructions(archive: &Path) -> Result<String> {
    let output = image::count(&M3, &user(archive)?)?;
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
    Ok(markdown(&table))
}

fn flash(archive: &Path) -> Result<String> {
    let size = |name: String| Ok::<_, anyhow::Error>(bytes_of(&M3, archive, &[&name])?.to_string());
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
    Ok(markdown(&table))
}

/// Is the image of a firmware without regions the same, whether the archive can serve them or not? The bytes of it, and of
/// one that has regions.
pub fn identical() -> Result<(usize, usize)> {
    let plain =
        |name: &str, archive: &Path| image::plain(&format!("caps-m3/plain-{name}")).link(archive);
    let one = plain("with", &archive(true)?)?;
    let other = plain("without", &archive(false)?)?;
    let binary = |elf: &Path| image::binary(&M3, elf);
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
