// SPDX-License-Identifier: MIT
//! The measurements of one allocator, and the figures of the table that follow from them.

use crate::adversary;
use crate::allocator::{Allocator, Source};
use crate::image::{Build, Builder, Flash};
use crate::job::{Jobs, Kind};
use crate::qemu::{execute, Calls, Report, SlopePoint, Smallest, Timing};
use crate::tool::Outcome;
use crate::workload::{generate, Recorder, Trace};
use std::collections::hash_map::{Entry, HashMap};

/// Timed and replayed; d is the slope and has no trace.
pub const WORKLOADS: [char; 4] = ['a', 'b', 'c', 'e'];
/// Memory is the average over these; the first one is timed.
pub const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];
/// Granularity of the search for the smallest heap, in bytes: synthetic, real.
pub const STEPS: (u32, u32) = (64, 8);

/// Control data is told for a heap of this size.
const TYPICAL_HEAP: u32 = 64 * 1024;

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub memory: bool,
    pub real: bool,
    pub adversary: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Row {
    pub name: &'static str,
    pub label: &'static str,
    pub timings: Vec<Timing>,
    pub slope: Vec<SlopePoint>,
    /// The search for the worst calls; in no mean.
    pub adversary: Vec<Timing>,
    pub memory: Vec<Smallest>,
    pub real_timings: Vec<Timing>,
    pub real_memory: Vec<Smallest>,
    /// The allocator's .data and .bss in the image for timing, with its roomy heap.
    pub static_bytes: u32,
    /// The same in firmware with a heap of `TYPICAL_HEAP`.
    pub control_bytes: u32,
    pub flash: Flash,
}

/// Everything about one allocator. `real` holds the traces of real programs.
pub fn measure(
    builder: &Builder,
    allocator: &Allocator,
    real: &[Trace],
    plan: Plan,
) -> Outcome<Row> {
    let heap_bytes = allocator.timing_heap();
    let is_null = allocator.name == "null";
    let image = builder.image(allocator, Build::Speed { heap_bytes })?;
    let mut jobs = Jobs::default();
    if is_null {
        jobs.push(Kind::Time, &one_block(), heap_bytes, 0);
    } else {
        for workload in WORKLOADS {
            jobs.push(Kind::Time, &generate(workload, SEEDS[0]), heap_bytes, 0);
        }
        jobs.push(Kind::Slope, &Trace::default(), heap_bytes, 0);
    }
    let Report { timings, slope, static_bytes, .. } = execute(&image, &jobs)?;
    let mut row = Row {
        name: allocator.name,
        label: allocator.label,
        timings,
        slope,
        static_bytes,
        ..Row::default()
    };
    row.flash = builder.flash(allocator)?;
    row.control_bytes = builder.static_bytes(allocator, TYPICAL_HEAP)?;
    if is_null {
        return Ok(row);
    }
    if plan.adversary {
        let mut jobs = Jobs::default();
        adversary::traces().iter().for_each(|trace| jobs.push(Kind::Time, trace, heap_bytes, 0));
        row.adversary = execute(&image, &jobs)?.timings;
    }
    if plan.memory {
        let image = builder.image(allocator, Build::AnySize)?;
        row.memory = execute(&image, &synthetic_memory(allocator))?.smallest;
        configured_statics(builder, allocator, &mut row.memory)?;
    }
    if plan.real {
        let all: Vec<&Trace> = real.iter().collect();
        (row.real_timings, row.real_memory) = measure_real(builder, allocator, &all)?;
        if let Some(wide) = allocator.wide_form() {
            // What one compact region cannot hold, firmware would configure as a large one.
            let missed: Vec<&Trace> = real
                .iter()
                .filter(|trace| row.real_memory.iter().any(|s| s.heap == 0 && s.name == trace.name))
                .collect();
            let (timings, memory) = measure_real(builder, wide, &missed)?;
            row.real_timings.retain(|timing| !timings.iter().any(|t| t.name == timing.name));
            row.real_timings.extend(timings);
            for smallest in memory {
                let place = row.real_memory.iter_mut().find(|s| s.name == smallest.name);
                *place.expect("only missed traces were run") = smallest;
            }
        }
    }
    Ok(row)
}

fn measure_real(
    builder: &Builder,
    allocator: &Allocator,
    real: &[&Trace],
) -> Outcome<(Vec<Timing>, Vec<Smallest>)> {
    let heap_bytes = allocator.timing_heap();
    let image = builder.image(allocator, Build::Speed { heap_bytes })?;
    let mut jobs = Jobs::default();
    let fits = |trace: &&&Trace| trace.peak_bytes + trace.peak_bytes / 4 < heap_bytes;
    for trace in real.iter().filter(fits) {
        jobs.push(Kind::Time, trace, heap_bytes, 0);
    }
    let timings = execute(&image, &jobs)?.timings;
    let image = builder.image(allocator, Build::AnySize)?;
    let mut jobs = Jobs::default();
    for trace in real {
        jobs.push(Kind::Memory, trace, limit(allocator, trace, STEPS.1), STEPS.1);
    }
    let mut memory = execute(&image, &jobs)?.smallest;
    configured_statics(builder, allocator, &mut memory)?;
    Ok((timings, memory))
}

/// firmheap's index grows with configTOTAL_HEAP_SIZE: count what firmware with that heap would have.
fn configured_statics(
    builder: &Builder,
    allocator: &Allocator,
    all: &mut [Smallest],
) -> Outcome<()> {
    if !matches!(allocator.source, Source::Firmheap { .. }) {
        return Ok(());
    }
    let mut known = HashMap::new();
    for smallest in all.iter_mut().filter(|smallest| smallest.heap != 0) {
        let octave = smallest.heap.next_power_of_two();
        smallest.static_bytes = match known.entry(octave) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => *entry.insert(builder.static_bytes(allocator, octave)?),
        };
    }
    Ok(())
}

/// All that the null allocator can do.
fn one_block() -> Trace {
    let mut recorder = Recorder::new("null");
    for _ in 0..100 {
        let slot = recorder.alloc(8);
        recorder.free(slot);
    }
    recorder.finish(false)
}

fn synthetic_memory(allocator: &Allocator) -> Jobs {
    let mut jobs = Jobs::default();
    for workload in WORKLOADS {
        for seed in SEEDS {
            let trace = generate(workload, seed);
            jobs.push(Kind::Memory, &trace, limit(allocator, &trace, STEPS.0), STEPS.0);
        }
    }
    jobs
}

fn limit(allocator: &Allocator, trace: &Trace, step: u32) -> u32 {
    (trace.peak_bytes * 8).min(allocator.max_heap) / step * step
}

/// Mean of the workloads' means and worst of their maxima.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub mean: f64,
    pub max: u32,
}

impl Row {
    pub fn malloc(&self) -> Figures {
        figures(self.timings.iter().map(|timing| timing.malloc))
    }

    pub fn free(&self) -> Figures {
        figures(self.timings.iter().map(|timing| timing.free))
    }

    /// (Heap array + static data) ÷ peak of live bytes, averaged over all seeds and workloads.
    pub fn memory_mean(&self) -> Option<f64> {
        mean_ratio(self.memory.iter())
    }

    /// Instructions per free block: malloc served, malloc refused, free.
    pub fn slopes(&self) -> Option<[f64; 3]> {
        let (first, last) = (self.slope.first()?, self.slope.last()?);
        let per = |high: u32, low: u32| {
            (f64::from(high) - f64::from(low)) / f64::from(last.blocks - first.blocks)
        };
        Some([
            per(last.malloc, first.malloc),
            per(last.refused, first.refused),
            per(last.free, first.free),
        ])
    }
}

fn figures(all: impl Iterator<Item = Calls> + Clone) -> Figures {
    let count = all.clone().count().max(1) as f64;
    Figures {
        mean: all.clone().map(|c| c.mean()).sum::<f64>() / count,
        max: all.map(|c| c.max).max().unwrap_or(0),
    }
}

/// The average of total ÷ peak; none if there is nothing to average or one of them was never served.
pub fn mean_ratio<'a>(all: impl Iterator<Item = &'a Smallest>) -> Option<f64> {
    let ratios: Option<Vec<f64>> =
        all.map(|s| s.total().map(|total| f64::from(total) / f64::from(s.peak))).collect();
    ratios.filter(|r| !r.is_empty()).map(|r| r.iter().sum::<f64>() / r.len() as f64)
}
