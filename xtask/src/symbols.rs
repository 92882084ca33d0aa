// SPDX-License-Identifier: MIT
//! Judges an archive by its symbols: what it must define, what it may ask for, what it must never
//! name. Positive findings come first: nm can read an object and print nothing at all, and then
//! every check of the form "there is no .." would pass.

use crate::run::{on_path, Program};
use anyhow::{bail, ensure, Context, Result};
use std::path::Path;

/// The kernel's names that firmheap stands in for.
pub const KERNEL_NAMES: [&str; 10] = [
    "pvPortMalloc",
    "pvPortCalloc",
    "vPortFree",
    "xPortGetFreeHeapSize",
    "xPortGetMinimumEverFreeHeapSize",
    "xPortResetHeapMinimumEverFreeHeapSize",
    "vPortGetHeapStats",
    "vPortInitialiseBlocks",
    "vPortHeapResetState",
    "vPortDefineHeapRegions",
];

/// What the kernel, the C library and (for position-independent code) the linker itself give. The
/// port file's own names carry `Firmheap`.
const MAY_NEED: [&str; 11] = [
    "vTaskSuspendAll",
    "xTaskResumeAll",
    "memset",
    "memcpy",
    "memmove",
    "memcmp",
    "_GLOBAL_OFFSET_TABLE_",
    // FIRMHEAP_TRACK.
    "xTaskGetCurrentTaskHandle",
    // Scheme heap_3, and schemes of the kernel's without trace calls.
    "malloc",
    "free",
    "vApplicationMallocFailedHook",
];

/// One line of nm.
pub struct Symbol {
    pub name: String,
    pub kind: char,
}

/// Reads the symbols of an object or archive made for `target`.
pub fn read(file: &Path, target: &str) -> Result<Vec<Symbol>> {
    let listing = Program::new(tool("nm", target)?).arg("-P").arg(file).must()?.output;
    Ok(listing.lines().filter_map(parse).collect())
}

/// The members of an archive.
pub fn members(archive: &Path, target: &str) -> Result<Vec<String>> {
    let listing = Program::new(tool("ar", target)?).arg("t").arg(archive).must()?.output;
    Ok(listing.lines().map(str::to_owned).collect())
}

/// The whole judgement of a delivered archive. Returns what was found, for the reader.
/// With failures on demand two of the kernel's names are the port file's.
pub fn judge(archive: &Path, target: &str, injects: bool) -> Result<String> {
    let members = members(archive, target)?;
    ensure!(members.len() == 1, "expected one object in the archive, found {members:?}");
    let mut symbols = read(archive, target)?;
    if injects {
        for symbol in &mut symbols {
            symbol.name = symbol.name.replace("pvFirmheapMalloc", "pvPortMalloc");
            symbol.name = symbol.name.replace("pvFirmheapCalloc", "pvPortCalloc");
        }
    }
    defines_the_kernels_names(&symbols)?;
    names_no_panic(&symbols)?;
    let needs = needs_only_what_it_may(&symbols)?;
    Ok(format!("{} kernel names as T, needs {}", KERNEL_NAMES.len(), needs.join(" ")))
}

pub fn defines_the_kernels_names(symbols: &[Symbol]) -> Result<()> {
    ensure!(!symbols.is_empty(), "nm printed no symbols at all: nothing can be judged");
    for name in KERNEL_NAMES {
        let kind = symbols.iter().find(|symbol| symbol.name == name).map(|symbol| symbol.kind);
        match kind {
            Some('T') => {}
            Some(kind) => bail!("{name} is '{kind}', not T"),
            None => bail!("{name} is not in the archive"),
        }
    }
    Ok(())
}

fn needs_only_what_it_may(symbols: &[Symbol]) -> Result<Vec<&str>> {
    let needs: Vec<_> = symbols
        .iter()
        .filter(|symbol| symbol.kind == 'U')
        .map(|symbol| symbol.name.as_str())
        .collect();
    let may = |name: &str| {
        MAY_NEED.contains(&name)
            || name.starts_with("__aeabi_mem")
            || name.contains("Firmheap")
            || name.starts_with("firmheap_port_file_")
    };
    let more: Vec<_> = needs.iter().filter(|name| !may(name)).collect();
    ensure!(more.is_empty(), "the archive needs symbols that no firmware promises: {more:?}");
    Ok(needs)
}

fn names_no_panic(symbols: &[Symbol]) -> Result<()> {
    let panics = |name: &str| name.contains("panic") || name.contains("unwind");
    let found: Vec<_> =
        symbols.iter().map(|symbol| &symbol.name).filter(|name| panics(name)).collect();
    ensure!(found.is_empty(), "the archive can panic: {found:?}");
    Ok(())
}

fn parse(line: &str) -> Option<Symbol> {
    let mut words = line.split_whitespace();
    let name = words.next()?.to_owned();
    let kind = words.next()?;
    (kind.chars().count() == 1).then(|| Symbol { name, kind: kind.chars().next().unwrap_or('?') })
}

/// The binutils program for `target`.
pub fn tool(name: &str, target: &str) -> Result<String> {
    let candidates = if target.starts_with("thumb") {
        vec![format!("arm-none-eabi-{name}"), format!("llvm-{name}")]
    } else if target.starts_with("riscv") {
        vec![format!("riscv64-unknown-elf-{name}"), format!("llvm-{name}")]
    } else {
        vec![name.to_owned()]
    };
    candidates
        .iter()
        .find(|program| on_path(program))
        .cloned()
        .with_context(|| format!("none of {candidates:?} is on PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(more: &[(&str, char)]) -> Vec<Symbol> {
        let kernel = KERNEL_NAMES.map(|name| (name, 'T'));
        let all = kernel.iter().chain(more);
        all.map(|(name, kind)| Symbol { name: (*name).to_owned(), kind: *kind }).collect()
    }

    #[test]
    fn nothing_to_read_is_no_pass() {
        assert!(defines_the_kernels_names(&[]).is_err());
    }

    #[test]
    fn a_weak_or_missing_name_is_found() {
        let mut symbols = archive(&[]);
        assert!(defines_the_kernels_names(&symbols).is_ok());
        symbols[3].kind = 'W';
        assert!(defines_the_kernels_names(&symbols).is_err());
        symbols.remove(3);
        assert!(defines_the_kernels_names(&symbols).is_err());
    }

    #[test]
    fn strange_needs_and_panics_are_found() {
        let fine = archive(&[("vTaskSuspendAll", 'U'), ("vFirmheapFault", 'U'), ("memset", 'U')]);
        assert!(needs_only_what_it_may(&fine).is_ok() && names_no_panic(&fine).is_ok());
        assert!(needs_only_what_it_may(&archive(&[("realloc", 'U')])).is_err());
        assert!(names_no_panic(&archive(&[("firmheap_panic", 'U')])).is_err());
        assert!(names_no_panic(&archive(&[("_ZN4core9panicking5panic", 't')])).is_err());
    }

    #[test]
    fn a_line_of_nm_is_a_name_and_a_kind() {
        let symbol = parse("pvPortMalloc T 0 4e").unwrap();
        assert_eq!((symbol.name.as_str(), symbol.kind), ("pvPortMalloc", 'T'));
        assert!(parse("libfirmheap.a[firmheap.o]:").is_none());
    }
}
