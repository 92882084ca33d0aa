// SPDX-License-Identifier: MIT
//! The archives as they are delivered: their symbols, and that they name no place of this machine.

use super::{Step, Tally};
use crate::archive::{self, Lock, Options, Regions};
use crate::run::Program;
use crate::{paths, symbols, targets, tools};
use anyhow::{ensure, Context, Result};
use std::fs;

const RISCV: &str = "riscv32imac-unknown-none-elf";
/// Where the application, or the port file for it, comes in.
const ENTRIES: [&str; 7] = [
    "pvPortMalloc",
    "pvPortCalloc",
    "pvPortRealloc",
    "pvPortReallocArray",
    "pvPortAlignedAlloc",
    "vPortFree",
    "vFirmheapFreeInTable",
];
/// The port file's functions that raise a fault and tell of the heap's caller.
const RAISING: [&str; 6] = [
    "vFirmheapFault",
    "pvFirmheapResizeFailed",
    "vFirmheapFreeFailed",
    "pvFirmheapRefused",
    "pvFirmheapRefusedFor",
    "pvFirmheapServed",
];

pub fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = [targets::CORTEX_M3, targets::CORTEX_M0, targets::HOST_32]
        .into_iter()
        .map(|target| Step::new(format!("archive for {target}"), move || of_target(target)))
        .collect();
    steps.push(Step::new("archive for this host", || of_target(&targets::host()?)));
    steps.push(Step::new("archive jumps to the port file where that names the caller", jumps));
    steps.push(Step::new("archive of every option", every_option));
    steps.push(Step::new("archive of an unknown target names the cure", unknown_target));
    steps
}

fn of_target(target: &str) -> Result<Tally> {
    let options = Options::new(target, paths::work("archives").join(target));
    let found = archive::make(&options)?;
    names_no_place(&options)?;
    for part in ["firmheap_port.c", "include/firmheap.h"] {
        ensure!(options.out.join(part).exists(), "{part} is not beside the archive");
    }
    Ok(Tally::passed(found))
}

/// Debug information holds paths of sources: they must not tell where the archive was built.
fn names_no_place(options: &Options) -> Result<()> {
    let bytes = fs::read(options.file())?;
    let places = [Some(paths::root().into_os_string()), std::env::var_os("HOME")];
    for place in places.into_iter().flatten().filter(|place| place.len() > 1) {
        let place = place.to_string_lossy().into_owned();
        let found = bytes.windows(place.len()).any(|window| window == place.as_bytes());
        ensure!(!found, "the archive names {place}, a folder of the machine it was built on");
    }
    Ok(())
}

fn every_option() -> Result<Tally> {
    let mut made = 0;
    for integrity in [0, 1] {
        for regions in [Regions::Compact, Regions::Large] {
            for alignment in [8, 16, 32] {
                let out = paths::work("archives").join("option");
                let plain = Options::new(targets::CORTEX_M3, out);
                archive::make(&Options { integrity, regions, alignment, ..plain })?;
                made += 1;
            }
        }
    }
    for integrity in [2, 3, 4] {
        let plain = Options::new(targets::CORTEX_M0, paths::work("archives").join("option"));
        let (regions, alignment) = (Regions::Large, 16);
        archive::make(&Options { integrity, regions, alignment, clear_on_free: true, ..plain })?;
        made += 1;
    }
    for integrity in [1, 3] {
        for (lock, free_from_isr) in [(Lock::Critical, false), (Lock::Scheduler, true)] {
            let plain = Options::new(targets::CORTEX_M0, paths::work("archives").join("option"));
            archive::make(&Options { integrity, lock, free_from_isr, ..plain })?;
            made += 1;
        }
    }
    Ok(Tally::counted(made, format!("{made} archives")))
}

/// Where the port file takes its own return address for that of the heap's caller (`firmheapCALLER`).
fn jumps() -> Result<Tally> {
    tools::ensure(&[tools::ARM_CC, tools::RISCV_BINUTILS])?;
    let mut ends = 0;
    for (target, alignment) in [(targets::CORTEX_M3, 8), (RISCV, 16)] {
        // 0 and 3 end as 1 and 4 do.
        for integrity in [1, 2, 4] {
            let out = paths::work("archives").join(format!("jumps-{integrity}"));
            let options = Options { integrity, alignment, ..Options::new(target, out) };
            archive::make(&options)?;
            let tool = symbols::tool("objdump", target)?;
            let shown = Program::new(tool).args(["-d", "-r"]).arg(options.file()).must()?.output;
            let named = || format!("{target}, integrity level {integrity}");
            ends += all_jump(&shown).with_context(named)?;
        }
    }
    Ok(Tally::counted(ends, format!("{ends} jumps on the way to a fault")))
}

/// From the application's call to the function that raises a fault there are jumps only; how many of them.
fn all_jump(listing: &str) -> Result<usize> {
    let uses = uses(listing);
    let mut names: Vec<&str> = RAISING.to_vec();
    let (mut jumps, mut index) = (0, 0);
    while index < names.len() {
        let name = names[index];
        for one in uses.iter().filter(|one| one.name == name) {
            ensure!(one.jumps, "{} calls {}: the port file sees the archive", one.within, one.name);
            jumps += 1;
            if !ENTRIES.contains(&one.within) && !names.contains(&one.within) {
                names.push(one.within);
            }
        }
        index += 1;
    }
    ensure!(jumps >= 3, "objdump shows {jumps} ways to a fault: nothing can be judged");
    Ok(jumps)
}

/// One function's use of another.
struct Use<'l> {
    within: &'l str,
    name: &'l str,
    jumps: bool,
}

/// By the relocations, which on RISC-V stand in front of the second of two instructions.
fn uses(listing: &str) -> Vec<Use<'_>> {
    let lines: Vec<&str> = listing.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut uses = Vec::new();
    let mut within = "";
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            // Labels inside of a function are none.
            within = if name.1.starts_with(['.', '$']) { within } else { name.1 };
        }
        let jumps = if line.contains("R_RISCV_CALL") {
            let mut next = lines[index + 1..].iter().filter(|line| !line.contains("R_RISCV"));
            next.next().is_some_and(|line| ["jr", "zero"].iter().any(|word| line.contains(word)))
        } else {
            line.contains("R_ARM_THM_JUMP") || line.contains("R_RISCV_JAL")
        };
        if ["R_RISCV_CALL", "R_RISCV_JAL", "R_ARM_THM"].iter().any(|word| line.contains(word)) {
            uses.push(Use { within, name: name_of(line), jumps });
        }
    }
    uses
}

/// The last word of a relocation, without an addend.
fn name_of(line: &str) -> &str {
    let word = line.split_whitespace().last().unwrap_or_default();
    word.split(['-', '+']).next().unwrap_or_default()
}

fn unknown_target() -> Result<Tally> {
    let options = Options::new("mips-nowhere-none", paths::work("archives").join("unknown"));
    let Err(error) = archive::make(&options) else {
        anyhow::bail!("an archive was made for a CPU that does not exist");
    };
    ensure!(format!("{error:#}").contains("rustup target add"), "no cure is named: {error:#}");
    Ok(Tally::passed(""))
}

#[cfg(test)]
mod tests {
    use super::all_jump;

    const ARM: &str = "0 <vPortFree>:\n  3a: R_ARM_THM_JUMP24 _refuse\n0 <_refuse>:\n  0: bl 0\n\
                       0: R_ARM_THM_CALL _other\n  8: R_ARM_THM_JUMP24 vFirmheapFault\n\
                       0 <_same>:\n  8: R_ARM_THM_JUMP24 vFirmheapFault\n";
    const RISCV: &str = "0 <vPortFree>:\n  1c: auipc\tt1, 0x0\n0 <.L0 >:\n  1c: R_RISCV_CALL_PLT _refuse\n\
                         1c: R_RISCV_RELAX *ABS*\n  24: jr\tt1\n0 <_refuse>:\n 0: auipc\tt1, 0x0\n\
                         0: R_RISCV_CALL_PLT vFirmheapFault\n  4: jr\tt1\n8: R_RISCV_CALL_PLT vFirmheapFault\n  c: jalr\tzero, t1\n";

    #[test]
    fn a_call_on_the_way_is_found() {
        assert_eq!(all_jump(ARM).unwrap(), 3);
        assert_eq!(all_jump(RISCV).unwrap(), 3);
        assert!(all_jump("").is_err(), "nothing to be seen");
        // At the end of the way, and at its beginning.
        for call in ["JUMP24 vFirmheapFault", "JUMP24 _refuse"] {
            let text = ARM.replacen(call, &call.replace("JUMP24", "CALL"), 1);
            assert!(all_jump(&text).is_err(), "{text}");
        }
        for number in 1..=2 {
            let parts: Vec<_> = RISCV.splitn(number + 1, "jr\t").collect();
            let text = parts[..number].join("jr\t") + "jalr\tra, " + parts[number];
            assert!(all_jump(&text).is_err(), "{text}");
        }
    }
}
