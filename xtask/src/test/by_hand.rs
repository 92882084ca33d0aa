// SPDX-License-Identifier: MIT
//! Firmware without CMake: what `cargo xtask archive` delivered and one compiler call, as a Makefile
//! or an IDE makes it; and the port file compiled by cargo.

use super::{Step, Tally};
use crate::archive::{self, Options};
use crate::run::{Program, Ran};
use crate::{kernel, paths, targets};
use anyhow::{bail, ensure, Result};
use std::path::{Path, PathBuf};

const KERNEL_SOURCES: [&str; 8] = [
    "tasks.c",
    "list.c",
    "queue.c",
    "timers.c",
    "event_groups.c",
    "stream_buffer.c",
    "portable/ThirdParty/GCC/Posix/port.c",
    "portable/ThirdParty/GCC/Posix/utils/wait_for_event.c",
];

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("a Makefile's link line", link_line),
        Step::new("mistake: heap_4.c left in a Makefile", heap_4_left_in),
        Step::new("mistake: a Makefile without the archive", no_archive),
        Step::new("port file through cargo (feature port)", through_cargo),
    ]
}

fn link_line() -> Result<Tally> {
    let out = delivered()?;
    let app = link(&out, &[], true)?.or_fail().map(|_| out.join("app"))?;
    Program::new(app).seconds(60).must()?;
    Ok(Tally::passed("linked and ran"))
}

fn heap_4_left_in() -> Result<Tally> {
    let leftover = kernel::folder()?.join("portable/MemMang/heap_4.c");
    fails_with(&link(&delivered()?, &[leftover], true)?, "multiple definition of `pvPortMalloc'")
}

fn no_archive() -> Result<Tally> {
    fails_with(&link(&delivered()?, &[], false)?, "firmheap_archive_")
}

fn fails_with(ran: &Ran, words: &str) -> Result<Tally> {
    if ran.success {
        bail!("it linked in silence");
    }
    ensure!(ran.output.contains(words), "the linker does not say `{words}`:\n{}", ran.output);
    Ok(Tally::passed("fails with the cure"))
}

fn delivered() -> Result<PathBuf> {
    let options = Options::new(&targets::host()?, paths::work("by-hand"));
    archive::make(&options)?;
    Ok(options.out)
}

/// One call of the compiler: objects first, the archive after them.
fn link(out: &Path, more: &[PathBuf], with_archive: bool) -> Result<Ran> {
    let kernel = kernel::folder()?;
    let firmware = paths::root().join("xtask/firmware");
    let mut program = Program::new("cc").args(["-O1", "-o"]).arg(out.join("app"));
    for folder in includes(&kernel) {
        program = program.arg("-I").arg(folder);
    }
    program = program.arg("-I").arg(out.join("include"));
    program = program.arg(firmware.join("main.c")).arg(out.join("firmheap_port.c"));
    program = program.args(KERNEL_SOURCES.map(|source| kernel.join(source))).args(more);
    if with_archive {
        program = program.arg("-L").arg(out).arg("-lfirmheap");
    }
    program.arg("-lpthread").run()
}

/// The folders of FreeRTOSConfig.h, of the kernel's headers, of its port.
fn includes(kernel: &Path) -> [PathBuf; 4] {
    let port = kernel.join("portable/ThirdParty/GCC/Posix");
    [paths::root().join("xtask/firmware"), kernel.join("include"), port.join("utils"), port]
}

fn through_cargo() -> Result<Tally> {
    let folders = std::env::join_paths(includes(&kernel::folder()?))?;
    let arguments = ["build", "--package", "firmheap", "--lib", "--features"];
    let program = Program::cargo().args(arguments).arg("port,critical-section,pools,extensions");
    program.env("FIRMHEAP_PORT_INCLUDES", folders).must()?;
    Ok(Tally::passed(""))
}
