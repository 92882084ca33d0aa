// SPDX-License-Identifier: MIT
//! `cargo xtask pools`: what pools cost, and that they hold under an interrupt storm (tests/pools), on QEMU's mps2-an385.
//! `--docs` writes the tables of docs/POOLS.md.

use crate::archive::{self, Options as Archive};
use crate::progress::Spinner;
use crate::run::Program;
use crate::{board, kernel, paths, symbols, targets, tools};
use anyhow::{bail, ensure, Context, Result};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

/// What allocate and free may take on Cortex-M3, without the critical section.
pub const INSTRUCTIONS_MAX: u32 = 35;
const BOARD: &str = "c_demo/boards/mps2-an385";
const FLAGS: [&str; 12] = [
    "-mcpu=cortex-m3",
    "-mthumb",
    "-std=gnu99",
    "-Os",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    "-nostartfiles",
    "-specs=nano.specs",
    "-Wl,--gc-sections,--no-warn-rwx-segments,-z,noexecstack",
];

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
    tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC, tools::QEMU])?;
    let out = paths::work("pools").join(if pools { "with" } else { "without" });
    let plain = Archive::new(targets::CORTEX_M3, out);
    let options = Archive { no_pools: !pools, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

/// Of the archive's functions, and of the calls an application makes.
pub fn counts(archive: &Path) -> Result<(Count, Count)> {
    let image = link("count", archive, &["-DcountNO_ASSERT"], &["tests/pools/count.c"], false)?;
    let output = emulate(&image, 10)?;
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
    let number = format!("-DstormOPERATIONS={operations}U");
    let mut defines = vec![number.as_str()];
    defines.extend(sabotage.then_some("-DstormSABOTAGE"));
    let name = if sabotage { "sabotaged" } else { "storm" };
    let image = link(name, archive, &defines, &["tests/pools/storm.c"], true)?;
    let output = emulate(&image, 5)?;
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
    let with = archive(true)?;
    let main = "xtask/firmware/main.c";
    let image = |name: &str, archive: &Path, sources: &[&str]| -> Result<Vec<u8>> {
        let elf = link_all(name, archive, &["-I", "xtask/firmware"], sources, true)?;
        let binary = elf.with_extension("bin");
        let objcopy = symbols::tool("objcopy", targets::CORTEX_M3)?;
        Program::new(objcopy).args(["-O", "binary"]).arg(&elf).arg(&binary).must()?;
        Ok(fs::read(binary)?)
    };
    let start = "tests/pools/startup.c";
    let board = &format!("{BOARD}/board.c");
    let stub = "tests/pools/exit.c";
    let plain = [main, start, board, stub];
    let (one, other) =
        (image("plain-with", &with, &plain)?, image("plain-without", &archive(false)?, &plain)?);
    ensure!(
        one == other,
        "an archive with pools makes another image ({} bytes) of a firmware that uses none ({} bytes)",
        one.len(),
        other.len()
    );
    let user = ["tests/pools/user.c", "port/firmheap_pool.c", start, board, stub];
    let used = image("user", &with, &user)?;
    ensure!(used != one && !one.is_empty(), "the comparison compares nothing");
    ensure!(
        link_all("user-without", &archive(false)?, &["-I", "xtask/firmware"], &user, true).is_err(),
        "pools work without the archive's pools"
    );
    Ok((one.len(), used.len()))
}

fn link(
    name: &str,
    archive: &Path,
    defines: &[&str],
    sources: &[&str],
    kernel: bool,
) -> Result<PathBuf> {
    let board = format!("{BOARD}/board.c");
    let mut all =
        vec!["tests/pools/startup.c", board.as_str(), "c_demo/src/print.c", "port/firmheap_pool.c"];
    all.extend(sources);
    let mut flags = vec!["-I", "tests/pools"];
    flags.extend(defines);
    link_all(name, archive, &flags, &all, kernel)
}

/// Links a firmware for mps2-an385; with the kernel, port file included.
pub fn link_all(
    name: &str,
    archive: &Path,
    flags: &[&str],
    sources: &[&str],
    kernel: bool,
) -> Result<PathBuf> {
    let image = paths::work("pools").join(format!("{name}.elf"));
    fs::create_dir_all(paths::work("pools"))?;
    let folder = kernel::folder()?;
    let port = folder.join("portable/GCC/ARM_CM3");
    let mut program = Program::new("arm-none-eabi-gcc").args(FLAGS).args(flags);
    program = program.arg("-isystem").arg(folder.join("include")).arg("-isystem").arg(&port);
    program = program.args(["-I", "include", "-I", "c_demo/src", "-I", BOARD]).args(sources);
    if kernel {
        let files = ["tasks.c", "list.c", "queue.c"].map(|file| folder.join(file));
        program = program.args(files).arg(port.join("port.c")).arg("port/firmheap_port.c");
    }
    let script = format!("-T{BOARD}/link.ld");
    program.arg(archive).arg(script).arg("-o").arg(&image).must()?;
    Ok(image)
}

/// Two to the power of `shift` nanoseconds for each instruction.
pub fn emulate(image: &Path, shift: u32) -> Result<String> {
    let ran = Program::new("qemu-system-arm")
        .args(["-M", "mps2-an385", "-cpu", "cortex-m3", "-nographic", "-monitor", "none"])
        .args(["-serial", "none", "-semihosting-config", "enable=on,target=native"])
        .arg("-icount")
        .arg(format!("shift={shift},align=off,sleep=off"))
        .arg("-kernel")
        .arg(image)
        .seconds(300)
        .run()?;
    if !ran.success {
        bail!("{}", ran.output.trim());
    }
    Ok(ran.output)
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

/// Bytes of functions in an object or archive for Cortex-M3.
pub fn bytes_of(file: &Path, names: &[&str]) -> Result<u32> {
    let nm = symbols::tool("nm", targets::CORTEX_M3)?;
    let listing = Program::new(nm).args(["-P", "-t", "d"]).arg(file).must()?.output;
    let size = |name: &str| {
        let line = listing.lines().find(|line| line.split(' ').next() == Some(name))?;
        line.split_whitespace().nth(3)?.parse::<u32>().ok()
    };
    names.iter().map(|name| size(name).with_context(|| format!("no {name}"))).sum()
}

/// Bytes of the archive's functions, and of the port file's.
fn flash(archive: &Path) -> Result<String> {
    let object = paths::work("pools").join("firmheap_pool.o");
    let folder = kernel::folder()?;
    let compile = Program::new("arm-none-eabi-gcc").args(&FLAGS[..6]).args(["-I", "tests/pools"]);
    let compile = compile.arg("-DcountNO_ASSERT").arg("-isystem").arg(folder.join("include"));
    let compile = compile.arg("-isystem").arg(folder.join("portable/GCC/ARM_CM3"));
    let compile = compile.args(["-I", "include", "-c", "port/firmheap_pool.c", "-o"]);
    compile.arg(&object).must()?;
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
        let numbers = [bytes_of(archive, ours)?, bytes_of(&object, ports)?];
        lines.push(vec![what.to_owned(), numbers[0].to_string(), numbers[1].to_string()]);
    }
    Ok(markdown(&lines))
}

/// A table for people and for Markdown.
pub fn markdown(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let rule = format!("|---|{}\n", "--:|".repeat(rows[0].len() - 1));
    let body: String = rows[1..].iter().map(line).collect();
    format!("{}{rule}{body}", line(&rows[0]))
}

/// Replaces what stands in a document between the command's marks.
pub fn write_docs(document: &str, command: &str, tables: &str) -> Result<()> {
    let file = paths::root().join("docs").join(document);
    let text = fs::read_to_string(&file)?;
    let begin = format!("<!-- begin: cargo xtask {command} --docs -->\n");
    let end = "<!-- end -->";
    let (before, rest) = text.split_once(&begin).context("no place for the tables")?;
    let (_, after) = rest.split_once(end).context("no end of the tables")?;
    fs::write(&file, format!("{before}{begin}\n{tables}\n{end}{after}"))?;
    Ok(())
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
