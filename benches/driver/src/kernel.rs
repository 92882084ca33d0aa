// SPDX-License-Identifier: MIT
//! Where the FreeRTOS kernel's sources are.

use crate::tool::{cargo, project, run_text, Outcome};
use std::path::{Path, PathBuf};

/// The option, then the environment, then sources put in the project's folder, then the package that
/// carries the untouched kernel (offline first).
pub fn find(option: Option<&Path>) -> Outcome<PathBuf> {
    let named = option
        .map(Path::to_owned)
        .or_else(|| std::env::var_os("FREERTOS_KERNEL_PATH").map(PathBuf::from));
    if let Some(path) = named {
        return checked(path);
    }
    let folder = project().join("FreeRTOS-Kernel");
    if is_kernel(&folder) {
        return Ok(folder);
    }
    let manifest = folder.join("package/Cargo.toml");
    let mut why = String::new();
    for offline in [true, false] {
        match from_package(&manifest, offline) {
            Ok(path) => return checked(path),
            Err(error) => why = error,
        }
    }
    Err(format!("no FreeRTOS kernel found; pass --kernel PATH or set FREERTOS_KERNEL_PATH.\n{why}"))
}

fn is_kernel(path: &Path) -> bool {
    path.join("portable/MemMang/heap_4.c").is_file()
}

fn checked(path: PathBuf) -> Outcome<PathBuf> {
    if is_kernel(&path) {
        return Ok(path);
    }
    Err(format!(
        "{} has no portable/MemMang/heap_4.c: give the folder that holds tasks.c",
        path.display()
    ))
}

/// Asks cargo where the package `freertos-next` was unpacked.
fn from_package(manifest: &Path, offline: bool) -> Outcome<PathBuf> {
    let mut command = cargo();
    command
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(manifest);
    if offline {
        command.arg("--offline");
    }
    let text = run_text(&mut command)?;
    // The one path that ends so is the package's own manifest; no JSON reader is needed for it.
    let tail = "/Cargo.toml\"";
    let end = text
        .match_indices(tail)
        .map(|(at, _)| at)
        .find(|&at| {
            text[..at].rsplit('"').next().is_some_and(|path| path.contains("freertos-next-"))
        })
        .ok_or("cargo metadata does not mention freertos-next")?;
    let root = text[..end].rsplit('"').next().unwrap_or_default();
    Ok(Path::new(root).join("FreeRTOS-Kernel"))
}
