// SPDX-License-Identifier: MIT
//! The results as tables for people and as JSON for programs.

use crate::best_fit;
use crate::measure::{mean_ratio, Row, WORKLOADS};
use crate::qemu::{Calls, Smallest, Timing};
use std::fmt::Write;

/// Markdown tables, so that a page can take them as they are.
pub fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut section = |title: &str, table: String| {
        if !table.is_empty() {
            _ = writeln!(text, "\n{title}\n\n{table}");
        }
    };
    section(
        "Instructions on Cortex-M3, not cycles. Mean of a, b, c, e; worst of all calls.",
        summary(rows),
    );
    section("Per workload: malloc mean/p99/max · free mean/p99/max", per_workload(rows));
    section("Smallest heap with static data ÷ peak of live bytes, five seeds", memory(rows));
    section("With N free blocks: malloc served/refused · free", slope(rows));
    section("Real traces (realloc = malloc + copy + free): malloc · free mean/p99/max, smallest heap with static data (÷ heap_4's)", real(rows));
    section("Smallest heaps against heap_4's, geometric mean", geometric(rows));
    worst(&mut text, rows);
    text
}

pub fn summary(rows: &[Row]) -> String {
    let mut text = String::new();
    _ = writeln!(text, "| allocator | malloc mean / max | free mean / max | slope malloc served, refused / free | smallest heap ÷ peak | flash B (own) | control B | first call |");
    _ = writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|");
    for row in rows {
        let (malloc, free) = (row.malloc(), row.free());
        let slope =
            row.slopes().map_or("–".into(), |[s, r, f]| format!("{s:.1}, {r:.1} / {f:.1}"));
        let memory = row.memory_mean().map_or("–".into(), |ratio| format!("{ratio:.4}"));
        _ = writeln!(
            text,
            "| {} | {:.1} / {} | {:.1} / {} | {slope} | {memory} | {} ({}) | {} | {} |",
            row.label,
            malloc.mean,
            malloc.max,
            free.mean,
            free.max,
            row.flash.with_stand_ins,
            row.flash.own,
            row.control_bytes,
            row.timings.first().map_or(0, |timing| timing.first),
        );
    }
    text
}

pub fn per_workload(rows: &[Row]) -> String {
    let mut text = String::new();
    _ = writeln!(text, "| allocator | a | b | c | e |\n|---|--:|--:|--:|--:|");
    for row in measured(rows) {
        _ = write!(text, "| {} |", row.label);
        for timing in &row.timings {
            _ = write!(text, " {} · {} |", triple(&timing.malloc), triple(&timing.free));
        }
        _ = writeln!(text);
    }
    text
}

/// Smallest heap ÷ peak, mean of the seeds; below what is measured, what exact best fit would need.
pub fn memory(rows: &[Row]) -> String {
    if rows.iter().all(|row| row.memory.is_empty()) {
        return String::new();
    }
    let mut text =
        String::from("| allocator | a | b | c | e | mean |\n|---|--:|--:|--:|--:|--:|\n");
    for row in measured(rows) {
        _ = write!(text, "| {} |", row.label);
        for workload in WORKLOADS {
            let seeds = row.memory.iter().filter(|s| s.name.starts_with(workload));
            _ = write!(text, " {} |", ratio(mean_ratio(seeds)));
        }
        _ = writeln!(text, " {} |", ratio(row.memory_mean()));
    }
    text + &best_fit::rows()
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("–".into(), |ratio| format!("{ratio:.4}"))
}

/// One call with N free blocks in the heap, N in columns.
pub fn slope(rows: &[Row]) -> String {
    let mut text = String::new();
    let Some(first) = rows.iter().find(|row| !row.slope.is_empty()) else { return text };
    let heads: Vec<String> =
        first.slope.iter().map(|point| format!(" {} |", point.blocks)).collect();
    _ = writeln!(text, "| allocator, N = |{}\n|---|{}", heads.concat(), "--:|".repeat(heads.len()));
    for row in measured(rows) {
        _ = write!(text, "| {} |", row.label);
        for point in &row.slope {
            _ = write!(text, " {}/{} · {} |", point.malloc, point.refused, point.free);
        }
        _ = writeln!(text);
    }
    text
}

/// All but the null allocator, which can do nothing that these tables show.
pub fn measured(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|row| !row.slope.is_empty())
}

fn worst(text: &mut String, rows: &[Row]) {
    for row in rows.iter().filter(|row| !row.adversary.is_empty()) {
        let most = |family: &str, cost: fn(&Timing) -> u32| {
            let all = row.adversary.iter().filter(|timing| timing.name.starts_with(family));
            all.map(cost).max().unwrap_or(0)
        };
        let (malloc, free) = (most("adversary", |t| t.malloc.max), most("", |t| t.free.max));
        let tiny = most("tiny", |t| t.malloc.max);
        _ = writeln!(
            text,
            "{}: the search for the worst calls found {malloc} for malloc ({tiny} with requests below 8 bytes), {free} for free",
            row.label
        );
    }
}

pub fn real(rows: &[Row]) -> String {
    let mut text = String::new();
    let Some(reference) = rows.iter().find(|row| !row.real_memory.is_empty()) else { return text };
    let bar = rows.iter().find(|row| row.name == "heap_4");
    for smallest in &reference.real_memory {
        _ = writeln!(
            text,
            "| {} | malloc | free | smallest heap | ÷ heap_4 |\n|---|--:|--:|--:|--:|",
            smallest.name
        );
        for row in rows {
            let Some(own) = find(&row.real_memory, &smallest.name) else { continue };
            let (malloc, free) =
                row.real_timings.iter().find(|timing| timing.name == smallest.name).map_or_else(
                    || ("–".into(), "–".into()),
                    |Timing { malloc, free, .. }| (triple(malloc), triple(free)),
                );
            let bar = bar
                .and_then(|bar| find(&bar.real_memory, &smallest.name).and_then(Smallest::total));
            let own_bytes = own.total();
            let ratio = own_bytes
                .zip(bar)
                .map_or("–".into(), |(a, b)| format!("{:.4}", f64::from(a) / f64::from(b)));
            let shown = own_bytes.map_or("–".into(), |b| b.to_string());
            let note = if own.monotonic || own.heap == 0 { "" } else { " (fails at ×1.02)" };
            _ = writeln!(text, "| {} | {malloc} | {free} | {shown}{note} | {ratio} |", row.label);
        }
        _ = writeln!(text);
    }
    text
}

/// Geometric mean over the traces of own smallest heap over heap_4's.
pub fn geometric(rows: &[Row]) -> String {
    let mut text = String::new();
    let bar = rows.iter().find(|row| row.name == "heap_4");
    let Some(bar) = bar.filter(|bar| !bar.real_memory.is_empty()) else { return text };
    _ = writeln!(text, "| allocator | smallest heap ÷ heap_4's | traces |\n|---|--:|--:|");
    for row in rows.iter().filter(|row| !row.real_memory.is_empty()) {
        let logs: Vec<f64> = row
            .real_memory
            .iter()
            .zip(&bar.real_memory)
            .filter_map(|(own, other)| {
                Some((f64::from(own.total()?) / f64::from(other.total()?)).ln())
            })
            .collect();
        let mean = (logs.iter().sum::<f64>() / logs.len().max(1) as f64).exp();
        _ = writeln!(text, "| {} | {mean:.4} | {} |", row.label, logs.len());
    }
    text
}

fn find<'a>(all: &'a [Smallest], name: &str) -> Option<&'a Smallest> {
    all.iter().find(|s| s.name == name)
}

fn triple(calls: &Calls) -> String {
    format!("{:.1}/{}/{}", calls.mean(), calls.p99, calls.max)
}

/// One object; the names are plain, so nothing needs escaping but the labels' quotes, of which there are none.
pub fn json(rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(json_row).collect();
    format!(
        "{{\n\"unit\": \"instructions, not cycles\",\n\"cpu\": \"cortex-m3\",\n\"allocators\": [\n{}\n]\n}}\n",
        rows.join(",\n")
    )
}

fn json_row(row: &Row) -> String {
    let (malloc, free) = (row.malloc(), row.free());
    let slope: Vec<String> = row
        .slope
        .iter()
        .map(|p| {
            let (blocks, malloc, free, refused) = (p.blocks, p.malloc, p.free, p.refused);
            format!("{{\"blocks\": {blocks}, \"malloc\": {malloc}, \"free\": {free}, \"refused\": {refused}}}")
        })
        .collect();
    format!(
        "{{\"name\": \"{}\", \"label\": \"{}\", \"malloc\": {{\"mean\": {:.3}, \"max\": {}}}, \"free\": {{\"mean\": {:.3}, \"max\": {}}},\n \
         \"memory\": {}, \"flash\": {}, \"flash_own\": {}, \"static\": {}, \"static_64k\": {},\n \
         \"slope\": [{}],\n \"workloads\": {},\n \"adversary\": {},\n \"smallest\": {},\n \"real\": {},\n \"real_smallest\": {}}}",
        row.name, row.label.replace('*', ""), malloc.mean, malloc.max, free.mean, free.max,
        row.memory_mean().map_or("null".into(), |ratio| format!("{ratio:.5}")),
        row.flash.with_stand_ins, row.flash.own, row.static_bytes, row.control_bytes,
        slope.join(", "), json_timings(&row.timings), json_timings(&row.adversary), json_smallest(&row.memory),
        json_timings(&row.real_timings), json_smallest(&row.real_memory),
    )
}

fn json_timings(timings: &[Timing]) -> String {
    let one = |c: &Calls| {
        format!(
            "{{\"calls\": {}, \"mean\": {:.3}, \"p99\": {}, \"max\": {}, \"at\": {}}}",
            c.calls,
            c.mean(),
            c.p99,
            c.max,
            c.at
        )
    };
    let all: Vec<String> = timings
        .iter()
        .map(|t| {
            format!(
                "\"{}\": {{\"first\": {}, \"malloc\": {}, \"free\": {}}}",
                t.name,
                t.first,
                one(&t.malloc),
                one(&t.free)
            )
        })
        .collect();
    format!("{{{}}}", all.join(", "))
}

fn json_smallest(all: &[Smallest]) -> String {
    let all: Vec<String> = all
        .iter()
        .map(|s| {
            format!(
                "\"{}\": {{\"heap\": {}, \"static\": {}, \"peak\": {}, \"monotonic\": {}}}",
                s.name, s.heap, s.static_bytes, s.peak, s.monotonic
            )
        })
        .collect();
    format!("{{{}}}", all.join(", "))
}
