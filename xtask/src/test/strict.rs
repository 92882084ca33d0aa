// SPDX-License-Identifier: MIT
//! The C that users compile is clean under their warnings: strict C99, four compilers.

use crate::run::{Program, Ran};
use crate::{kernel, paths};
use anyhow::Result;

const WARNINGS: [&str; 7] =
    ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1"];

/// A compiler, what makes it one for a CPU, and the kernel's port for that.
pub struct Compiler {
    program: &'static str,
    flags: &'static [&'static str],
    port: &'static str,
}

const HOST_PORT: &str = "ThirdParty/GCC/Posix";
const ARM: &str = "arm-none-eabi-gcc";
pub const HOST: Compiler = Compiler { program: "cc", flags: &[], port: HOST_PORT };
pub const HOST_32: Compiler = Compiler { program: "cc", flags: &["-m32"], port: HOST_PORT };
pub const CORTEX_M3: Compiler =
    Compiler { program: ARM, flags: &["-mcpu=cortex-m3", "-mthumb"], port: "GCC/ARM_CM3" };
pub const CORTEX_M0: Compiler =
    Compiler { program: ARM, flags: &["-mcpu=cortex-m0", "-mthumb"], port: "GCC/ARM_CM0" };
pub const COMPILERS: [Compiler; 4] = [HOST, HOST_32, CORTEX_M3, CORTEX_M0];

/// Compiles a source with the FreeRTOSConfig.h of this folder and more on the command line.
pub fn compile(compiler: &Compiler, config: &str, options: &[&str], source: &str) -> Result<Ran> {
    let kernel = kernel::folder()?;
    let folder = paths::work("strict").join(config.replace('/', "-"));
    std::fs::create_dir_all(&folder)?;
    Program::new(compiler.program)
        .args(compiler.flags)
        .args(WARNINGS)
        .args(options)
        .arg("-isystem")
        .arg(kernel.join("include"))
        .arg("-isystem")
        .arg(kernel.join("portable").join(compiler.port))
        .args(["-I", config, "-I", "include", "-c", source, "-o"])
        .arg(folder.join("strict.o"))
        .run()
}
