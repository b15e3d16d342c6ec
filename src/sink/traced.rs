//! Events as `tracing` events.

use super::{Event, EventSink, Peer, Refusal, SinkError};

/// Passes everything on, each event exactly once and in order, and then records as a `tracing` event what became of it: typed values
/// only, never a byte of the peer's.
///
/// Under the target `hanotify::sink`: taken events and those of unknown routers at the level INFO, events that were not taken and
/// refusals at WARN. To record and do nothing else, let the inner sink be `|_: Event<'_>| Ok(())`.
///
/// ```
/// use hanotify::sink::{Event, EventSink, Peer, Traced};
/// # use hanotify::{HaState, Notification};
/// # let notification = Notification { router_id: "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?, state: HaState::Primary };
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
            target: TARGET, error = error.kind.name(), offset = error.offset, status = error.status(), pid, uid, gid, "refused"
        );
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.inner.unknown(event);
        let Event { notification, peer: Peer { pid, uid, gid }, sequence, .. } = event;
        let (router_id, state) = (notification.router_id, notification.state.as_str());
        tracing::info!(target: TARGET, %router_id, state, sequence, pid, uid, gid, "unknown router");
    }
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests {
    use std::io;
    use std::string::{String, ToString};
    use std::sync::{Arc, Mutex};
    use std::time::UNIX_EPOCH;
    use std::vec::Vec;

    use super::*;
    use crate::error::ErrorKind;
    use crate::notification::{HaState, Notification, RouterId};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_outcome_is_recorded_without_a_byte_of_the_peers() {
        let lines = Lines::default();
        let theirs = lines.clone();
        let format = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(move || theirs.clone());
        let notification = Notification { router_id: RouterId::from_bytes([7; 16]).unwrap(), state: HaState::Backup };
        let peer = Peer { pid: None, uid: 42, gid: 43 };
        let event = Event::new(notification, peer, 3, UNIX_EPOCH).with_body(b"\x1b[2J");
        tracing::subscriber::with_default(format.finish(), || {
            let mut answers = [Ok(()), Err(SinkError::Busy)].into_iter();
            let mut sink = Traced::new(|_: Event<'_>| answers.next().unwrap());
            sink.notified(event).unwrap();
            assert!(sink.notified(event).is_err());
            sink.unknown(event);
            sink.refused(Refusal::new(ErrorKind::State.at(110), Some(peer), UNIX_EPOCH));
            sink.refused(Refusal::new(ErrorKind::Truncated.at(0), None, UNIX_EPOCH));
        });
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = lines.lines().map(str::trim).collect();
        let id = notification.router_id.to_string();
        let who = format!("router_id={id} state=\"backup\" sequence=3 uid=42 gid=43");
        assert_eq!(
            lines,
            [
                format!("INFO hanotify::sink: notified {who} body_len=4"),
                format!("WARN hanotify::sink: not taken {who} error=\"overloaded\""),
                format!("INFO hanotify::sink: unknown router {who}"),
                "WARN hanotify::sink: refused error=\"state\" offset=110 status=400 uid=42 gid=43".to_string(),
                "WARN hanotify::sink: refused error=\"truncated\" offset=0 status=400".to_string(),
            ]
        );
    }
}
