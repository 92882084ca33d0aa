// SPDX-License-Identifier: MIT
//! The reference table that the method was taken from, and how far these runs are from it.
//!
//! The figures are the reference's, rounded as it rounds; they play no part in any measurement.

use crate::measure::Row;
use std::fmt::Write;

/// A row of the reference: malloc mean and max, free mean and max, smallest heap ÷ peak, flash.
type Reference = (&'static str, [f64; 6]);

const ROWS: &[Reference] = &[
    ("heap_4", [146.0, 754.0, 101.0, 443.0, 1.181, 476.0]),
    ("heap_4-assert", [207.0, 1163.0, 122.0, 465.0, 1.181, 588.0]),
    ("heap_4-protector", [233.0, 1362.0, 140.0, 568.0, 1.181, 668.0]),
    ("heap_5", [143.0, 751.0, 101.0, 443.0, 1.181, 544.0]),
    ("heap_2", [825.0, 4707.0, 589.0, 2668.0, 1.606, 348.0]),
    ("nano", [209.0, 1100.0, 189.0, 970.0, 1.167, 556.0]),
    ("o1heap", [97.0, 113.0, 67.0, 108.0, 1.691, 860.0]),
    ("rlsf", [98.0, 125.0, 75.0, 123.0, 1.199, 702.0]),
    ("talc", [93.0, 119.0, 67.0, 98.0, 1.224, 1132.0]),
    ("tlsf", [104.0, 133.0, 84.0, 135.0, 1.286, 848.0]),
    ("llff", [788.0, 5653.0, 482.0, 2773.0, 1.203, 838.0]),
    ("buddy", [72.0, 236.0, 90.0, 410.0, 1.600, 572.0]),
];

/// heap_4 on the real traces: smallest heap, malloc mean and max, free mean and max.
const REAL: &[(&str, [f64; 5])] = &[
    ("cjson_docs", [266_800.0, 92.0, 389.0, 154.0, 282.0]),
    ("expat_xml", [74_896.0, 98.0, 1182.0, 147.0, 450.0]),
    ("freertos_full_demo_mps2", [65_992.0, 110.0, 132.0, 79.0, 94.0]),
    ("libcoap_server", [269_616.0, 102.0, 239.0, 92.0, 771.0]),
    ("lua54_script", [88_392.0, 240.0, 1468.0, 147.0, 588.0]),
    ("mbedtls_server", [70_544.0, 96.0, 112.0, 84.0, 127.0]),
];

/// What differs by more than this is printed in bold.
const AGREEMENT: f64 = 0.02;

/// Own figures less reference ones, in per cent of these.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| allocator | malloc mean | malloc max | free mean | free max | smallest heap | flash |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let Some((_, reference)) = ROWS.iter().find(|(name, _)| *name == row.name) else {
            continue;
        };
        let (malloc, free) = (row.malloc(), row.free());
        let own = [
            malloc.mean,
            f64::from(malloc.max),
            free.mean,
            f64::from(free.max),
            row.memory_mean().unwrap_or(f64::NAN),
            f64::from(row.flash.with_stand_ins),
        ];
        line(&mut text, row.label, &own, reference);
    }
    text
}

/// The same for heap_4 on the real traces.
pub fn real(rows: &[Row]) -> String {
    let mut text = String::from(
        "| heap_4 on | smallest heap | malloc mean | malloc max | free mean | free max |\n\
         |---|--:|--:|--:|--:|--:|\n",
    );
    let heap_4 = rows.iter().find(|row| row.name == "heap_4");
    for (name, reference) in REAL {
        let heap = heap_4.and_then(|row| row.real_memory.iter().find(|s| s.name == *name));
        let times = heap_4.and_then(|row| row.real_timings.iter().find(|t| t.name == *name));
        let (Some(heap), Some(times)) = (heap, times) else { continue };
        let own = [
            f64::from(heap.heap),
            times.malloc.mean(),
            f64::from(times.malloc.max),
            times.free.mean(),
            f64::from(times.free.max),
        ];
        line(&mut text, name, &own, reference);
    }
    text
}

fn line(text: &mut String, label: &str, own: &[f64], reference: &[f64]) {
    _ = write!(text, "| {label} |");
    for (own, reference) in own.iter().zip(reference) {
        let off = own / reference - 1.0;
        let bold = if off.abs() > AGREEMENT { "**" } else { "" };
        _ = write!(text, " {bold}{:+.1} %{bold} |", off * 100.0);
    }
    _ = writeln!(text);
}
