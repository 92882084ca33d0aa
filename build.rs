// SPDX-License-Identifier: MIT
//! Names the archive after its options, so that a port file compiled for others does not link; and, for
//! firmware that is built by cargo (feature `port`), compiles the port file with `cc`.

use std::env::var;

/// One of them is in an archive.
const SCHEMES: [&str; 6] = ["firm", "heap_1", "heap_2", "heap_3", "heap_4", "heap_5"];

/// Each includes those before it.
const TRACK: [&str; 4] = ["off", "tasks", "sites", "trace"];

fn main() {
    let scheme = option("FIRMHEAP_SCHEME", "firm", &SCHEMES);
    let firm = scheme == "firm";
    let regions = option("FIRMHEAP_REGIONS", "compact", &["compact", "large"]);
    let alignments: &[&str] = if firm { &["8", "16", "32"] } else { &["4", "8", "16", "32"] };
    let alignment = option("FIRMHEAP_ALIGNMENT", "8", alignments);
    let levels: &[&str] = if firm { &["0", "1", "2", "3", "4"] } else { &["0", "1", "2"] };
    let integrity = option("FIRMHEAP_INTEGRITY", "1", levels);
    let clear = option("FIRMHEAP_CLEAR_ON_FREE", "0", &["0", "1"]);
    let trace = option("FIRMHEAP_TRACE", "1", &["0", "1"]);
    let inject = option("FIRMHEAP_INJECT_FAILURES", "0", &["0", "1"]);
    interrupts(firm);
    println!("cargo:rustc-env=FIRMHEAP_REGIONS={regions}");
    println!("cargo:rustc-env=FIRMHEAP_ALIGNMENT={alignment}");
    println!("cargo:rustc-env=FIRMHEAP_INTEGRITY={integrity}");
    let hook = option("FIRMHEAP_HOOK", "1", &["0", "1"]);
    println!("cargo:rustc-env=FIRMHEAP_HOOK={hook}");
    let pair = format!("SCHEME_{scheme}_ALIGNMENT_{alignment}");
    if firm {
        println!("cargo:rustc-env=FIRMHEAP_ANCHOR=firmheap_archive_for_REGIONS_{regions}_ALIGNMENT_{alignment}");
    } else {
        println!("cargo:rustc-env=FIRMHEAP_ANCHOR=firmheap_archive_of_{pair}");
    }
    println!("cargo:rustc-env=FIRMHEAP_PORT_ANCHOR=firmheap_port_file_of_{pair}");
    println!("cargo:rustc-check-cfg=cfg(firmheap_scheme, values(\"{}\"))", SCHEMES.join("\",\""));
    println!("cargo:rustc-cfg=firmheap_scheme=\"{scheme}\"");
    println!("cargo:rustc-env=FIRMHEAP_CLEAR_ON_FREE={clear}");
    println!("cargo:rustc-env=FIRMHEAP_TRACE={trace}");
    for level in ["1", "2", "3", "4"] {
        flag(&format!("firmheap_integrity_{level}"), integrity.as_str() >= level);
    }
    tracking(firm);
    let protected = ["heap_4", "heap_5"].contains(&scheme.as_str());
    flag("firmheap_protector", integrity == "2" && protected);
    flag("firmheap_clear_on_free", clear == "1");
    flag("firmheap_trace", trace == "1");
    flag("firmheap_hook", trace == "1" || hook == "1");
    flag("firmheap_inject_failures", inject == "1");
    flags_of_the_cpu();
    println!("cargo:rerun-if-changed=build.rs");

    #[cfg(feature = "port")]
    port::compile(&scheme, &regions);
}

/// What the CPU lacks or has.
fn flags_of_the_cpu() {
    let target = var("TARGET").unwrap_or_default();
    let no_clz = ["thumbv6m", "thumbv8m.base", "riscv32"];
    let no_clz = no_clz.iter().any(|cpu| target.starts_with(cpu));
    flag("firmheap_no_clz", no_clz);
    let few_registers = ["thumbv6m", "thumbv8m.base"].iter().any(|cpu| target.starts_with(cpu));
    flag("firmheap_few_registers", few_registers);
    let double_words = ["thumbv7", "thumbv8m.main"].iter().any(|cpu| target.starts_with(cpu));
    flag("firmheap_double_words", double_words);
}

/// What interrupt handlers may do.
fn interrupts(firm: bool) {
    let locks: &[&str] = if firm { &["scheduler", "critical"] } else { &["scheduler"] };
    let lock = option("FIRMHEAP_LOCK", "scheduler", locks);
    // Where they may free by themselves, nothing waits.
    let deferred: &[&str] = if firm && lock == "scheduler" { &["0", "1"] } else { &["0"] };
    let deferred = option("FIRMHEAP_FREE_FROM_ISR", "0", deferred);
    flag("firmheap_lock_critical", lock == "critical");
    flag("firmheap_free_from_isr", deferred == "1");
}

/// What is known of each block, and what follows from it.
fn tracking(firm: bool) {
    let level = option("FIRMHEAP_TRACK", "off", &TRACK);
    let budgets = option("FIRMHEAP_BUDGETS", "0", &["0", "1"]) == "1";
    flag("firmheap_budgets", budgets);
    if budgets && level == "off" {
        println!("cargo::error=FIRMHEAP_BUDGETS=1 needs FIRMHEAP_TRACK=tasks or more: who holds what must be known");
    }
    let tracked = TRACK.iter().position(|name| *name == level).unwrap_or(0);
    if tracked > 0 && !firm {
        println!("cargo::error=FIRMHEAP_TRACK={level} needs FIRMHEAP_SCHEME=firm: the kernel's own schemes have no room in their headers");
    }
    println!("cargo:rustc-env=FIRMHEAP_TRACK_LEVEL={tracked}");
    println!("cargo:rustc-env=FIRMHEAP_TRACK_ANCHOR=firmheap_archive_of_TRACK_{level}");
    for (rank, name) in TRACK.iter().enumerate().skip(1) {
        flag(&format!("firmheap_track_{name}"), tracked >= rank);
    }
}

fn flag(name: &str, on: bool) {
    println!("cargo:rustc-check-cfg=cfg({name})");
    if on {
        println!("cargo:rustc-cfg={name}");
    }
}

/// The value of an option from the environment, or its default; anything unknown stops the build.
fn option(name: &str, default: &str, known: &[&str]) -> String {
    println!("cargo:rerun-if-env-changed={name}");
    let value = var(name).unwrap_or_else(|_| default.to_owned());
    if !known.contains(&value.as_str()) {
        println!("cargo::error={name}={value} is not known: use one of {}", known.join(", "));
    }
    value
}

#[cfg(feature = "port")]
mod port {
    use super::var;

    /// What the archive was told holds for the port file.
    const ALIKE: [&str; 6] = [
        "FIRMHEAP_INTEGRITY",
        "FIRMHEAP_LOCK",
        "FIRMHEAP_FREE_FROM_ISR",
        "FIRMHEAP_INJECT_FAILURES",
        "FIRMHEAP_TRACK",
        "FIRMHEAP_BUDGETS",
    ];

    /// Compiles `port/firmheap_port.c` against the kernel and configuration named by the environment.
    pub fn compile(scheme: &str, regions: &str) {
        let includes = "FIRMHEAP_PORT_INCLUDES";
        println!("cargo:rerun-if-env-changed={includes}");
        println!("cargo:rerun-if-changed=port");
        println!("cargo:rerun-if-changed=include");
        let paths = var(includes).unwrap_or_else(|_| {
            panic!(
                "set {includes} to the folders of FreeRTOSConfig.h, of the kernel's include/ and of its port \
                 (portmacro.h), separated as in PATH: feature `port` compiles the port file against them"
            )
        });
        let folders: Vec<_> = std::env::split_paths(&paths).collect();
        for folder in &folders {
            println!("cargo:rerun-if-changed={}", folder.display());
        }
        let mut build = cc::Build::new();
        build.file("port/firmheap_port.c");
        if cfg!(feature = "pools") {
            build.file("port/firmheap_pool.c");
        }
        for option in ALIKE {
            if let Ok(value) = var(option) {
                build.define(option, value.as_str());
            }
        }
        build
            .include("include")
            .includes(folders)
            .define("FIRMHEAP_SCHEME", scheme)
            .define("FIRMHEAP_REGIONS_LARGE", if regions == "large" { "1" } else { "0" })
            .std("c99")
            .warnings(true)
            .extra_warnings(true)
            .compile("firmheap_port");
    }
}
