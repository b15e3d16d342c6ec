//! Events as `tracing` events.

use super::{Event, EventSink, Omitted, Peer, Refusal, SinkError};

/// Passes everything on, each event exactly once and in order, and then records as a `tracing` event what became of it:
/// typed values only, never a byte of the peer's.
///
/// Under the target `hanotify::sink`: taken events and those of unknown routers at the level INFO, events that were not
/// taken, refusals and the number of those that were omitted at WARN. To record and do nothing else, let the inner sink
/// be `|_: Event<'_>| Ok(())`.
///
/// ```
/// use hanotify::sink::{Event, EventSink, Peer, Traced};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Primary };
/// # let event = Event::new(notification, Peer { pid: Some(7), uid: 0, gid: 0 }, 1, std::time::UNIX_EPOCH);
///
/// let mut taken = 0;
/// Traced::new(|_: Event<'_>| Ok(taken += 1)).notified(event)?;
/// assert_eq!(taken, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Traced<S> {
    inner: S,
}

const TARGET: &str = "hanotify::sink";

impl<S: EventSink> Traced<S> {
    /// A record of what becomes of the events that go to `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: EventSink> EventSink for Traced<S> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let taken = self.inner.notified(event);
        let Event { notification, peer: Peer { pid, uid, gid }, sequence, body, .. } = event;
        let (router_id, state) = (notification.router_id, notification.state.as_str());
        match &taken {
            Ok(()) => tracing::info!(
                target: TARGET, %router_id, state, sequence, pid, uid, gid, body_len = body.len(), "notified"
            ),
            Err(failure) => tracing::warn!(
                target: TARGET, %router_id, state, sequence, pid, uid, gid, error = failure.kind().name(), "not taken"
            ),
        }
        taken
    }

    fn refused(&mut self, refusal: Refusal) {
        self.inner.refused(refusal);
        let error = refusal.error;
        let (pid, uid, gid) =
            refusal.peer.map_or((None, None, None), |peer| (peer.pid, Some(peer.uid), Some(peer.gid)));
        tracing::warn!(
            target: TARGET, error = error.kind.name(), offset = error.offset, status = error.status(), pid, uid, gid,
            "refused"
        );
    }

    fn omitted(&mut self, omitted: Omitted) {
        self.inner.omitted(omitted);
        let Omitted { refusals, uid, .. } = omitted;
        tracing::warn!(target: TARGET, refusals, uid, "omitted");
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.inner.unknown(event);
        let Event { notification, peer: Peer { pid, uid, gid }, sequence, .. } = event;
        let (router_id, state) = (notification.router_id, notification.state.as_str());
        tracing::info!(target: TARGET, %router_id, state, sequence, pid, uid, gid, "unknown router");
    }
}
