// SPDX-License-Identifier: MIT
//! Small firmware for emulated machines: compiled and linked with an archive, and run with a clock that counts
//! instructions.

use crate::cpu::{Cpu, M3};
use crate::run::Program;
use crate::{kernel, paths, symbols};
use anyhow::{ensure, Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const COMPILE: [&str; 2] = ["-std=gnu99", "-Os"];
const LINK: [&str; 7] = [
    "-ffunction-sections",
    "-fdata-sections",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    "-nostartfiles",
    "-Wl,--gc-sections,--no-warn-rwx-segments,-z,noexecstack",
];
const KERNEL: [&str; 3] = ["tasks.c", "list.c", "queue.c"];

/// What is compiled, for which CPU, and where it goes.
#[must_use]
pub struct Image {
    cpu: &'static Cpu,
    file: PathBuf,
    flags: Vec<OsString>,
    sources: Vec<OsString>,
    kernel: bool,
}

impl Image {
    /// `name` is a folder of ours and a file in it: "track/count".
    pub fn new(cpu: &'static Cpu, name: &str) -> Self {
        let file = paths::work(&format!("{name}.elf"));
        Self { cpu, file, flags: Vec::new(), sources: Vec::new(), kernel: false }
    }

    /// The folder of FreeRTOSConfig.h.
    pub fn config(self, folder: &str) -> Self {
        self.flags(["-I", folder])
    }

    /// Of the compiler, and of the linker with `-Wl,`.
    pub fn flags(mut self, flags: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.flags.extend(flags.into_iter().map(Into::into));
        self
    }

    pub fn sources(mut self, files: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.sources.extend(files.into_iter().map(Into::into));
        self
    }

    /// Start-up code, output and exit.
    pub fn board(self) -> Self {
        let files = self.cpu.sources();
        self.sources(files)
    }

    /// What counts instructions, on the board.
    pub fn ruler(self) -> Self {
        self.flags(["-I", "tests/ruler"]).sources(["tests/ruler/ruler.c"])
    }

    /// The kernel, and the port file that serves it.
    pub fn kernel(mut self) -> Self {
        self.kernel = true;
        self.sources(["port/firmheap_port.c"])
    }

    /// The image, linked with the archive.
    pub fn link(&self, archive: &Path) -> Result<PathBuf> {
        let mut program = self.compiler()?.args(LINK).args(&self.sources);
        if self.kernel {
            let folder = kernel::folder()?;
            let port = folder.join("portable").join(self.cpu.port);
            program = program.args(KERNEL.map(|file| folder.join(file)));
            program = program.args(self.cpu.port_sources.iter().map(|file| port.join(file)));
        }
        program = program.args(self.cpu.library()).arg(archive).args(self.cpu.script());
        program.arg("-o").arg(&self.file).must()?;
        Ok(self.file.clone())
    }

    /// One source compiled as for the image, but each function and table where the compiler likes it: for their sizes.
    pub fn object(&self, source: &str) -> Result<PathBuf> {
        let object = self.file.with_extension("o");
        self.compiler()?.args(["-c", source, "-o"]).arg(&object).must()?;
        Ok(object)
    }

    fn compiler(&self) -> Result<Program> {
        fs::create_dir_all(self.file.parent().context("no folder")?)?;
        let folder = kernel::folder()?;
        let port = folder.join("portable").join(self.cpu.port);
        let program = self.cpu.compiler().args(COMPILE).args(&self.flags);
        let program = program.arg("-isystem").arg(folder.join("include"));
        let program = program.arg("-isystem").arg(port);
        Ok(program.args(["-I", "include", "-I", "c_demo/src", "-I", "c_demo/boards/mps2-an385"]))
    }
}

/// A firmware with the kernel that uses the heap and nothing else.
pub fn plain(name: &str) -> Image {
    let image = Image::new(&M3, name).config("xtask/firmware").board().kernel();
    image.sources(["xtask/firmware/main.c", "tests/pools/exit.c"])
}

/// Runs an image to its end, two to the power of `shift` nanoseconds for each instruction; what it printed.
pub fn emulate(cpu: &Cpu, image: &Path, shift: u32) -> Result<String> {
    let program = cpu.emulator().args(["-semihosting-config", "enable=on,target=native"]);
    let program = program.arg("-icount").arg(format!("shift={shift},align=off,sleep=off"));
    let ran = program.arg("-kernel").arg(image).seconds(300).run()?;
    ensure!(ran.success, "{}", ran.output.trim());
    Ok(ran.output)
}

/// The same at the speed at which its clock counts instructions, twice: figures are those that come again.
pub fn count(cpu: &Cpu, image: &Path) -> Result<String> {
    let run = || emulate(cpu, image, cpu.shift());
    let (once, again) = (run()?, run()?);
    ensure!(once == again, "two runs differ:\n{once}{again}");
    Ok(once)
}

/// What stands in its memory when it starts.
pub fn binary(cpu: &Cpu, elf: &Path) -> Result<Vec<u8>> {
    let binary = elf.with_extension("bin");
    let objcopy = symbols::tool("objcopy", cpu.target)?;
    Program::new(objcopy).args(["-O", "binary"]).arg(elf).arg(&binary).must()?;
    Ok(fs::read(binary)?)
}

/// Bytes of flash and of memory of an image or object.
pub fn size(cpu: &Cpu, file: &Path) -> Result<(u32, u32)> {
    let tool = symbols::tool("size", cpu.target)?;
    let said = Program::new(tool).arg(file).must()?.output;
    let line = said.lines().nth(1).context("size says nothing")?;
    let numbers: Vec<u32> =
        line.split_whitespace().take(3).map_while(|word| word.parse().ok()).collect();
    let [code, data, zeros] = numbers[..] else { anyhow::bail!("size says {line}") };
    Ok((code + data, data + zeros))
}

/// Bytes of functions or tables in an image, object or archive.
pub fn bytes_of(cpu: &Cpu, file: &Path, names: &[&str]) -> Result<u32> {
    let nm = symbols::tool("nm", cpu.target)?;
    let listing = Program::new(nm).args(["-P", "-t", "d"]).arg(file).must()?.output;
    let size = |name: &str| {
        let line = listing.lines().find(|line| line.split(' ').next() == Some(name))?;
        line.split_whitespace().nth(3)?.parse::<u32>().ok()
    };
    names.iter().map(|name| size(name).with_context(|| format!("no {name}"))).sum()
}
