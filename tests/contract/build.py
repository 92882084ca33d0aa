# SPDX-License-Identifier: MIT
"""Finds the kernel, makes firmheap's archive, and compiles one test program per variant."""

import gzip
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import threading
from pathlib import Path

import matrix

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TRIPLES = {32: "i686-unknown-linux-gnu", 64: "x86_64-unknown-linux-gnu"}
COMPACT_BYTES_MAX = 261120   # FIRMHEAP_COMPACT_BYTES_MAX of firmheap.h
HOST = ("contract", "recorder", "workload", "misuse", "table")
WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-parameter"]


class BuildError(Exception):
    """Something outside the tests is missing; the message names the cure."""


class SaidAbove(BuildError):
    """An error that was reported already."""


def run(command, **options):
    """Runs a command; a failure is a BuildError with its whole output."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed: {cure(command[0])}") from error
    if done.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def cure(tool):
    """The package that brings a tool."""
    packages = {"gcc": "gcc gcc-multilib", "ar": "binutils", "nm": "binutils", "objcopy": "binutils"}
    return "install Rust from https://rustup.rs" if tool == "cargo" else f"apt-get install {packages.get(tool, tool)}"


def cargo():
    """cargo, also where only ~/.cargo/bin has it."""
    private = Path.home() / ".cargo/bin/cargo"
    return str(private) if private.exists() else "cargo"


def find_kernel(given):
    """The kernel's folder: option, environment, or the package that FreeRTOS-Kernel/ pins."""
    if given or os.environ.get("FREERTOS_KERNEL_PATH"):
        path = Path(given or os.environ["FREERTOS_KERNEL_PATH"])
    else:
        manifest = ROOT / "FreeRTOS-Kernel/package/Cargo.toml"
        command = [cargo(), "metadata", "--locked", "--format-version", "1", "--manifest-path", str(manifest)]
        try:
            metadata = run(command + ["--offline"])
        except BuildError:
            metadata = run(command)
        packages = [p for p in json.loads(metadata)["packages"] if p["name"] == "freertos-next"]
        path = Path(packages[0]["manifest_path"]).parent / "FreeRTOS-Kernel"
    if not (path / "portable/MemMang/heap_4.c").exists():
        raise BuildError(f"{path} is no FreeRTOS kernel: give its folder with --kernel or FREERTOS_KERNEL_PATH")
    return path


def probe_compiler(scratch):
    """gcc makes 32-bit programs, or a message names the package."""
    scratch.mkdir(parents=True, exist_ok=True)
    probe = scratch / "probe.c"
    probe.write_text("#include <stdio.h>\nint main( void ) { return 0; }\n", encoding="ascii")
    try:
        run(["gcc", "-m32", str(probe), "-o", str(scratch / "probe")])
    except BuildError as error:
        raise BuildError(f"gcc cannot make 32-bit programs: apt-get install gcc gcc-multilib\n{error}") from error


class Builder:
    """Everything below one scratch folder; nothing is written into the sources."""

    def __init__(self, kernel, scratch, sources=ROOT, heap_files=None, given_archive=None):
        self.kernel = kernel
        self.scratch = scratch
        self.sources = Path(sources)        # firmheap: a mutated copy takes its place
        self.heap_files = heap_files or {}  # subject -> mutated copy of the kernel's file
        self.given_archive = given_archive
        self.archives = {}
        self.made, self.turns = set(), {}   # objects of this run
        self.lock = threading.Lock()
        scratch.mkdir(parents=True, exist_ok=True)

    # ---- firmheap's archive ----

    def archive(self, variant, regions_use):
        """libfirmheap.a for a variant, made once for each set of options."""
        align = max(8, variant["align"])
        above = not regions_use and int(variant.get("bytes", 4096)) > COMPACT_BYTES_MAX
        large = "large" if above or variant.get("large") else "compact"
        integrity = max(2 if variant["protector"] else 0, variant["integrity"])
        lock = "critical" if variant.get("critical") else "scheduler"
        key = (variant["bits"], align, large, integrity, int(variant.get("clear", 0)), lock)
        if self.given_archive and key == (32, 8, "compact", 1, 0, "scheduler"):
            return self.given_archive
        with self.lock:   # cargo would queue the builds anyway
            if key not in self.archives:
                try:
                    self.archives[key] = self._make_archive(*key)
                except BuildError as error:
                    self.archives[key] = error
                    raise
            if isinstance(self.archives[key], BuildError):   # once in full is enough
                raise SaidAbove("the archive does not build, as said above")
            return self.archives[key]

    def _make_archive(self, bits, align, large, integrity, clear, lock):
        folder = self.scratch / f"archive-{bits}-{align}-{large}-{integrity}-{clear}-{lock}"
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / "firmheap.o"
        environment = dict(os.environ, FIRMHEAP_ALIGNMENT=str(align), FIRMHEAP_REGIONS=large,
                           FIRMHEAP_INTEGRITY=str(integrity), FIRMHEAP_CLEAR_ON_FREE=str(clear),
                           FIRMHEAP_LOCK=lock,
                           CARGO_TARGET_DIR=str(self.scratch / "cargo"))
        command = [cargo(), "rustc", "--release", "--lib", "--features", "exports", "--crate-type", "staticlib",
                   "--target", TRIPLES[bits], "--manifest-path", str(self.sources / "Cargo.toml"),
                   "--", f"--emit=obj={made}"]
        run(command, env=environment, cwd=self.sources)
        if not made.exists():   # cargo found it fresh, but the object is gone: forget that
            for stamp in (self.scratch / "cargo" / TRIPLES[bits] / "release/.fingerprint").glob("firmheap-*"):
                shutil.rmtree(stamp)
            run(command, env=environment, cwd=self.sources)
        archive = folder / "libfirmheap.a"
        archive.unlink(missing_ok=True)
        run(["ar", "rcsD", str(archive), str(made)])
        return archive

    # ---- test programs ----

    def includes(self):
        return [f"-I{HERE / 'host'}", f"-I{self.kernel / 'include'}"]

    def heap_source(self, subject, variant):
        """The heap file under test, or the port file."""
        about = matrix.SUBJECTS[subject]
        if not about["kernel"]:
            return self.sources / "port/firmheap_port.c"
        number = 5 if about["regions"] else 4
        source = self.heap_files.get(subject, self.kernel / f"portable/MemMang/heap_{number}.c")
        if not variant.get("runtime"):
            return source
        # The array's size at run time: only the declaration of ucHeap has to lose its length.
        text = Path(source).read_text(encoding="utf-8")
        text, changed = re.subn(r"extern uint8_t ucHeap\[ configTOTAL_HEAP_SIZE \]", "extern uint8_t ucHeap[]", text)
        if changed != 1:
            raise BuildError(f"{source} declares ucHeap in another way: teach build.py")
        copy = self.scratch / f"{subject}_runtime.c"
        with self.lock:
            if not copy.exists() or copy.read_text(encoding="utf-8") != text:
                copy.write_text(text, encoding="utf-8")
        return copy

    def defines(self, subject, variant):
        about = matrix.SUBJECTS[subject]
        values = {matrix.DEFINES[k]: matrix.ASSERTS[v] if k == "assert" else v
                  for k, v in variant.items() if k in matrix.DEFINES}
        values.update(CONTRACT_KERNEL=about["kernel"], CONTRACT_REGIONS=about["regions"],
                      CONTRACT_TRACES=int("traces" in variant))
        if about["kernel"]:
            values["CONTRACT_RUNTIME_HEAP"] = int(bool(variant.get("runtime")))
        else:
            values["FIRMHEAP_USE_REGIONS"] = about["regions"]
            values["FIRMHEAP_EXTENSIONS"] = 0   # the archive has the feature `exports` alone
            values["FIRMHEAP_REGIONS_LARGE"] = int(bool(variant.get("large")))
            if variant.get("critical"):   # the recorder writes the same letters for it
                values.update(FIRMHEAP_LOCK="critical", CONTRACT_CRITICAL=1)
            if variant["integrity"] >= 3:   # the archive says the lower levels
                values.update(FIRMHEAP_INTEGRITY=variant["integrity"], FIRMHEAP_QUARANTINE_BYTES=variant.get("waits", 0))
        return [f"-D{name}={value}" for name, value in values.items()]

    def compile(self, source, flags):
        """One object, shared by all programs with the same options."""
        name = hashlib.sha1(repr((str(source), flags)).encode()).hexdigest()[:16]
        made = self.scratch / "objects" / f"{Path(source).stem}-{name}.o"
        with self.lock:
            turn = self.turns.setdefault(made, threading.Lock())
        with turn:
            if made not in self.made:
                made.parent.mkdir(exist_ok=True)
                run(["gcc", "-c", *flags, str(source), "-o", str(made)], cwd=HERE)
                self.made.add(made)
        return str(made)

    def program(self, group, subject, knobs):
        """Compiles; returns the program's path and the environment it needs."""
        variant = dict(matrix.DEFAULTS, **knobs)
        about = matrix.SUBJECTS[subject]
        folder = self.scratch / group
        folder.mkdir(exist_ok=True)
        program = folder / f"{subject}-{matrix.label(knobs)}"
        shadow = [f"-I{HERE / 'host/as_v11_3'}"] if variant.get("version") else []
        flags = [f"-m{variant['bits']}", *shadow, "-fno-pie", "-std=gnu99", "-g1", *WARNINGS, *self.includes(),
                 *self.defines(subject, variant)]
        archive = []
        if not about["kernel"]:
            flags.append(f"-I{self.sources / 'include'}")
            archive = [str(self.archive(variant, about["regions"]))]
        objects = [self.compile(f"host/{name}.c", flags) for name in HOST]
        objects.append(self.compile(f"groups/{group}.c", flags))
        objects.append(self.compile(self.heap_source(subject, variant), [*flags, "-O2"]))
        run(["gcc", f"-m{variant['bits']}", "-no-pie", *objects, *archive, "-o", str(program)], cwd=HERE)
        return program, self.environment(subject, variant, flags)

    # ---- traces ----

    def environment(self, subject, variant, flags):
        name = variant.get("traces")
        if not name:
            return dict(os.environ)
        control = 28 if matrix.SUBJECTS[subject]["kernel"] else self.control_bytes(flags, subject)
        events = self.scratch / f"{name}-{control}.trace"
        write_trace(ROOT / "traces" / f"{name}.gz", events, matrix.TRACES[name], control)
        return dict(os.environ, CONTRACT_TRACE_FILE=str(events), CONTRACT_TRACE_NAME=name,
                    CONTRACT_SERVED_FILE=str(self.scratch / f"{name}.served"))

    def control_bytes(self, flags, subject):
        """What the port file's object holds beside ucHeap, as the linker will place it."""
        made = self.scratch / f"{subject}-control-{threading.get_ident()}.o"
        run(["gcc", *flags, "-c", str(self.sources / "port/firmheap_port.c"), "-o", str(made)], cwd=HERE)
        total = 0
        for line in run(["nm", "-S", str(made)]).splitlines():
            fields = line.split()
            if len(fields) == 4 and fields[2] in "bBdDcC" and fields[3] != "ucHeap":
                total += int(fields[1], 16)
        made.unlink()
        return total


def write_trace(source, target, minimum, control):
    """Text to words: kind, block, new block, bytes; '@task' and alignments are left out."""
    if target.exists():
        return
    events, last = [], 0
    with gzip.open(source, "rt", encoding="ascii") as lines:
        for line in lines:
            fields = [f for f in line.split() if not f.startswith("@")]
            if fields[0] == "#" or line.startswith("#"):
                continue
            numbers = [int(f) for f in fields[1:]]
            if fields[0] in "mc":
                events.append((0, numbers[0], 0, numbers[1]))
            elif fields[0] == "a":
                events.append((0, numbers[0], 0, numbers[2]))
            elif fields[0] == "r":
                events.append((2, numbers[0], numbers[1], numbers[2]))
            else:
                events.append((1, numbers[0], 0, 0))
            last = max(last, *events[-1][1:3])
    words = [len(events), last, minimum, control] + [word for event in events for word in event]
    partial = target.with_suffix(f".{threading.get_ident()}")
    partial.write_bytes(struct.pack(f"={len(words)}I", *words))
    partial.rename(target)
