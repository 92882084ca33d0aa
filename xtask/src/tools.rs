// SPDX-License-Identifier: MIT
//! The programs that are not Rust's: installed through apt where that is allowed, else named.

use crate::run::{on_path, Program};
use anyhow::{bail, Result};
use std::path::Path;

/// A thing a command needs.
pub struct Tool {
    needed_for: &'static str,
    package: &'static str,
    present: fn() -> bool,
}

pub const CMAKE: Tool =
    Tool { needed_for: "building", package: "cmake", present: || on_path("cmake") };
pub const NINJA: Tool =
    Tool { needed_for: "building", package: "ninja-build", present: || on_path("ninja") };
pub const HOST_CC: Tool =
    Tool { needed_for: "the host", package: "gcc", present: || on_path("cc") };
pub const ARM_CC: Tool = Tool {
    needed_for: "Cortex-M",
    package: "gcc-arm-none-eabi",
    present: || on_path("arm-none-eabi-gcc"),
};
pub const ARM_LIBC: Tool = Tool {
    needed_for: "Cortex-M",
    package: "libnewlib-arm-none-eabi",
    present: || exists_below("arm-none-eabi/include/stdio.h", &["/usr/lib", "/usr"]) || !debian(),
};
pub const RISCV_BINUTILS: Tool = Tool {
    needed_for: "archives for RISC-V",
    package: "binutils-riscv64-unknown-elf",
    present: || {
        on_path("riscv64-unknown-elf-objdump") || (on_path("llvm-objdump") && on_path("llvm-ar"))
    },
};
pub const QEMU: Tool = Tool {
    needed_for: "running Cortex-M images",
    package: "qemu-system-arm",
    present: || on_path("qemu-system-arm"),
};
pub const RISCV_CC: Tool = Tool {
    needed_for: "RISC-V",
    package: "gcc-riscv64-unknown-elf",
    present: || on_path("riscv64-unknown-elf-gcc"),
};
pub const RISCV_LIBC: Tool = Tool {
    needed_for: "RISC-V",
    package: "picolibc-riscv64-unknown-elf",
    present: || {
        exists_below("picolibc/riscv64-unknown-elf/include/stdio.h", &["/usr/lib"]) || !debian()
    },
};
pub const QEMU_RISCV: Tool = Tool {
    needed_for: "running RISC-V images",
    package: "qemu-system-misc",
    present: || on_path("qemu-system-riscv32"),
};
pub const PYTHON: Tool = Tool {
    needed_for: "packing traces into firmware",
    package: "python3",
    present: || on_path("python3"),
};
pub const HOST_32: Tool = Tool {
    needed_for: "32-bit programs on the host",
    package: "gcc-multilib",
    present: || exists_below("32/crtbegin.o", &GCC_FOLDERS) || !debian(),
};
pub const LIBCLANG: Tool = Tool {
    needed_for: "bindgen, which the tests run",
    package: "libclang-dev",
    present: || clang_library() || !debian(),
};

pub const DEBIAN_RUSTC: Tool = Tool {
    needed_for: "a CPU whose core library rustup could not fetch",
    package: "rustc-web",
    present: || Path::new("/usr/bin/rustc").exists(),
};
pub const DEBIAN_CORE: Tool = Tool {
    needed_for: "a CPU whose core library rustup could not fetch",
    package: "rust-web-src",
    present: || Path::new("/usr/lib/rustlib/src/rust/library/core").exists(),
};

const GCC_FOLDERS: [&str; 6] = [
    "/usr/lib/gcc/x86_64-linux-gnu/11",
    "/usr/lib/gcc/x86_64-linux-gnu/12",
    "/usr/lib/gcc/x86_64-linux-gnu/13",
    "/usr/lib/gcc/x86_64-linux-gnu/14",
    "/usr/lib/gcc/x86_64-linux-gnu/15",
    "/usr/lib/gcc/x86_64-linux-gnu/16",
];

/// Makes sure that every tool is there, or says with which command it would be.
pub fn ensure(tools: &[Tool]) -> Result<()> {
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|tool| tool.package).collect();
    for tool in &missing {
        eprintln!("missing: {} (for {})", tool.package, tool.needed_for);
    }
    let command = format!("apt-get update && apt-get install -y {}", packages.join(" "));
    let Some(prefix) = right_to_install() else {
        bail!("packages are missing. Install them with\n  sudo sh -c '{command}'\n(or your system's equivalents), then run this again");
    };
    eprintln!("installing: {}", packages.join(" "));
    install(&prefix, &packages)?;
    let still: Vec<_> = self::missing(tools).iter().map(|tool| tool.package).collect();
    if still.is_empty() {
        return Ok(());
    }
    bail!("apt-get installed {packages:?}, yet these are not usable: {still:?}");
}

fn missing(tools: &[Tool]) -> Vec<&Tool> {
    tools.iter().filter(|tool| !(tool.present)()).collect()
}

/// What to put before apt-get; `None` if we may not install anything.
fn right_to_install() -> Option<Vec<&'static str>> {
    if !on_path("apt-get") {
        return None;
    }
    let succeeds = |program: Program| program.run().is_ok_and(|ran| ran.success);
    let user = Program::new("id").arg("-u").run().ok()?.output;
    if user.trim() == "0" {
        return Some(Vec::new());
    }
    (on_path("sudo") && succeeds(Program::new("sudo").args(["-n", "true"])))
        .then(|| vec!["sudo", "-n"])
}

fn install(prefix: &[&str], packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| -> Result<()> {
        let mut words: Vec<&str> = prefix.to_vec();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        words.extend(arguments);
        Program::new(words[0]).args(&words[1..]).must().map(|_| ())
    };
    apt(&["update"])?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

fn debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

fn exists_below(file: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| Path::new(folder).join(file).exists())
}

fn clang_library() -> bool {
    let versions = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    std::env::var_os("LIBCLANG_PATH").is_some()
        || versions
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("llvm-"))
            .any(|entry| entry.path().join("lib/libclang.so").exists())
}
