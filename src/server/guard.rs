//! The event sink as the server calls it: numbered, counted, and unable to take the server down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use super::Report;
use crate::error::{Error, ErrorKind};
use crate::notification::Notification;
use crate::sink::{Event, EventSink, Peer, Refusal, SinkError};

/// A sink behind a panic barrier.
pub(super) struct Guard<S> {
    sink: S,
    report: Report,
}

impl<S: EventSink> Guard<S> {
    pub(super) fn new(sink: S) -> Self {
        Self { sink, report: Report::default() }
    }

    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    pub(super) fn count_trailing(&mut self, bytes: usize) {
        self.report.trailing = self.report.trailing.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Offers an event to the sink, and tells what its sender gets.
    pub(super) fn notified(&mut self, notification: Notification, body: &[u8], peer: Peer) -> Result<(), ErrorKind> {
        let event = Event::new(notification, peer, self.report.notified + 1, SystemTime::now()).with_body(body);
        // What a sink is like after a panic is its own affair: the server keeps no part of it.
        match catch_unwind(AssertUnwindSafe(|| self.sink.notified(event))) {
            Ok(Ok(())) => {
                self.report.notified += 1;
                Ok(())
            }
            Ok(Err(failure)) => Err(self.failed(&failure)),
            Err(_) => {
                self.report.sink_panics += 1;
                tracing::error!(router_id = %notification.router_id, "the event sink panicked: the sender gets 500");
                Err(ErrorKind::SinkFailed)
            }
        }
    }

    /// Tells the sink of a refusal.
    pub(super) fn refused(&mut self, error: Error, peer: Option<Peer>) {
        self.report.refused += 1;
        let refusal = Refusal::new(error, peer, SystemTime::now());
        if catch_unwind(AssertUnwindSafe(|| self.sink.refused(refusal))).is_err() {
            self.report.sink_panics += 1;
            tracing::error!(error = error.kind.name(), "the event sink panicked when it was told of a refusal");
        }
    }

    fn failed(&mut self, failure: &SinkError) -> ErrorKind {
        self.report.sink_failures += 1;
        match failure {
            SinkError::Failed(cause) => tracing::error!(%cause, "the event sink failed: the sender gets 500"),
            SinkError::Busy => tracing::warn!("the event sink is busy: the sender gets 503"),
        }
        failure.kind()
    }
}
