#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The heap contract, run against the kernel's heap_4.c and heap_5.c and against firmheap.

Each group of checks is compiled in many variants (alignment, configASSERT, hook, trace macros,
protector, clearing, place and size of the array), once with the kernel's own file and once with
firmheap's archive and port file. One line per group and heap; the last line is the sum.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True   # the sources stay clean

import build      # noqa: E402
import matrix     # noqa: E402
import symbols    # noqa: E402


class Result:
    """What one program reported."""

    def __init__(self, group, subject, variant):
        self.group, self.subject, self.variant = group, subject, variant
        self.passed = self.failed = 0
        self.text, self.notes = [], []

    def fail(self, text):
        self.failed += 1
        self.text.append(text)


def parse(result, output):
    """CASE lines begin what a failing case says; RESULT counts; NOTE lines are passed on."""
    case = None
    for line in output.splitlines():
        words = line.split()
        if line.startswith("RESULT "):
            result.passed, result.failed = int(words[3]), int(words[4])
        elif line.startswith("NOTE "):
            result.notes.append(line[5:])
        elif line.startswith("CASE "):
            case = words[1]
            result.text.append(f"  {case}: {words[2]} failed; rerun: {rerun(result, case)}")
        else:
            result.text.append(f"    {line}")


def rerun(result, case):
    return (f"tests/contract/run.py --only {result.group} --heap {result.subject} "
            f"--variant {matrix.label(result.variant)} --case {case}")


def execute(builder, group, subject, variant, case):
    """Builds and runs one program."""
    result = Result(group, subject, variant)
    try:
        program, environment = builder.program(group, subject, variant)
        command = [str(program)] + ([case] if case else [])
        done = build.subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment,
                                    check=False, timeout=300, cwd=build.HERE)
        parse(result, done.stdout)
        if result.passed + result.failed == 0 and not case:
            result.fail(f"  the program reported nothing (exit {done.returncode}): {done.stderr.strip()}")
    except build.SaidAbove:
        result.failed += 1
    except build.BuildError as error:
        result.fail("  does not build:\n" + "\n".join(f"    {line}" for line in str(error).splitlines()[:40]))
    except build.subprocess.TimeoutExpired:
        result.fail("  did not end within 300 s")
    return result


def wanted(options):
    """The programs to run: kernel first, since firmheap is compared with what it served."""
    for group, (subjects, variants) in matrix.GROUPS.items():
        if options.only and group not in options.only:
            continue
        for subject in subjects:
            if options.heap and subject not in options.heap:
                continue
            for variant in variants(subject) if variants else [{}]:
                if not options.variant or options.variant == matrix.label(variant):
                    yield group, subject, variant


def report(results, verbose):
    """One line for each group and heap; then what failed, in full."""
    lines = {}
    for result in results:
        lines.setdefault((result.group, result.subject), []).append(result)
    for (group, subject), members in lines.items():
        failed = sum(r.failed for r in members)
        print(f"{group:13} {subject:10} {len(members):3} variants  "
              f"{sum(r.passed for r in members):7} passed  {failed:5} failed{'  <--' if failed else ''}")
        if verbose:
            for note in sorted(n for r in members for n in r.notes):
                print(f"    {note}")
        for result in (r for r in members if r.text):
            print(f"  [{matrix.label(result.variant)}]")
            print("\n".join(result.text))


def order(job):
    """The kernel's trace programs first: firmheap's read what they wrote. Then the long ones."""
    group, subject, _variant = job
    return (subject.startswith("firmheap") and group == "capacity", group != "capacity")


def test(builder, options):
    """Runs everything asked for; returns the results in the order of the matrix."""
    jobs = list(wanted(options))
    results = {}

    def one(index):
        group, subject, variant = jobs[index]
        if group == "symbols":
            results[index] = symbols.check(builder, subject, Result(group, subject, variant))
        else:
            results[index] = execute(builder, group, subject, variant, options.case)
        if sys.stderr.isatty():
            print(f"\r{len(results)}/{len(jobs)} {group} {subject:12}", end="\r", file=sys.stderr)

    ordered = sorted(range(len(jobs)), key=lambda i: order(jobs[i]))
    # Two waves: what compares itself with the kernel's results waits for them.
    for late in (False, True):
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(one, [i for i in ordered if order(jobs[i])[0] == late]))
    return [results[i] for i in range(len(jobs))]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="exit status: 0 all passed, 1 a check failed, 2 something is missing")
    parser.add_argument("--only", action="append", choices=list(matrix.GROUPS), help="only this group (repeatable)")
    parser.add_argument("--heap", action="append", choices=list(matrix.SUBJECTS), help="only this heap (repeatable)")
    parser.add_argument("--variant", help="only this variant, as printed, e.g. align=16,assert=trap")
    parser.add_argument("--case", help="only this case of a group")
    parser.add_argument("--kernel", help="folder of the FreeRTOS kernel (default: FREERTOS_KERNEL_PATH, or the pinned package)")
    parser.add_argument("--archive", type=Path, help="libfirmheap.a for i686, compact, alignment 8, integrity 1 (default: made here)")
    parser.add_argument("--sources", type=Path, default=build.ROOT, help="firmheap's sources (default: this repository)")
    parser.add_argument("--build", type=Path, help="scratch folder (default: contract/ in cargo's target folder)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="programs at a time (default: all cores)")
    parser.add_argument("--notes", action="store_true", help="print the figures that groups note down")
    parser.add_argument("--list", action="store_true", help="list groups, heaps and variants, run nothing")
    parser.add_argument("--mutate", action="store_true", help="break a copy of each heap once per group: each group must fail")
    return parser.parse_args()


def main():
    options = arguments()
    if options.list:
        for group, subject, variant in wanted(options):
            print(f"--only {group} --heap {subject} --variant {matrix.label(variant)}")
        return 0
    target = Path(os.environ.get("CARGO_TARGET_DIR", build.ROOT / "target"))
    scratch = (options.build or target / "contract").resolve()
    started = time.monotonic()
    try:
        kernel = build.find_kernel(options.kernel)
        build.probe_compiler(scratch)
        if options.mutate:
            import mutants
            return mutants.check(kernel, scratch, options)
        results = test(build.Builder(kernel, scratch, options.sources.resolve(), given_archive=options.archive), options)
    except build.BuildError as error:
        print(f"contract: {error}", file=sys.stderr)
        return 2
    report(results, options.notes)
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    if not results:
        print("contract: nothing matches; --list shows what there is", file=sys.stderr)
        return 2
    print(f"contract: {len(results)} programs in {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
