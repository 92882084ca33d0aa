# SPDX-License-Identifier: MIT
"""Which group runs in which variants, against which heap file."""

# The heap files under test, and what each is used as.
SUBJECTS = {
    "heap4": {"kernel": 1, "regions": 0, "like": "heap_4.c of the kernel"},
    "heap5": {"kernel": 1, "regions": 1, "like": "heap_5.c of the kernel"},
    "firmheap4": {"kernel": 0, "regions": 0, "like": "firmheap in place of heap_4.c"},
    "firmheap5": {"kernel": 0, "regions": 1, "like": "firmheap in place of heap_5.c"},
}

# Knob -> preprocessor name of FreeRTOSConfig.h. Knobs not here are handled by build.py.
DEFINES = {
    "align": "CONTRACT_ALIGNMENT", "assert": "CONTRACT_ASSERT", "hook": "CONTRACT_HOOK",
    "trace": "CONTRACT_TRACE", "clear": "CONTRACT_CLEAR", "protector": "CONTRACT_PROTECTOR",
    "own": "CONTRACT_APP_HEAP", "offset": "CONTRACT_OFFSET", "bytes": "CONTRACT_HEAP_BYTES",
    "ticks": "CONTRACT_TICK_BITS", "large": "CONTRACT_LARGE", "total": "CONTRACT_TOTAL",
}
ASSERTS = {"empty": 0, "count": 1, "trap": 2}
DEFAULTS = {"align": 8, "assert": "count", "protector": 0, "bits": 32, "own": 1, "integrity": 1}

# name of the trace -> smallest 32-bit array with which heap_4 serves it; the kernel's program
# checks that 8 bytes less do not.
TRACES = {
    "cjson_docs": 266800, "expat_xml": 74896, "freertos_full_demo_mps2": 65992,
    "libcoap_server": 269616, "lua54_script": 88392, "mbedtls_server": 70544,
}


UNCHECKED = {"integrity": 0}
WARDED = ({"integrity": 3}, {"integrity": 4})


def large(subject):
    """Above 256 KiB firmheap has another form, which it cannot infer from a table of regions."""
    return {"bytes": 300000, "large": 1} if subject == "firmheap5" else {"bytes": 300000}


def ours(subject, *variants):
    """Variants that only firmheap has."""
    return list(variants) if subject.startswith("firmheap") else []


def each(**knobs):
    """All combinations of the listed values."""
    variants = [{}]
    for knob, values in knobs.items():
        variants = [dict(variant, **{knob: value}) for variant in variants for value in values]
    return variants


COMMON = each(align=[8, 16]) + [
    {"align": 4}, {"align": 32}, {"hook": 0}, {"trace": 0}, {"protector": 1}, {"clear": 1},
    {"assert": "empty"}, {"assert": "trap"}, {"bits": 64, "align": 16},
]
MISUSE = each(**{"protector": [0, 1], "assert": ["count", "empty", "trap"]})
TINY = [1, 4, 7, 8, 9, 12, 15, 16, 17, 20, 23, 24, 28, 31, 32, 40, 48, 64, 96]
ARRAYS = [512, 520, 1000, 1021, 1024, 1032, 2040, 2048, 4096, 8200, 16384, 32768, 65528, 65536]


def heap_array(subject):
    """Offsets 1 to A-1, with the array on either side; sizes; and arrays of next to nothing."""
    variants = [{"bytes": 1024, "offset": offset} for offset in range(8)]
    variants += [{"bytes": 1000, "align": 16, "offset": offset} for offset in (1, 8, 15)]
    variants += [{"bytes": 1024, "align": 32, "offset": 31}, {"bytes": 1024, "protector": 1, "offset": 5}]
    variants += [{"bytes": size} for size in ARRAYS if size != 1024] + [large(subject)]
    variants += [{"bytes": 1024, "own": 0}, {"bytes": 1023, "own": 0, "align": 16}]
    variants += [{"bytes": 4096, "bits": 64, "align": 16, "offset": 3}]
    variants += [{"bytes": size} for size in TINY]
    variants += [{"bytes": size, "offset": 3} for size in (8, 12, 16, 24, 33)]
    variants += [{"bytes": size, "assert": "trap"} for size in (16, 24)]
    return variants


def regions(subject):
    """heap_5's protector cries wolf on every refusal; trapped inside a suspension it stops the suite."""
    variants = [v for v in MISUSE if subject == "firmheap5" or v != {"protector": 1, "assert": "trap"}]
    variants += [{"hook": 0}, {"trace": 0}, {"clear": 1}, {"align": 16}, {"align": 32}]
    return variants + ours(subject, {"total": 1}, {"large": 1}, {"bits": 64, "align": 16})


def bad_regions(subject):
    """What a broken heap_5 does after a bad table depends on alignment: recorded for 8 only."""
    return [v for v in regions(subject) if subject == "firmheap5" or "align" not in v]


def stats(subject):
    return COMMON + [{"ticks": 16}, {"ticks": 16, "bytes": 99992}, {"own": 0}, large(subject)] + \
        ours(subject, {"ticks": 16, "version": "11.3"}, {"align": 32, "large": 1})


def free(subject):
    return MISUSE + each(**{"align": [16, 32], "assert": ["count", "trap"]}) + [
        {"clear": 1}, {"bits": 64, "align": 16}, {"trace": 0}, {"hook": 0}, large(subject)] + \
        ours(subject, {"align": 16, "large": 1}, {"large": 1, "protector": 1})


def sizes(subject):
    return COMMON + [{"align": 1}, large(subject)] + ours(subject, UNCHECKED, {"align": 32, "large": 1})


def tracesum(subject):
    return COMMON[:4] + [{"protector": 1}, {"clear": 1}, {"bits": 64, "align": 16}, large(subject)] + ours(subject, UNCHECKED)


def capacity(subject):
    arrays = each(align=[8, 16]) + [{"protector": 1}] + ours(subject, UNCHECKED)
    return [dict(v, bytes=65536, runtime=1) for v in arrays] + \
        [{"traces": name, "runtime": 1, "bytes": size * 105 // 100, "hook": 0, "trace": 0, "assert": "empty"}
         for name, size in TRACES.items()]


# group -> (subjects, variants of a subject)
ALL, FOUR, FIVE = tuple(SUBJECTS), ("heap4", "firmheap4"), ("heap5", "firmheap5")
GROUPS = {
    "symbols": (ALL, None),   # symbols.py: what the object files and headers show
    "sizes": (ALL, sizes),
    "calloc": (ALL, lambda _subject: each(align=[8, 16]) + [{"hook": 0}, {"clear": 1}, {"bits": 64, "align": 16}]),
    "free": (ALL, free),
    "foreign": (ALL, free),
    "order": (ALL, lambda _subject: COMMON + [{"protector": 1, "assert": "trap"}, {"hook": 0, "trace": 0}]),
    "heap_array": (FOUR, heap_array),
    "regions": (FIVE, regions),
    "bad_regions": (FIVE, bad_regions),
    "small_regions": (FIVE, bad_regions),
    "stats": (ALL, stats),
    "clear": (ALL, lambda _subject: each(clear=[0, 1], align=[8, 16]) + [{"clear": 1, "protector": 1},
                                                                       {"clear": 1, "bits": 64, "align": 16}]),
    "nesting": (ALL, lambda _subject: MISUSE + [{"align": 16}, {"bits": 64, "align": 16}, {"clear": 1}]),
    "tracesum": (ALL, tracesum),
    "capacity": (FOUR, capacity),
}


# What levels 3 and 4 must not change. The other groups look into the heap's memory, or write to what they freed.
for group in ("sizes", "calloc", "foreign", "order", "regions", "bad_regions", "small_regions", "stats", "nesting",
              "tracesum"):
    subjects, variants = GROUPS[group]
    GROUPS[group] = (subjects, lambda subject, of=variants: of(subject) + ours(subject, *WARDED))


# Nor may another lock: each letter in its place, with a critical section for the suspension.
CRITICAL = ({"critical": 1}, {"critical": 1, "integrity": 3})
for group in ("sizes", "calloc", "free", "foreign", "order", "regions", "stats", "clear", "tracesum"):
    subjects, variants = GROUPS[group]
    more = CRITICAL[:1] if group in ("free", "clear") else CRITICAL
    GROUPS[group] = (subjects, lambda subject, of=variants, more=more: of(subject) + ours(subject, *more))


def label(variant):
    """A variant as it is printed and given to --variant."""
    return ",".join(f"{knob}={value}" for knob, value in sorted(variant.items()) if knob != "runtime") or "default"
