//! The event sink as the server calls it: numbered, counted, and unable to take the server down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::{String, ToString};
use std::time::{Duration, Instant, SystemTime};

use super::Report;
use super::config::Config;
use super::log::{Dropped, Log, Whose};
use super::meters::{Meters, Overload};
use crate::error::{Error, ErrorKind};
use crate::facade::tracing;
use crate::notification::Notification;
use crate::sink::{Event, EventSink, Peer, Refusal, SinkError};

/// A sink behind a panic barrier, and what is told to the operator.
pub(super) struct Guard<S> {
    sink: S,
    report: Report,
    pub(super) meters: Meters,
    log: Log,
}

impl<S: EventSink> Guard<S> {
    pub(super) fn new(sink: S, config: &Config) -> Self {
        let log = Log::new(config.log_lines(), config.log_window());
        Self { sink, report: Report::default(), meters: Meters::new(), log }
    }

    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    pub(super) fn accepted(&mut self) {
        self.report.accepted += 1;
        self.meters.accepted.increment(1);
    }

    pub(super) fn answered(&self, waited: Duration) {
        self.meters.answered(waited);
    }

    pub(super) fn count_trailing(&mut self, bytes: usize) {
        if bytes > 0 {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            self.report.trailing = self.report.trailing.saturating_add(bytes);
            self.meters.trailing.increment(bytes);
        }
    }

    /// Offers an event to the sink, and tells what its sender gets.
    pub(super) fn notified(&mut self, notification: Notification, body: &[u8], peer: Peer) -> Result<(), ErrorKind> {
        let event = Event::new(notification, peer, self.report.notified + 1, SystemTime::now()).with_body(body);
        match contained(|| self.sink.notified(event).map_err(Failure::new)) {
            Some(Ok(())) => {
                self.report.notified += 1;
                self.meters.notified.increment(1);
                Ok(())
            }
            Some(Err(failure)) => Err(self.failed(&failure, peer)),
            None => {
                self.panicked();
                if self.may_log(Some(peer.uid)) {
                    let router_id = notification.router_id;
                    tracing::error!(uid = peer.uid, %router_id, "the event sink panicked: the sender gets 500");
                }
                Err(ErrorKind::SinkFailed)
            }
        }
    }

    /// Tells the sink and the log of a refusal.
    pub(super) fn refused(&mut self, error: Error, peer: Option<Peer>) {
        self.report.refused += 1;
        self.meters.refused(error.kind);
        let refusal = Refusal::new(error, peer, SystemTime::now());
        if contained(|| self.sink.refused(refusal)).is_none() {
            self.panicked();
            if self.may_log(peer.map(|peer| peer.uid)) {
                tracing::error!(error = error.kind.name(), "the event sink panicked when it was told of a refusal");
            }
        }
        // Of a sink's failure there is a line already, with its cause.
        if error.kind != ErrorKind::SinkFailed && self.may_log(peer.map(|peer| peer.uid)) {
            let (pid, uid, gid) =
                (peer.and_then(|peer| peer.pid), peer.map(|peer| peer.uid), peer.map(|peer| peer.gid));
            let Error { kind, offset } = error;
            tracing::warn!(error = kind.name(), offset, status = error.status(), pid, uid, gid, "refused: {kind}");
        }
    }

    /// Whether a line may be written that a peer of this user has caused; if not, it is counted.
    pub(super) fn may_log(&mut self, whose: Whose) -> bool {
        let admitted = self.log.admits(whose, Instant::now());
        if !admitted {
            self.meters.log_lines_dropped.increment(1);
        }
        admitted
    }

    /// When [`log_dropped`](Self::log_dropped) has something to say.
    pub(super) const fn log_due(&self) -> Option<Instant> {
        self.log.due()
    }

    /// Logs how many lines were not written in the time that is over at `now`, or in all if there is no time.
    pub(super) fn log_dropped(&mut self, now: Option<Instant>) {
        for Dropped { whose, lines } in self.log.report(now) {
            tracing::warn!(uid = whose, lines, "log lines were not written, because there were too many");
        }
    }

    fn panicked(&mut self) {
        self.report.sink_panics += 1;
        self.meters.sink_panics.increment(1);
    }

    fn failed(&mut self, failure: &Failure, peer: Peer) -> ErrorKind {
        self.report.sink_failures += 1;
        self.meters.sink_failures.increment(1);
        match &failure.cause {
            None => self.meters.overloaded(Overload::Sink),
            Some(cause) => {
                if self.may_log(Some(peer.uid)) {
                    tracing::error!(uid = peer.uid, cause, "the event sink failed: the sender gets 500");
                }
            }
        }
        failure.kind
    }
}

/// What is left of a sink's error behind the panic barrier: its text, for its code may panic as well.
struct Failure {
    kind: ErrorKind,
    cause: Option<String>,
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "it has to be dropped behind the barrier too")]
    fn new(error: SinkError) -> Self {
        let cause = match &error {
            SinkError::Failed(cause) => Some(cause.to_string()),
            SinkError::Busy => None,
        };
        Self { kind: error.kind(), cause }
    }
}

/// Runs code of the sink's; nothing, if it panics. What a sink is like after a panic is its own affair: the server keeps no part of it.
fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    let payload = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(value) => return Some(value),
        Err(payload) => payload,
    };
    // What was thrown may panic when it is dropped, and what that throws too: there it ends.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload);
    }
    None
}
