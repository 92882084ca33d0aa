# SPDX-License-Identifier: MIT
"""Proof that the twin test can fail: each scheme is broken once in a copy of the sources, by one replacement.

A mutation whose text is no longer found is an error, too: then the source has moved on and it has to follow.
"""

import shutil
from pathlib import Path

from images import ROOT, BuildError, Images

# (scheme, file, text, replacement)
MUTANTS = [
    (1, "src/scheme/heap_1.rs", ".saturating_sub(1);", ";"),
    (2, "src/scheme/heap_2.rs", "size(means, next) >= bytes", "size(means, next) > bytes"),
    (2, "src/scheme/heap_2.rs", "rest > REST_MAX", "rest >= REST_MAX"),
    (3, "src/scheme/heap_3.rs", "        Ok(0)", "        Ok(8)"),
    (4, "src/scheme/ordered.rs", "rest > REST_MAX", "rest >= REST_MAX"),
    (4, "src/scheme/ordered.rs", "self.free_min = self.free_min.min(self.free);", ""),
    (4, "src/scheme/ordered.rs", "        // Out of use whatever becomes of it: a second free finds this header.\n        set_size(means, block, bytes);\n", ""),
    (5, "src/scheme/ordered.rs", "block.plus(total) == after && after != self.end", "block.plus(total) == after && size(means, after) != 0"),
    (5, "src/scheme/ordered.rs", "let mark = align_down(end.minus(HEADER));", "let mark = align_down(end.minus(2 * HEADER));"),
    (4, "port/firmheap_exact.c", "vApplicationMallocFailedHook();", ""),
]


def copy_of_sources(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("src", "port", "include", "cmake"):
        shutil.copytree(ROOT / part, folder / part)
    for part in ("Cargo.toml", "Cargo.lock", "build.rs"):
        shutil.copy(ROOT / part, folder / part)
    for member in ("xtask", "tools/trace", "tests/abi", "tests/header", "tests/proof"):   # the workspace names them
        shutil.copytree(ROOT / member, folder / member)
    return folder


def check(kernel, scratch, options, test):
    """Each mutant on this machine, short; returns the exit status."""
    caught = 0
    options.on, wanted = ["host"], set(options.scheme)
    chosen = [mutant for mutant in MUTANTS if mutant[0] in wanted]
    for number, (scheme, file, text, replacement) in enumerate(chosen):
        folder = copy_of_sources(scratch / "mutant")
        source = Path(folder / file)
        before = source.read_text(encoding="utf-8")
        if text not in before:
            raise BuildError(f"{file} no longer has `{text}`: teach broken.py")
        source.write_text(before.replace(text, replacement, 1), encoding="utf-8")
        options.scheme, options.operations = [scheme], {scheme: 20000}
        _operations, failures, count = test(Images(kernel, scratch / "mutants", folder), options)
        caught += bool(failures)
        print(f"{'caught' if failures else 'NOT CAUGHT'}: heap_{scheme}, {text.strip()} ({len(failures)} of {count} images)", flush=True)
        if number + 1 == len(chosen):
            shutil.rmtree(folder)
    print(f"{caught} passed, {len(chosen) - caught} failed")
    return 0 if caught == len(chosen) else 1
