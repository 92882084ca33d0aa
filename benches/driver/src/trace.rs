// SPDX-License-Identifier: MIT
//! The traces of real programs in `traces/`, flattened to malloc and free.
//!
//! The kernel's portable layer has no realloc and no aligned allocation, so every allocator serves the
//! same flattened trace: `r` is malloc, copy, free; `c` is timed as malloc (zeroing costs everyone the
//! same); `a` is malloc as long as the alignment is at most 8.

use crate::tool::{project, run_text, Outcome};
use crate::workload::{Recorder, Trace};
use std::collections::HashMap;
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
    let mut player = Player { recorder: Recorder::new(&name), slots: HashMap::new() };
    for (number, line) in text.lines().enumerate() {
        if !line.starts_with('#') {
            player
                .line(line)
                .map_err(|why| format!("{name}, line {}: {why}: {line}", number + 1))?;
        }
    }
    Ok(player.recorder.finish(false))
}

struct Player {
    recorder: Recorder,
    slots: HashMap<u64, u32>,
}

impl Player {
    fn line(&mut self, line: &str) -> Outcome<()> {
        let words: Vec<&str> =
            line.split_whitespace().filter(|word| !word.starts_with('@')).collect();
        match words[..] {
            ["m" | "c", id, size] => self.alloc(id, size),
            ["a", id, align, size] if number(align)? <= 8 => self.alloc(id, size),
            ["a", ..] => Err("an alignment above 8".into()),
            ["r", old, new, size] => {
                let old = self.slots.remove(&number(old)?).ok_or("realloc of an unknown block")?;
                self.alloc(new, size)?;
                self.recorder.free(old);
                Ok(())
            }
            ["f", id] => {
                let slot = self.slots.remove(&number(id)?).ok_or("free of an unknown block")?;
                self.recorder.free(slot);
                Ok(())
            }
            [] => Ok(()),
            _ => Err("unknown event".into()),
        }
    }

    fn alloc(&mut self, id: &str, size: &str) -> Outcome<()> {
        let size = u32::try_from(number(size)?).map_err(|_| "a size beyond 32 bits")?;
        let slot = self.recorder.alloc(size.max(1));
        self.slots.insert(number(id)?, slot);
        Ok(())
    }
}

fn number(word: &str) -> Outcome<u64> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}
