// SPDX-License-Identifier: MIT
//! Lets bindgen read the real kernel's headers, with the port file behind them, for the target that
//! is compiled for; and on hosts compiles the port file, once for each way of using it.

use std::env::var;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "setup/kernel.rs"]
mod kernel;
#[path = "setup/targets.rs"]
mod targets;

/// The archives for tests/heap_4.rs and tests/heap_5.rs, and what their port file is compiled with.
const USES: [(&str, &[(&str, &str)]); 2] = [
    ("abi_heap_4", &[("FIRMHEAP_USE_REGIONS", "0")]),
    ("abi_heap_5", &[("FIRMHEAP_USE_REGIONS", "1"), ("FIRMHEAP_REGION_LIMIT", "3")]),
];

fn main() {
    let target = var("TARGET").expect("cargo sets TARGET");
    let out = PathBuf::from(var("OUT_DIR").expect("cargo sets OUT_DIR"));
    for path in ["build.rs", "setup", "c", "../../port/firmheap_port.c", "../../include"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let includes = includes(&kernel::folder(), &target);
    read_headers(&includes, &target, &out.join("kernel.rs"));
    if var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system != "none") {
        for (archive, definitions) in USES {
            compile(archive, definitions, &includes);
        }
        println!("cargo:rustc-link-search=native={}", out.display());
    }
    targets::say_which_are_there();
}

/// `c/` is an application: it has the FreeRTOSConfig.h.
fn includes(kernel: &Path, target: &str) -> Vec<PathBuf> {
    let port = if target.starts_with("thumb") { "GCC/ARM_CM3" } else { "ThirdParty/GCC/Posix" };
    let mut folders = vec![
        "c".into(),
        "../../include".into(),
        kernel.join("include"),
        kernel.join("portable").join(port),
    ];
    if target.starts_with("thumb") {
        folders.push("c/bare".into());
    }
    folders
}

fn read_headers(includes: &[PathBuf], target: &str, bindings: &Path) {
    std::panic::catch_unwind(bindgen::clang_version).unwrap_or_else(|_| {
        panic!(
            "libclang is missing: bindgen reads the kernel's headers with it. Install it (Debian: \
             apt-get install libclang-dev), or set LIBCLANG_PATH to the folder of libclang.so"
        )
    });
    let found = bindgen::builder()
        .header("c/headers.h")
        .clang_args(clang_target(target))
        .clang_args(includes.iter().map(|folder| format!("-I{}", folder.display())))
        .clang_args(large().then_some("-DFIRMHEAP_REGIONS_LARGE=1"))
        .allowlist_item("(pvPort|vPort|xPort|Heap|FIRMHEAP_|Firmheap|vFirmheap|xAbi).*")
        .ctypes_prefix("cty")
        .use_core()
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .derive_default(true)
        .generate();
    match found {
        Ok(found) => found.write_to_file(bindings).expect("OUT_DIR is writable"),
        Err(why) => panic!("bindgen cannot read the kernel's headers: {why}"),
    }
}

/// libclang's words for the target, and where a cross target finds its standard headers: the
/// compiler's own serve every target; gcc-multilib keeps the 32-bit host's beside the 64-bit ones.
fn clang_target(target: &str) -> Vec<String> {
    let mut words = vec![format!("--target={target}")];
    if target.starts_with("thumb") {
        words.extend(["-ffreestanding".to_owned(), "-mfloat-abi=soft".to_owned()]);
        words.push(format!("-isystem{}", ask_cc("-print-file-name=include")));
    } else if var("HOST").is_ok_and(|host| host != target) {
        words.push(format!("-isystem/usr/include/{}", ask_cc("-print-multiarch")));
    }
    words
}

fn ask_cc(question: &str) -> String {
    let ran = Command::new("cc").arg(question).output();
    let ran = ran.unwrap_or_else(|why| panic!("cc does not start ({why}): install gcc"));
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}

fn compile(archive: &str, definitions: &[(&str, &str)], includes: &[PathBuf]) {
    let mut build = cc::Build::new();
    build
        .file("c/firmheap_port_with_heads.c")
        .file("c/kernel.c")
        .includes(includes)
        .std("c99")
        .extra_warnings(true);
    for (name, value) in definitions {
        build.define(name, *value);
    }
    if large() {
        build.define("FIRMHEAP_REGIONS_LARGE", "1");
    }
    // The test that wants it names it: the two define the same symbols.
    build.cargo_metadata(false).compile(archive);
}

/// The archive's form of regions, which its own build takes from the same variable.
fn large() -> bool {
    println!("cargo:rerun-if-env-changed=FIRMHEAP_REGIONS");
    var("FIRMHEAP_REGIONS").is_ok_and(|regions| regions == "large")
}
