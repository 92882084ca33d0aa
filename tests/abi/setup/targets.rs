// SPDX-License-Identifier: MIT
//! Which other targets can be built for: the tests that need a missing one are shown as ignored.

use std::env::var;
use std::path::Path;
use std::process::Command;

const TARGETS: [(&str, &str, &str); 2] = [
    ("abi_has_i686", "i686-unknown-linux-gnu", "libstd-"),
    ("abi_has_cortex_m3", "thumbv7m-none-eabi", "libcore-"),
];

/// Sets a cfg for each target whose libraries are installed.
pub fn say_which_are_there() {
    for (name, target, library) in TARGETS {
        println!("cargo:rustc-check-cfg=cfg({name})");
        if has(target, library) {
            println!("cargo:rustc-cfg={name}");
        }
    }
}

fn has(target: &str, library: &str) -> bool {
    let rustc = var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let query = Command::new(rustc).args(["--print", "target-libdir", "--target", target]).output();
    let Ok(answer) = query else { return false };
    let said = String::from_utf8_lossy(&answer.stdout);
    let folder = Path::new(said.trim());
    // rustlib/<target>/lib: a target that is installed later changes rustlib.
    if let Some(rustlib) = folder.ancestors().nth(2).filter(|rustlib| rustlib.exists()) {
        println!("cargo:rerun-if-changed={}", rustlib.display());
    }
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| name.to_string_lossy().starts_with(library))
}
