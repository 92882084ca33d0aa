#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Preemption inside the heap: tests/concurrency/main.c on the kernel's POSIX port, plain and with the address and
undefined-behaviour sanitizers, at each integrity level. One line per program; the last line is the sum.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = {"cc": "gcc", "cmake": "cmake", "ninja": "ninja-build"}
HEAP_BYTES = 14 * 1024  # small enough that requests are refused now and then
# name: heap, integrity, sanitizers, share of the operations. A new level is one more line.
PROGRAMS = {
    "level 0": ("firmheap", 0, "", 1.0),
    "level 1": ("firmheap", 1, "", 1.0),
    "level 2": ("firmheap", 2, "", 1.0),
    "level 1, ASan and UBSan": ("firmheap", 1, "address,undefined", 1.0),
    "level 2, ASan and UBSan": ("firmheap", 2, "address,undefined", 1.0),
}


def must(command):
    ran = subprocess.run([str(word) for word in command], text=True, check=False, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    if ran.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{ran.stdout[-4000:]}")
    return ran.stdout


def build(name, heap, integrity, sanitize, work):
    folder = work / re.sub(r"\W+", "_", name)
    must(["cmake", "-S", HERE, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
          f"-DHEAP={heap}", f"-DHEAP_BYTES={HEAP_BYTES}", f"-DSANITIZE={sanitize}",
          f"-DFIRMHEAP_INTEGRITY={integrity}"])
    must(["cmake", "--build", folder, "--target", "storm"])
    return folder / "storm"


def run(program, operations):
    """The figures that the program prints, or an error."""
    patience = 60 + operations // 20_000
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1", "UBSAN_OPTIONS": "print_stacktrace=1"}
    ran = subprocess.run([str(program), str(operations), str(patience)], stdin=subprocess.DEVNULL, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env=environment,
                         timeout=patience + 60)
    figures = dict(re.findall(r"^summary: (\w+)=(\w+)$", ran.stdout, re.M))
    if ran.returncode != 0 or figures.get("result") != "ok":
        raise RuntimeError(f"exit status {ran.returncode}\n{ran.stdout[-4000:]}")
    return {name: int(value) for name, value in figures.items() if name != "result"}


def judge(figures, operations):
    """What must have happened for the run to mean anything."""
    for name, least in (("operations", operations), ("suspended", operations // 40), ("critical", operations // 40),
                        ("handed_over", operations // 40), ("ticks", operations // 20_000), ("refused", 1)):
        if figures[name] < least:
            raise RuntimeError(f"only {figures[name]} {name}, at least {least} are due")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=float, default=1e6, help="requests and frees in each program (1e6)")
    parser.add_argument("--only", help="programs whose name contains this")
    parser.add_argument("--work", type=Path, default=ROOT / "target/xtask/concurrency", help="where to build")
    options = parser.parse_args()
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if missing:
        sys.exit(f"concurrency: missing tools; try: apt-get install {' '.join(missing)}")
    passed = failed = 0
    for name, (heap, integrity, sanitize, share) in PROGRAMS.items():
        if options.only and options.only not in name:
            continue
        start, operations = time.monotonic(), int(options.operations * share)
        try:
            figures = run(build(name, heap, integrity, sanitize, options.work), operations)
            judge(figures, operations)
            said = ", ".join(f"{value} {figure.replace('_', ' ')}" for figure, value in figures.items())
            print(f"ok: {name}: {said}, {time.monotonic() - start:.0f} s", flush=True)
            passed += 1
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            print(f"FAILED: {name}: {error}", flush=True)
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
