// SPDX-License-Identifier: MIT
//! `docs/benchmarks.md` and its plots, made from one run. Nothing in it is written by hand but this frame.

use crate::measure::Row;
use crate::tool::{create_dir, project, run_text, write as write_file, Outcome};
use crate::{plots, reference, report};
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// Those that the page shows on the real traces.
pub const REAL: [&str; 3] = ["firmheap", "firmheap-0", "heap_4"];

/// What the figures depend on: a commit that touches none of it changes no figure.
const MEASURED: [&str; 8] =
    ["src", "port", "include", "cmake", "Cargo.toml", "build.rs", "benches", "traces"];

/// Writes page and plots; gives back the files.
pub fn write(rows: &[Row]) -> Outcome<Vec<PathBuf>> {
    let docs = project().join("docs");
    let folder = create_dir(&docs.join("plots"))?;
    let page = docs.join("benchmarks.md");
    write_file(&page, text(rows)?.as_bytes())?;
    let mut files = vec![page];
    for (name, svg) in plots::all(rows)? {
        let file = folder.join(name);
        write_file(&file, svg.as_bytes())?;
        files.push(file);
    }
    Ok(files)
}

fn text(rows: &[Row]) -> Outcome<String> {
    let mut text = String::from(INTRODUCTION);
    _ = writeln!(text, "{}\n\n{METHOD}", origin()?);
    let synthetic = "cargo xtask bench --no-real";
    let quick = "cargo xtask bench --no-memory --no-real";
    let real = format!("cargo xtask bench --only {}", REAL.join(","));
    let all = [
        ("All rows", synthetic, ALL, report::summary(rows)),
        ("Worst case against the number of free blocks", quick, SLOPE, report::slope(rows)),
        ("malloc and free, per workload", synthetic, TIMES, report::per_workload(rows)),
        ("Memory", synthetic, MEMORY, report::memory(rows)),
        ("Flash and control data", quick, FLASH, flash(rows)),
        (
            "Real programs, beside heap_4",
            &real,
            PROGRAMS,
            report::geometric(rows) + "\n" + &report::real(rows),
        ),
        (
            "Agreement with the reference",
            "cargo xtask bench --docs",
            AGREEMENT,
            reference::table(rows) + "\n" + &reference::real(rows),
        ),
    ];
    for (title, command, words, table) in all {
        _ = writeln!(text, "\n## {title}\n\n`{command}`\n\n{words}\n{}", table.trim_end());
    }
    Ok(text)
}

/// The commit and the tools that the figures come from.
fn origin() -> Outcome<String> {
    let git = |words: &[&str]| {
        run_text(Command::new("git").current_dir(project()).args(words).arg("--").args(MEASURED))
    };
    let commit = git(&["log", "-1", "--abbrev=7", "--format=commit %h of %cs"])?;
    let changed = git(&["status", "--porcelain"])?;
    let changed =
        if changed.trim().is_empty() { "" } else { " **with changes that are not committed**" };
    let first_line = |program: &str, words: &[&str]| -> Outcome<String> {
        let text = run_text(Command::new(program).args(words))?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    };
    Ok(format!(
        "Measured from {}{changed}, with\narm-none-eabi-gcc {}, {} and {}.",
        commit.trim(),
        first_line("arm-none-eabi-gcc", &["-dumpfullversion"])?,
        first_line("rustc", &["--version"])?,
        first_line("qemu-system-arm", &["--version"])?,
    ))
}

fn flash(rows: &[Row]) -> String {
    let mut text = String::from(
        "| allocator | flash with stand-ins, B | flash of its own, B | control data, B |\n|---|--:|--:|--:|\n",
    );
    for row in rows {
        let (all, own) = (row.flash.with_stand_ins, row.flash.own);
        _ = writeln!(text, "| {} | {all} | {own} | {} |", row.label, row.control_bytes);
    }
    text
}

const INTRODUCTION: &str = "\
# Benchmarks

<!-- Made by `cargo xtask bench --docs`; changes by hand are lost. -->

Every count is **instructions, not cycles**: QEMU counts what a Cortex-M3 executes, not how long its memories and
pipeline take. Under each heading is the command that prints the figures
(the last section is written by --docs alone).

    cargo xtask bench --docs

measures everything and writes this page and its plots; the same figures give the same bytes.
";

const METHOD: &str = "\
## Method

[benches/README.md](../benches/README.md) tells it in full. In short:

* Board mps2-an385 (Cortex-M3), one instruction of QEMU's clock per instruction. A call is measured between two
  readings of a timer, less the empty region; the firmware refuses to run unless nine instructions read 9, and
  every timed image runs twice and must report the same.
* Every allocator is behind the kernel's names, calls the same stand-ins for `vTaskSuspendAll` and `xTaskResumeAll`
  and gets the same traces. The (null allocator) shows what those cost. The real kernel's pair costs more.
* firmheap is the archive that users link, at integrity level 1 unless a row says 0. It keeps the kernel's counters,
  as heap_4 and heap_5 do; most of the peers keep none. Level 1 checks what is freed; to compare like with like, hold
  it against heap_4 + configASSERT (+ protector), and level 0 against plain heap_4. The wide form is the build for
  heaps above 256 KiB.
* *+ size header*: the package's `free` wants the size, which an adapter stores in front of the block.
* Workloads, 20 000 operations each: **a** uniform sizes, 60 % of 64 KB live, random frees; **b** like a FreeRTOS application;
  **c** power law of sizes, three lifetimes and a comb; **e** messages through a FIFO; **d** many free blocks, none next to another.
  The sizes, shapes and seeds were picked so that the kernel's own heap files agree with a reference; see the end.";

const ALL: &str = "\
malloc and free: mean of the four workloads' means, worst of all their calls but the first. Slope: instructions per
free block in the heap, of a request served, one refused, and a free. Smallest heap: five seeds, static data counted.
Flash: with the scheduler's stand-ins (without), see below. Control: static data with a heap of 64 KiB. First call:
the one that may set the heap up.
";

const SLOPE: &str = "\
One call with N free blocks of 200 bytes in the heap, none next to another: malloc of 208 bytes with room beyond
them / without any room · free. The plot has the dearer malloc of the two. It is one situation, not a proof; for
firmheap `cargo xtask wcet` proves a bound from the machine code. Others without a slope here may have one elsewhere.

![One malloc against the number of free blocks](plots/free-blocks.svg)
";

const TIMES: &str = "\
malloc mean/p99/max · free mean/p99/max of a, b, c, e, without the first call. Worst means the worst of these
traces: where the cost grows with the number of free blocks, other programs
reach worse.

![malloc, mean and worst](plots/malloc.svg)

![free, mean and worst](plots/free.svg)
";

const MEMORY: &str = "\
The smallest heap that serves a trace, in steps of 64 bytes, with the allocator's static data, divided by the peak of
live bytes; mean of five seeds. The last rows are no allocators: exact best fit, which looks at every free block, computed
with firmheap's rounding and its 128 bytes of control data. firmheap has headers of 2 bytes at integrity 0 and of 4 from
level 1 on.

![Smallest heap ÷ peak](plots/memory.svg)
";

const FLASH: &str = "\
Code and read-only data that malloc, free and init keep in an image, with what they call. The peers are built for size
here, for speed in all other tables; firmheap is the same archive in all of them, its C built like theirs. *With stand-ins* adds the two for the scheduler and the adapter's init. Control data is .data and .bss in
firmware with a heap of 64 KiB. o1heap, talc and others keep more of it inside the heap, where only the smallest heap
shows it.

![Flash](plots/flash.svg)
";

const PROGRAMS: &str = "\
Traces of real programs (`traces/`), flattened: realloc is malloc, copy, free; calloc is timed as malloc, without the zeroing.
mean/p99/max per call; the smallest heap in steps of 8 bytes, with static data. Where the heap is beyond 256 KiB,
firmheap's row is its wide form, as firmware configured like that would have it.
";

const AGREEMENT: &str = "\
The method comes from an earlier measurement by other means, not published, which had these rows too. This is how far this run is from it; **bold** is
what does not agree within 2 %. The generator of the reference was not kept: the workloads' parameters and
the seeds were picked so that heap_2, heap_4 and heap_5 agree, so that agreement of theirs is selection, not proof
([benches/README.md](../benches/README.md) has the reasons for the rest). firmheap is not in the reference.
";
