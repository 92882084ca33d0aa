#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The twin test: the kernel's heap_1 to heap_5 and firmheap's schemes of the same numbers, two of a number in one
image, run the same programs; every address, figure, trace, hook and assert is compared after every operation.
On a Cortex-M3 (QEMU) and as 32-bit programs of this machine.

    tests/twin/run.py                       short: what cargo xtask test runs
    tests/twin/run.py --operations 1000000  as many random operations for each scheme, on either machine, and all
                                            of the recorded traces at both alignments
    tests/twin/run.py --scheme 4 --on host  less of it
    tests/twin/run.py --mutate              breaks a copy of each scheme: the test must see it
"""

import argparse
import gzip
import os
import shutil
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
import images  # noqa: E402
from images import HERE, ROOT, BuildError, Images, Variant  # noqa: E402
from build import find_kernel, probe_compiler  # noqa: E402

MAGIC, SLOTS = 0x4E495754, 16384 - 1
SHORT_OPERATIONS = 20000
SIZES = (1024, 1536 + 4, 4096, 16381, 65536, 262144)
SECONDS = 3000   # a run that hangs


def variants(options):
    """The images. The short form has the ends of each range, the long one all of it."""
    found = []
    for where in options.on:
        for scheme in options.scheme:
            found += of_scheme(where, scheme, options.long)
    return found


def of_scheme(where, scheme, long):
    if scheme == 3:
        libraries = ["newlib"] if where == "host" or not has_picolibc() else ["newlib", "picolibc"]
        return [Variant(where, 3, library=library) for library in libraries]
    plain = [Variant(where, scheme, alignment, size, skew=place % alignment)
             for alignment in (8, 16)
             for place, size in enumerate(SIZES if long else SIZES[1::2])]
    more = [Variant(where, scheme, 8, 4096, skew=4, level=0, macros=0)]
    if where == "host" or long:
        more.append(Variant(where, scheme, 4, 4100, skew=3))
        more.append(Variant(where, scheme, 32, 16384, skew=17))
        if scheme != 1:
            more.append(Variant(where, scheme, clear=1))
        if scheme >= 4:
            more.append(Variant(where, scheme, protector=1))
    return plain + more


def has_picolibc():
    """Debian's picolibc-arm-none-eabi."""
    command = ["arm-none-eabi-gcc", "--print-file-name=picolibc.specs"]
    return os.path.sep in subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def trace(path):
    """A recorded trace as (slot, size); realloc is malloc and free, as everywhere in this project."""
    events, live, unused = [], {}, list(range(SLOTS - 1, -1, -1))

    def take(block, size):
        live[block] = unused.pop()
        events.append((live[block], max(1, int(size))))

    def give(block):
        slot = live.pop(block)
        unused.append(slot)
        events.append((slot, 0))

    with gzip.open(path, "rt", encoding="ascii") as lines:
        for line in lines:
            words = [word for word in line.split() if not word.startswith("@")]
            if not words or words[0] == "#":
                continue
            if words[0] in "mc":
                take(words[1], words[2])
            elif words[0] == "a":
                take(words[1], words[3])
            elif words[0] == "r":
                take(words[2], words[3])
                give(words[1])
            else:
                give(words[1])
    return events


def write_job(path, seed, operations, stride, events):
    with open(path, "wb") as file:
        file.write(struct.pack("<5I", MAGIC, seed, operations, stride, len(events)))
        file.write(b"".join(struct.pack("<2I", *event) for event in events))


def jobs(scratch, options):
    """Job files: a random program for each scheme, and (name, file) of each trace."""
    folder = scratch / "jobs"
    folder.mkdir(exist_ok=True)
    random_jobs = {}
    for scheme, operations in options.operations.items():   # shared by the images of a scheme
        random_jobs[scheme] = folder / f"random-{scheme}.job"
        write_job(random_jobs[scheme], options.seed, operations, 1, [])
    traces = []
    for path in sorted((ROOT / "traces").glob("*.gz")):
        events = trace(path)
        if not options.long:
            events = events[:6000]
        job = folder / f"{path.stem}.job"
        write_job(job, options.seed, 0, 1 if options.long else 16, events)
        traces.append((path.stem, job))
    if len(traces) != 6:
        raise BuildError(f"{ROOT / 'traces'} has {len(traces)} traces, not six")
    return random_jobs, traces


def execute(variant, program, job):
    """Runs one job; returns its figures or raises."""
    if variant.where == "host":
        command = [str(program), str(job)]
    else:
        command = ["qemu-system-arm", "-M", "mps2-an385", "-nographic", "-monitor", "none", "-serial", "none",
                   "-semihosting-config", "enable=on,target=native", "-kernel", str(program),
                   "-device", f"loader,file={job},addr=0x21000000,force-raw=on"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS, stdin=subprocess.DEVNULL)
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip()
    if done.returncode != 0 or not last.startswith("same "):
        raise AssertionError(f"{variant.name()}, {job.stem}: {last or 'no output'} (status {done.returncode})")
    return {name: int(value) for name, value in (word.split("=") for word in last.split()[1:])}


def check_kind(variant, total):
    """A run in which nothing happened compares nothing."""
    wanted = ["operations", "mallocs", "refused"] + (["frees"] if variant.scheme != 1 else [])
    wanted += ["misuses"] if variant.scheme in (2, 4, 5) else []
    wanted += ["asserts"] if variant.macros and variant.scheme in (2, 4, 5) else []
    for name in wanted:
        if total.get(name, 0) == 0:
            raise AssertionError(f"{variant.name()}: the program has no {name}: it compares nothing")


def one_image(maker, variant, random_jobs, traces, options):
    """(operations, failures) of one variant."""
    total, failures = {}, []
    try:
        program = maker.image(variant)
        for job in [random_jobs[variant.scheme], *[job for _name, job in traces_for(variant, traces, options)]]:
            for name, value in execute(variant, program, job).items():
                total[name] = total.get(name, 0) + value
        check_kind(variant, total)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        failures.append(str(error))
    return total.get("operations", 0), failures


def traces_for(variant, traces, options):
    """In the largest heap of a scheme, which most of them fit in; the short form has one of these images do it."""
    largest = variant.scheme == 3 or variant.heap_bytes == max(SIZES)
    return traces if largest and (options.long or variant.alignment == 8) else []


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, help=f"random operations for each scheme and machine (default: {SHORT_OPERATIONS} "
                        "an image, parts of the traces)")
    parser.add_argument("--scheme", type=int, action="append", choices=range(1, 6), help="only heap_N (repeatable)")
    parser.add_argument("--on", action="append", choices=["host", "target"], help="only there")
    parser.add_argument("--seed", type=int, default=0x1234567, help="of the random programs")
    parser.add_argument("--kernel", help="folder of the FreeRTOS kernel (default: FREERTOS_KERNEL_PATH, or the pinned package)")
    parser.add_argument("--mutate", action="store_true", help="break a copy of each scheme once: the test must fail")
    options = parser.parse_args()
    options.scheme, options.on = options.scheme or [1, 2, 3, 4, 5], options.on or ["host", "target"]
    options.long = options.operations is not None
    if options.long:
        images_of = {scheme: len(of_scheme("host", scheme, True)) for scheme in options.scheme}
        options.operations = {scheme: -(-options.operations // count) for scheme, count in images_of.items()}
    else:
        options.operations = dict.fromkeys(options.scheme, SHORT_OPERATIONS)
    return options


def test(maker, options):
    random_jobs, traces = jobs(maker.scratch, options)
    wanted = variants(options)
    needed = dict.fromkeys(variant.archive() for variant in wanted)
    with ThreadPoolExecutor(len(options.on)) as pool:   # a target folder for each machine: cargo would queue within one
        list(pool.map(lambda where: [maker.archive(one) for one in needed if one[0] == where], options.on))
    operations, failures = {}, []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda variant: (variant, *one_image(maker, variant, random_jobs, traces, options)), wanted)
        for variant, count, failed in results:
            key = (variant.where, variant.scheme)
            operations[key] = operations.get(key, 0) + count
            failures += failed
            print(f"{'FAILED' if failed else 'same  '} {variant.name():<48} {count:>9} operations", flush=True)
    return operations, failures, len(wanted)


def main():
    options = arguments()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    scratch = (target / "twin").resolve()
    started = time.monotonic()
    try:
        kernel = find_kernel(options.kernel)
        probe_compiler(scratch)
        if options.mutate:
            import broken
            return broken.check(kernel, scratch, options, test)
        operations, failures, count = test(Images(kernel, scratch), options)
    except BuildError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 2
    if 3 in options.scheme and "target" in options.on and not has_picolibc():
        print("skipped: heap_3 on picolibc (apt-get install picolibc-arm-none-eabi)")
    for failure in failures:
        print(f"FAILED {failure}")
    for (where, scheme), number in sorted(operations.items()):
        print(f"heap_{scheme} on {where}: {number} operations compared")
    print(f"twin: {count} images in {time.monotonic() - started:.0f} s")
    print(f"{count - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
