// SPDX-License-Identifier: MIT
//! What the flips came to, as rows of a table.

use super::heaps::What;
use super::Outcome;
use std::fmt::Write;

/// How many of some calls say what is wrong.
#[derive(Clone, Copy, Default, Debug)]
pub struct Share {
    pub calls: u64,
    pub caught: u64,
    pub elsewhere: u64,
}

impl Share {
    pub fn count(&mut self, outcome: Outcome) {
        self.elsewhere += u64::from(outcome == Outcome::Elsewhere);
        self.calls += u64::from(outcome != Outcome::Elsewhere);
        self.caught += u64::from(outcome == Outcome::Caught);
    }

    fn add(&mut self, more: Share) {
        self.calls += more.calls;
        self.caught += more.caught;
        self.elsewhere += more.elsewhere;
    }
}

/// Counts for one kind of spot.
#[derive(Clone, Default, Debug)]
pub struct Tally {
    pub flips: u64,
    /// Flips that the check of the whole heap finds.
    pub check: u64,
    /// Calls that touch the block, and those of them that say what is wrong.
    pub own: Share,
    /// The same for the other block that shares the header.
    pub shares: Share,
    /// Flips after which anything was written, or read, outside the regions and heads, or went on for ever.
    pub wrote_outside: u64,
    /// Level 1, several regions: the same, where memory of another holds the very number that the flip made of a size.
    pub forged: u64,
    pub read_outside: u64,
    pub looped: u64,
    /// Flips after which something the core takes for granted was no longer so.
    pub undefined: u64,
    /// Some of what was missed.
    pub examples: Vec<String>,
    /// Some of what left its bounds.
    pub escapes: Vec<String>,
}

const EXAMPLES: usize = 5;

impl Tally {
    pub fn add(&mut self, more: &Tally) {
        self.flips += more.flips;
        self.check += more.check;
        self.own.add(more.own);
        self.shares.add(more.shares);
        self.wrote_outside += more.wrote_outside;
        self.forged += more.forged;
        self.read_outside += more.read_outside;
        self.looped += more.looped;
        self.undefined += more.undefined;
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(more.examples.iter().take(room).cloned());
        let room = EXAMPLES.saturating_sub(self.escapes.len());
        self.escapes.extend(more.escapes.iter().take(room).cloned());
    }

    pub fn example(&mut self, text: impl FnOnce() -> String) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(text());
        }
    }

    pub fn escape(&mut self, text: impl FnOnce() -> String) {
        if self.escapes.len() < EXAMPLES {
            self.escapes.push(text());
        }
    }
}

/// One layout, level and kind of spot.
#[derive(Clone, Debug)]
pub struct Row {
    pub layout: String,
    pub level: u32,
    pub what: What,
    pub heaps: u64,
    pub tally: Tally,
}

/// Header flips at level 1 that may meet the number they made: one, and one in so many.
const FORGED: u64 = 100_000;

impl Row {
    /// Which promise this row breaks.
    fn broken(&self) -> Vec<String> {
        let (tally, mut broken) = (&self.tally, Vec::new());
        let kept = tally.wrote_outside == 0 && tally.looped == 0 && tally.undefined == 0;
        if tally.forged > 1 + tally.flips / FORGED {
            broken.push(format!("{} of {} flips met their number", tally.forged, tally.flips));
        }
        if self.what.is_guarded(self.level) && !kept {
            broken.push(format!("{} wrote outside, {} looped", tally.wrote_outside, tally.looped));
            broken.extend(tally.escapes.iter().cloned());
        }
        if self.level >= 1 && tally.check < tally.flips {
            broken.push(format!("{} flips escaped the check", tally.flips - tally.check));
            broken.extend(tally.examples.iter().cloned());
        }
        broken
            .iter()
            .map(|what| format!("{} {} {:?}: {what}", self.layout, self.level, self.what))
            .collect()
    }
}

/// Which promises were broken: by a row, or by all rows of a layout together.
pub fn broken(rows: &[Row]) -> Vec<String> {
    let mut broken: Vec<String> = rows.iter().flat_map(Row::broken).collect();
    for (layout, level) in [("paired", 2), ("paired, wide", 2)] {
        let of_layout = || rows.iter().filter(|row| row.layout == layout && row.level == level);
        let sum = |part: fn(&Tally) -> u64| of_layout().map(|row| part(&row.tally)).sum::<u64>();
        let (calls, caught) = (sum(|tally| tally.own.calls), sum(|tally| tally.own.caught));
        if caught * 100 < calls * 99 || calls == 0 {
            broken.push(format!("{layout} {level}: {caught} of {calls} calls caught it, not 99 %"));
            broken.extend(of_layout().flat_map(|row| row.tally.examples.iter().cloned()));
        }
    }
    broken
}

/// The table of docs/BIT_FLIPS.md.
pub fn page(rows: &[Row], command: &str) -> String {
    let mut text = String::from(HEAD);
    let _ = writeln!(text, "Made by `{command}`.\n");
    text += "| layout | level | what is flipped | heaps | flips | `check` finds | next call on the block | call \
             on the other block | wrote outside | the same, forged | read outside | looped | undefined |\n|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
    for row in rows {
        let tally = &row.tally;
        let escaped = |count: u64| if row.level == 0 { "·".to_owned() } else { count.to_string() };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.layout,
            row.level,
            name(row.what),
            row.heaps,
            tally.flips,
            share(tally.check, tally.flips),
            share(tally.own.caught, tally.own.calls),
            share(tally.shares.caught, tally.shares.calls),
            escaped(tally.wrote_outside),
            escaped(tally.forged),
            escaped(tally.read_outside),
            escaped(tally.looped),
            escaped(tally.undefined),
        );
    }
    text
}

fn name(what: What) -> &'static str {
    match what {
        What::Header => "headers: of their block",
        What::LeftCopy => "headers: of the left neighbour",
        What::Footer => "sizes at the end of free blocks",
        What::Link => "links of free and waiting blocks",
        What::Head => "heads of the lists",
        What::Fence => "fences and trailers",
        What::Freed => "contents of free memory",
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "·".to_owned();
    }
    // Rounded down: 100 % means all of them.
    let thousandths = part * 100_000 / whole;
    if part == whole {
        "100 %".to_owned()
    } else {
        format!("{}.{:03} %", thousandths / 1000, thousandths % 1000)
    }
}

const HEAD: &str = "# Bit flips

Every single bit of every header and link of populated heaps, flipped one at a time: heaps with one to four
regions, equal and mixed sizes, blocks up to 30 KB, payloads of zeros, ones, random words, small numbers or what
the heap left there. This page is generated; do not edit it.

* **`check` finds**: the check of the whole heap, run at once.
* **next call on the block**: of all calls that hand out, give back or merge the block which the bit describes (of
  a head: take from its list or add to it), how many report the fault instead. A request that gets another block,
  or none, has not touched this one.
* **call on the other block**: the same for the second block that shares the header.
* **wrote outside, read outside, looped**: flips after which the program went on (every block freed, requests in
  between, the figures), and anything was stored or loaded outside the regions and heads, or did not end. Level 0
  trusts its memory and promises nothing, level 1 nothing about links and heads: it asks whether the links of a free
  neighbour are answered, not those of a block that it hands out.
* **the same, forged**: headers of free blocks at level 1, in heaps with several regions, not counted under `wrote outside`. The
  damaged size leads into a payload or free memory of another region, which holds the very same number, as a header would; with
  other contents there the flip writes nothing outside and ends. Level 2 asks for the block's own region.
* **Level 3** has more to flip: the fence and the trailer behind each request, the links and marks of blocks that
  wait in the quarantine, and one bit of each word of free memory; only payloads, and the last word of a free block,
  hold nothing of the heap's. Its rows count both halves of a header as one. Level 4 is this check before every
  call: it has no rows of its own.

";
