// SPDX-License-Identifier: MIT
//! `cargo xtask pools`: what pools cost, and that they hold under an interrupt storm (tests/pools), on QEMU's mps2-an385.
//! `--docs` writes the tables of docs/POOLS.md.

use crate::archive::{self, Options as Archive};
use crate::cpu::M3;
use crate::image::{self, bytes_of, Image};
use crate::progress::Spinner;
use crate::table::{markdown, write_docs};
use crate::{board, paths, targets};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};

/// What allocate and free may take on Cortex-M3, without the critical section.
pub const INSTRUCTIONS_MAX: u32 = 35;
#[derive(Args)]
pub struct Options {
    /// How many times blocks are allocated and freed in the storm
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1000..))]
    operations: u32,
    /// Write the tables of docs/POOLS.md
    #[arg(long)]
    docs: bool,
}

/// Instructions from the caller's call to the return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Count {
    /// A block that was used before.
    pub allocate: u32,
    /// A block that is used for the first time.
    pub first: u32,
    /// No block is free.
    pub none: u32,
    pub free: u32,
}

pub fn run(options: &Options) -> Result<()> {
    let spinner = Spinner::start("counting instructions");
    let archive = archive(true)?;
    let (core, call) = counts(&archive)?;
    spinner.done();
    let tables = format!("{}\n{}", instructions(core, call), flash(&archive)?);
    print!("{tables}");
    judge(core)?;
    let spinner = Spinner::start(&format!("{} operations in the storm", options.operations));
    let summary = storm(&archive, options.operations, false)?;
    spinner.done();
    println!("\nstorm: {summary}");
    if options.docs {
        write_docs("POOLS.md", "pools", &tables)?;
    }
    Ok(())
}

/// libfirmheap.a for Cortex-M3, with or without pools.
pub fn archive(pools: bool) -> Result<PathBuf> {
    M3.ensure_tools()?;
    let out = paths::work("pools").join(if pools { "with" } else { "without" });
    let plain = Archive::new(targets::CORTEX_M3, out);
    let options = Archive { no_pools: !pools, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

/// Of the archive's functions, and of the calls an application makes.
pub fn counts(archive: &Path) -> Result<(Count, Count)> {
    let image = image("count").flags(["-DcountNO_ASSERT"]).sources(["tests/pools/count.c"]);
    let output = image::count(&M3, &image.link(archive)?)?;
    Ok((count_of(&output, "core")?, count_of(&output, "call")?))
}

fn count_of(output: &str, name: &str) -> Result<Count> {
    let start = format!("summary: {name} ");
    let line = output.lines().find(|line| line.starts_with(&start));
    let pairs = board::summary(line.with_context(|| format!("no line for {name}:\n{output}"))?);
    let number = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        found.and_then(|(_, value)| value.parse::<u32>().ok()).with_context(|| format!("no {key}"))
    };
    let [allocate, first] = [number("allocate")?, number("first")?];
    Ok(Count { allocate, first, none: number("none")?, free: number("free")? })
}

pub fn judge(core: Count) -> Result<()> {
    let worst = core.allocate.max(core.first).max(core.none).max(core.free);
    ensure!(core.none > 2, "nothing was measured");
    ensure!(worst <= INSTRUCTIONS_MAX, "{worst} instructions, more than {INSTRUCTIONS_MAX}");
    Ok(())
}

/// Runs the storm; with `sabotage` its task leaves the critical section out. The summary it ends with.
pub fn storm(archive: &Path, operations: u32, sabotage: bool) -> Result<String> {
    let name = if sabotage { "sabotaged" } else { "storm" };
    let image = image(name).flags([format!("-DstormOPERATIONS={operations}U")]);
    let image = image.flags(sabotage.then_some("-DstormSABOTAGE"));
    let image = image.sources(["tests/pools/storm.c"]).kernel();
    let output = image::emulate(&M3, &image.link(archive)?, 5)?;
    let line = output.lines().find_map(|line| line.strip_prefix("summary: "));
    let summary = line.with_context(|| format!("the storm ended without a word:\n{output}"))?;
    let pairs = board::summary(&output);
    let done = pairs.iter().find(|(key, _)| key == "operations").context("no operations")?;
    ensure!(done.1.parse::<u32>()? >= operations, "only {} operations", done.1);
    Ok(summary.to_owned())
}

/// Is the image of a firmware without pools the same, whether the archive has pools or not? And is that of one with pools
/// another? The bytes of both.
pub fn identical() -> Result<(usize, usize)> {
    let (with, without) = (archive(true)?, archive(false)?);
    let plain = |name: &str, archive: &Path| -> Result<Vec<u8>> {
        image::binary(&M3, &image::plain(&format!("pools/{name}")).link(archive)?)
    };
    let (one, other) = (plain("plain-with", &with)?, plain("plain-without", &without)?);
    ensure!(
        one == other,
        "an archive with pools makes another image ({} bytes) of a firmware that uses none ({} bytes)",
        one.len(),
        other.len()
    );
    let user = |name: &str| {
        let image = Image::new(&M3, &format!("pools/{name}")).config("xtask/firmware").board();
        let ours = ["tests/pools/user.c", "port/firmheap_pool.c", "tests/pools/exit.c"];
        image.sources(ours).kernel()
    };
    let used = image::binary(&M3, &user("user").link(&with)?)?;
    ensure!(used != one && !one.is_empty(), "the comparison compares nothing");
    ensure!(user("user-without").link(&without).is_err(), "pools work without the archive's pools");
    Ok((one.len(), used.len()))
}

fn image(name: &str) -> Image {
    let image = Image::new(&M3, &format!("pools/{name}")).config("tests/pools").board();
    image.sources(["c_demo/src/print.c", "port/firmheap_pool.c"])
}

fn instructions(core: Count, call: Count) -> String {
    let head = ["Cortex-M3, instructions", "allocate", "first use", "none free", "free"];
    let row = |name: &str, count: Count| {
        let numbers = [count.allocate, count.first, count.none, count.free];
        std::iter::once(name.to_owned()).chain(numbers.map(|number| number.to_string())).collect()
    };
    markdown(&[
        head.map(str::to_owned).to_vec(),
        row("in the archive", core),
        row("pvPoolAllocate, xPoolFree, all but the critical section", call),
    ])
}

/// Bytes of the archive's functions, and of the port file's.
fn flash(archive: &Path) -> Result<String> {
    let object =
        image("firmheap_pool").flags(["-DcountNO_ASSERT"]).object("port/firmheap_pool.c")?;
    let rows = [
        (
            "allocate, free",
            &["pvFirmheapPoolTake", "ulFirmheapPoolGive", "pvFirmheapPoolWhy"][..],
            &["pvPoolAllocate", "xPoolFree"][..],
        ),
        ("the same from interrupts", &[], &["pvPoolAllocateFromISR", "xPoolFreeFromISR"]),
        ("waiting", &[], &["pvPoolAllocateWait"]),
        ("xPoolInitialise", &["lFirmheapPoolInitialise"], &["xPoolInitialise"]),
        ("xPoolCheck", &["ulFirmheapPoolCheck"], &["xPoolCheck"]),
    ];
    let mut lines =
        vec![["Cortex-M3, bytes of flash", "archive", "port file"].map(str::to_owned).to_vec()];
    for (what, ours, ports) in rows {
        let numbers = [bytes_of(&M3, archive, ours)?, bytes_of(&M3, &object, ports)?];
        lines.push(vec![what.to_owned(), numbers[0].to_string(), numbers[1].to_string()]);
    }
    Ok(markdown(&lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_from_their_line_and_are_judged() {
        let output = "summary: core allocate=29 first=26 none=11 free=31\nsummary: call allocate=37 first=34 none=34 free=45\n";
        let core = count_of(output, "core").unwrap();
        assert_eq!(core, Count { allocate: 29, first: 26, none: 11, free: 31 });
        assert!(judge(core).is_ok());
        assert!(judge(count_of(output, "call").unwrap()).is_err());
        assert!(judge(Count { allocate: 0, first: 0, none: 0, free: 0 }).is_err());
        assert!(count_of(output, "other").is_err());
    }
}
