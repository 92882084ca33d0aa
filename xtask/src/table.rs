// SPDX-License-Identifier: MIT
//! A plain table: the first column to the left, the others to the right.

/// Renders rows as lines; the first row is the head.
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|column| width(rows, column)).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        text.push_str(&line(row, &widths));
        if index == 0 {
            let total = widths.iter().sum::<usize>() + 2 * widths.len();
            text.push_str(&format!("{}\n", "-".repeat(total)));
        }
    }
    text
}

fn width(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter()
        .filter_map(|row| row.get(column))
        .map(|cell| cell.chars().count())
        .max()
        .unwrap_or(0)
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (column, width) in widths.iter().enumerate() {
        let cell = row.get(column).map_or("", String::as_str);
        if column == 0 {
            text.push_str(&format!("{cell:<width$}  "));
        } else {
            text.push_str(&format!("{cell:>width$}  "));
        }
    }
    format!("{}\n", text.trim_end())
}
