#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where a scheme differs from the kernel's file on purpose (docs/DEVIATIONS.md), as 32-bit programs of this machine; and
what follows the kernel's version. Ends with `N passed, M failed`.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from images import HERE, ROOT, BuildError, Images, Variant  # noqa: E402
from build import find_kernel, probe_compiler  # noqa: E402
from run import execute, write_job  # noqa: E402

VERSIONS = (1004, 1102, 1103)


class Deviations(Images):
    """Images with deviations.c for programs.c, and a kernel version of one's own."""

    def __init__(self, kernel, scratch, version):
        super().__init__(kernel, scratch)
        self.version = version
        self.programs = "deviations.c"

    def flags(self, variant):
        compiler, *rest = super().flags(variant)
        return [compiler, f"-I{HERE / 'as_version'}", f"-DTWIN_VERSION={self.version}", *rest]


def main():
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    scratch = (target / "twin").resolve()
    passed = failed = 0
    try:
        kernel = find_kernel(None)
        probe_compiler(scratch)
        (scratch / "jobs").mkdir(exist_ok=True)
        job = scratch / "jobs/none.job"
        write_job(job, 1, 0, 1, [])
        variants = [Variant("host", scheme) for scheme in (1, 2, 3, 4, 5)]
        tiny = [Variant("host", scheme, heap_bytes=size) for scheme in (1, 2, 4) for size in (1, 8, 15)]
        runs = [(variant, version) for variant in variants for version in VERSIONS] + [(variant, 1102) for variant in tiny]
        runs.append((Variant("host", 5, protector=1), 1102))
        for variant, version in runs:
            try:
                program = Deviations(kernel, scratch, version).image(variant)
                found = execute(variant, program, job)
                passed, failed = passed + found["passed"], failed + found["failed"]
                if found["passed"] == 0:
                    raise AssertionError(f"{variant.name()}: nothing was checked")
                if found["failed"]:
                    print(subprocess.run([program, job], capture_output=True, text=True, check=False).stdout, end="")
                    print(f"FAILED {variant.name()} as V{version // 100}.{version % 100}")
            except AssertionError as error:
                failed += 1
                print(f"FAILED {error}")
    except BuildError as error:
        print(f"deviations: {error}", file=sys.stderr)
        return 2
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
