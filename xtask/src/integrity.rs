// SPDX-License-Identifier: MIT
//! `cargo xtask integrity`: the tables of docs/INTEGRITY.md. What each level costs is taken from the machine code, from
//! the benchmark and from the programs of tests/misuse; what it catches is what those programs raised just now.

use crate::archive::{self, Lock, Options as Archive};
use crate::cpu::{Cpu, CPUS};
use crate::misuse::{self, Case, LEVELS, PLATFORMS};
use crate::progress::Spinner;
use crate::run::Program;
use crate::{kernel, paths, symbols, table, targets, tools, wcet};
use anyhow::{ensure, Context, Result};
use clap::Args;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Level 4 is not among them: 160,000 checks of a heap of 255 KiB take QEMU hours.
const ROWS: [&str; 4] = ["firmheap-0", "firmheap", "firmheap-2", "firmheap-3"];

#[derive(Args)]
pub struct Options {
    /// Write the tables into docs/INTEGRITY.md (commit it)
    #[arg(long)]
    docs: bool,
    /// Only these tables; each takes minutes
    #[arg(long, value_parser = ["caught", "measured", "costs"])]
    only: Vec<String>,
}

type Maker = fn() -> Result<String>;
const TABLES: [(&str, Maker); 3] = [("caught", caught), ("measured", measured), ("costs", costs)];

pub fn run(options: &Options) -> Result<()> {
    tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC, tools::QEMU, tools::HOST_32])?;
    wcet::prepare(&[])?;
    let mut tables = Vec::new();
    for (name, make) in TABLES {
        if options.only.is_empty() || options.only.iter().any(|only| only == name) {
            let table = make()?;
            println!("{name}\n\n{table}");
            tables.push((name, table));
        }
    }
    if options.docs {
        let file = paths::root().join("docs/INTEGRITY.md");
        let mut text = fs::read_to_string(&file)?;
        let origin = table::origin()?;
        for (name, table) in &tables {
            text = replaced(&text, name, &format!("{table}\n{origin}\n"))?;
        }
        fs::write(&file, text)?;
        println!("{} written", file.display());
    }
    Ok(())
}

/// The text with what stands between the marks of a table replaced.
fn replaced(text: &str, name: &str, table: &str) -> Result<String> {
    let begin = format!("<!-- {name}: made by cargo xtask integrity --docs -->\n");
    let end = format!("<!-- end of {name} -->");
    let (head, rest) = text.split_once(&begin).with_context(|| format!("no mark `{begin}`"))?;
    let (_, tail) = rest.split_once(&end).with_context(|| format!("no mark `{end}`"))?;
    Ok(format!("{head}{begin}{table}{end}{tail}"))
}

/// What the programs of tests/misuse raise on mps2-an385.
fn caught() -> Result<String> {
    let platform = &PLATFORMS[2];
    let cases = misuse::cases(&PLATFORMS[0].build(1)?)?;
    let mut columns = Vec::new();
    for level in 0..LEVELS {
        let spinner = Spinner::start(&format!("misuse at level {level}"));
        let program = platform.build(level)?;
        let raised = platform.raised(&program, &cases)?;
        let counted = |(case, raised): (&Case, Result<u32>)| Ok(case.counted(level, raised?));
        columns.push(cases.iter().zip(raised).map(counted).collect::<Result<Vec<u32>>>()?);
        spinner.done();
    }
    let mut text = "| misuse | 0 | 1 | 2 | 3 | 4 |\n|---|---|---|---|---|---|\n".to_owned();
    for (index, case) in cases.iter().enumerate() {
        let words: Vec<_> = columns.iter().map(|raised| misuse::word(raised[index])).collect();
        text += &format!("| {} (`{}`) | {} |\n", case.what, case.name, words.join(" | "));
    }
    Ok(text)
}

/// The benchmark's rows, and the RAM beside `ucHeap`.
fn measured() -> Result<String> {
    let file = paths::work("integrity.json");
    Program::cargo()
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(paths::root().join("benches/driver/Cargo.toml"))
        .args(["--", "--only", &ROWS.join(","), "--no-real", "--no-memory", "--json"])
        .arg(&file)
        .env("FREERTOS_KERNEL_PATH", kernel::folder()?)
        .must()?;
    let all: Value = serde_json::from_slice(&fs::read(&file)?).context("the benchmark's JSON")?;
    let rows = all["allocators"].as_array().context("no allocators")?;
    let mut text = "| level | malloc | free | flash, bytes | RAM of a 64 KiB heap, bytes |\n\
                    |---|--:|--:|--:|--:|\n"
        .to_owned();
    for (level, name) in ROWS.iter().enumerate() {
        let row =
            rows.iter().find(|row| row["name"] == *name).with_context(|| format!("no {name}"))?;
        let one = |call: &str| -> Result<String> {
            let mean = row[call]["mean"].as_f64().context("no mean")?;
            Ok(format!("{mean:.1} / {}", row[call]["max"]))
        };
        let (flash, ram) = (&row["flash_own"], &row["static_64k"]);
        text += &format!("| {level} | {} | {} | {flash} | {ram} |\n", one("malloc")?, one("free")?);
    }
    Ok(text)
}

/// The bounds and the archive's own flash, for each CPU.
fn costs() -> Result<String> {
    let mut text =
        "| CPU, level | malloc | free | flash of the archive, bytes |\n|---|--:|--:|--:|\n"
            .to_owned();
    for cpu in CPUS {
        for level in 0..LEVELS {
            let spinner = Spinner::start(&format!("{}, level {level}", cpu.name));
            let bounds = if level == 2 && cpu.target.starts_with("riscv") {
                "– | –".to_owned()
            } else if level <= 2 {
                let bounds = wcet::bounds(cpu, level, 1, Lock::Scheduler)?;
                format!("{} | {}", bounds.malloc.served, bounds.free.served)
            } else {
                let grows = if level == 3 { "with the size" } else { "with the heap" };
                format!("{grows} | {grows}")
            };
            let flash =
                flash(cpu, level)?.map_or("no linker here".to_owned(), |bytes| bytes.to_string());
            text += &format!("| {}, {level} | {bounds} | {flash} |\n", cpu.name);
            spinner.done();
        }
    }
    Ok(text)
}

/// What malloc and free with all they call keep of the archive in an image, without the port file; `None` where there
/// is no linker for the CPU.
fn flash(cpu: &Cpu, level: u8) -> Result<Option<u32>> {
    let Some(mut link) = linker(cpu.target)? else { return Ok(None) };
    let folder = paths::work("integrity").join(format!("{}-{level}", cpu.target));
    let plain = Archive::new(cpu.target, folder.clone());
    let options = Archive { integrity: level, no_trace: true, alignment: cpu.alignment, ..plain };
    archive::make(&options)?;
    let image = folder.join("image.elf");
    if cpu.target.starts_with("riscv") {
        link = link.args(["-m", "elf32lriscv"]);
    }
    link.args(["--gc-sections", "-e", "pvPortMalloc", "-u", "vPortFree"])
        .args(["-u", "vFirmheapAddHeap", "--unresolved-symbols=ignore-all", "-o"])
        .arg(&image)
        .arg(options.file())
        .must()?;
    text_bytes(&image, cpu.target).map(Some)
}

/// binutils' linker for the CPU, or else the one that comes with Rust.
fn linker(target: &str) -> Result<Option<Program>> {
    if let Ok(linker) = symbols::tool("ld", target) {
        return Ok(Some(Program::new(linker)));
    }
    let sysroot = Program::new("rustc").args(["--print", "sysroot"]).must()?.output;
    let tools = Path::new(sysroot.trim()).join("lib/rustlib").join(targets::host()?).join("bin");
    let linker = tools.join("rust-lld");
    Ok(linker.is_file().then(|| Program::new(linker).args(["-flavor", "gnu"])))
}

fn text_bytes(image: &Path, target: &str) -> Result<u32> {
    let listing = Program::new(symbols::tool("size", target)?).arg("-A").arg(image).must()?.output;
    let sections = listing.lines().filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let is_code = words.first()?.starts_with(".text") || words.first()?.starts_with(".rodata");
        is_code.then(|| words.get(1)?.parse::<u32>().ok())?
    });
    let bytes = sections.sum();
    ensure!(bytes > 100, "no code was linked:\n{listing}");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let begin = "<!-- t: made by cargo xtask integrity --docs -->\n";
        let text = format!("a\n{begin}old\n<!-- end of t -->\nb\n");
        let made = replaced(&text, "t", "new\n").unwrap();
        assert_eq!(made, format!("a\n{begin}new\n<!-- end of t -->\nb\n"));
        assert!(replaced("a\n", "t", "new\n").is_err());
    }
}
