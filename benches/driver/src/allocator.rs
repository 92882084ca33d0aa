// SPDX-License-Identifier: MIT
//! Who is measured, and what each is made of.

/// Where an allocator's code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A heap file of the FreeRTOS kernel.
    Kernel { file: &'static str },
    /// C files of this folder (`allocators/<dir>/`), and libc's where they call it.
    C { dir: &'static str },
    /// A feature of the crate `allocators/rust_peers`.
    Rust { feature: &'static str },
    /// The C of a crate from the registry, by the path of its source in the package, with `allocators/<dir>/`.
    Packaged { dir: &'static str, package: &'static str, source: &'static str },
    /// This project: the archive users link and the port file.
    Firmheap { regions: &'static str, integrity: &'static str },
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Allocator {
    /// What `--only` takes.
    pub name: &'static str,
    pub label: &'static str,
    pub source: Source,
    /// Macros for its C files.
    pub defines: &'static [&'static str],
    /// The largest heap it can manage in one region.
    pub max_heap: u32,
}

/// Room for any of the traces without a single failure.
pub const ROOMY: u32 = 960 * 1024;
/// What the linker script has for the heap.
const ALL: u32 = 3 * 1024 * 1024;

const fn kernel(
    name: &'static str,
    label: &'static str,
    file: &'static str,
    defines: &'static [&'static str],
) -> Allocator {
    Allocator { name, label, source: Source::Kernel { file }, defines, max_heap: ALL }
}

const fn rust(feature: &'static str, label: &'static str) -> Allocator {
    Allocator {
        name: feature,
        label,
        source: Source::Rust { feature },
        defines: &[],
        max_heap: ALL,
    }
}

const fn firmheap(
    name: &'static str,
    label: &'static str,
    regions: &'static str,
    integrity: &'static str,
    max_heap: u32,
) -> Allocator {
    Allocator {
        name,
        label,
        source: Source::Firmheap { regions, integrity },
        defines: &[],
        max_heap,
    }
}

/// configTOTAL_HEAP_SIZE above this asks for the large form.
pub const COMPACT: u32 = 261_120;

pub const ALLOCATORS: &[Allocator] = &[
    Allocator {
        name: "null",
        label: "(null allocator)",
        source: Source::C { dir: "null" },
        defines: &[],
        max_heap: ALL,
    },
    firmheap("firmheap", "**firmheap**", "compact", "1", COMPACT),
    firmheap("firmheap-0", "firmheap, integrity 0", "compact", "0", COMPACT),
    firmheap("firmheap-2", "firmheap, integrity 2", "compact", "2", COMPACT),
    firmheap("firmheap-3", "firmheap, integrity 3, no quarantine", "compact", "3", COMPACT),
    firmheap("firmheap-large", "firmheap, wide form", "large", "1", ALL),
    firmheap("firmheap-large-0", "firmheap, wide form, integrity 0", "large", "0", ALL),
    kernel("heap_4", "FreeRTOS heap_4", "heap_4.c", &[]),
    kernel("heap_4-assert", "heap_4 + configASSERT", "heap_4.c", &["BENCH_ASSERT"]),
    kernel(
        "heap_4-protector",
        "heap_4 + assert + protector",
        "heap_4.c",
        &["BENCH_ASSERT", "BENCH_PROTECTOR"],
    ),
    kernel("heap_5", "FreeRTOS heap_5", "heap_5.c", &["BENCH_REGIONS"]),
    kernel("heap_2", "FreeRTOS heap_2", "heap_2.c", &[]),
    Allocator {
        name: "nano",
        label: "newlib-nano malloc",
        source: Source::C { dir: "nano" },
        defines: &[],
        max_heap: ALL,
    },
    Allocator {
        name: "o1heap",
        label: "o1heap",
        source: Source::Packaged {
            dir: "o1heap",
            package: "o1heap",
            source: "o1heap/o1heap/o1heap.c",
        },
        defines: &[],
        max_heap: ALL,
    },
    rust("rlsf", "rlsf, SL 8"),
    rust("talc", "talc + size header"),
    rust("tlsf", "embedded-alloc tlsf"),
    rust("llff", "embedded-alloc llff + size header"),
    rust("linked-list", "linked_list_allocator + size header"),
    rust("buddy", "buddy_system_allocator + size header"),
];

impl Allocator {
    /// The same allocator for regions beyond 256 KiB, where that is another build.
    pub fn wide_form(&self) -> Option<&'static Allocator> {
        let Source::Firmheap { regions: "compact", integrity } = self.source else { return None };
        let wide = Source::Firmheap { regions: "large", integrity };
        ALLOCATORS.iter().find(|allocator| allocator.source == wide)
    }

    /// The heap for timing: roomy, as far as the allocator goes.
    pub fn timing_heap(&self) -> u32 {
        ROOMY.min(self.max_heap - 64)
    }
}
