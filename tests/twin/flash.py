#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Flash of each scheme on a Cortex-M3 beside the kernel's heap file of the same number, -Os, every function of the
kernel's file linked, all else dropped. Fails if a scheme is larger.

    tests/twin/flash.py            prints the table and compares it with docs/SCHEMES.md
    tests/twin/flash.py --bless    writes it there
"""

import argparse
import os
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from images import COMPILERS, HERE, ROOT, BuildError, Images, Variant  # noqa: E402
from build import find_kernel, run  # noqa: E402

PAGE = ROOT / "docs/SCHEMES.md"
BEGIN, END = "<!-- made by tests/twin/flash.py --bless -->", "<!-- end -->"
OUTSIDE = ("vTaskSuspendAll", "xTaskResumeAll", "vPortEnterCritical", "vPortExitCritical", "memset", "malloc", "free",
           "vFlashAssert", "vApplicationMallocFailedHook", "vApplicationGetRandomHeapCanary", "vFlashTrace", "ucHeap")
ASSERT = "-DconfigASSERT(x)=do{if((x)==0){vFlashAssert();}}while(0)"
HOOK = "-DFLASH_HOOK=1"
TRACE = ("-DtraceMALLOC(pv,ux)=vFlashTrace((pv),(ux))", "-DtraceFREE(pv,ux)=vFlashTrace((pv),(ux))")
# Here the archive checks what the kernel's file checks only with configASSERT: shown, and not compared.
MORE_CHECKED = "no macros, integrity 1: more is checked than in the kernel's file"
# (title, what FreeRTOSConfig.h has, integrity, trace, hook, schemes)
CONFIGS = [
    ("no macros, integrity 0", (), 0, 0, 0, (1, 2, 3, 4, 5)),
    (MORE_CHECKED, (), 1, 0, 0, (1, 2, 3, 4, 5)),
    ("configASSERT and failed hook", (ASSERT, HOOK), 1, 0, 1, (1, 2, 3, 4, 5)),
    ("these and the protector", (ASSERT, HOOK, "-DFLASH_PROTECTOR=1"), 2, 0, 1, (4, 5)),
]


class Flash(Images):
    """Links for measuring only."""

    def archive_for(self, scheme, level, trace, hook):
        """An archive with just these options."""
        made = self.scratch / f"flash-{scheme}-{level}-{trace}-{hook}.a"
        stamp = made.with_suffix(".stamp")
        now = self.sources_hash()
        if not (made.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == now):
            run(["cmake", "-DRUST_TARGET=thumbv7m-none-eabi", f"-DOUT={made}", f"-DWORK={self.scratch / 'work-target'}",
                 f"-DSCHEME=heap_{scheme}", "-DALIGNMENT=8", f"-DINTEGRITY={level}", f"-DTRACE={trace}", f"-DHOOK={hook}",
                 "-DCLEAR=0", "-P", str(self.sources / "cmake/firmheap_archive.cmake")])
            stamp.write_text(now, encoding="ascii")
        return made

    def sizes(self, scheme, config):
        """(kernel's bytes, ours)"""
        _title, defines, level, trace, hook, _schemes = config
        folder = self.scratch / f"flash-{scheme}"
        folder.mkdir(exist_ok=True)
        flags = [*COMPILERS["target"], "-std=gnu99", "-Os", "-ffunction-sections", "-fdata-sections", "-w", *defines,
                 f"-I{HERE / 'flash'}", f"-I{self.kernel / 'include'}", f"-I{self.kernel / 'portable/GCC/ARM_CM3'}",
                 f"-I{self.sources / 'include'}"]
        kernel = self.compile(self.kernel / f"portable/MemMang/heap_{scheme}.c", folder, flags)
        port = self.compile(self.sources / "port/firmheap_port.c", folder, [*flags, f"-DFIRMHEAP_SCHEME=heap_{scheme}"])
        listing = run(["arm-none-eabi-nm", "-g", "--defined-only", str(kernel)]).splitlines()
        functions = [line.split()[-1] for line in listing if line.split()[1] == "T"]
        archive = self.archive_for(scheme, level, trace, hook)
        return (self.linked([kernel], functions, folder), self.linked([port, archive], functions, folder))

    def linked(self, objects, functions, folder):
        """Bytes in flash: code, constants, initial values."""
        image = folder / "flash.elf"
        roots = [f"-Wl,-u,{name}" for name in functions]
        outside = [f"-Wl,--defsym={name}=0x101" for name in OUTSIDE]
        run([*COMPILERS["target"], "-nostdlib", "-Wl,--gc-sections,-e,pvPortMalloc", *roots, *outside, *map(str, objects),
             "-o", str(image)])
        found = run(["arm-none-eabi-size", "-A", str(image)])
        sections = {line.split()[0]: int(line.split()[1]) for line in found.splitlines() if line.startswith(".")}
        total = sum(sections.get(name, 0) for name in (".text", ".rodata", ".data"))
        if total < 40:
            raise BuildError(f"{image} has nothing in it: {found}")
        return total


def measure(flash):
    """[(title, scheme, kernel, ours)]"""
    return [(config[0], scheme, *flash.sizes(scheme, config)) for config in CONFIGS for scheme in config[5]]


def table(rows):
    lines = ["| FreeRTOSConfig.h, archive | scheme | kernel's file | firmheap |", "|---|---|---|---|"]
    lines += [f"| {title} | heap_{scheme} | {kernel} | {ours} |" for title, scheme, kernel, ours in rows]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bless", action="store_true", help="write the table into docs/SCHEMES.md")
    parser.add_argument("--kernel", help="folder of the FreeRTOS kernel")
    options = parser.parse_args()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    try:
        rows = measure(Flash(find_kernel(options.kernel), (target / "twin").resolve()))
    except BuildError as error:
        print(f"flash: {error}", file=sys.stderr)
        return 2
    print(table(rows))
    larger = [f"heap_{scheme}, {title}: {ours} bytes, the kernel's file {kernel}" for title, scheme, kernel, ours in rows
              if ours > kernel and title != MORE_CHECKED]
    page = PAGE.read_text(encoding="utf-8")
    if options.bless:
        page = re.sub(f"{BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{table(rows)}\n{END}", page, flags=re.S)
        PAGE.write_text(page, encoding="utf-8")
    elif table(rows) not in page:
        larger.append("docs/SCHEMES.md has another table: if the compilers are the same, tests/twin/flash.py --bless")
    for line in larger:
        print(f"FAILED {line}")
    compared = sum(title != MORE_CHECKED for title, *_rest in rows) + 1
    print(f"{compared - len(larger)} passed, {len(larger)} failed")
    return 1 if larger else 0


if __name__ == "__main__":
    sys.exit(main())
