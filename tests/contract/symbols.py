# SPDX-License-Identifier: MIT
"""Contract 8.1: the symbols a heap file defines and needs, its sections, and the user's headers."""

import shutil

import build
import matrix

COMMON = {"pvPortMalloc", "vPortFree", "pvPortCalloc", "xPortGetFreeHeapSize", "xPortGetMinimumEverFreeHeapSize",
          "xPortResetHeapMinimumEverFreeHeapSize", "vPortGetHeapStats", "vPortHeapResetState"}
DEFINED = {"heap4": COMMON | {"vPortInitialiseBlocks"}, "heap5": COMMON | {"vPortDefineHeapRegions"}}
# One archive serves both uses, so it has the names of both (extra definitions are harmless, section 5).
# The last five are names the kernel's portable layer does not have.
OURS = COMMON | {"vPortInitialiseBlocks", "vPortDefineHeapRegions", "xPortHeapCheck", "xPortHeapCheckBlock",
                 "xPortHeapFaultText", "xPortHeapInspect", "xPortHeapInspectBlock"}
OWN_PREFIXES = ("firmheap", "vFirmheap", "pvFirmheap", "xFirmheap", "uxFirmheap", "ulFirmheap", "ucFirmheap", "pucFirmheap")
KERNELS = {"vTaskSuspendAll", "xTaskResumeAll", "memset", "memcpy", "vPortEnterCritical", "vPortExitCritical"}
FROM_CONFIG = {"vApplicationMallocFailedHook", "vApplicationGetRandomHeapCanary", "vRecordAssert", "vRecordTraceMalloc",
               "vRecordTraceFree", "ucHeap"}
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
# The configurations under which the heap file itself must compile without a warning.
STRICT_VARIANTS = [{}, {"own": 0}, {"protector": 1}, {"clear": 1}, {"hook": 0}, {"trace": 0}, {"assert": "empty"},
                   {"align": 1}, {"align": 16}, {"align": 32}, {"ticks": 16}, {"bytes": 300000}, {"bits": 64, "align": 16},
                   {"hook": 0, "trace": 0, "assert": "empty"}]


class Checker:
    """One subject; compiles in the builder's scratch folder."""

    def __init__(self, builder, subject, result):
        self.builder, self.subject, self.result = builder, subject, result
        self.about = matrix.SUBJECTS[subject]
        self.folder = builder.scratch / "symbols" / subject
        self.folder.mkdir(parents=True, exist_ok=True)

    def expect(self, holds, text):
        if holds:
            self.result.passed += 1
        else:
            self.result.fail(f"  symbols.py: {text}; rerun: tests/contract/run.py --only symbols --heap {self.subject}")

    def flags(self, variant, *more):
        flags = [f"-m{variant['bits']}", "-fno-pie", *self.builder.includes(), *self.builder.defines(self.subject, variant), *more]
        return flags + ([] if self.about["kernel"] else [f"-I{self.builder.sources / 'include'}"])

    def compile(self, source, variant, *more, compiler="gcc"):
        """(object, None) or (None, the compiler's words)."""
        made = self.folder / f"{build.Path(source).stem}.o"
        try:
            build.run([compiler, "-c", *self.flags(variant, *more), str(source), "-o", str(made)], cwd=build.HERE)
            return made, None
        except build.BuildError as error:
            return None, str(error)

    def names(self, *files):
        """Global definitions and what stays undefined, over several objects and archives."""
        defined, needed = {}, set()
        for file in files:
            for line in build.run(["nm", "-g", str(file)]).splitlines():
                fields = line.split()
                if len(fields) == 3:
                    defined[fields[2]] = fields[1]
                elif len(fields) == 2 and fields[0] == "U":
                    needed.add(fields[1])
        return defined, needed - set(defined)

    # ---- the checks ----

    def symbols(self):
        for knobs in ({}, {"protector": 1}, {"clear": 1}, {"hook": 0, "trace": 0, "assert": "empty"}):
            variant = dict(matrix.DEFAULTS, **knobs)
            made, words = self.compile(self.builder.heap_source(self.subject, variant), variant, "-O2")
            self.expect(made is not None, f"[{matrix.label(knobs)}] the heap file does not compile: {words}")
            if made is None:
                continue
            files = [made] if self.about["kernel"] else [made, self.builder.archive(variant, self.about["regions"])]
            self.check_names(matrix.label(knobs), *self.names(*files))

    def check_names(self, label, defined, needed):
        wanted = DEFINED.get(self.subject, OURS)
        functions = {name for name, kind in defined.items() if kind == "T"}
        self.expect(wanted <= functions, f"[{label}] expected the functions {sorted(wanted - functions)} to be defined")
        foreign = {n for n in defined if n not in wanted and not n.startswith(OWN_PREFIXES)}
        if self.about["kernel"]:
            self.expect(functions == wanted, f"[{label}] expected no more functions than {sorted(wanted)}")
        self.expect(not foreign, f"[{label}] expected no names of others to be taken, there are {sorted(foreign)}")
        strange = needed - KERNELS - FROM_CONFIG - {"_GLOBAL_OFFSET_TABLE_"}
        self.expect(not strange, f"[{label}] expected nothing else to be needed, there is {sorted(strange)}")
        if self.about["kernel"]:
            self.expect("memset" in needed, f"[{label}] expected memset to be needed, as section 1.1 says")

    def heap_array(self):
        """ucHeap: the application's, the heap file's own and private, or none at all."""
        for own in (0, 1):
            variant = dict(matrix.DEFAULTS, own=own)
            made, words = self.compile(self.builder.heap_source(self.subject, variant), variant)
            kinds = [line.split()[-2] for line in build.run(["nm", str(made)]).splitlines() if line.endswith(" ucHeap")]
            wanted = [] if self.about["regions"] else ["U" if own else "b"]
            self.expect(kinds == wanted, f"[own={own}] expected ucHeap to be {wanted}, it is {kinds or words}")

    def warnings(self):
        """Ours compiles as C99 without a warning at the kernel's example flags, whatever the configuration."""
        for knobs in STRICT_VARIANTS if not self.about["kernel"] else []:
            variant = dict(matrix.DEFAULTS, **knobs)
            for level in ("-O0", "-O2"):
                _, words = self.compile(self.builder.heap_source(self.subject, variant), variant, "-std=c99", level, *STRICT)
                self.expect(words is None, f"[{matrix.label(knobs)}] expected no warning: {words}")

    def consumers(self):
        """User's code in C90, C99 and C++ compiles, links and runs."""
        for own in (0, 1):
            for standard, compiler in (("c90", "gcc"), ("c99", "gcc"), ("c++11", "g++")):
                if shutil.which(compiler) is None:
                    self.result.notes.append(f"{compiler} is not installed: user's code in {standard} was not compiled")
                    continue
                self.consumer(dict(matrix.DEFAULTS, own=own), standard, compiler)

    def consumer(self, variant, standard, compiler):
        label = f"{standard}, own={variant['own']}"
        language = ["-x", "c++"] if compiler == "g++" else ["-x", "c"]
        user, words = self.compile("groups/consumer.c", variant, f"-std={standard}", *language, *STRICT, compiler=compiler)
        self.expect(user is not None, f"[{label}] expected user's code to compile: {words}")
        if user is None:
            return
        heap, _ = self.compile(self.builder.heap_source(self.subject, variant), variant, "-std=gnu99")
        recorder, _ = self.compile("host/recorder.c", variant, "-std=gnu99")
        archive = [] if self.about["kernel"] else [str(self.builder.archive(variant, self.about["regions"]))]
        program = self.folder / "consumer"
        try:
            build.run(["gcc", "-m32", "-no-pie", str(user), str(heap), str(recorder), *archive, "-o", str(program)])
            build.run([str(program)])
            self.expect(True, "")
        except build.BuildError as error:
            self.expect(False, f"[{label}] expected user's code to link and run: {error}")

    def no_dynamic_allocation(self):
        """configSUPPORT_DYNAMIC_ALLOCATION = 0 stops the build, with a sentence."""
        variant = dict(matrix.DEFAULTS, hook=0)
        _, words = self.compile(self.builder.heap_source(self.subject, variant), variant, "-DCONTRACT_DYNAMIC=0")
        said = words is not None and "#error" in words and "configSUPPORT_DYNAMIC_ALLOCATION" in words
        self.expect(said, f"[dynamic allocation off] expected an #error that names the option, got: {words}")

    def privileged(self):
        """With an MPU all data is in privileged_data (section 2, notes)."""
        variant = dict(matrix.DEFAULTS, own=0, protector=1)
        made, words = self.compile(self.builder.heap_source(self.subject, variant), variant, "-O2", "-DCONTRACT_MPU=1")
        self.expect(made is not None, f"[mpu] expected it to compile: {words}")
        if made is None:
            return
        data = {}
        for line in build.run(["nm", "-f", "sysv", str(made)]).splitlines():
            fields = [field.strip() for field in line.split("|")]
            if len(fields) == 7 and fields[3] == "OBJECT":
                data[fields[0]] = fields[6]
        writable = {n: s for n, s in data.items() if s not in (".rodata", "*UND*") and not s.startswith(".data.rel.ro")}
        self.expect(len(writable) >= 2, f"[mpu] expected data to be found, there is only {data}")
        outside = {n: s for n, s in writable.items() if s != "privileged_data"}
        self.expect(not outside, f"[mpu] expected all data in privileged_data, not so: {outside}")


def check(builder, subject, result):
    """All of it, for one subject."""
    try:
        checker = Checker(builder, subject, result)
        for part in (checker.symbols, checker.heap_array, checker.warnings, checker.consumers,
                     checker.no_dynamic_allocation, checker.privileged):
            part()
    except build.BuildError as error:
        result.fail(f"  does not build: {error}")
    return result
