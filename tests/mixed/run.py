#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two Rust archives in one C firmware: firmheap and a neighbour with its own panic handler.

Shows that they link without a clash, and that the neighbour's critical_section::with is the kernel's
critical section, which firmheap (feature critical-section) gives it. The real kernel runs, on the
POSIX port and on QEMU's Cortex-M3. One line per check; the last line is the sum.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLCHAIN = ROOT / "c_demo/boards/mps2-an385/toolchain.cmake"
QEMU = ("qemu-system-arm -M mps2-an385 -cpu cortex-m3 -icount shift=10,align=off,sleep=off -nographic "
        "-monitor none -serial none -semihosting-config enable=on,target=native -kernel").split()
BOARDS = {
    "posix": {"target": None, "tools": "", "needs": ["cc", "cmake", "ninja"], "cmake": [], "run": []},
    "mps2-an385": {
        "target": "thumbv7m-none-eabi", "tools": "arm-none-eabi-", "run": QEMU,
        "needs": ["arm-none-eabi-gcc", "qemu-system-arm", "cmake", "ninja"],
        "cmake": [f"-DCMAKE_TOOLCHAIN_FILE={TOOLCHAIN}"],
    },
}
PACKAGES = {"cc": "gcc", "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
            "ninja": "ninja-build", "qemu-system-arm": "qemu-system-arm", "cmake": "cmake"}
ACQUIRE = "_critical_section_1_0_acquire"
RELEASE = "_critical_section_1_0_release"


class Tally:
    """Counts checks and prints one line for each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, holds, what):
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        print(f"{'ok' if holds else 'FAILED'}: {what}", flush=True)
        return holds


def must(command, **more):
    """Runs a command; what it said is shown only if it fails."""
    ran = subprocess.run([str(word) for word in command], text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if ran.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{ran.stdout}")
    return ran.stdout


def missing_tools(board):
    tools = [tool for tool in BOARDS[board]["needs"] if not shutil.which(tool)]
    packages = " ".join(PACKAGES[tool] for tool in tools)
    return f"missing: {', '.join(tools)}; try: apt-get install {packages}" if tools else None


def missing_target(target):
    folder = Path(must(["rustc", "--print", "target-libdir", "--target", target]).strip())
    if list(folder.glob("libcore-*")):
        return None
    return f"no Rust core library for {target}; try: rustup target add {target}"


def cargo(arguments, work, **more):
    """cargo without what the caller's environment says of other builds."""
    clean = {name: value for name, value in os.environ.items()
             if not re.match(r"(CARGO_ENCODED_|CARGO_BUILD_)?RUSTFLAGS$|CARGO_BUILD_TARGET$|FIRMHEAP_", name)}
    return must(["cargo", *arguments], env={**clean, "CARGO_TARGET_DIR": str(work / "cargo")}, **more)


def firmheap_archive(target, work):
    """libfirmheap.a as it is delivered, with the option for critical-section."""
    archive = work / "libfirmheap.a"
    must(["cmake", f"-DRUST_TARGET={target}", f"-DOUT={archive}", f"-DWORK={work}/archive", "-DCRITICAL_SECTION=1",
          "-P", ROOT / "cmake/firmheap_archive.cmake"])
    return archive


def neighbour_archive(target, work):
    cargo(["build", "--locked", "--release", "--target", target, "--manifest-path",
           HERE / "neighbour/Cargo.toml"], work)
    return work / "cargo" / target / "release/libneighbour.a"


def symbols(archive, tools):
    """Global symbols: name -> kinds. Members of compiler_builtins say nothing and are passed over."""
    found = {}
    for line in must([f"{tools}nm", "-P", "-g", archive]).splitlines():
        words = line.split()
        if len(words) >= 2 and len(words[1]) == 1:
            found.setdefault(words[0], set()).add(words[1])
    return found


def judge_symbols(tally, firmheap, neighbour):
    """What nm must show comes first: it can print nothing at all, and then no clash is seen."""
    strong = set("TDBR")
    defined = {name for name, kinds in firmheap.items() if kinds & strong}
    tally.check({"pvPortMalloc", "vPortFree", ACQUIRE, RELEASE} <= defined,
                "libfirmheap.a defines the kernel's names and the critical section")
    tally.check(not [name for name in firmheap if re.search("panic|unwind|personality", name)],
                "it names no panic, with critical-section on")
    theirs = {name for name, kinds in neighbour.items() if kinds & strong}
    tally.check("vNeighbourNest" in theirs and "U" in neighbour.get(ACQUIRE, ()),
                "the neighbour asks for a critical section and has none")
    clash = sorted(defined & theirs)
    tally.check(not clash, f"the two archives define no symbol twice {' '.join(clash)}".strip())


def build_image(board, firmheap, neighbour, work):
    build = work / "build"
    must(["cmake", "-S", HERE, "-B", build, "-G", "Ninja", f"-DBOARD={board}",
          "-DCMAKE_BUILD_TYPE=MinSizeRel", f"-DFIRMHEAP_ARCHIVE={firmheap}",
          f"-DNEIGHBOUR_ARCHIVE={neighbour}", *BOARDS[board]["cmake"]])
    must(["cmake", "--build", build])
    return build / "mixed"


def run_image(tally, board, image):
    """The image prints a line for each check; its status must agree."""
    try:
        ran = subprocess.run([*BOARDS[board]["run"], str(image)], stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        tally.check(False, "the image ends within two minutes")
        return
    for line in ran.stdout.splitlines():
        word, _, what = line.partition(": ")
        if word in ("ok", "FAILED"):
            tally.check(word == "ok", what)
        else:
            print(f"  {line}")
    tally.check(ran.returncode == 0, f"exit status {ran.returncode}")


def run_board(tally, board, work):
    target = BOARDS[board]["target"] or host()
    reason = missing_tools(board) or missing_target(target)
    if reason:
        tally.check(False, f"{board}: {reason}")
        return
    print(f"-- {board} ({target})", flush=True)
    work.mkdir(parents=True, exist_ok=True)
    tools = BOARDS[board]["tools"]
    try:
        firmheap = firmheap_archive(target, work)
        neighbour = neighbour_archive(target, work)
        judge_symbols(tally, symbols(firmheap, tools), symbols(neighbour, tools))
        run_image(tally, board, build_image(board, firmheap, neighbour, work))
    except RuntimeError as failure:
        tally.check(False, str(failure))


def host():
    return re.search(r"^host: (\S+)$", must(["rustc", "-vV"]), re.M).group(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     epilog="The kernel's sources: FREERTOS_KERNEL_PATH, else as in FreeRTOS-Kernel/.")
    parser.add_argument("--board", choices=BOARDS, action="append", help="default: all")
    parser.add_argument("--work", type=Path, metavar="DIR",
                        default=ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "mixed",
                        help="where to build (default: mixed/ in cargo's target folder)")
    options = parser.parse_args()
    tally = Tally()
    for board in options.board or BOARDS:
        run_board(tally, board, options.work.resolve() / board)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
