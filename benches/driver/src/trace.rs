// SPDX-License-Identifier: MIT
//! The traces of real programs in `traces/`, flattened to malloc and free.
//!
//! The kernel's portable layer has no realloc and no aligned allocation, so every allocator serves the
//! same flattened trace: `r` is malloc, copy, free; `c` is timed as malloc (zeroing costs everyone the
//! same); `a` is malloc as long as the alignment is at most 8.

use crate::tool::{project, run_text, Outcome};
use crate::trace_text::{parse, Step};
use crate::workload::{Recorder, Trace};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every `.gz` of the folder, by name.
pub fn list(folder: Option<&Path>) -> Outcome<Vec<PathBuf>> {
    let folder = folder.map_or_else(|| project().join("traces"), Path::to_owned);
    let entries = std::fs::read_dir(&folder).map_err(|e| {
        format!("cannot read {}: {e}; name the folder with --traces", folder.display())
    })?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "gz"))
        .collect();
    files.sort();
    Ok(files)
}

pub fn read(path: &Path) -> Outcome<Trace> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = run_text(Command::new("gzip").arg("-dc").arg(path))?;
    let mut recorder = Recorder::new(&name);
    for step in parse(&text).map_err(|why| format!("{name}, {why}"))? {
        match step {
            Step::Alloc { slot, size } => assert_eq!(recorder.alloc(size), slot),
            Step::Free { slot } => recorder.free(slot),
        }
    }
    Ok(recorder.finish(false))
}
