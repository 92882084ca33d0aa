#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each archive with each port file, for a Cortex-M3: pairs that belong together link, all others are undefined symbols
that say what is needed. And two schemes at once are refused wherever a scheme can be named.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from images import COMPILERS, ROOT, BuildError  # noqa: E402
from build import cargo, find_kernel, run  # noqa: E402
from flash import HERE, Flash, OUTSIDE  # noqa: E402

SCHEMES = ("firm", "heap_1", "heap_2", "heap_3", "heap_4", "heap_5")
# Beyond what a request needs: the yield of the port, and the move of pvPortRealloc.
OUTSIDE_WORDS = [f"-Wl,--defsym={name}=0x101" for name in (*OUTSIDE, "vPortYield", "memmove")]


class Pairs(Flash):
    """Archives and port files of every scheme."""

    def archive_of(self, scheme, alignment=8, **more):
        """An archive; more: CLEAR=1, INTEGRITY=2, TRACE=0, HOOK=0."""
        options = {"ALIGNMENT": alignment, "INTEGRITY": 1, "TRACE": 1, "HOOK": 1, "CLEAR": 0, **more}
        made = self.scratch / f"pair-{scheme}-{'-'.join(map(str, options.values()))}.a"
        stamp, now = made.with_suffix(".stamp"), self.sources_hash()
        if not (made.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == now):
            run(["cmake", "-DRUST_TARGET=thumbv7m-none-eabi", f"-DOUT={made}", f"-DWORK={self.scratch / 'work-target'}",
                 f"-DSCHEME={scheme}", *[f"-D{name}={value}" for name, value in options.items()],
                 "-P", str(self.sources / "cmake/firmheap_archive.cmake")])
            stamp.write_text(now, encoding="ascii")
        return made

    def port_of(self, scheme, *defines):
        folder = self.scratch / f"pair-{scheme}"
        folder.mkdir(exist_ok=True)
        flags = [*COMPILERS["target"], "-std=c99", "-Os", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Wpedantic",
                 "-Wconversion", "-Werror", *defines, f"-DFIRMHEAP_SCHEME={scheme}", f"-I{HERE / 'flash'}",
                 "-isystem", str(self.kernel / "include"), "-isystem", str(self.kernel / "portable/GCC/ARM_CM3"),
                 f"-I{self.sources / 'include'}"]
        return self.compile(self.sources / "port/firmheap_port.c", folder, flags)

    def link(self, port, archives, drop):
        """What the linker says; empty if it is content."""
        command = [*COMPILERS["target"], "-nostdlib", *(["-Wl,--gc-sections"] if drop else []), "-Wl,-e,pvPortMalloc,-u,vPortFree",
                   *OUTSIDE_WORDS, str(port), *map(str, archives), "-o", str(self.scratch / "pair.elf")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr


def refusals(pairs):
    """Two schemes at once, and unknown ones."""
    environment = dict(os.environ, FIRMHEAP_SCHEME="heap_2,heap_4", CARGO_TARGET_DIR=str(pairs.scratch / "refused"))
    script = str(ROOT / "cmake/firmheap_archive.cmake")
    commands = [
        ("the environment of cargo", "use one of firm, heap_1",
         [cargo(), "check", "--lib", "--package", "firmheap", "--manifest-path", str(ROOT / "Cargo.toml")], environment),
        ("CMake", "FIRMHEAP_SCHEME is one of firm heap_1 heap_2",
         ["cmake", "-DSCHEME=heap_2;heap_4", "-DRUST_TARGET=thumbv7m-none-eabi", f"-DOUT={pairs.scratch / 'no.a'}",
          f"-DWORK={pairs.scratch / 'work-target'}", "-P", script], None),
    ]
    for title, sentence, command, environment in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        said = " ".join((done.stdout + done.stderr).split())
        yield f"two schemes in {title}", done.returncode != 0 and sentence in said, said[-300:]
    for title, scheme, defines, sentence in (
            ("the port file", "6", (), "FIRMHEAP_SCHEME is one of"),
            ("the port file: heap_4 with regions", "heap_4", ("-DFIRMHEAP_USE_REGIONS=1",), "have regions"),
            ("the port file: heap_5 without", "heap_5", ("-DFIRMHEAP_USE_REGIONS=0",), "has regions")):
        try:
            pairs.port_of(scheme, *defines)
            yield title, False, "it compiled"
        except BuildError as error:
            yield title, sentence in str(error), str(error)[-300:]
    try:
        pairs.port_of("heap_2", "-DFIRMHEAP_SCHEME=heap_4")
        yield "two schemes for the port file", False, "it compiled"
    except BuildError as error:
        yield "two schemes for the port file", "FIRMHEAP_SCHEME" in str(error), str(error)[-300:]


def options_that_disagree(pairs):
    """A FreeRTOSConfig.h that needs more than the archive has."""
    for title, scheme, archive, defines, sentence in (
            ("alignment", "heap_4", {"alignment": 16}, (), "firmheap_port_file_of_SCHEME_heap_4_ALIGNMENT_16"),
            ("failed hook", "heap_3", {"TRACE": 0, "HOOK": 0}, ("-DFLASH_HOOK=1",), "without_MALLOC_FAILED_HOOK"),
            ("clearing", "heap_2", {}, ("-DconfigHEAP_CLEAR_MEMORY_ON_FREE=1",), "without_CLEAR_ON_FREE"),
            ("protector", "heap_5", {}, ("-DFLASH_PROTECTOR=1",), "without_HEAP_PROTECTOR")):
        said = pairs.link(pairs.port_of(scheme, *defines), [pairs.archive_of(scheme, **archive)], True)
        yield f"{title} of {scheme}", sentence in said, said[-300:] or "it linked"


def every_pair(pairs):
    archives = {scheme: pairs.archive_of(scheme) for scheme in SCHEMES}
    ports = {scheme: pairs.port_of(scheme) for scheme in SCHEMES}
    for drop in (True, False):
        how = "--gc-sections" if drop else "all sections"
        for archive in SCHEMES:
            for port in SCHEMES:
                said = pairs.link(ports[port], [archives[archive]], drop)
                wanted = ("firmheap_port_file_of_SCHEME_" + archive, "firmheap_archive_of_SCHEME_" + port, "firmheap_archive_for_")
                good = said == "" if archive == port else any(word in said for word in wanted)
                yield f"archive {archive}, port file {port}, {how}", good, said[-300:] or "it linked"
    said = pairs.link(ports["heap_4"], [archives["heap_2"], archives["heap_4"]], True)
    yield "two archives", "multiple definition" in said or "firmheap_port_file_of_SCHEME_heap_2" in said, said[-300:] or "it linked"


def main():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    good = bad = 0
    try:
        (target / "twin").mkdir(parents=True, exist_ok=True)
        pairs = Pairs(find_kernel(None), (target / "twin").resolve())
        for checks in (every_pair, options_that_disagree, refusals):
            for title, holds, said in checks(pairs):
                good, bad = good + holds, bad + (not holds)
                if not holds:
                    print(f"FAILED {title}: {said}")
    except BuildError as error:
        print(f"pairs: {error}", file=sys.stderr)
        return 2
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
