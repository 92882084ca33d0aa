// SPDX-License-Identifier: MIT
//! `cargo xtask archive`: what a Makefile or an IDE project needs, in one folder. The archive is
//! made by the same script as in CMake builds, and judged before it is handed over.

use crate::progress::Spinner;
use crate::run::Program;
use crate::{paths, symbols, tools};
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

#[derive(Args)]
pub struct Options {
    /// Rust's name of the CPU: thumbv6m-none-eabi (Cortex-M0, M0+), thumbv7m-none-eabi (M3, M4,
    /// M7, with or without FPU), thumbv8m.main-none-eabi (M33 ..), riscv32imac-unknown-none-elf
    #[arg(long)]
    pub target: String,
    /// Where to put libfirmheap.a, firmheap_port.c with what belongs beside it, and include/
    #[arg(long)]
    pub out: PathBuf,
    /// firm, or the exact behaviour of one of the kernel's own heap files
    #[arg(long, value_enum, default_value_t = Scheme::Firm)]
    pub scheme: Scheme,
    /// 0: no checks; 1: double free, foreign pointers and smashed headers are caught; 2: damaged free
    /// lists, too (needed by configENABLE_HEAP_PROTECTOR); 3: trailers, patterns in free memory, quarantine;
    /// 4: the whole heap is checked at every call
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub integrity: u8,
    /// compact: blocks up to 255 KiB, smallest headers; large: up to 63 MiB
    #[arg(long, value_enum, default_value_t = Regions::Compact)]
    pub regions: Regions,
    /// portBYTE_ALIGNMENT of your port: 8 on Arm, 16 on RISC-V (1, 2 and 4 are served by 8)
    #[arg(long, default_value_t = 8)]
    pub alignment: u8,
    /// Zero payloads when they are freed (needed by configHEAP_CLEAR_MEMORY_ON_FREE)
    #[arg(long)]
    pub clear_on_free: bool,
    /// Implement the crate critical-section by the kernel's critical sections, for Rust code in the image
    #[arg(long)]
    pub critical_section: bool,
    /// scheduler: heap calls suspend it, as the kernel's do; critical: they are critical sections, so that interrupt
    /// handlers may allocate and free (needs FIRMHEAP_LOCK critical)
    #[arg(long, value_enum, default_value_t = Lock::Scheduler)]
    pub lock: Lock,
    /// Interrupt handlers may call vPortFreeFromISR (needs FIRMHEAP_FREE_FROM_ISR 1)
    #[arg(long)]
    pub free_from_isr: bool,
    /// For tests: pvPortMalloc is the port file's, which makes allocations fail on demand
    /// (needed by FIRMHEAP_INJECT_FAILURES)
    #[arg(long)]
    pub inject_failures: bool,
    /// Who holds each block: nothing is kept, the task, also the call site, also a trace of every event
    /// (FIRMHEAP_TRACK of the port file must be the same)
    #[arg(long, value_enum, default_value_t = Track::Off)]
    pub track: Track,
    /// Limits and reserves for tasks; with --track
    #[arg(long)]
    pub budgets: bool,
    /// Leave out the functions for pools: for linkers without --gc-sections
    #[arg(long)]
    pub no_pools: bool,
    /// Leave out pvPortRealloc and the rest of firmheap_memory.h: for linkers without --gc-sections
    #[arg(long)]
    pub no_extensions: bool,
    /// Leave out the calls of traceMALLOC and traceFREE: some instructions less in every request
    #[arg(long)]
    pub no_trace: bool,
    /// With --no-trace and a scheme of the kernel's: leave out the call of vApplicationMallocFailedHook
    #[arg(long, requires = "no_trace")]
    pub no_hook: bool,
}

/// What the user's build compiles: the first always, of the others what the application uses.
const PORT_FILES: [&str; 22] = [
    "firmheap_port.c",
    "firmheap_options.h",
    "firmheap_exact.c",
    "firmheap_caps.c",
    "firmheap_caps_figures.c",
    "firmheap_raise.h",
    "firmheap_refusal.h",
    "firmheap_esp_heap_caps.c",
    "firmheap_stacks.c",
    "firmheap_health.c",
    "firmheap_report.c",
    "firmheap_failure.c",
    "firmheap_watch.c",
    "firmheap_text.h",
    "firmheap_rules.c",
    "firmheap_track.c",
    "firmheap_trace.c",
    "firmheap_newlib.c",
    "firmheap_pool.c",
    "firmheap_pool_classes.c",
    "firmheap_cmsis_mempool.c",
    "firmheap_zephyr_heap.c",
];

/// Which heap file is stood in for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Scheme {
    Firm,
    #[value(name = "heap_1")]
    Heap1,
    #[value(name = "heap_2")]
    Heap2,
    #[value(name = "heap_3")]
    Heap3,
    #[value(name = "heap_4")]
    Heap4,
    #[value(name = "heap_5")]
    Heap5,
}

impl Scheme {
    pub const EXACT: [Self; 5] = [Self::Heap1, Self::Heap2, Self::Heap3, Self::Heap4, Self::Heap5];

    pub fn name(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Heap1 => "heap_1",
            Self::Heap2 => "heap_2",
            Self::Heap3 => "heap_3",
            Self::Heap4 => "heap_4",
            Self::Heap5 => "heap_5",
        }
    }
}

/// What keeps others out of the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Lock {
    Scheduler,
    Critical,
}

impl Lock {
    pub fn name(self) -> &'static str {
        match self {
            Self::Scheduler => "scheduler",
            Self::Critical => "critical",
        }
    }
}

/// What is known of each block.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Track {
    Off,
    Tasks,
    Sites,
    Trace,
}

impl Track {
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Tasks => "tasks",
            Self::Sites => "sites",
            Self::Trace => "trace",
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Regions {
    Compact,
    Large,
}

impl Regions {
    fn name(self) -> &'static str {
        match self {
            Self::Compact => "COMPACT",
            Self::Large => "LARGE",
        }
    }
}

impl Options {
    /// The default archive for a target.
    pub fn new(target: &str, out: PathBuf) -> Self {
        Self {
            target: target.to_owned(),
            out,
            scheme: Scheme::Firm,
            integrity: 1,
            regions: Regions::Compact,
            alignment: 8,
            clear_on_free: false,
            critical_section: false,
            lock: Lock::Scheduler,
            free_from_isr: false,
            inject_failures: false,
            track: Track::Off,
            budgets: false,
            no_pools: false,
            no_extensions: false,
            no_trace: false,
            no_hook: false,
        }
    }

    pub fn file(&self) -> PathBuf {
        self.out.join("libfirmheap.a")
    }
}

pub fn run(options: &Options) -> Result<()> {
    tools::ensure(&[tools::CMAKE])?;
    if options.target.starts_with("thumb") {
        tools::ensure(&[tools::ARM_CC])?;
    }
    let spinner = Spinner::start(&format!("building the archive for {}", options.target));
    let found = make(options)?;
    spinner.done();
    print_use(options, &found);
    Ok(())
}

/// Makes and judges the archive and copies the sources beside it.
pub fn make(options: &Options) -> Result<String> {
    fs::create_dir_all(&options.out)
        .with_context(|| format!("cannot make {}", options.out.display()))?;
    let out = options.out.canonicalize()?;
    build(options, &out.join("libfirmheap.a"))?;
    let found = symbols::judge(&options.file(), &options.target, options.inject_failures)?;
    for file in PORT_FILES {
        fs::copy(paths::root().join("port").join(file), out.join(file))
            .with_context(|| format!("cannot copy port/{file}"))?;
    }
    copy_headers(&paths::root().join("include"), &out.join("include"))?;
    Ok(found)
}

/// Makes it unless it is newer than all it is made of: for tests that need many, in folders of their own options.
/// One at a time: who comes second for the same folder finds it fresh.
pub fn make_if_stale(options: &Options) -> Result<()> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    if is_fresh(&options.file())? {
        return Ok(());
    }
    make(options).map(|_| ())
}

fn is_fresh(archive: &Path) -> Result<bool> {
    let Ok(made) = fs::metadata(archive).and_then(|about| about.modified()) else {
        return Ok(false);
    };
    let root = paths::root();
    let mut folders = ["src", "cmake", "port", "include"].map(|name| root.join(name)).to_vec();
    let mut files = ["build.rs", "Cargo.toml", "Cargo.lock"].map(|name| root.join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let mut times = files.iter().map(|file| fs::metadata(file).and_then(|about| about.modified()));
    Ok(times.all(|time| time.is_ok_and(|time| time < made)))
}

fn build(options: &Options, archive: &Path) -> Result<()> {
    Program::new("cmake")
        .arg(format!("-DRUST_TARGET={}", options.target))
        .arg(format!("-DOUT={}", archive.display()))
        .arg(format!("-DWORK={}", paths::work("archive").display()))
        .arg(format!("-DSCHEME={}", options.scheme.name()))
        .arg(format!("-DINTEGRITY={}", options.integrity))
        .arg(format!("-DREGIONS={}", options.regions.name()))
        .arg(format!("-DALIGNMENT={}", options.alignment))
        .arg(format!("-DCLEAR={}", u8::from(options.clear_on_free)))
        .arg(format!("-DCRITICAL_SECTION={}", u8::from(options.critical_section)))
        .arg(format!("-DINJECT={}", u8::from(options.inject_failures)))
        .arg(format!("-DLOCK={}", options.lock.name()))
        .arg(format!("-DFREE_FROM_ISR={}", u8::from(options.free_from_isr)))
        .arg(format!("-DTRACK={}", options.track.name()))
        .arg(format!("-DBUDGETS={}", u8::from(options.budgets)))
        .arg(format!("-DPOOLS={}", u8::from(!options.no_pools)))
        .arg(format!("-DEXTENSIONS={}", u8::from(!options.no_extensions)))
        .arg(format!("-DTRACE={}", u8::from(!options.no_trace)))
        .arg(format!("-DHOOK={}", u8::from(!options.no_hook)))
        .arg("-P")
        .arg(paths::root().join("cmake/firmheap_archive.cmake"))
        .must()
        .map(|_| ())
}

fn copy_headers(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no {}", from.display()))? {
        let file = entry?.path();
        let Some(name) = file.file_name() else { continue };
        if file.is_dir() {
            copy_headers(&file, &to.join(name))?;
        } else if file.extension().is_some_and(|end| end == "h") {
            fs::copy(&file, to.join(name))?;
        }
    }
    Ok(())
}

fn print_use(options: &Options, found: &str) {
    let out = options.out.display();
    println!("{out}/libfirmheap.a: one object, no panic, {found}\n");
    println!("In your build:");
    println!("  1. take heap_4.c (or heap_5.c) off the list of sources");
    println!("  2. compile {out}/firmheap_port.c in its place, where it lies, with -I{out}/include and the");
    println!("     kernel's include folders; the headers beside it belong to it");
    println!("  3. link the archive after all objects:");
    println!(
        "       <compiler> <your objects> firmheap_port.o -L{out} -lfirmheap <your libraries>"
    );
    if options.integrity >= 3 {
        println!("Integrity level {0}: add -DFIRMHEAP_INTEGRITY={0} in step 2.", options.integrity);
    }
    if options.lock == Lock::Critical {
        println!("Interrupt handlers allocate and free: add -DFIRMHEAP_LOCK=critical in step 2.");
    } else if options.free_from_isr {
        println!("vPortFreeFromISR: add -DFIRMHEAP_FREE_FROM_ISR=1 in step 2.");
    }
    if options.budgets {
        println!("Budgets: add -DFIRMHEAP_BUDGETS=1 in step 2.");
    }
    if options.track != Track::Off {
        println!(
            "Tracking: add -DFIRMHEAP_TRACK={} in step 2, with firmheap_track.c beside firmheap_port.c.",
            options.track.name()
        );
    }
    if options.scheme == Scheme::Firm {
        println!("An application that calls vPortDefineHeapRegions (heap_5) adds -DFIRMHEAP_USE_REGIONS=1 in step 2.");
    } else {
        println!(
            "Step 2 needs -DFIRMHEAP_SCHEME={}, and firmheap_exact.c beside firmheap_port.c.",
            options.scheme.name()
        );
    }
}
