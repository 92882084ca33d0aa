// SPDX-License-Identifier: MIT
//! The file of jobs that the firmware works through (`harness/bench.h` describes the same layout).

use crate::workload::Trace;

/// What to do with a trace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Time = 1,
    Memory = 2,
    Slope = 3,
}

const MAGIC: &[u8; 4] = b"FHB1";
const NAME_BYTES: usize = 28;
/// Set in the number of jobs when nothing is timed, so that QEMU may run without `-icount`.
const UNTIMED: u32 = 1 << 31;
/// Slots the firmware has.
const MAX_SLOTS: u32 = 16384;

/// Collects jobs into the bytes the firmware reads.
#[derive(Default)]
pub struct Jobs {
    bytes: Vec<u8>,
    count: u32,
    timed: bool,
}

impl Jobs {
    /// `step` is the granularity of the memory search; the other kinds ignore it.
    pub fn push(&mut self, kind: Kind, trace: &Trace, heap_bytes: u32, step: u32) {
        assert!(trace.slots <= MAX_SLOTS, "{}: more live blocks than slots", trace.name);
        self.count += 1;
        self.timed |= kind != Kind::Memory;
        self.word(kind as u32);
        let mut name = [0; NAME_BYTES];
        name[..trace.name.len()].copy_from_slice(trace.name.as_bytes());
        self.bytes.extend_from_slice(&name);
        self.word(heap_bytes);
        self.word(trace.peak_bytes);
        self.word(step);
        self.word(trace.events.len() as u32);
        for event in &trace.events {
            self.word(event.slot);
            self.word(event.size);
        }
    }

    /// Must QEMU count instructions for these?
    pub fn timed(&self) -> bool {
        self.timed
    }

    pub fn finish(&self) -> Vec<u8> {
        let count = self.count | if self.timed { 0 } else { UNTIMED };
        [MAGIC.as_slice(), &count.to_le_bytes(), &self.bytes].concat()
    }

    fn word(&mut self, word: u32) {
        self.bytes.extend_from_slice(&word.to_le_bytes());
    }
}
