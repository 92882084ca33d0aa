// SPDX-License-Identifier: MIT
//! Tables: plain ones, the first column to the left and the others to the right, and those of the documents.

use crate::paths;
use crate::run::Program;
use anyhow::{Context, Result};
use std::fs;

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

/// A table for people and for Markdown.
pub fn markdown(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
    let rule = format!("|---|{}\n", "--:|".repeat(rows[0].len() - 1));
    let body: String = rows[1..].iter().map(line).collect();
    format!("{}{rule}{body}", line(&rows[0]))
}

/// Replaces what stands in a document between the command's marks.
pub fn write_docs(document: &str, command: &str, tables: &str) -> Result<()> {
    let file = paths::root().join("docs").join(document);
    let text = fs::read_to_string(&file)?;
    let begin = format!("<!-- begin: cargo xtask {command} --docs -->\n");
    let end = "<!-- end -->";
    let (before, rest) = text.split_once(&begin).context("no place for the tables")?;
    let (_, after) = rest.split_once(end).context("no end of the tables")?;
    fs::write(&file, format!("{before}{begin}\n{tables}\n{}\n\n{end}{after}", origin()?))?;
    Ok(())
}

/// What figures depend on: a commit that touches none of it changes no figure.
const MEASURED: [&str; 5] = ["src", "port", "include", "Cargo.toml", "build.rs"];

/// A sentence with the commit and the day that figures are of.
pub fn origin() -> Result<String> {
    let git = |words: &[&str]| {
        let program = Program::new("git").folder(&paths::root()).args(words).arg("--");
        program.args(MEASURED).must().map(|ran| ran.output.trim().to_owned())
    };
    let commit = git(&["log", "-1", "--abbrev=7", "--format=commit %h of %cs"])?;
    let changed = git(&["status", "--porcelain"])?;
    let changed = if changed.is_empty() { "" } else { ", with changes that are not committed" };
    Ok(format!("Counted at {commit}{changed}."))
}
