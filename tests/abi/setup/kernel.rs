// SPDX-License-Identifier: MIT
//! Where the kernel's sources are: as FreeRTOS-Kernel/ resolves them, by the same script.

use std::path::PathBuf;
use std::process::Command;

const SCRIPT: &str = "../../cmake/firmheap_kernel.cmake";

/// The kernel's folder, the one with tasks.c in it.
pub fn folder() -> PathBuf {
    println!("cargo:rerun-if-env-changed=FREERTOS_KERNEL_PATH");
    println!("cargo:rerun-if-changed={SCRIPT}");
    let ran = Command::new("cmake").args(["-P", SCRIPT]).output().unwrap_or_else(|why| {
        panic!("cmake, which finds the kernel's sources, does not start ({why}): install cmake")
    });
    let said = String::from_utf8_lossy(&ran.stdout);
    let folder = PathBuf::from(said.lines().last().unwrap_or_default().trim());
    assert!(
        ran.status.success() && folder.join("tasks.c").exists(),
        "the kernel's sources were not found; set FREERTOS_KERNEL_PATH to FreeRTOS-Kernel\n{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    folder
}
