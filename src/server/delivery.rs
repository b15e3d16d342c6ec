//! What becomes of a verdict: it goes to the sink, is counted, and leaves a line in the log.

use std::time::{Instant, SystemTime};

use super::config::Config;
use super::log::{Dropped, Quota, Whose};
use super::meters::Overload;
use super::tally::Tally;
use crate::error::{Error, ErrorKind};
use crate::facade::tracing;
use crate::notification::Notification;
use crate::sink::barrier::{self, Failure};
use crate::sink::{Event, EventSink, Omitted, Peer, Refusal};

/// Everybody who hears of a verdict but the peer. The sink is called behind its panic barrier alone.
pub(super) struct Delivery<S> {
    sink: S,
    pub(super) tally: Tally,
    quota: Quota,
    /// Of the refusals that the sink is told of; `None` if it is told of all.
    refusals: Option<Quota>,
}

impl<S: EventSink> Delivery<S> {
    pub(super) fn new(sink: S, config: &Config) -> Self {
        let quota = Quota::new(config.log_lines(), config.log_window());
        let refusals = config.refusal_events().map(|events| Quota::new(events, config.log_window()));
        Self { sink, tally: Tally::new(), quota, refusals }
    }

    /// Offers an event to the sink. The error is what the sender gets.
    pub(super) fn deliver(&mut self, notification: Notification, body: &[u8], peer: Peer) -> Result<(), ErrorKind> {
        let event = Event::new(notification, peer, self.tally.next_sequence(), SystemTime::now()).with_body(body);
        match barrier::offer(|| self.sink.notified(event)) {
            Ok(()) => {
                self.tally.count_notified();
                Ok(())
            }
            Err(failure) => Err(self.note_failure(&failure, notification, peer.uid)),
        }
    }

    /// Counts and logs an event that the sink has not taken: what its sender gets.
    fn note_failure(&mut self, failure: &Failure, notification: Notification, uid: u32) -> ErrorKind {
        let Notification { router_id, state } = notification;
        let state = state.as_str();
        match failure {
            Failure::Busy => {
                self.tally.count_sink_failure();
                self.tally.count_overload(Overload::Sink);
                return ErrorKind::Overloaded;
            }
            Failure::Failed(cause) => {
                self.tally.count_sink_failure();
                if self.admit_log_line(Some(uid)) {
                    tracing::error!(uid, %router_id, state, cause, "the event sink failed: the sender gets 500");
                }
            }
            Failure::Panicked => {
                self.tally.count_sink_panic();
                if self.admit_log_line(Some(uid)) {
                    tracing::error!(uid, %router_id, state, "the event sink panicked: the sender gets 500");
                }
            }
        }
        ErrorKind::SinkFailed
    }

    /// Tells the sink and the log of a refusal.
    pub(super) fn refuse(&mut self, error: Error, peer: Option<Peer>) {
        self.tally.count_refused(error.kind);
        let uid = peer.map(|peer| peer.uid);
        if self.refusals.as_mut().is_none_or(|quota| quota.admit(uid, Instant::now())) {
            let refusal = Refusal::new(error, peer, SystemTime::now());
            let told = barrier::contain(|| self.sink.refused(refusal));
            self.note_panic(told, uid);
        }
        // Of a sink's failure there is a line already, with its cause.
        if error.kind != ErrorKind::SinkFailed && self.admit_log_line(uid) {
            let (pid, gid) = (peer.and_then(|peer| peer.pid), peer.map(|peer| peer.gid));
            let Error { kind, offset } = error;
            tracing::warn!(error = kind.name(), offset, status = error.status(), pid, uid, gid, "refused: {kind}");
        }
    }

    /// Counts and logs that the sink panicked when it was told of refusals, if it did.
    fn note_panic(&mut self, told: Option<()>, uid: Option<u32>) {
        if told.is_none() {
            self.tally.count_sink_panic();
            if self.admit_log_line(uid) {
                tracing::error!("the event sink panicked when it was told of a refusal");
            }
        }
    }

    /// Takes a line from the quota of this user's peers: whether it may be written. One that may not is counted.
    pub(super) fn admit_log_line(&mut self, whose: Whose) -> bool {
        let is_admitted = self.quota.admit(whose, Instant::now());
        if !is_admitted {
            self.tally.count_dropped_line();
        }
        is_admitted
    }

    /// When [`report_dropped`](Self::report_dropped) has something to say.
    pub(super) fn report_due(&self) -> Option<Instant> {
        [self.quota.due(), self.refusals.as_ref().and_then(Quota::due)].into_iter().flatten().min()
    }

    /// Tells the log how many lines were not written, and the sink how many refusals it was not told of, in the windows
    /// that are over at `now`, or in all if `now` is `None`.
    pub(super) fn report_dropped(&mut self, now: Option<Instant>) {
        for Dropped { whose, count } in self.quota.take_dropped(now) {
            tracing::warn!(uid = whose, lines = count, "log lines were not written, because there were too many");
        }
        for Dropped { whose, count } in self.refusals.as_mut().map(|quota| quota.take_dropped(now)).unwrap_or_default()
        {
            let omitted = Omitted::new(count, whose, SystemTime::now());
            let told = barrier::contain(|| self.sink.omitted(omitted));
            self.note_panic(told, whose);
        }
    }
}
