// SPDX-License-Identifier: MIT
//! No allocator, a measure for their memory: exact best fit, which may look at every free block. What is left between
//! it and 1 is lost to headers, rounding and fragments that no index of free blocks gives back.

use crate::measure::{SEEDS, STEPS, WORKLOADS};
use crate::workload::{generate, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// firmheap's control data with a heap of 64 KiB, so that only the choice of blocks differs.
const CONTROL: u32 = 128;
const GRANULE: u32 = 8;
/// A free block holds two links and its size.
const BLOCK_MIN: u32 = 16;

/// Which of the free blocks of one size is taken. Neither is better for a reason: how far they are apart says
/// what a difference between two rows of memory means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    Lowest,
    Latest,
}

/// A header of so many bytes.
const ROWS: [(u32, Tie, &str); 4] = [
    (2, Tie::Lowest, "(exact best fit, headers of 2 bytes, lowest first)"),
    (2, Tie::Latest, "(the same, latest first)"),
    (4, Tie::Lowest, "(exact best fit, headers of 4 bytes, lowest first)"),
    (4, Tie::Latest, "(the same, latest first)"),
];

/// Further rows for the table of the smallest heaps.
pub fn rows() -> String {
    let mut text = String::new();
    for (header, tie, label) in ROWS {
        let means: Vec<f64> = WORKLOADS
            .iter()
            .map(|&workload| mean(SEEDS.iter().map(|&seed| ratio(workload, seed, header, tie))))
            .collect();
        _ = write!(text, "| {label} |");
        for figure in means.iter().copied().chain([mean(means.iter().copied())]) {
            _ = write!(text, " {figure:.4} |");
        }
        _ = writeln!(text);
    }
    text
}

fn mean(all: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = all.len() as f64;
    all.sum::<f64>() / count
}

/// Smallest heap ÷ peak of live bytes, by bisection in the steps of the allocators' search.
fn ratio(workload: char, seed: u64, header: u32, tie: Tie) -> f64 {
    let (trace, step) = (generate(workload, seed), STEPS.0);
    let (mut low, mut high) = (trace.peak_bytes / step, trace.peak_bytes * 4 / step);
    while low < high {
        let middle = (low + high) / 2;
        if BestFit::new(middle * step, header, tie).serves(&trace) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    f64::from(low * step + CONTROL) / f64::from(trace.peak_bytes)
}

struct BestFit {
    header: u32,
    tie: Tie,
    /// Free blocks: size and age by address, and in the order in which they are taken.
    free: BTreeMap<u32, (u32, i64)>,
    order: BTreeSet<(u32, i64, u32)>,
    age: i64,
}

impl BestFit {
    /// One free block; a granule of the heap is lost to its ends.
    fn new(heap: u32, header: u32, tie: Tie) -> Self {
        let (free, order) = (BTreeMap::new(), BTreeSet::new());
        let mut new = Self { header, tie, free, order, age: 0 };
        new.insert(0, (heap / GRANULE).saturating_sub(1) * GRANULE);
        new
    }

    fn serves(mut self, trace: &Trace) -> bool {
        let mut live = vec![(0, 0); trace.slots as usize];
        trace.events.iter().all(|event| {
            let block = &mut live[event.slot as usize];
            if event.size == 0 {
                self.give(*block);
                return true;
            }
            self.take(event.size).map(|taken| *block = taken).is_some()
        })
    }

    fn take(&mut self, bytes: u32) -> Option<(u32, u32)> {
        let wanted = (bytes + self.header).next_multiple_of(GRANULE).max(BLOCK_MIN);
        let &(size, _, at) = self.order.range((wanted, i64::MIN, 0)..).next()?;
        self.remove(at);
        if size - wanted < BLOCK_MIN {
            return Some((at, size));
        }
        self.insert(at + wanted, size - wanted);
        Some((at, wanted))
    }

    fn give(&mut self, (mut at, mut size): (u32, u32)) {
        if self.free.contains_key(&(at + size)) {
            size += self.remove(at + size);
        }
        let left = self.free.range(..at).next_back().map(|(&left, &(size, _))| (left, size));
        if let Some((left, left_size)) = left.filter(|(left, size)| left + size == at) {
            self.remove(left);
            (at, size) = (left, size + left_size);
        }
        self.insert(at, size);
    }

    fn insert(&mut self, at: u32, size: u32) {
        self.age += 1;
        let rank = if self.tie == Tie::Lowest { i64::from(at) } else { -self.age };
        self.free.insert(at, (size, rank));
        self.order.insert((size, rank, at));
    }

    fn remove(&mut self, at: u32) -> u32 {
        let (size, rank) = self.free.remove(&at).expect("a free block");
        self.order.remove(&(size, rank, at));
        size
    }
}
