# SPDX-License-Identifier: MIT
"""Proof that each group can fail: a copy of the heap under test is broken once per group.

A mutation is one replacement in a scratch copy. The group must pass on the untouched heap and fail,
by a check and not by the compiler, on the broken one. A mutation whose text is no longer found is
an error too: then the source has moved on and the mutation has to follow.
"""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import build
import run

HEAP4, HEAP5 = "portable/MemMang/heap_4.c", "portable/MemMang/heap_5.c"
PORT, FFI, STATE, REGIONS = "port/firmheap_port.c", "src/ffi.rs", "src/ffi/state.rs", "src/ffi/regions.rs"

# (group, subject, variant, file, pattern, replacement)
KERNEL = [
    ("symbols", "heap4", {}, HEAP4, r"void xPortResetHeapMinimumEverFreeHeapSize\( void \)\s*\{",
     "void xPortReset( void ); void xPortReset( void ) {"),
    ("sizes", "heap4", {}, HEAP4, r"heapADD_WILL_OVERFLOW\( xWantedSize, xHeapStructSize \) == 0", "1"),
    ("calloc", "heap4", {}, HEAP4, r"heapMULTIPLY_WILL_OVERFLOW\( xNum, xSize \) == 0", "1"),
    ("free", "heap4", {"assert": "count", "protector": 0}, HEAP4, r"configASSERT\( heapBLOCK_IS_ALLOCATED\( pxLink \) != 0 \);", ""),
    ("foreign", "heap4", {"assert": "count", "protector": 0}, HEAP4, r"(puc -= xHeapStructSize;[^;]*;\s*)heapVALIDATE_BLOCK_POINTER\( pxLink \);", r"\1"),
    ("order", "heap5", {"align": 8}, HEAP5,
     r"traceMALLOC\( pvReturn, xAllocatedBlockSize \);([^}]*\}\s*\( void \) xTaskResumeAll\(\);)",
     r"\1 traceMALLOC( pvReturn, xAllocatedBlockSize );"),
    ("heap_array", "heap4", {"bytes": 1024, "offset": 3}, HEAP4, r"uxStartAddress \+= \( portBYTE_ALIGNMENT - 1 \);", ""),
    ("regions", "heap5", {"hook": 0}, HEAP5, r"xTotalHeapSize \+= pxFirst", "xTotalHeapSize = pxFirst"),
    ("bad_regions", "heap5", {"hook": 0}, HEAP5, r"configASSERT\( \( size_t \) xAddress > \( size_t \) pxEnd \);", ""),
    ("small_regions", "heap5", {"hook": 0}, HEAP5, r"xAddress -= \( portPOINTER_SIZE_TYPE \) xHeapStructSize;", ""),
    ("stats", "heap4", {"align": 8}, HEAP4, r"xBlocks\+\+;", "xBlocks += 2;"),
    ("clear", "heap4", {"align": 8, "clear": 1}, HEAP4, r"pxLink->xBlockSize - xHeapStructSize \);\s*\}\s*\}\s*#endif",
     "( pxLink->xBlockSize - xHeapStructSize ) / 2 ); } }\n#endif"),
    ("nesting", "heap4", {"align": 16}, HEAP4, r"(xNumberOfSuccessfulFrees\+\+;\s*\})\s*\( void \) xTaskResumeAll\(\);", r"\1"),
    ("tracesum", "heap4", {"align": 8}, HEAP4, r"traceFREE\( pv, pxLink->xBlockSize \)", "traceFREE( pv, pxLink->xBlockSize - 1 )"),
    ("capacity", "heap4", {"align": 8, "bytes": 65536, "runtime": 1}, HEAP4,
     r"uxEndAddress -= \( portPOINTER_SIZE_TYPE \) xHeapStructSize;", "uxEndAddress -= 2 * xHeapStructSize;"),
]
OURS = [
    ("symbols", "firmheap4", {}, FFI, r"fn vPortInitialiseBlocks\(\)", "fn vPortInitializeBlocks()"),
    ("sizes", "firmheap4", {"align": 8}, "src/units.rs", r"payload_bytes\.wrapping_sub\(", "(payload_bytes & 0xFFFF).wrapping_sub("),
    ("calloc", "firmheap4", {"align": 8}, FFI, r"product\(xNum, xSize\) else", "Some(xNum.wrapping_mul(xSize)) else"),
    ("free", "firmheap4", {"assert": "count", "protector": 0}, STATE, r"config::INTEGRITY >= 1 \}", "config::INTEGRITY >= 9 }"),
    ("foreign", "firmheap4", {"assert": "count", "protector": 0}, FFI,
     r"config::INTEGRITY == 0 \{ Some\(0\)", "config::INTEGRITY <= 1 { Some(0)"),
    ("order", "firmheap4", {"align": 8}, PORT,
     r"traceMALLOC\( pv, xBlockBytes \);([^}]*?firmheapUNLOCK\(\);)", r"\1 traceMALLOC( pv, xBlockBytes );"),
    ("heap_array", "firmheap4", {"bytes": 1024, "offset": 3}, "src/units.rs",
     r"self\.plus\(GRANULE - 1\)\.align_down\(\)", "self.plus(GRANULE - 1)"),
    ("regions", "firmheap5", {"hook": 0}, "src/heap.rs",
     r"if !self\.others\.add\(listed\)", "if false"),
    ("bad_regions", "firmheap5", {"hook": 0}, REGIONS, r"if from >= heap\(\)\.control\.limit", "if from >= At::NONE"),
    ("small_regions", "firmheap5", {"hook": 0}, "src/regions.rs", r"last < first \|\| last\.0 - first\.0 < BLOCK_MIN\.bytes\(\)", "last == first"),
    ("stats", "firmheap4", {"align": 8}, "src/heap/check.rs", r"figures\.free_blocks \+= 1;", "figures.free_blocks += 2;"),
    ("clear", "firmheap4", {"align": 8, "clear": 1}, PORT, r"memset\( pv, 0, xBytes \)", "memset( pv, 0, xBytes / 2U )"),
    ("nesting", "firmheap4", {"align": 16}, PORT, r"(traceFREE\( pv, xBlockBytes \);[^}]*?)firmheapUNLOCK\(\);", r"\1"),
    ("tracesum", "firmheap4", {"align": 8}, PORT, r"traceFREE\( pv, xBlockBytes \);", "traceFREE( pv, xBlockBytes - 1U );"),
    ("capacity", "firmheap4", {"align": 8, "bytes": 65536, "runtime": 1}, "src/regions.rs",
     r"let last = end\.align_down\(\);", "let last = end.align_down().minus(16);"),
]
COPIED = ["Cargo.toml", "Cargo.lock", "build.rs", "src", "port", "include", "xtask", "tests", ".cargo"]


def copy_sources(sources, target):
    """What cargo needs to build firmheap, so that a mutation never touches the sources."""
    shutil.rmtree(target, ignore_errors=True)
    for name in COPIED:
        source = sources / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("target", "contract"))
        elif source.exists():
            shutil.copy2(source, target / name)


def mutate(source, target, pattern, replacement):
    """Writes the broken copy; true if the pattern was found exactly once."""
    text = source.read_text(encoding="utf-8").replace("\r\n", "\n")
    text, found = re.subn(pattern, replacement, text)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return found == 1


def execute(builder, mutation):
    group, subject, variant = mutation[:3]
    if group == "symbols":
        return run.symbols.check(builder, subject, run.Result(group, subject, variant))
    return run.execute(builder, group, subject, variant, None)


def verdict(base, builder, mutation, applied):
    """(killed, one line)."""
    group, subject, _variant, file, pattern, _replacement = mutation
    name = f"{group:13} {subject:10}"
    if not applied:
        return False, f"{name} STALE: {file} has no (single) match for {pattern}: let mutants.py follow the source"
    control = execute(base, mutation)
    if control.failed:
        return False, f"{name} UNCLEAR: the group fails on the untouched heap as well: {control.text[:2]}"
    broken = execute(builder, mutation)
    if any("does not build" in line for line in broken.text):
        return False, f"{name} UNCLEAR: the mutated copy does not build: {broken.text}"
    first = next((line.strip() for line in broken.text if line.startswith("    ")), (broken.text or [""])[0].strip())
    if broken.failed == 0:
        return False, f"{name} SURVIVED: {pattern} broken in {file}, and nothing failed"
    return True, f"{name} killed by {broken.failed} of {broken.failed + broken.passed} checks, first: {first[:150]}"


def kernel_mutant(base, kernel, scratch, number, mutation):
    group, subject, _variant, file, pattern, replacement = mutation
    copy = scratch / f"kernel-{number}-{group}" / build.Path(file).name
    applied = mutate(kernel / file, copy, pattern, replacement)
    builder = build.Builder(kernel, scratch / f"kernel-{number}-{group}", heap_files={subject: copy})
    return verdict(base, builder, mutation, applied)


def our_mutant(base, kernel, scratch, sources, mutation):
    """One copy of the sources for all, so that cargo rebuilds only what was touched."""
    file, pattern, replacement = mutation[3:]
    copy = scratch / "sources"
    applied = mutate(sources / file, copy / file, pattern, replacement)
    builder = build.Builder(kernel, scratch / "ours", sources=copy)
    if file == PORT:
        builder.archives = base.archives    # the archive is the untouched one
    line = verdict(base, builder, mutation, applied)
    shutil.copy2(sources / file, copy / file)
    (copy / file).touch()
    return line


def check(kernel, scratch, options):
    """All mutations of the groups and heaps asked for; 0 if each was noticed."""
    def asked(mutation):
        return (not options.only or mutation[0] in options.only) and (not options.heap or mutation[1] in options.heap)

    scratch = scratch / "mutants"
    sources = options.sources.resolve()
    base = build.Builder(kernel, scratch / "base", sources)
    lines = []

    def tell(line):
        lines.append(line)
        print(line[1], flush=True)

    kernels = [(n, m) for n, m in enumerate(KERNEL) if asked(m)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for line in pool.map(lambda job: kernel_mutant(base, kernel, scratch, *job), kernels):
            tell(line)
    ours = [mutation for mutation in OURS if asked(mutation)]
    if ours:
        copy_sources(sources, scratch / "sources")
    for mutation in ours:
        tell(our_mutant(base, kernel, scratch, sources, mutation))
    survived = sum(1 for killed, _ in lines if not killed)
    print(f"{len(lines) - survived} passed, {survived} failed")
    return 1 if survived else 0
