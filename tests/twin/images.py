# SPDX-License-Identifier: MIT
"""Builds the twins' images: archives once for each set of options, then one image for each variant."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parent / "contract"))
from build import ROOT, BuildError, run  # noqa: E402  (the contract suite's, shared)

HARNESS = ROOT / "benches/cortex_m3/harness"
TARGETS = {"target": "thumbv7m-none-eabi", "host": "i686-unknown-linux-gnu"}
COMPILERS = {"target": ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb"], "host": ["gcc", "-m32", "-fno-pie"]}
PREFIXES = {"target": "arm-none-eabi-", "host": ""}
# What both heaps call, and what the C library has: not renamed.
SHARED = {"vTaskSuspendAll", "xTaskResumeAll", "vPortEnterCritical", "vPortExitCritical", "vTwinAssert", "vTwinTraceMalloc",
          "vTwinTraceFree", "vApplicationMallocFailedHook", "vApplicationGetRandomHeapCanary", "malloc", "free", "memset",
          "memcpy", "_GLOBAL_OFFSET_TABLE_"}


class Variant:
    """One image: where it runs, the scheme, the configuration."""

    def __init__(self, where, scheme, alignment=8, heap_bytes=4096, skew=0, level=1, macros=1, clear=0, protector=0,
                 library="newlib"):
        self.where, self.scheme, self.alignment, self.heap_bytes, self.skew = where, scheme, alignment, heap_bytes, skew
        self.level, self.macros, self.clear, self.protector, self.library = level, macros, clear, protector, library

    def name(self):
        parts = [self.where, f"heap_{self.scheme}", f"a{self.alignment}", f"{self.heap_bytes}B", f"skew{self.skew}",
                 f"level{self.level}"]
        parts += [] if self.macros else ["no-macros"]
        parts += ["clear"] if self.clear else []
        parts += ["protector"] if self.protector else []
        parts += [self.library] if self.scheme == 3 and self.where == "target" else []
        return "-".join(parts)

    def archive(self):
        """The options of its archive."""
        return (self.where, self.scheme, self.alignment, 2 if self.protector else self.level, self.macros, self.clear)


class Images:
    """Everything below one scratch folder."""

    def __init__(self, kernel, scratch, sources=ROOT):
        self.kernel, self.scratch, self.sources = kernel, scratch, Path(sources)
        self.archives = {}
        self.programs = "programs.c"
        scratch.mkdir(parents=True, exist_ok=True)

    def sources_hash(self):
        """Of all that an archive is made from: cargo would ask for seconds each time."""
        files = [*sorted((self.sources / "src").rglob("*.rs")), *sorted((self.sources / "cmake").glob("*"))]
        files += [self.sources / name for name in ("build.rs", "Cargo.toml", "Cargo.lock")]
        found = hashlib.sha256()
        for file in files:
            found.update(file.read_bytes())
        return found.hexdigest()

    def archive(self, options):
        """libfirmheap.a by the script that makes every archive; made once for each state of the sources."""
        if options in self.archives:
            return self.archives[options]
        where, scheme, alignment, level, macros, clear = options
        folder = self.scratch / ("archive-" + "-".join(map(str, options)))
        made, stamp, now = folder / "libfirmheap.a", folder / "stamp", self.sources_hash()
        if not (made.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == now):
            folder.mkdir(exist_ok=True)
            work = self.scratch / f"work-{where}"
            run(["cmake", f"-DRUST_TARGET={TARGETS[where]}", f"-DOUT={made}", f"-DWORK={work}", f"-DSCHEME=heap_{scheme}",
                 f"-DALIGNMENT={alignment}", f"-DINTEGRITY={level}", f"-DTRACE={macros}", f"-DHOOK={macros}",
                 f"-DCLEAR={clear}", "-P", str(self.sources / "cmake/firmheap_archive.cmake")])
            stamp.write_text(now, encoding="ascii")
        self.archives[options] = made
        return made

    def flags(self, variant):
        """The compiler and everything that both heaps are compiled with."""
        values = {"SCHEME": variant.scheme, "ALIGNMENT": variant.alignment, "HEAP_BYTES": f"{variant.heap_bytes}U",
                  "MACROS": variant.macros, "CLEAR": variant.clear, "PROTECTOR": variant.protector}
        specs = ["--specs=picolibc.specs"] if variant.where == "target" and variant.library == "picolibc" else []
        return [*COMPILERS[variant.where], *specs, "-std=gnu99", "-O2", "-ffunction-sections", "-fdata-sections",
                *[f"-DTWIN_{name}={value}" for name, value in values.items()],
                f"-I{HERE}", f"-I{self.kernel / 'include'}", f"-I{self.sources / 'include'}", f"-I{HARNESS}"]

    def image(self, variant):
        """Compiles and links; returns the program."""
        folder = self.scratch / variant.name()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        flags = self.flags(variant)
        kernel_file = self.kernel / f"portable/MemMang/heap_{variant.scheme}.c"
        kernel = self.apart(variant, "kernel_", [self.compile(kernel_file, folder, [*flags, "-w"])], folder)
        port = self.compile(self.sources / "port/firmheap_port.c", folder, [*flags, "-Wall", "-Wextra",
                                                                             f"-DFIRMHEAP_SCHEME=heap_{variant.scheme}"])
        ours = self.apart(variant, "ours_", [port, self.archive(variant.archive())], folder)
        program = folder / "twin"
        place = 64 + variant.skew
        names = [f"-Wl,--defsym=kernel_ucHeap=ucKernelArena+{place}", f"-Wl,--defsym=ours_ucHeap=ucOursArena+{place}"]
        own = [HERE / name for name in ("sides.c", "compare.c", self.programs, f"main_{variant.where}.c")]
        link = ["-no-pie"]
        if variant.where == "target":
            own += [HARNESS / "start.c"]
            link = ["-nostartfiles", "-Wl,--gc-sections,-u,ucKernelArena,-u,ucOursArena", "-T", str(HARNESS / "mps2_an385.ld")]
            link += [] if variant.library == "picolibc" else ["--specs=nano.specs", "--specs=nosys.specs"]
        run([*flags, "-Wall", "-Wextra", *map(str, own), kernel, ours, *names, *link, "-o", str(program)])
        return program

    def compile(self, source, folder, flags):
        """One object."""
        made = folder / f"{Path(source).stem}.o"
        run([*flags, "-c", str(source), "-o", str(made)])
        return made

    def apart(self, variant, prefix, objects, folder):
        """One object of several, with every name of its own behind a prefix."""
        tools = PREFIXES[variant.where]
        joined, renamed = folder / f"{prefix}joined.o", folder / f"{prefix}heap.o"
        run([f"{tools}ld", *(["-melf_i386"] if variant.where == "host" else []), "-r", "--whole-archive",
             *map(str, objects), "-o", str(joined)])
        symbols = run([f"{tools}nm", "-g", str(joined)]).splitlines()
        names = {line.split()[-1] for line in symbols if line.split()} - SHARED
        if "pvPortMalloc" not in names:
            raise BuildError(f"nm finds no heap in {joined}")
        names = {name for name in names if not name.startswith("__aeabi")}
        pairs = folder / f"{prefix}names"
        pairs.write_text("".join(f"{name} {prefix}{name}\n" for name in sorted(names)), encoding="ascii")
        run([f"{tools}objcopy", f"--redefine-syms={pairs}", str(joined), str(renamed)])
        return str(renamed)
