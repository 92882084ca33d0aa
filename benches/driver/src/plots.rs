// SPDX-License-Identifier: MIT
//! The figures of the page, as SVG. The same rows give the same bytes.

use crate::canvas::{draw, Anchor, Canvas, Scale, FAINT, INK};
use crate::measure::Row;
use crate::report::measured;
use crate::tool::Outcome;
use plotters::style::RGBColor;

/// Told apart by those who see few colours, too.
const FIRMHEAP: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const KERNEL: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const OTHER: RGBColor = RGBColor(0x88, 0x88, 0x88);
const KINDS: [(RGBColor, &str); 3] =
    [(FIRMHEAP, "firmheap"), (KERNEL, "FreeRTOS kernel"), (OTHER, "other packages")];

const WIDTH: i32 = 900;
/// Pixels for each allocator's line, for the title with the legend, and for the axis.
const PITCH: i32 = 26;
const TOP: i32 = 74;
const BOTTOM: i32 = 56;
/// Where bars begin and end.
const SPAN: (i32, i32) = (260, 820);

/// File name and contents.
pub fn all(rows: &[Row]) -> Outcome<Vec<(&'static str, String)>> {
    // The higher integrity levels are compared with each other, in docs/INTEGRITY.md, and not with the peers.
    let higher = ["firmheap-2", "firmheap-3"];
    let rows: Vec<&Row> = measured(rows).filter(|row| !higher.contains(&row.name)).collect();
    Ok(vec![
        ("free-blocks.svg", free_blocks(&rows)?),
        ("malloc.svg", times(&rows, "malloc", |row| (row.malloc().mean, row.malloc().max))?),
        ("free.svg", times(&rows, "free", |row| (row.free().mean, row.free().max))?),
        ("memory.svg", memory(&rows)?),
        ("flash.svg", flash(&rows)?),
    ])
}

fn kind(row: &Row) -> RGBColor {
    match row.name {
        name if name.starts_with("firmheap") => FIRMHEAP,
        name if name.starts_with("heap_") => KERNEL,
        _ => OTHER,
    }
}

fn label(row: &Row) -> String {
    row.label.replace('*', "")
}

/// Range bars: from the mean to the worst call, on a logarithmic axis, where a bar from zero would say nothing.
fn times(rows: &[&Row], call: &str, figures: fn(&Row) -> (f64, u32)) -> Outcome<String> {
    let scale = Scale { low: 50.0, high: 16_000.0, logarithmic: true, pixels: SPAN };
    let title = format!("{call}: mean and worst call of the workloads a, b, c, e");
    let sorted = sorted(rows, |row| f64::from(figures(row).1));
    let ticks = [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0];
    let axis =
        "instructions on Cortex-M3 (not cycles), logarithmic; circle: mean, end of the bar: worst";
    chart(&title, axis, &sorted, &scale, &ticks, 0, |canvas, row, middle| {
        let (mean, worst) = figures(row);
        let (from, to) = (scale.at(mean)?, scale.at(f64::from(worst))?);
        canvas.bar((from, middle - 5), (to, middle + 5), kind(row))?;
        canvas.dot((from, middle), 5, kind(row))?;
        canvas.text((to + 6, middle), 12, Anchor::Start, &format!("{worst}"))?;
        canvas.text((from - 10, middle), 12, Anchor::End, &format!("{mean:.0}"))
    })
}

fn memory(rows: &[&Row]) -> Outcome<String> {
    let scale = Scale { low: 1.0, high: 1.75, logarithmic: false, pixels: SPAN };
    let ratio = |row: &Row| row.memory_mean().unwrap_or(f64::NAN);
    let ticks = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7];
    let axis = "smallest heap with static data ÷ peak of live bytes; the axis begins at 1, where nothing is lost";
    let title = "Smallest heap that serves the workloads (mean of a, b, c, e, five seeds each)";
    chart(title, axis, &sorted(rows, ratio), &scale, &ticks, 2, |canvas, row, middle| {
        let end = scale.at(ratio(row))?;
        canvas.bar((SPAN.0, middle - 8), (end, middle + 8), kind(row))?;
        canvas.text((end + 6, middle), 12, Anchor::Start, &format!("{:.3}", ratio(row)))
    })
}

fn flash(rows: &[&Row]) -> Outcome<String> {
    let scale = Scale { low: 0.0, high: 1750.0, logarithmic: false, pixels: SPAN };
    let ticks = [0.0, 250.0, 500.0, 750.0, 1000.0, 1250.0, 1500.0];
    let axis = "bytes of code and read-only data on Cortex-M3; the peers built for size; with the scheduler's stand-ins";
    let bytes = |row: &Row| f64::from(row.flash.with_stand_ins);
    let title = "Flash of malloc, free and init";
    chart(title, axis, &sorted(rows, bytes), &scale, &ticks, 0, |canvas, row, middle| {
        let end = scale.at(bytes(row))?;
        canvas.bar((SPAN.0, middle - 8), (end, middle + 8), kind(row))?;
        canvas.text((end + 6, middle), 12, Anchor::Start, &format!("{:.0}", bytes(row)))
    })
}

/// The least first; equal ones in the order of the tables.
fn sorted<'a>(rows: &[&'a Row], figure: impl Fn(&Row) -> f64) -> Vec<&'a Row> {
    let mut sorted = rows.to_vec();
    sorted.sort_by(|one, other| figure(one).total_cmp(&figure(other)));
    sorted
}

/// A line for each allocator, its name on the left, and the axis below.
fn chart(
    title: &str,
    axis: &str,
    rows: &[&Row],
    scale: &Scale,
    ticks: &[f64],
    decimals: usize,
    paint: impl Fn(&Canvas, &Row, i32) -> Outcome<()>,
) -> Outcome<String> {
    let foot = TOP + PITCH * rows.len() as i32;
    draw((WIDTH as u32, (foot + BOTTOM) as u32), |canvas| {
        canvas.text((16, 20), 18, Anchor::Start, title)?;
        kinds(canvas, (SPAN.0, 50))?;
        for &tick in ticks {
            let x = scale.at(tick)?;
            canvas.line(&[(x, TOP - 6), (x, foot)], FAINT, 1)?;
            canvas.text((x, foot + 13), 12, Anchor::Middle, &format!("{tick:.decimals$}"))?;
        }
        for (index, row) in rows.iter().enumerate() {
            let middle = TOP + PITCH * index as i32 + PITCH / 2;
            canvas.text((SPAN.0 - 12, middle), 13, Anchor::End, &label(row))?;
            paint(canvas, row, middle)?;
        }
        canvas.line(&[(SPAN.0, foot), (SPAN.1, foot)], INK, 1)?;
        canvas.text(((SPAN.0 + SPAN.1) / 2, foot + 36), 13, Anchor::Middle, axis)
    })
}

fn kinds(canvas: &Canvas, (mut x, y): (i32, i32)) -> Outcome<()> {
    for (colour, name) in KINDS {
        canvas.bar((x, y - 6), (x + 12, y + 6), colour)?;
        canvas.text((x + 18, y), 13, Anchor::Start, name)?;
        x += 150;
    }
    Ok(())
}

/// Curves, each with its name and last figure at its end; names that would touch are moved apart.
fn free_blocks(rows: &[&Row]) -> Outcome<String> {
    const FOOT: i32 = 560;
    const GAP: i32 = 17;
    let x = Scale { low: 10.0, high: 1000.0, logarithmic: true, pixels: (80, 560) };
    let y = Scale { low: 50.0, high: 15_000.0, logarithmic: true, pixels: (FOOT, TOP) };
    let dearest = |row: &Row| -> Vec<(u32, u32)> {
        row.slope.iter().map(|point| (point.blocks, point.malloc.max(point.refused))).collect()
    };
    let last = |row: &Row| dearest(row).last().map_or(0, |&(_, cost)| cost);
    let mut sorted = sorted(rows, |row| f64::from(last(row)));
    sorted.reverse();
    let ends: Outcome<Vec<i32>> = sorted.iter().map(|row| y.at(f64::from(last(row)))).collect();
    let places = apart(ends?, GAP, FOOT);
    draw((WIDTH as u32, (FOOT + BOTTOM) as u32), |canvas| {
        canvas.text(
            (16, 20),
            18,
            Anchor::Start,
            "One malloc with N free blocks in the heap (workload d)",
        )?;
        kinds(canvas, (80, 44))?;
        for tick in [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0] {
            let at = y.at(tick)?;
            canvas.line(&[(x.pixels.0, at), (x.pixels.1, at)], FAINT, 1)?;
            canvas.text((x.pixels.0 - 8, at), 12, Anchor::End, &format!("{tick}"))?;
        }
        for tick in [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0] {
            let at = x.at(tick)?;
            canvas.line(&[(at, TOP), (at, FOOT)], FAINT, 1)?;
            canvas.text((at, FOOT + 13), 12, Anchor::Middle, &format!("{tick}"))?;
        }
        canvas.text((16, TOP - 8), 12, Anchor::Start, "instructions on Cortex-M3 (not cycles)")?;
        let axis = "N, the number of free blocks (logarithmic, as the other axis); the dearer of served and refused";
        canvas.text((320, FOOT + 36), 13, Anchor::Middle, axis)?;
        for (row, place) in sorted.iter().zip(places) {
            let curve: Vec<(i32, i32)> = dearest(row)
                .into_iter()
                .map(|(blocks, cost)| Ok((x.at(f64::from(blocks))?, y.at(f64::from(cost))?)))
                .collect::<Outcome<_>>()?;
            let width = if row.name == "firmheap" || row.name == "heap_4" { 3 } else { 1 };
            canvas.line(&curve, kind(row), width)?;
            let end = (x.pixels.1, y.at(f64::from(last(row)))?);
            canvas.line(&[end, (end.0 + 24, place)], kind(row), 1)?;
            let name = format!("{}: {}", label(row), last(row));
            canvas.text((end.0 + 28, place), 12, Anchor::Start, &name)?;
        }
        Ok(())
    })
}

/// Moves places (falling from the top) so that no two are closer than `gap` and none is below `foot`.
fn apart(mut places: Vec<i32>, gap: i32, foot: i32) -> Vec<i32> {
    for index in 1..places.len() {
        places[index] = places[index].max(places[index - 1] + gap);
    }
    let mut limit = foot;
    for place in places.iter_mut().rev() {
        *place = (*place).min(limit);
        limit = *place - gap;
    }
    places
}
