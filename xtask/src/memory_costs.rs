// SPDX-License-Identifier: MIT
//! What the portable layer's extensions cost: counted on QEMU's Cortex-M3, bounded from the machine code, weighed in bytes;
//! and that a firmware without them does not know of them.

use crate::archive::{self, Options as Archive};
use crate::memory::FUNCTIONS;
use crate::run::Program;
use crate::{board, kernel, paths, pools, symbols, targets, tools, wcet};
use anyhow::{ensure, Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const BOARD: &str = "c_demo/boards/mps2-an385";
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
    tools::ensure(&[tools::CMAKE, tools::ARM_CC, tools::ARM_LIBC, tools::QEMU])?;
    let name = format!("m3-{level}-{}", if extensions { "with" } else { "without" });
    let plain = Archive::new(targets::CORTEX_M3, paths::work("memory").join(name));
    let options = Archive { integrity: level, no_extensions: !extensions, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

/// The dearest calls of a random program, one number for each of [`KINDS`].
pub fn counts(level: u8) -> Result<Vec<u32>> {
    let level_flag = format!("-DFIRMHEAP_INTEGRITY={level}");
    let flags =
        ["-I", "tests/memory", "-DmemoryCOUNTING", "-DmemoryHEAP_BYTES=16384U", &level_flag];
    let board = format!("{BOARD}/board.c");
    let sources = [
        "tests/pools/startup.c",
        &board,
        "c_demo/src/print.c",
        "tests/memory/count.c",
        "port/firmheap_port.c",
    ];
    let name = format!("memory-count-{level}");
    let image = pools::link_all(&name, &archive(level, true)?, &flags, &sources, false)?;
    let output = pools::emulate(&image, 10)?;
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
    let m3 = wcet::CPUS.iter().find(|cpu| cpu.target == targets::CORTEX_M3).context("no M3")?;
    let mut counted = Vec::new();
    for level in LEVELS {
        let counts = counts(level)?;
        judge(&counts, &wcet::extensions(m3, level, &FUNCTIONS)?)?;
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
    for cpu in &wcet::CPUS {
        for level in [0, 1] {
            let found = wcet::extensions(cpu, level, &FUNCTIONS)?;
            let name = format!("{}, level {level}", cpu.name);
            bounds
                .push(std::iter::once(name).chain(found.iter().map(ToString::to_string)).collect());
        }
    }
    let tables = [pools::markdown(&rows), pools::markdown(&bounds), flash()?];
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
            row.push((text_bytes(level, name)? - text_bytes(level, "")?).to_string());
        }
        rows.push(row);
    }
    Ok(pools::markdown(&rows))
}

fn text_bytes(level: u8, function: &str) -> Result<u64> {
    let define = format!("-DmemoryUSES_{function}");
    let level_flag = format!("-DFIRMHEAP_INTEGRITY={level}");
    let mut flags = vec!["-I", "tests/memory", "-DmemoryCOUNTING", &level_flag];
    if !function.is_empty() {
        flags.push(&define);
    }
    let sources = ["tests/memory/user.c", "port/firmheap_port.c"];
    let name = format!("memory-flash-{level}{function}");
    let image = pools::link_all(&name, &archive(level, true)?, &flags, &sources, false)?;
    let size = symbols::tool("size", targets::CORTEX_M3)?;
    let listing = Program::new(size).arg(&image).must()?.output;
    let bytes = listing.lines().nth(1).and_then(|line| line.split_whitespace().next());
    Ok(bytes.context("size printed nothing")?.parse()?)
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
            .arg(format!("-T{BOARD}/link.ld"))
            .arg("-o")
            .arg(&image)
            .must()?;
        let symbols = symbols::read(&image, targets::CORTEX_M3)?;
        let sbrk = symbols.iter().find(|symbol| symbol.name.contains("sbrk"));
        ensure!(sbrk.is_none(), "{name}: the library's own allocator came along");
        let qemu = Program::new("qemu-system-arm")
            .args(["-M", "mps2-an385", "-display", "none", "-serial", "none", "-monitor", "none"])
            .args(["-semihosting-config", "enable=on,target=native", "-kernel"]);
        let output = qemu.arg(&image).seconds(60).must()?.output;
        ensure!(output.ends_with("passed\n"), "{name}: {output}");
    }
    Ok(2)
}

/// Is the image of a firmware without extensions the same, whether the archive has them or not? And is that of one with
/// them another? The bytes of both.
pub fn identical() -> Result<(usize, usize)> {
    let (with, without) = (archive(1, true)?, archive(1, false)?);
    let image = |name: &str, archive: &Path, flags: &[&str]| -> Result<Vec<u8>> {
        let sources = ["tests/memory/user.c", "port/firmheap_port.c"];
        let elf = pools::link_all(name, archive, flags, &sources, false)?;
        let binary = elf.with_extension("bin");
        let objcopy = symbols::tool("objcopy", targets::CORTEX_M3)?;
        Program::new(objcopy).args(["-O", "binary"]).arg(&elf).arg(&binary).must()?;
        Ok(fs::read(binary)?)
    };
    let plain = ["-I", "tests/memory", "-DmemoryCOUNTING"];
    let one = image("memory-plain-with", &with, &plain)?;
    let other = image("memory-plain-without", &without, &plain)?;
    ensure!(
        one == other,
        "an archive with extensions makes another image ({} bytes) of a firmware that uses none ({} bytes)",
        one.len(),
        other.len()
    );
    let uses = ["-I", "tests/memory", "-DmemoryCOUNTING", "-DmemoryUSES_pvPortRealloc"];
    let used = image("memory-user", &with, &uses)?;
    ensure!(used != one && !one.is_empty(), "the comparison compares nothing");
    ensure!(image("memory-user-without", &without, &uses).is_err(), "pvPortRealloc out of nothing");
    Ok((one.len(), used.len()))
}

pub fn write_docs(tables: &str) -> Result<()> {
    let file = paths::root().join("docs/MEMORY.md");
    let text = fs::read_to_string(&file)?;
    let (begin, end) = ("<!-- begin: cargo xtask memory --docs -->\n", "<!-- end -->");
    let (before, rest) = text.split_once(begin).context("no place for the tables")?;
    let (_, after) = rest.split_once(end).context("no end of the tables")?;
    fs::write(&file, format!("{before}{begin}\n{tables}\n{end}{after}"))?;
    Ok(())
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
