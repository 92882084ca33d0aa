// SPDX-License-Identifier: MIT
//! Builds one firmware image per allocator: its objects in `liballoc.a`, linked with the harness.

use crate::allocator::{Allocator, Source, COMPACT};
use crate::tool::{benches, cargo, create_dir, project, run, run_text, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;

const CPU: &[&str] = &["-mcpu=cortex-m3", "-mthumb"];
/// What everybody is built for.
pub const TARGET: &str = "thumbv7m-none-eabi";

/// What a build is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Optimised for speed, with this constant heap size.
    Speed { heap_bytes: u32 },
    /// The same, for any heap size: the search for the smallest heap.
    AnySize,
    /// Optimised for size: flash.
    Size,
}

pub struct Builder<'a> {
    pub kernel: &'a Path,
    pub out: &'a Path,
    /// What firmheap is built for: code for other Arm CPUs runs here as well.
    pub target: &'a str,
}

impl Builder<'_> {
    /// An image that runs jobs.
    pub fn image(&self, allocator: &Allocator, build: Build) -> Outcome<PathBuf> {
        let folder = self.folder(allocator, build)?;
        let harness = self.harness()?;
        let archives = self.archives(allocator, build, &folder)?;
        let image = folder.join("bench.elf");
        let mut link = gcc();
        link.arg("-nostdlib")
            .arg("-Wl,--gc-sections")
            .arg("-T")
            .arg(source("harness/mps2_an385.ld"));
        link.args(&harness).arg("-Wl,--start-group").args(&archives);
        link.args(["-lc_nano", "-lgcc", "-Wl,--end-group", "-o"]).arg(&image);
        if build == Build::AnySize {
            // The port file hands over an array of constant size; the adapter puts the trial's in its place.
            link.arg("-Wl,--wrap=vFirmheapAddHeap");
        }
        run(&mut link)?;
        Ok(image)
    }

    /// The allocator's .data and .bss when the firmware is configured for a heap of this size.
    pub fn static_bytes(&self, allocator: &Allocator, heap_bytes: u32) -> Outcome<u32> {
        let image = self.image(allocator, Build::Speed { heap_bytes })?;
        let listing = run_text(Command::new("arm-none-eabi-nm").arg(&image))?;
        let address = |symbol: &str| {
            let line = listing.lines().find(|line| line.split_whitespace().nth(2) == Some(symbol));
            line.and_then(|line| u32::from_str_radix(line.split_whitespace().next()?, 16).ok())
                .ok_or_else(|| format!("{} has no {symbol}", image.display()))
        };
        Ok(address("ulAllocDataEnd")? - address("ulAllocDataStart")? + address("ulAllocBssEnd")?
            - address("ulAllocBssStart")?)
    }

    /// Bytes of text and read-only data that malloc, free and init keep in an image: with the two
    /// scheduler stand-ins and the adapter's init, as in the reference table, and without them.
    pub fn flash(&self, allocator: &Allocator) -> Outcome<Flash> {
        let folder = self.folder(allocator, Build::Size)?;
        let region = self.harness()?.into_iter().find(|path| path.ends_with("region.o"));
        let archives = self.archives(allocator, Build::Size, &folder)?;
        let mut sizes = [0; 2];
        for (own, bytes) in sizes.iter_mut().enumerate() {
            let image = folder.join("flash.elf");
            let mut link = gcc();
            link.args(["-nostdlib", "-Wl,--gc-sections,-e,pvPortMalloc,-u,vPortFree"]);
            link.arg("-Wl,--defsym=ucHeap=0x20100000,--defsym=ucHeapLimit=0x20400000,--defsym=vDie=0x101");
            link.arg("-Wl,--defsym=vPortEnterCritical=0x101,--defsym=vPortExitCritical=0x101");
            link.arg("-Wl,--defsym=ulStackTop=0x20100000,--defsym=vBenchAssertFailed=0x101");
            if own == 1 {
                link.arg("-Wl,--defsym=vTaskSuspendAll=0x101,--defsym=xTaskResumeAll=0x101");
                if needs_init(allocator) {
                    link.arg("-Wl,-u,vBenchInit");
                }
            } else {
                link.arg("-Wl,-u,vBenchInit").args(&region);
            }
            link.arg("-Wl,--start-group").args(&archives);
            link.args(["-lc_nano", "-lgcc", "-Wl,--end-group", "-o"]).arg(&image);
            run(&mut link)?;
            *bytes = text_bytes(&image)?;
        }
        Ok(Flash { with_stand_ins: sizes[0], own: sizes[1] })
    }

    fn folder(&self, allocator: &Allocator, build: Build) -> Outcome<PathBuf> {
        let kind = match build {
            Build::Speed { heap_bytes } => {
                return create_dir(&self.out.join(allocator.name).join(heap_bytes.to_string()))
            }
            Build::AnySize => "any-size",
            Build::Size => "size",
        };
        create_dir(&self.out.join(allocator.name).join(kind))
    }

    /// The harness is the same for everybody: speed build, no libc.
    fn harness(&self) -> Outcome<Vec<PathBuf>> {
        let folder = create_dir(&self.out.join("harness"))?;
        let mut objects = Vec::new();
        for file in ["start.c", "main.c", "jobs.c", "region.S"] {
            let object = folder.join(file).with_extension("o");
            let mut compile = gcc();
            compile.args(["-O2", "-ffreestanding", "-ffunction-sections", "-fdata-sections"]);
            if file.ends_with(".c") {
                compile.args(["-std=c99", "-Wall", "-Wextra", "-Werror"]);
            }
            run(compile.arg("-c").arg(source("harness").join(file)).arg("-o").arg(&object))?;
            objects.push(object);
        }
        Ok(objects)
    }

    fn archives(
        &self,
        allocator: &Allocator,
        build: Build,
        folder: &Path,
    ) -> Outcome<Vec<PathBuf>> {
        let allocators = source("allocators");
        let adapter = |dir: &str| allocators.join(dir).join("adapter.c");
        let (files, rust) = match allocator.source {
            Source::Kernel { file } => {
                let heap = self.kernel.join("portable/MemMang").join(file);
                (vec![heap, adapter("kernel"), allocators.join("kernel/assert.c")], None)
            }
            Source::C { dir } => (vec![adapter(dir)], None),
            Source::Packaged { dir, package, source } => {
                let manifest = allocators.join(dir).join("package/Cargo.toml");
                (vec![package_file(&manifest, package, source)?, adapter(dir)], None)
            }
            Source::Rust { feature } => (Vec::new(), Some(self.rust_peer(feature, build)?)),
            Source::Firmheap { regions, integrity } => {
                let port = project().join("port/firmheap_port.c");
                // As CMake picks the form: by the size of the heap.
                let large = matches!(build, Build::Speed { heap_bytes } if heap_bytes > COMPACT);
                let archive = self.firmheap(if large { "large" } else { regions }, integrity)?;
                (vec![port, adapter("firmheap")], Some(archive))
            }
        };
        let mut archives = Vec::new();
        if !files.is_empty() {
            archives.push(self.c_archive(allocator, build, folder, &files)?);
        }
        archives.extend(rust);
        Ok(archives)
    }

    fn c_archive(
        &self,
        allocator: &Allocator,
        build: Build,
        folder: &Path,
        files: &[PathBuf],
    ) -> Outcome<PathBuf> {
        let archive = folder.join("liballoc_c.a");
        let mut pack = Command::new("arm-none-eabi-ar");
        pack.arg("rcsD").arg(&archive);
        for (index, file) in files.iter().enumerate() {
            let object = folder.join(format!("{index}.o"));
            let mut compile = gcc();
            compile.args([
                "-std=gnu99",
                "-w",
                "-DNDEBUG",
                "-ffunction-sections",
                "-fdata-sections",
            ]);
            compile.arg(if build == Build::Size { "-Os" } else { "-O2" });
            compile.args(allocator.defines.iter().map(|name| format!("-D{name}")));
            if let Source::Firmheap { regions: "large", .. } = allocator.source {
                compile.arg("-DFIRMHEAP_REGIONS_LARGE=1"); // also for a heap that would fit the compact form
            }
            if let Source::Firmheap { integrity: "3", .. } = allocator.source {
                compile.arg("-DFIRMHEAP_INTEGRITY=3");
                compile.arg("-DFIRMHEAP_QUARANTINE_BYTES=0"); // a block that waits fits requests that none should
            }
            match build {
                Build::Speed { heap_bytes } => {
                    _ = compile.arg(format!("-DBENCH_HEAP_BYTES={heap_bytes}"))
                }
                Build::Size => _ = compile.arg("-DBENCH_HEAP_BYTES=65536"),
                Build::AnySize => {
                    compile.arg("-DBENCH_ANY_SIZE");
                    if let Source::Firmheap { .. } = allocator.source {
                        // Its index is sized at compile time: large enough for every trial.
                        compile.arg(format!("-DBENCH_HEAP_BYTES={}", allocator.max_heap));
                    }
                }
            }
            compile.arg("-I").arg(source("allocators/kernel")).arg("-I").arg(source("harness"));
            compile
                .arg("-I")
                .arg(self.kernel.join("include"))
                .arg("-I")
                .arg(project().join("include"));
            compile.arg("-I").arg(self.kernel.join("portable/GCC/ARM_CM3"));
            compile.arg("-I").arg(files[0].parent().unwrap_or(Path::new(".")));
            run(compile.arg("-c").arg(file).arg("-o").arg(&object))?;
            pack.arg(object);
        }
        _ = std::fs::remove_file(&archive);
        run(&mut pack)?;
        Ok(archive)
    }

    /// The static library of one Rust peer, as its own users would build it.
    fn rust_peer(&self, feature: &str, build: Build) -> Outcome<PathBuf> {
        let level = if build == Build::Size { "s" } else { "3" };
        let target = self.out.join("rust_peers");
        let mut command = cargo();
        command.args(["build", "--release", "--locked", "--target", TARGET, "--features", feature]);
        command.arg("--manifest-path").arg(source("allocators/rust_peers/Cargo.toml"));
        command.arg("--target-dir").arg(&target).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
        run(&mut command)?;
        let built = target.join(TARGET).join("release/librust_peers.a");
        // The name tells the linker script whose data it is.
        let archive = target.join(format!("liballoc_{feature}_{level}.a"));
        std::fs::copy(&built, &archive)
            .map_err(|e| format!("cannot copy {}: {e}", built.display()))?;
        Ok(archive)
    }

    /// The archive users link, made by the same script; what CMake would choose for a configuration
    /// without trace macros.
    fn firmheap(&self, regions: &str, integrity: &str) -> Outcome<PathBuf> {
        let folder = create_dir(&self.out.join(format!("firmheap-{regions}-{integrity}")))?;
        let archive = folder.join("liballoc_firmheap.a");
        let mut command = Command::new("cmake");
        command.arg(format!("-DRUST_TARGET={}", self.target));
        command.arg(format!("-DOUT={}", archive.display()));
        command.arg(format!("-DWORK={}", folder.join("work").display()));
        command.arg(format!("-DREGIONS={}", regions.to_uppercase()));
        command.arg(format!("-DINTEGRITY={integrity}")).arg("-DTRACE=0");
        run(command.arg("-P").arg(project().join("cmake/firmheap_archive.cmake")))?;
        Ok(archive)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Flash {
    pub with_stand_ins: u32,
    pub own: u32,
}

/// heap_4, heap_2 and firmheap set themselves up at the first call: their adapter's init is empty.
fn needs_init(allocator: &Allocator) -> bool {
    match allocator.source {
        Source::Kernel { .. } => allocator.defines.contains(&"BENCH_REGIONS"),
        Source::Firmheap { .. } => false,
        _ => true,
    }
}

fn text_bytes(image: &Path) -> Outcome<u32> {
    let listing = run_text(Command::new("arm-none-eabi-size").arg("-A").arg(image))?;
    let mut bytes = 0;
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [section, size, _] = words[..] {
            if section.starts_with(".text")
                || section.starts_with(".rodata")
                || section.starts_with("privileged_f")
            {
                bytes += size.parse::<u32>().map_err(|e| format!("size -A: {line}: {e}"))?;
            }
        }
    }
    Ok(bytes)
}

/// A file of a package that `manifest` depends on.
fn package_file(manifest: &Path, package: &str, file: &str) -> Outcome<PathBuf> {
    let mut command = cargo();
    command
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(manifest);
    let text = run_text(&mut command)?;
    for piece in text.split('"') {
        if piece.ends_with("/Cargo.toml") && piece.contains(&format!("/{package}-")) {
            let path = Path::new(piece).with_file_name("").join(file);
            if path.is_file() {
                return Ok(path);
            }
        }
    }
    Err(format!("the package {package} does not carry {file}"))
}

fn gcc() -> Command {
    let mut command = Command::new("arm-none-eabi-gcc");
    command.args(CPU);
    command
}

/// A path below `benches/cortex_m3/`.
fn source(relative: &str) -> PathBuf {
    benches().join("cortex_m3").join(relative)
}
