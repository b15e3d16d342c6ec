//! Events of routers that the agent manages, apart from those of others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::meters::{Meter, described_counter};
use super::{Event, EventSink, Omitted, Refusal, SinkError};
use crate::notification::RouterId;

/// Passes on the events of routers that the agent says it manages, each exactly once and in order; an event of any
/// other router is taken, counted, and told to the inner sink by [`EventSink::unknown`].
///
/// An unknown router is not an error: a notification may cross with the deletion of its router, and a sender that gets
/// anything but 200 may never send again. The agent is asked on the thread of the caller, for the server its one
/// thread: answer from memory.
///
/// ```
/// use std::collections::HashSet;
/// use hanotify::sink::{Event, EventSink, Known, Peer};
/// # use hanotify::{HaState, Notification, RouterId};
/// # let managed: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let deleted: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d11".parse()?;
/// # let peer = Peer { pid: Some(7), uid: 0, gid: 0 };
/// # let event = |router_id, sequence| {
/// #     Event::new(Notification { router_id, state: HaState::Primary }, peer, sequence, std::time::UNIX_EPOCH)
/// # };
///
/// let routers = HashSet::from([managed]);
/// let mut seen = vec![];
/// let mut sink = Known::new(
///     |router| routers.contains(&router),
///     |event: Event<'_>| Ok(seen.push(event.notification.router_id)),
/// );
/// let handle = sink.handle();
/// sink.notified(event(managed, 1))?;
/// sink.notified(event(deleted, 2))?;
/// assert_eq!(handle.counts().unknown, 1);
/// assert_eq!(seen, [managed]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Known<M, S> {
    manages: M,
    inner: S,
    handle: KnownHandle,
}

impl<M: FnMut(RouterId) -> bool, S: EventSink> Known<M, S> {
    /// A filter in front of `inner` that asks `manages`.
    pub fn new(manages: M, inner: S) -> Self {
        Self { manages, inner, handle: KnownHandle::default() }
    }
}

impl<M, S> Known<M, S> {
    /// Reads the counters from anywhere, at any time.
    #[must_use]
    pub fn handle(&self) -> KnownHandle {
        self.handle.clone()
    }
}

impl<M: FnMut(RouterId) -> bool, S: EventSink> EventSink for Known<M, S> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        if (self.manages)(event.notification.router_id) {
            self.inner.notified(event)?;
            self.handle.0.passed.fetch_add(1, Ordering::Relaxed);
        } else {
            self.handle.0.unknown.count();
            self.inner.unknown(event);
        }
        Ok(())
    }

    fn refused(&mut self, refusal: Refusal) {
        self.inner.refused(refusal);
    }

    fn omitted(&mut self, omitted: Omitted) {
        self.inner.omitted(omitted);
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.inner.unknown(event);
    }
}

/// Reads the counters of a [`Known`].
#[derive(Clone, Debug, Default)]
pub struct KnownHandle(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    passed: AtomicU64,
    unknown: Meter,
}

impl Default for Counters {
    fn default() -> Self {
        let unknown = described_counter!("hanotify_unknown_total", "Events of routers that the agent does not manage.");
        Self { passed: AtomicU64::new(0), unknown: Meter::new(unknown) }
    }
}

impl KnownHandle {
    /// The counters as they are now.
    #[must_use]
    pub fn counts(&self) -> KnownCounts {
        KnownCounts { passed: self.0.passed.load(Ordering::Relaxed), unknown: self.0.unknown.get() }
    }
}

/// What a [`Known`] has done so far, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownCounts {
    /// Of routers that the agent manages, and taken by the inner sink.
    pub passed: u64,
    /// Of other routers.
    pub unknown: u64,
}
