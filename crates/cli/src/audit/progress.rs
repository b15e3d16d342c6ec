//! How far the audit is, on a terminal.

use hanotify_audit::Observer;

use crate::bar::Bar;

/// A bar on standard error where that is a terminal, and nothing elsewhere.
pub(super) struct Progress {
    bar: Bar,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { bar: Bar::hidden() }
    }
}

impl Observer for Progress {
    fn begin(&mut self, steps: usize) {
        self.bar = Bar::start(u64::try_from(steps).unwrap_or(u64::MAX), "{bar:32} {pos}/{len}  {elapsed}  {msg}");
    }

    fn at(&mut self, what: &'static str) {
        self.bar.set_message(what);
    }

    fn step(&mut self) {
        self.bar.advance();
    }

    fn restarted(&mut self, _why: &str) {
        // Why is in the table; a line here would wait for a terminal that stands still.
        self.bar.set_message("the server was started again");
    }

    fn finish(&mut self) {
        self.bar = Bar::hidden();
    }
}
