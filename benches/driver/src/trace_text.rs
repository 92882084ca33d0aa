// SPDX-License-Identifier: MIT
//! The text of a trace, read line by line into steps. It uses nothing but the standard library, so that the
//! fuzz target `traces` reads with the very same code.
//!
//! `m id size`, `c id size` (zeroed), `a id alignment size`, `r old new size`, `f id`; a trailing `@thread` and
//! lines that begin with `#` are passed over.

use std::collections::HashMap;

/// One step: `size` bytes into a slot, or a slot freed. The slot freed last is used first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Alloc { slot: u32, size: u32 },
    Free { slot: u32 },
}

/// Every step of a trace, or which line is wrong and why.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        if !line.starts_with('#') {
            reader.line(line).map_err(|why| format!("line {}: {why}: {line}", number + 1))?;
        }
    }
    Ok(reader.steps)
}

#[derive(Default)]
struct Reader {
    steps: Vec<Step>,
    /// Slot and size of each live block.
    live: HashMap<u64, (u32, u32)>,
    vacant: Vec<u32>,
    slots: u32,
    live_bytes: u32,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> =
            line.split_whitespace().filter(|word| !word.starts_with('@')).collect();
        match words[..] {
            ["m" | "c", id, size] => self.alloc(id, size),
            ["a", id, align, size] if number(align)? <= 8 => self.alloc(id, size),
            ["a", ..] => Err("an alignment above 8".into()),
            // malloc, copy, free; the new block may have the old one's number.
            ["r", old, new, size] => {
                let old = self.live.remove(&number(old)?).ok_or("realloc of an unknown block")?;
                self.alloc(new, size)?;
                self.free(old);
                Ok(())
            }
            ["f", id] => {
                let block = self.live.remove(&number(id)?).ok_or("free of an unknown block")?;
                self.free(block);
                Ok(())
            }
            [] => Ok(()),
            _ => Err("unknown event".into()),
        }
    }

    fn alloc(&mut self, id: &str, size: &str) -> Result<(), String> {
        let size = u32::try_from(number(size)?).map_err(|_| "a size beyond 32 bits")?.max(1);
        let id = number(id)?;
        if self.live.contains_key(&id) {
            return Err("a block that is live already".into());
        }
        self.live_bytes = self.live_bytes.checked_add(size).ok_or("more than 4 GiB live")?;
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        });
        self.live.insert(id, (slot, size));
        self.steps.push(Step::Alloc { slot, size });
        Ok(())
    }

    fn free(&mut self, (slot, size): (u32, u32)) {
        self.live_bytes -= size;
        self.vacant.push(slot);
        self.steps.push(Step::Free { slot });
    }
}

fn number(word: &str) -> Result<u64, String> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}
