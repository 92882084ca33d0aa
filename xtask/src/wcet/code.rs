// SPDX-License-Identifier: MIT
//! The code that is looked at: the archive as it is delivered and, where there is a C compiler for the CPU, the port
//! file as a user's build compiles it.

use super::flow::Set;
use super::listing::{Listing, Place};
use crate::cpu::Cpu;
use crate::run::{on_path, Program};
use crate::{archive, kernel, paths, symbols};
use anyhow::{ensure, Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const SUSPEND: &str = "vTaskSuspendAll";
const RESUME: &str = "xTaskResumeAll";

/// How a handler masks interrupts, where a port has functions for that; each is a few instructions.
pub const MASKS: [&str; 4] = [
    "ulSetInterruptMaskFromISR",
    "vClearInterruptMaskFromISR",
    "ulSetInterruptMask",
    "vClearInterruptMask",
];
pub const MASK: u32 = 6;

/// The listing of one CPU's archive.
pub struct Code {
    pub listing: Listing,
    pub set: Set,
    /// The port file is among it.
    pub has_port: bool,
    pub regions: u32,
    /// What takes the lock, and what gives it back: the kernel's functions.
    pub lock: (&'static str, &'static str),
}

/// What the archive is made for.
#[derive(Clone, Copy)]
pub struct Made {
    pub integrity: u8,
    pub trace: bool,
    pub regions: u32,
    pub lock: archive::Lock,
}

/// Builds and disassembles.
pub fn of(cpu: &Cpu, made: Made) -> Result<Code> {
    let Made { integrity, trace, regions, lock } = made;
    let critical = lock == archive::Lock::Critical;
    let name = format!("{}-{integrity}{}", cpu.target, if critical { "-critical" } else { "" });
    let folder = paths::work("wcet").join(name);
    let plain = archive::Options::new(cpu.target, folder.clone());
    let no_trace = !trace;
    let options = archive::Options { integrity, lock, no_trace, alignment: cpu.alignment, ..plain };
    archive::make(&options)?;
    let mut listing = Listing::default();
    listing.add(&disassembled(&options.file(), cpu.target)?);
    // On RISC-V without: the other commands need no C compiler for it.
    let has_port = cpu.is_arm();
    if has_port {
        let object = port(cpu, &folder, made)?;
        listing.add(&disassembled(&object, cpu.target)?);
    } else {
        // What the port file calls, so that the way goes on behind it; its own instructions are not counted.
        stand_in(&mut listing, "vFirmheapSetUp", "vFirmheapAddHeap")?;
        if regions > 1 {
            stand_in(&mut listing, "vFirmheapFreeOutside", "vFirmheapFreeInTable")?;
        }
    }
    for name in ["pvPortMalloc", "vPortFree"] {
        ensure!(
            listing.functions.contains_key(name),
            "objdump showed no {name}: nothing can be judged"
        );
    }
    let lock = match (critical, has_port) {
        (false, _) => (SUSPEND, RESUME),
        (true, true) => ("vPortEnterCritical", "vPortExitCritical"),
        (true, false) => {
            ("vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical", "vFirmheapUnlock")
        }
    };
    Ok(Code { listing, set: Set::of(cpu.target)?, has_port, regions, lock })
}

fn stand_in(listing: &mut Listing, name: &str, by: &str) -> Result<()> {
    let place: Place = *listing.functions.get(by).with_context(|| format!("there is no {by}"))?;
    listing.functions.insert(name.to_owned(), place);
    Ok(())
}

/// With lines of source where the tool knows how to.
fn disassembled(file: &Path, target: &str) -> Result<String> {
    let tool = symbols::tool("objdump", target)?;
    Ok(Program::new(tool).args(["-d", "-r", "-l", "--no-show-raw-insn"]).arg(file).must()?.output)
}

/// The port file as the firmware of the tests configures it: 24 KiB, nothing traced, no hook, no assertion.
fn port(cpu: &Cpu, folder: &Path, made: Made) -> Result<PathBuf> {
    let regions = made.regions;
    ensure!(on_path("arm-none-eabi-gcc"), "arm-none-eabi-gcc is not on PATH");
    let (root, kernel) = (paths::root(), kernel::folder()?);
    let object = folder.join("firmheap_port.o");
    fs::create_dir_all(folder)?;
    let compile = cpu.compiler().args(["-O2", "-g", "-c"]);
    let includes = [
        root.join("include"),
        root.join("xtask/firmware"),
        kernel.join("include"),
        kernel.join("portable").join(cpu.port),
    ];
    let compile = includes.iter().fold(compile, |compile, folder| compile.arg("-I").arg(folder));
    // The largest region has a place of its own.
    let limit = format!("-DFIRMHEAP_REGION_LIMIT={}", regions.saturating_sub(1));
    let several = ["-DFIRMHEAP_USE_REGIONS=1".to_owned(), limit];
    let compile = if regions > 1 { compile.args(several) } else { compile };
    let is_critical = made.lock == archive::Lock::Critical;
    let compile = if is_critical { compile.arg("-DFIRMHEAP_LOCK=critical") } else { compile };
    compile.arg(root.join("port/firmheap_port.c")).arg("-o").arg(&object).must()?;
    Ok(object)
}
