// SPDX-License-Identifier: MIT
//! Which test noticed a mutant in the runs before: it is asked first, for most mutants the only one needed.

use super::{work, Mutant};
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Names of tests, by what of a mutant's name stays when lines move.
pub struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    /// What is known, and what the last run wrote into `ends`, to its end or not. Kept in a file of its own.
    pub fn with(ends: &Path) -> Result<Known> {
        let file = work().join("known.txt");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let known = Known::of(&text, &fs::read_to_string(ends).unwrap_or_default());
        fs::write(&file, known.text()).with_context(|| file.display().to_string())?;
        Ok(known)
    }

    fn of(known: &str, ends: &str) -> Known {
        let known = known.lines().filter_map(|line| line.split_once('\t'));
        let noticed = ends.lines().filter_map(|line| {
            let (test, name) = line.strip_prefix("noticed\t")?.split_once('\t')?;
            Some((test, name))
        });
        let mut tests = BTreeMap::<String, BTreeSet<String>>::new();
        for (test, name) in known.chain(noticed) {
            tests.entry(lasting(name)).or_default().insert(test.to_owned());
        }
        Known(tests)
    }

    fn text(&self) -> String {
        let lines = self
            .0
            .iter()
            .flat_map(|(name, tests)| tests.iter().map(move |test| format!("{test}\t{name}\n")));
        lines.collect()
    }

    /// This test noticed this mutant, or one that reads the same.
    pub fn has(&self, mutant: &Mutant, test: &str) -> bool {
        self.0.get(&lasting(&mutant.name)).is_some_and(|tests| tests.contains(test))
    }
}

/// A mutant's name without line and column.
fn lasting(name: &str) -> String {
    match name.split_once(": ") {
        Some((place, what)) => {
            format!("{}: {what}", place.split(':').next().unwrap_or_default())
        }
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, Mutant};

    fn mutant(name: &str) -> Mutant {
        Mutant { number: 1, name: name.to_owned(), file: String::new() }
    }

    #[test]
    fn lines_may_move() {
        let ends = "noticed\twalk\tsrc/a.rs:1:2: replace < with <=\nmissed\t-\tsrc/a.rs:3:4: replace x with y\n";
        let known = Known::of("", ends);
        assert!(known.has(&mutant("src/a.rs:9:9: replace < with <="), "walk"));
        assert!(!known.has(&mutant("src/a.rs:9:9: replace < with <="), "ring"));
        assert!(!known.has(&mutant("src/b.rs:1:2: replace < with <="), "walk"));
        assert!(!known.has(&mutant("src/a.rs:3:4: replace x with y"), "-"));
    }

    #[test]
    fn what_was_known_stays() {
        let ends = "noticed\tring\tsrc/a.rs:5:2: replace < with <=\n";
        let before = Known::of("", "noticed\twalk\tsrc/a.rs:1:2: replace < with <=\n");
        let known = Known::of(&before.text(), ends);
        for test in ["walk", "ring"] {
            assert!(known.has(&mutant("src/a.rs:7:7: replace < with <="), test));
        }
    }
}
