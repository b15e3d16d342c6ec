//! How far the audit is, on a terminal.

use std::io::{self, IsTerminal};

use hanotify_audit::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error where that is a terminal, and nothing elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { bar: ProgressBar::hidden() }
    }
}

impl Observer for Progress {
    fn begin(&mut self, steps: usize) {
        if !io::stderr().is_terminal() {
            return;
        }
        self.bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len}  {elapsed}  {msg}") {
            self.bar.set_style(style);
        }
    }

    fn at(&mut self, what: &'static str) {
        self.bar.set_message(what);
    }

    fn step(&mut self) {
        self.bar.inc(1);
    }

    fn finish(&mut self) {
        self.bar.finish_and_clear();
    }
}
