#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packs a recorded trace (traces/*.gz) into a C array for the replay in firmware.

One 32-bit word per event: bits 0..15 the size (0: free), 16..25 the slot, 26..31 the task.
Slots are the trace's block numbers, reused after a free, so that a small table serves the replay.
"""
import argparse
import gzip
import sys

SIZE_BITS, SLOT_BITS, TASK_BITS = 16, 10, 6


def fail(sentence):
    sys.exit(f"pack_trace: {sentence}")


class Packer:
    """Turns events into words and keeps the books the replay is compared with."""

    def __init__(self):
        self.words = []
        self.live = {}  # block number -> (slot, size)
        self.unused = []
        self.slots = self.tasks = 0
        self.live_bytes = self.peak_bytes = self.peak_blocks = 0

    def malloc(self, block, size, task):
        if block in self.live or not 0 < size < 1 << SIZE_BITS:
            fail(f"block {block} of {size} bytes: already live, or its size does not fit")
        if self.unused:
            slot = self.unused.pop()
        else:
            slot, self.slots = self.slots, self.slots + 1
        self.live[block] = (slot, size)
        self.live_bytes += size
        self.peak_bytes = max(self.peak_bytes, self.live_bytes)
        self.peak_blocks = max(self.peak_blocks, len(self.live))
        self.emit(size, slot, task)

    def free(self, block, task):
        if block not in self.live:
            fail(f"block {block} is freed but not live")
        slot, size = self.live.pop(block)
        self.unused.append(slot)
        self.live_bytes -= size
        self.emit(0, slot, task)

    def emit(self, size, slot, task):
        self.tasks = max(self.tasks, task + 1)
        if self.slots > 1 << SLOT_BITS or self.tasks > 1 << TASK_BITS:
            fail(f"{self.slots} slots or {self.tasks} tasks are more than a word can name")
        self.words.append(size | slot << SIZE_BITS | task << (SIZE_BITS + SLOT_BITS))


def pack(lines):
    packer = Packer()
    for line in lines:
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        task = int(fields.pop()[1:]) if fields[-1].startswith("@") else 0
        if fields[0] == "m" and len(fields) == 3:
            packer.malloc(int(fields[1]), int(fields[2]), task)
        elif fields[0] == "f" and len(fields) == 2:
            packer.free(int(fields[1]), task)
        else:
            fail(f"the replay knows only m and f, not: {line.strip()}")
    return packer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace", help="the recorded trace, a .gz file")
    parser.add_argument("output", help="the C file to write")
    arguments = parser.parse_args()

    try:
        with gzip.open(arguments.trace, "rt", encoding="ascii") as lines:
            packer = pack(lines)
    except OSError as error:
        fail(f"{arguments.trace}: {error}")

    with open(arguments.output, "w", encoding="ascii") as out:
        out.write("/* Made by pack_trace.py; do not edit. */\n#include \"replay_trace.h\"\n\n")
        out.write("const ReplayTrace_t xReplayTrace =\n{\n")
        out.write(f"    {len(packer.words)}U, {packer.slots}U, {packer.tasks}U,\n")
        out.write(f"    {packer.peak_bytes}U, {packer.peak_blocks}U\n}};\n\n")
        out.write("const uint32_t ulReplayEvents[] =\n{\n")
        for start in range(0, len(packer.words), 8):
            row = ", ".join(f"0x{word:08x}U" for word in packer.words[start:start + 8])
            out.write(f"    {row},\n")
        out.write("};\n")


if __name__ == "__main__":
    main()
