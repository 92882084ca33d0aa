// SPDX-License-Identifier: MIT
//! Shows that something is going on: a spinner with the time on a terminal, a line in a log.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Spins until it is dropped or finished.
pub struct Spinner {
    bar: ProgressBar,
}

impl Spinner {
    pub fn start(what: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    /// Says what is being done now; in a log, where no spinner moves, each change is a line.
    pub fn say(&self, what: &str) {
        if std::io::stderr().is_terminal() {
            self.bar.set_message(what.to_owned());
        } else {
            eprintln!("  .. {what}");
        }
    }

    pub fn done(self) {
        self.bar.finish_and_clear();
    }
}
