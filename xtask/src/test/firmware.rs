// SPDX-License-Identifier: MIT
//! The four lines in a user's project (`xtask/firmware`), and the mistakes users make with them:
//! each of those must be loud, and its message must name the cure.

use super::{Step, Tally};
use crate::paths;
use crate::run::{Program, Ran};
use anyhow::{bail, ensure, Context, Result};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

/// A copy of the user's project with a build folder of its own.
struct Project {
    folder: PathBuf,
    options: Vec<String>,
    path: OsString,
    home: Option<PathBuf>,
}

/// A CPU to build for: the kernel's port, the compiler's flags.
const CORES: [(&str, &str, &str); 4] = [
    ("cortex-m3", "GCC_ARM_CM3", "-mcpu=cortex-m3"),
    ("cortex-m4 hard float", "GCC_ARM_CM4F", "-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16"),
    ("cortex-m4 softfp", "GCC_ARM_CM4F", "-mcpu=cortex-m4 -mfloat-abi=softfp -mfpu=fpv4-sp-d16"),
    ("cortex-m0", "GCC_ARM_CM0", "-mcpu=cortex-m0"),
];

pub fn steps() -> Vec<Step> {
    let mut steps = vec![
        Step::new("four lines on the host, cargo not on PATH", || on_host(&[])),
        Step::new("four lines on the host, heap above 256 KiB", || {
            on_host(&["-DCMAKE_C_FLAGS=-DTEST_HEAP_BYTES=400000"])
        }),
        Step::new("four lines on the host, 32-bit", || on_host(&["-DCMAKE_C_FLAGS=-m32"])),
        Step::new("four lines on the host, integrity 0", || on_host(&["-DFIRMHEAP_INTEGRITY=0"])),
        Step::new("options set before add_subdirectory", options_by_set),
        Step::new("options named in full, the rest from FreeRTOSConfig.h", the_rest_is_read),
        Step::new("a second build has nothing to do", nothing_to_do),
    ];
    for (name, port, flags) in CORES {
        steps.push(Step::new(format!("four lines on {name}"), move || on_arm(port, flags)));
    }
    steps.push(Step::new("mistake: FREERTOS_HEAP still 4", || {
        mistake("heap_number", Stage::Configure, &["MemMang/heap_4.c", "FIRMHEAP_PORT_SOURCE"])
    }));
    steps.push(Step::new("mistake: a leftover heap_4.o", || {
        mistake("heap_4_object", Stage::Build, &["multiple definition of", "pvPortMalloc"])
    }));
    steps.push(Step::new("mistake: a vendor archive with heap_4.o first", || {
        mistake("heap_4_archive", Stage::Build, &["multiple definition of", "pvPortMalloc"])
    }));
    steps.push(Step::new("mistake: an archive for another alignment", wrong_alignment));
    steps.push(Step::new("mistake: no cargo anywhere", no_cargo));
    steps
}

enum Stage {
    Configure,
    Build,
}

impl Project {
    /// Copies the project out; what an earlier run built there is gone.
    fn new(name: &str) -> Result<Self> {
        let folder = paths::work("firmware").join(name);
        let _absent_is_fine = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(paths::root().join("xtask/firmware"))? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        let options = vec![format!("-DFIRMHEAP_DIR={}", paths::root().display())];
        Ok(Self { folder, options, path: path_without_cargo()?, home: None })
    }

    fn with(mut self, options: &[&str]) -> Self {
        self.options.extend(options.iter().map(|option| (*option).to_owned()));
        self
    }

    fn cmake(&self) -> Program {
        let program = Program::new("cmake").folder(&self.folder).env("PATH", &self.path);
        match &self.home {
            Some(home) => program.env("HOME", home).env("CARGO_HOME", home),
            None => program,
        }
    }

    fn configure(&self) -> Result<Ran> {
        self.cmake().args(["-G", "Ninja", "-S", ".", "-B", "build"]).args(&self.options).run()
    }

    fn build(&self) -> Result<Ran> {
        self.cmake().args(["--build", "build"]).run()
    }

    /// The archive has this anchor.
    fn is_for(&self, anchor: &str) -> Result<Tally> {
        let archive = fs::read(self.folder.join("build/firmheap/libfirmheap.a"))?;
        let is_there = archive.windows(anchor.len()).any(|bytes| bytes == anchor.as_bytes());
        ensure!(is_there, "the archive is not one with {anchor}");
        Ok(Tally::passed(anchor))
    }

    fn make(&self) -> Result<()> {
        self.configure()?.or_fail()?;
        self.build()?.or_fail()?;
        Ok(())
    }
}

/// As an IDE starts CMake: cargo is installed, but not on PATH.
fn path_without_cargo() -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let kept = std::env::split_paths(&path).filter(|dir| !dir.join("cargo").exists());
    let kept: Vec<PathBuf> = kept.collect();
    ensure!(
        kept.iter().any(|dir| dir.join("cmake").exists()),
        "cargo and cmake share a folder: this check needs a cargo of its own (rustup's)"
    );
    Ok(std::env::join_paths(kept)?)
}

fn on_host(options: &[&str]) -> Result<Tally> {
    let project = Project::new("host")?.with(options);
    project.make()?;
    Program::new(project.folder.join("build/app")).seconds(60).must()?;
    Ok(Tally::passed("built and ran"))
}

/// A normal variable holds at the first configuring, too, when no cache entry is there yet.
fn options_by_set() -> Result<Tally> {
    let project = Project::new("options")?.with(&["-DSET_INTEGRITY=2"]);
    project.make()?;
    project.is_for("firmheap_archive_of_INTEGRITY_2_or_higher")
}

/// What has no option of CMake's is asked, whoever says target, alignment and form.
fn the_rest_is_read() -> Result<Tally> {
    let target = format!("-DFIRMHEAP_TARGET={}", crate::targets::host()?);
    let named = [target.as_str(), "-DFIRMHEAP_ALIGNMENT=8", "-DFIRMHEAP_REGIONS=COMPACT"];
    let project = Project::new("named")?.with(&named);
    let project = project.with(&["-DCMAKE_C_FLAGS=-DFIRMHEAP_INJECT_FAILURES=1"]);
    project.make()?;
    project.is_for("firmheap_archive_with_INJECT_FAILURES")
}

fn nothing_to_do() -> Result<Tally> {
    let project = Project::new("again")?;
    project.make()?;
    let again = project.build()?.or_fail()?;
    ensure!(again.output.contains("no work to do"), "it built again:\n{}", again.output);
    Ok(Tally::passed(""))
}

fn on_arm(port: &str, flags: &str) -> Result<Tally> {
    let project = Project::new("arm")?;
    let toolchain = "set(CMAKE_SYSTEM_NAME Generic)\nset(CMAKE_C_COMPILER arm-none-eabi-gcc)\n\
        set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\n\
        set(CMAKE_EXE_LINKER_FLAGS_INIT \"--specs=nosys.specs\")\n";
    fs::write(project.folder.join("arm.cmake"), toolchain)?;
    let port = format!("-DFREERTOS_PORT={port}");
    let flags = format!("-DCMAKE_C_FLAGS={flags} -mthumb");
    let project = project.with(&["-DCMAKE_TOOLCHAIN_FILE=arm.cmake", &port, &flags]);
    project.make()?;
    let image = project.folder.join("build/app");
    let symbols = crate::symbols::read(&image, crate::targets::CORTEX_M3)?;
    let in_image = |name: &str| symbols.iter().any(|symbol| symbol.name == name);
    ensure!(
        in_image("pvPortMalloc") && in_image("vTaskSwitchContext"),
        "the image has no firmware"
    );
    ensure!(symbols.iter().any(|symbol| symbol.name.contains("Firmheap")), "firmheap is not in it");
    Ok(Tally::passed("linked"))
}

fn mistake(name: &str, stage: Stage, expected: &[&str]) -> Result<Tally> {
    let project = Project::new(name)?.with(&[&format!("-DMISTAKE={name}")]);
    let ran = match stage {
        Stage::Configure => project.configure()?,
        Stage::Build => {
            project.configure()?.or_fail()?;
            project.build()?
        }
    };
    is_loud(&ran, expected)
}

fn is_loud(ran: &Ran, expected: &[&str]) -> Result<Tally> {
    if ran.success {
        bail!("it went through in silence");
    }
    // CMake wraps its messages; what matters is their words.
    let said = ran.output.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in expected {
        ensure!(said.contains(words), "the message does not say `{words}`:\n{}", ran.output);
    }
    Ok(Tally::passed("fails with the cure"))
}

fn wrong_alignment() -> Result<Tally> {
    let project = Project::new("alignment")?.with(&["-DFIRMHEAP_ALIGNMENT=32"]);
    project.configure()?.or_fail()?;
    is_loud(&project.build()?, &["firmheap_archive_"])
}

fn no_cargo() -> Result<Tally> {
    let mut project = Project::new("no-cargo")?;
    let nowhere = project.folder.join("nobody");
    fs::create_dir_all(&nowhere).context("a home without cargo")?;
    project.home = Some(nowhere);
    is_loud(&project.configure()?, &["~/.cargo/bin", "-DFIRMHEAP_CARGO="])
}
