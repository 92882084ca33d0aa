// SPDX-License-Identifier: MIT
//! What the portable layer's extensions cost: counted on QEMU's Cortex-M3, bounded from the machine code, weighed in bytes;
//! and that a firmware without them does not know of them.

use crate::archive::{self, Options as Archive};
use crate::cpu::{CPUS, M3};
use crate::image::{self, Image};
use crate::memory::FUNCTIONS;
use crate::run::Program;
use crate::table::markdown;
use crate::{board, kernel, paths, symbols, targets, wcet};
use anyhow::{ensure, Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The kinds of calls that tests/memory/count.c tells apart, and what they are.
const KINDS: [(&str, &str); 11] = [
    ("malloc", "pvPortMalloc, beside"),
    ("free", "vPortFree, beside"),
    ("same", "pvPortRealloc, nothing to do"),
    ("smaller", "… smaller"),
    ("larger", "… larger in place"),
    ("over", "… over the left neighbour"),
    ("elsewhere", "… elsewhere: malloc and free are in it"),
    ("refused", "… no memory"),
    ("aligned", "pvPortAlignedAlloc"),
    ("size", "xPortGetAllocationSize"),
    ("largest", "xPortGetLargestFreeBlockSize"),
];
pub const LEVELS: [u8; 3] = [0, 1, 2];

/// libfirmheap.a for Cortex-M3, with or without the extensions.
pub fn archive(level: u8, extensions: bool) -> Result<PathBuf> {
    M3.ensure_tools()?;
    let name = format!("m3-{level}-{}", if extensions { "with" } else { "without" });
    let plain = Archive::new(targets::CORTEX_M3, paths::work("memory").join(name));
    let options = Archive { integrity: level, no_extensions: !extensions, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

/// The dearest calls of a random program, one number for each of [`KINDS`].
pub fn counts(level: u8) -> Result<Vec<u32>> {
    let image = image(&format!("count-{level}"), Some(level)).board();
    let image = image.flags(["-DmemoryHEAP_BYTES=16384U"]);
    let image = image.sources(["c_demo/src/print.c", "tests/memory/count.c"]);
    let output = image::count(&M3, &image.link(&archive(level, true)?)?)?;
    let line = output.lines().find(|line| line.starts_with("summary: count "));
    let pairs = board::summary(line.with_context(|| format!("it counted nothing:\n{output}"))?);
    let number = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        let number = found.and_then(|(_, value)| value.parse::<u32>().ok());
        number.filter(|number| *number > 2).with_context(|| format!("no {key}: {output}"))
    };
    KINDS.iter().map(|(key, _)| number(key)).collect()
}

/// No call was dearer than the machine code allows for, and the bound is not far above.
pub fn judge(counted: &[u32], bounds: &[u32]) -> Result<()> {
    let most = |keys: &[&str]| {
        let kinds = KINDS.iter().zip(counted).filter(|((key, _), _)| keys.contains(key));
        kinds.map(|(_, count)| *count).max().unwrap_or(0)
    };
    let calls = [
        (most(&["same", "smaller", "larger", "over", "elsewhere"]), bounds[0]),
        (most(&["aligned"]), bounds[2]),
        (most(&["size"]), bounds[3]),
        (most(&["largest"]), bounds[4]),
    ];
    for ((worst, bound), name) in calls.into_iter().zip(["realloc", "aligned", "size", "largest"]) {
        ensure!(worst > 0 && bound >= worst, "{name}: a call took {worst}, the bound is {bound}");
    }
    Ok(())
}

/// The tables of docs/MEMORY.md.
pub fn tables() -> Result<String> {
    wcet::prepare(&[])?;
    let mut rows = vec![["Cortex-M3, instructions", "level 0", "level 1", "level 2"]
        .map(str::to_owned)
        .to_vec()];
    let mut counted = Vec::new();
    for level in LEVELS {
        let counts = counts(level)?;
        judge(&counts, &wcet::extensions(&M3, level, &FUNCTIONS)?)?;
        counted.push(counts);
    }
    for (place, (_, what)) in KINDS.iter().enumerate() {
        let numbers = counted.iter().map(|counts| counts[place].to_string());
        rows.push(std::iter::once((*what).to_owned()).chain(numbers).collect());
    }
    let mut bounds = vec![std::iter::once("Longest way, instructions")
        .chain(FUNCTIONS)
        .map(str::to_owned)
        .collect::<Vec<_>>()];
    for cpu in CPUS {
        for level in [0, 1] {
            let found = wcet::extensions(cpu, level, &FUNCTIONS)?;
            let name = format!("{}, level {level}", cpu.name);
            bounds
                .push(std::iter::once(name).chain(found.iter().map(ToString::to_string)).collect());
        }
    }
    let tables = [markdown(&rows), markdown(&bounds), flash()?];
    Ok(tables.join("\n"))
}

/// What a firmware grows by that calls a function for the first time, and malloc and free already.
fn flash() -> Result<String> {
    let mut rows = vec![["Cortex-M3, bytes of flash", "level 0", "level 1", "level 2"]
        .map(str::to_owned)
        .to_vec()];
    for name in FUNCTIONS {
        let mut row = vec![name.to_owned()];
        for level in LEVELS {
            row.push((flash_bytes(level, name)? - flash_bytes(level, "")?).to_string());
        }
        rows.push(row);
    }
    Ok(markdown(&rows))
}

fn flash_bytes(level: u8, function: &str) -> Result<u32> {
    let image = user(&format!("flash-{level}{function}"), Some(level), function);
    Ok(image::size(&M3, &image.link(&archive(level, true)?)?)?.0)
}

/// An image that counts or weighs, with the port file but not the kernel.
fn image(name: &str, level: Option<u8>) -> Image {
    let image = Image::new(&M3, &format!("memory/{name}")).config("tests/memory");
    let level = level.map(|level| format!("-DFIRMHEAP_INTEGRITY={level}"));
    image.flags(["-DmemoryCOUNTING"]).flags(level).sources(["port/firmheap_port.c"])
}

/// A firmware that uses malloc, free and a function, if that has a name.
fn user(name: &str, level: Option<u8>, function: &str) -> Image {
    let uses = (!function.is_empty()).then(|| format!("-DmemoryUSES_{function}"));
    image(name, level).flags(uses).sources(["tests/memory/user.c"])
}

/// A firmware whose C library is on the heap, with newlib and newlib-nano, linked without `_sbrk` and run.
pub fn newlib() -> Result<usize> {
    let archive = archive(1, true)?;
    let nano: &[&str] = &["-specs=nano.specs", "-u", "_printf_float"];
    for (name, specs) in [("newlib", &[][..]), ("newlib-nano", nano)] {
        let image = paths::work("memory").join(format!("{name}.elf"));
        let compile = Program::new("arm-none-eabi-gcc").args(specs).args([
            "-mcpu=cortex-m3",
            "-mthumb",
            "-std=gnu99",
            "-Os",
            "-ffunction-sections",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Wconversion",
            "-Werror",
            "-Wno-main",
            "-nostartfiles",
            "-DtargetNO_SBRK",
            "-DmemoryHEAP_BYTES=16384U",
            "-DCONTRACT_ALIGNMENT=8U",
            "-DCONTRACT_TICK_BITS=32U",
            "-Wl,--gc-sections,--no-warn-rwx-segments,-z,noexecstack",
        ]);
        let compile = compile.args([
            "-I",
            "tests/memory",
            "-I",
            "include",
            "-isystem",
            "tests/contract/host",
        ]);
        let compile = compile.arg("-isystem").arg(kernel::folder()?.join("include"));
        compile
            .args(["tests/memory/newlib.c", "tests/misuse/target.c", "port/firmheap_newlib.c"])
            .arg("port/firmheap_port.c")
            .arg(&archive)
            .args(M3.script())
            .arg("-o")
            .arg(&image)
            .must()?;
        let symbols = symbols::read(&image, targets::CORTEX_M3)?;
        let sbrk = symbols.iter().find(|symbol| symbol.name.contains("sbrk"));
        ensure!(sbrk.is_none(), "{name}: the library's own allocator came along");
        let qemu = M3.emulator().args(["-semihosting-config", "enable=on,target=native"]);
        let output = qemu.arg("-kernel").arg(&image).seconds(60).must()?.output;
        ensure!(output.ends_with("passed\n"), "{name}: {output}");
    }
    Ok(2)
}

/// Is the image of a firmware without extensions the same, whether the archive has them or not? And is that of one with
/// them another? The bytes of both.
pub fn identical() -> Result<(usize, usize)> {
    let (with, without) = (archive(1, true)?, archive(1, false)?);
    let image = |name: &str, archive: &Path, function: &str| -> Result<Vec<u8>> {
        image::binary(&M3, &user(name, None, function).link(archive)?)
    };
    let one = image("plain-with", &with, "")?;
    let other = image("plain-without", &without, "")?;
    ensure!(
        one == other,
        "an archive with extensions makes another image ({} bytes) of a firmware that uses none ({} bytes)",
        one.len(),
        other.len()
    );
    let realloc = "pvPortRealloc";
    let used = image("user", &with, realloc)?;
    ensure!(used != one && !one.is_empty(), "the comparison compares nothing");
    ensure!(image("user-without", &without, realloc).is_err(), "pvPortRealloc out of nothing");
    Ok((one.len(), used.len()))
}

/// Compiles the headers and a user of them as strictly as a project may, in C and in C++.
pub fn strict() -> Result<usize> {
    let compilers: [(&str, &[&str], &str); 4] = [
        ("cc", &["-std=c99"], "ThirdParty/GCC/Posix"),
        ("cc", &["-std=c99", "-m32"], "ThirdParty/GCC/Posix"),
        ("arm-none-eabi-gcc", &["-std=c99", "-mcpu=cortex-m0", "-mthumb"], "GCC/ARM_CM0"),
        ("c++", &["-std=c++17", "-x", "c++"], "ThirdParty/GCC/Posix"),
    ];
    let folder = kernel::folder()?;
    fs::create_dir_all(paths::work("memory"))?;
    for (compiler, flags, port) in compilers {
        let compile = Program::new(compiler).args(flags).args([
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Wconversion",
            "-Werror",
            "-O1",
        ]);
        let compile = compile.args(["-isystem"]).arg(folder.join("include")).arg("-isystem");
        let compile = compile.arg(folder.join("portable").join(port));
        let compile = compile.args(["-I", "xtask/firmware", "-I", "include", "-c"]);
        let out = paths::work("memory").join("strict.o");
        compile.arg("tests/memory/headers.c").arg("-o").arg(out).must()?;
    }
    Ok(compilers.len())
}
