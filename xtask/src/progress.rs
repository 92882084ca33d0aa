// SPDX-License-Identifier: MIT
//! Shows that something is going on: a spinner with the time on a terminal, a line in a log.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Spins until it is dropped or finished.
pub struct Spinner {
    bar: ProgressBar,
}

impl Spinner {
    pub fn start(what: &str) -> Self {
        Self::spin(ProgressBar::new_spinner(), what)
    }

    fn spin(bar: ProgressBar, what: &str) -> Self {
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

/// Several at a time, a line for each.
#[derive(Default)]
pub struct Spinners {
    lines: MultiProgress,
}

impl Spinners {
    pub fn start(&self, what: &str) -> Spinner {
        Spinner::spin(self.lines.add(ProgressBar::new_spinner()), what)
    }

    /// Prints a line above them.
    pub fn print(&self, line: &str) {
        self.lines.suspend(|| println!("{line}"));
    }
}
