# SPDX-License-Identifier: MIT
"""What the replays say, as figures: shares, means, tables and the list of exceptions."""

import math
from dataclasses import dataclass

TOLERANCE = 1.02   # no program may need more than this beside heap_4
SHARE = 0.99       # of the programs should need no more than heap_4: the goal
# The goal is out of reach for this family of programs: a search through the whole heap for the best fit, with the
# same headers, reaches 94.4 % and 1.1 % above the tolerance (docs/DESIGN.md). What is held instead:
SHARE_HELD = 0.93
OVER_HELD = 0.022  # of the programs may need more than TOLERANCE


@dataclass
class Outcome:
    """One program on both heaps; sizes in bytes, totals with control data."""
    label: str
    kind: str
    operations: int
    peak: int
    blocks: int
    kernel_heap: int
    kernel_total: int
    heap: int
    total: int
    same: bool       # firmheap serves in the largest array that heap_4's total leaves room for
    proof: int       # 1: trying every size gives heap_4's figure too; 0: it does not; -1: not tried

    @property
    def served(self):
        return self.kernel_heap > 0 and self.heap > 0

    @property
    def ratio(self):
        return self.total / self.kernel_total if self.served else math.inf

    @property
    def worse(self):
        return self.ratio > 1

    @property
    def why(self):
        if not self.served:
            return "not served by any size"
        if self.heap <= self.kernel_heap:
            return f"control data: the array is {self.kernel_heap - self.heap} bytes smaller"
        return f"placement: the array is {self.heap - self.kernel_heap} bytes larger"

    def line(self, family):
        return (f"{family}:{self.label:<6} {self.kind:12} {self.operations:5} operations, peak {self.peak:6} in {self.blocks:4} blocks: "
                f"{self.total:6} with {self.heap}, heap_4 {self.kernel_total:6} with {self.kernel_heap} "
                f"({self.ratio - 1:+.2%}; {self.why})")


def parse(output):
    """The PROGRAM lines of the replay core."""
    found = []
    for line in output.splitlines():
        words = line.split()
        if words[:1] == ["PROGRAM"]:
            numbers = [int(w) for w in words[3:]]
            found.append(Outcome(words[1], words[2], *numbers[:7], bool(numbers[7]), numbers[8]))
    return found


def geometric_mean(outcomes):
    return math.exp(sum(math.log(o.ratio) for o in outcomes) / len(outcomes))


def table(title, groups):
    """One row for each group: how many are better, equal, worse; mean and worst."""
    print(f"  {title:22} programs  better   equal   worse   >2 %    mean   worst  of")
    for name, members in groups:
        members = [o for o in members if o.served]
        if not members:
            continue
        worst = max(members, key=lambda o: o.ratio)
        equal = sum(o.ratio == 1 for o in members)
        worse = sum(o.worse for o in members)
        over = sum(o.ratio > TOLERANCE for o in members)
        share = 100 / len(members)
        print(f"  {name:22} {len(members):8} {(len(members) - equal - worse) * share:6.2f}% {equal * share:6.2f}% "
              f"{worse * share:6.2f}% {over:6}  {geometric_mean(members):6.4f}  {worst.ratio:6.4f}  {worst.label}")


def by_kind(outcomes):
    kinds = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.kind, []).append(outcome)
    return [("all", outcomes), *kinds.items()]


def by_edges(outcomes, value, edges, unit, scale=1):
    """Groups by ranges from an edge to below the next, edges in units of so many."""
    return [(f"{low} to below {high} {unit}", [o for o in outcomes if low * scale <= value(o) < high * scale])
            for low, high in zip(edges, edges[1:])]


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def break_even(outcomes):
    """From how many live blocks on the smaller headers pay for the larger control data."""
    print("  live blocks at the peak: median of firmheap's total less heap_4's, in bytes, and share of programs not worse")
    edges = [1, 3, 5, 7, 9, 12, 16, 20, 25, 30, 40, 60, 100, 10000]
    for name, members in by_edges(outcomes, lambda o: o.blocks, edges, "blocks"):
        members = [o for o in members if o.served]
        if members:
            share = sum(not o.worse for o in members) / len(members)
            print(f"    {name:22} {len(members):6} programs {median([o.total - o.kernel_total for o in members]):+6} bytes {share:8.1%}")
