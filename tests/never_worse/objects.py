# SPDX-License-Identifier: MIT
"""Compiles heap_4.c and firmheap for a 32-bit target, many sizes side by side, and links the replay core.

Control data are read from the object files. firmheap's port file is compiled for each range of
configTOTAL_HEAP_SIZE in which its control data are the same and it asks for the same archive; where a
range ends is found by compiling, so no formula of the port file is repeated here. Each object's symbols get a prefix of their own.
"""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONTRACT = HERE.parent / "contract"
sys.dont_write_bytecode = True
sys.path.insert(0, str(CONTRACT))
from build import ROOT, BuildError, cargo, find_kernel, run  # noqa: E402  (the contract suite's, shared)

TRIPLE = "i686-unknown-linux-gnu"
LEAST, MOST = 64, 4 * 1024 * 1024
FORMS = ("compact", "large")   # of the archive; a port file names the one it needs
STEP = 8
HOST = ("gcc", "-m32", "-malign-double")   # a uint64_t is aligned as on 32-bit targets, not as on i386
HEAP_CALLS = {"pvMalloc": "pvPortMalloc", "vFree": "vPortFree", "vReset": "vPortHeapResetState",
              "xFreeBytes": "xPortGetFreeHeapSize"}


class Objects:
    """Everything below one scratch folder; nothing is written into the sources."""

    def __init__(self, kernel, scratch, sources=ROOT):
        self.kernel, self.scratch, self.sources = kernel, scratch, Path(sources)
        self.controls = {}
        self.archives = {}   # form -> object; made by programs()
        if not (self.sources / "port/firmheap_port.c").exists():
            raise BuildError(f"{sources} is no copy of firmheap: name its folder with --sources")
        scratch.mkdir(parents=True, exist_ok=True)

    # ---- compiling ----

    def flags(self):
        folders = [HERE / "core", CONTRACT / "host", self.kernel / "include", self.sources / "include"]
        return ["-std=gnu99", "-fno-pie", "-O2", "-DCONTRACT_ALIGNMENT=8", "-DCONTRACT_TICK_BITS=32", *[f"-I{f}" for f in folders]]

    def compile(self, source, made, *flags, compiler=HOST):
        run([*compiler, "-c", *self.flags(), *flags, str(source), "-o", str(made)])
        return made

    def port(self, heap_bytes, compiler=HOST, name="port"):
        made = self.scratch / f"{name}-{heap_bytes}.o"
        return self.compile(self.sources / "port/firmheap_port.c", made, f"-DNEVER_WORSE_HEAP_BYTES={heap_bytes}U",
                            compiler=compiler)

    def archive_object(self, form):
        """firmheap's one object; a target folder for each form, so that cargo rebuilds only what changed."""
        target = self.scratch / f"cargo-{form}"
        made = target / "firmheap.o"
        environment = dict(os.environ, FIRMHEAP_ALIGNMENT="8", FIRMHEAP_REGIONS=form, FIRMHEAP_INTEGRITY="1",
                           CARGO_TARGET_DIR=str(target))
        command = [cargo(), "rustc", "--release", "--lib", "--features", "exports", "--crate-type", "staticlib",
                   "--target", TRIPLE, "--manifest-path", str(self.sources / "Cargo.toml"), "--", f"--emit=obj={made}"]
        run(command, env=environment, cwd=self.sources)
        if not made.exists():   # the folder was half deleted: cargo thinks nothing is to be done
            shutil.rmtree(target)
            run(command, env=environment, cwd=self.sources)
        return made

    # ---- control data ----

    def control(self, heap_bytes, compiler=HOST, name="port"):
        """(control bytes, form of the archive) of firmware with a heap of this size."""
        key = (heap_bytes, name)
        if key not in self.controls:
            made = self.port(heap_bytes, compiler, name)
            self.controls[key] = (data_bytes(made), self.form_of(made))
        return self.controls[key]

    def form_of(self, port):
        """The archive that defines what the port file needs; its anchor is in one only."""
        needed = set(undefined(port))
        anchors = {form: needed & set(defined(made)) for form, made in self.archives.items()}
        best = max(FORMS, key=lambda form: len(anchors[form]))
        if all(len(found) == len(anchors[best]) for found in anchors.values()):
            raise BuildError(f"{port} does not say which form of the archive it needs: teach objects.py")
        return best

    def ranges(self):
        """(least, most, control bytes, form) in ascending order, from compiling the port file."""
        found = []
        edges = [(1 << k, 1 << (k + 1)) for k in range(LEAST.bit_length() - 1, MOST.bit_length() - 1)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(self.control, {size for low, high in edges for size in (low + STEP, high)}))
        for part in (part for low, high in edges for part in self.split(low + STEP, high)):
            if found and found[-1][2:] == part[2:]:
                part = (found.pop()[0], *part[1:])
            found.append(part)
        return found

    def split(self, low, high):
        """Halves a range until its ends are alike. A range begins 4 bytes after the one before ends."""
        if self.control(low)[0] > self.control(high)[0]:
            raise BuildError(f"control data shrink between {low} and {high} bytes of heap: search.c relies on that they do not")
        if self.control(low) == self.control(high):
            return [(low - STEP + 4, high, *self.control(low))]
        middle = low + (high - low) // 2 // STEP * STEP
        if high - low > STEP:
            return self.split(low, middle) + self.split(middle + STEP, high)
        return [(low - STEP + 4, low, *self.control(low)), (low + 4, high, *self.control(high))]

    # ---- the program ----

    def rename(self, source, made, names):
        pairs = made.with_suffix(".names")
        pairs.write_text("".join(f"{old} {new}\n" for old, new in names.items()), encoding="ascii")
        run(["objcopy", f"--redefine-syms={pairs}", str(source), str(made)])
        return str(made)

    def kernel_object(self):
        made = self.scratch / "heap_4.o"
        self.compile(self.kernel / "portable/MemMang/heap_4.c", made, "-w")
        names = {name: f"kernel_{name}" for name in [*defined(made), "ucHeap"]}
        return self.rename(made, self.scratch / "kernel.o", names), data_bytes(made)

    def firmheap_objects(self, prefix, most, form):
        """Port file and archive for one range; the port file hands its array over by way of the trial's size."""
        archive = self.archives[form]
        names = {name: prefix + name for name in [*defined(archive), *defined(self.port(most)), "ucHeap"]}
        core = self.rename(archive, self.scratch / f"{prefix}core.o", names)
        names[self.hand_over()] = f"{prefix}vTrialAddHeap"
        port = self.rename(self.port(most), self.scratch / f"{prefix}port.o", names)
        return [core, port]

    def hand_over(self):
        """The one function of the archive with which the port file hands ucHeap over."""
        archive, port = defined(self.archives["compact"]), undefined(self.port(MOST // 64))
        found = [name for name in port if name in archive and name.startswith("vFirmheapAdd")]
        if len(found) != 1:
            raise BuildError(f"the port file hands ucHeap over in another way ({found}): teach objects.py")
        return found[0]

    def programs(self):
        """Builds one program for each place of the array; returns them with the ranges and heap_4's control bytes."""
        self.archives = {form: self.archive_object(form) for form in FORMS}
        ranges = self.ranges()
        kernel, kernels_control = self.kernel_object()
        prefixes = [f"firmheap{i}_" for i in range(len(ranges))]
        objects = [kernel]
        for prefix, (_least, most, _control, form) in zip(prefixes, ranges):
            objects += self.firmheap_objects(prefix, most, form)
        table = self.scratch / "heaps.c"
        table.write_text(heaps_table(ranges, prefixes, kernels_control, self.hand_over()), encoding="ascii")
        places = {}
        for place in (64, 68):
            made = self.scratch / f"never_worse-{place}"
            symbols = [f"-Wl,--defsym={prefix}ucHeap=ucArena+{place}" for prefix in ["kernel_", *prefixes]]
            sources = sorted(map(str, (HERE / "core").glob("*.c")))
            run(["gcc", "-m32", "-no-pie", *self.flags(), "-Wall", "-Wextra", f"-DnwARRAY_AT={place}U", *sources, str(table),
                 *objects, *symbols, "-o", str(made)])
            places[place] = made
        return places, ranges, kernels_control


def defined(made):
    """The global symbols an object defines."""
    lines = run(["nm", "--defined-only", "-g", str(made)]).splitlines()
    return [line.split()[-1] for line in lines if line.split()]


def undefined(made):
    """The symbols an object needs."""
    return [line.split()[-1] for line in run(["nm", "-u", str(made)]).splitlines()]


def data_bytes(made):
    """What an object keeps in RAM beside the heap array."""
    total = 0
    for line in run(["nm", "-S", str(made)]).splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "bBdDcC" and fields[3] != "ucHeap":
            total += int(fields[1], 16)
    if total == 0:
        raise BuildError(f"nm finds no data in {made}: control data cannot be counted")
    return total


def heaps_table(ranges, prefixes, kernels_control, hand_over):
    """heaps.c: the table of never_worse.h, and what puts the trial's size in the place of sizeof( ucHeap )."""
    text = ['/* Made by objects.py. */\n#include "never_worse.h"\n']
    rows = [("kernel_", "heap_4", LEAST, MOST, kernels_control, len(FORMS))]
    for prefix, (least, most, control, form) in zip(prefixes, ranges):
        rows.append((prefix, "firmheap", least, most, control, FORMS.index(form)))
        text.append(f"void {prefix}{hand_over}( uint8_t * puc, size_t ux );\n"
                    f"void {prefix}vTrialAddHeap( uint8_t * puc, size_t ux );\n"
                    f"void {prefix}vTrialAddHeap( uint8_t * puc, size_t ux ) "
                    f"{{ ( void ) ux; {prefix}{hand_over}( puc, uxTrialBytes ); }}\n")
    entries = []
    for prefix, name, least, most, control, form in rows:
        text.append(f"void * {prefix}pvPortMalloc( size_t ); void {prefix}vPortFree( void * ); "
                    f"void {prefix}vPortHeapResetState( void ); size_t {prefix}xPortGetFreeHeapSize( void );\n")
        calls = ", ".join(f".{member} = {prefix}{function}" for member, function in HEAP_CALLS.items())
        entries.append(f'{{ .pcName = "{name}", .uxLeast = {least}, .uxMost = {most}, .uxControl = {control}, '
                       f".ulForm = {form}, {calls} }}")
    text.append(f"const Heap_t xKernel = {entries[0]};\n")
    text.append("const Heap_t xFirmheap[] =\n{\n    " + ",\n    ".join(entries[1:]) + "\n};\n")
    text.append(f"const uint32_t ulFirmheaps = {len(ranges)};\n")
    return "".join(text)
