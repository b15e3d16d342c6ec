//! What the server counts, in its report and for its operator alike.

use std::time::Duration;

use super::Report;
use super::meters::{Meters, Overload};
use crate::error::ErrorKind;

/// The server's counts.
pub(super) struct Tally {
    report: Report,
    meters: Meters,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { report: Report::default(), meters: Meters::new() }
    }

    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    /// The number that the next event has, if the sink takes it.
    pub(super) fn next_sequence(&self) -> u64 {
        self.report.notified + 1
    }

    pub(super) fn count_accepted(&mut self) {
        self.report.accepted += 1;
        self.meters.accepted.increment(1);
    }

    /// Counts a connection that was answered after this time.
    pub(super) fn count_answered(&self, waited: Duration) {
        self.meters.answered(waited);
    }

    pub(super) fn count_notified(&mut self) {
        self.report.notified += 1;
        self.meters.notified.increment(1);
    }

    pub(super) fn count_refused(&mut self, kind: ErrorKind) {
        self.report.refused += 1;
        self.meters.refused(kind);
    }

    pub(super) fn count_sink_failure(&mut self) {
        self.report.sink_failures += 1;
        self.meters.sink_failures.increment(1);
    }

    pub(super) fn count_sink_panic(&mut self) {
        self.report.sink_panics += 1;
        self.meters.sink_panics.increment(1);
    }

    pub(super) fn count_overload(&self, cause: Overload) {
        self.meters.overloaded(cause);
    }

    /// Counts bytes that came after a message.
    pub(super) fn count_trailing(&mut self, bytes: usize) {
        if bytes > 0 {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            self.report.trailing = self.report.trailing.saturating_add(bytes);
            self.meters.trailing.increment(bytes);
        }
    }

    pub(super) fn count_socket_lost(&self) {
        self.meters.socket_lost.increment(1);
    }

    pub(super) fn count_socket_regained(&self) {
        self.meters.socket_regained.increment(1);
    }

    pub(super) fn count_dropped_line(&self) {
        self.meters.log_lines_dropped.increment(1);
    }

    /// Notes how many connections can wait to be accepted, and how many should.
    pub(super) fn set_backlog(&self, backlog: u32, expected: u32) {
        self.meters.backlog(backlog, expected);
    }

    /// Notes how many connections wait.
    pub(super) fn set_connections(&mut self, count: usize) {
        self.meters.connections(count);
    }
}
