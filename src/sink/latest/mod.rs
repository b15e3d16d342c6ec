//! The newest state of each router, for a consumer that takes its time.

mod changes;
#[cfg(test)]
mod model;

use std::collections::{HashMap, VecDeque};

pub use changes::{Change, Changes};

use super::meters::{Process, described_counter, described_gauge, shift};
use super::monitor::{Arc, Monitor};
use super::{Event, EventSink, OwnedEvent, SinkError};
use crate::facade::metrics::{Counter, Gauge};
use crate::notification::RouterId;

/// Both ends of a sink that keeps the newest event of each router until the consumer takes it: it is never full, never
/// loses a router's last state however slow the consumer is, and holds no more events than there are routers.
///
/// An event replaces the one of the same router that still waits, and takes over its place. So the router that has
/// waited longest comes first, one that flaps can't starve others, and the events of a router are in order. States
/// between two that the consumer takes are skipped and counted.
///
/// Refusals and events of unknown routers end here; put a [`Tee`](super::Tee) in front to see them. The number of
/// routers is the number of ids that senders make up, unless a [`Known`](super::Known) is in front.
///
/// ```
/// use hanotify::sink::{self, Event, EventSink, Peer};
/// # use hanotify::{HaState, Notification, RouterId};
/// # let a: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let b: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d11".parse()?;
/// # let peer = Peer { pid: Some(7), uid: 0, gid: 0 };
/// # let event = |router_id, state| Event::new(Notification { router_id, state }, peer, 1, std::time::UNIX_EPOCH);
///
/// let (mut latest, changes) = sink::latest();
/// latest.notified(event(a, HaState::Backup))?;
/// latest.notified(event(b, HaState::Backup))?;
/// latest.notified(event(a, HaState::Primary))?;
/// drop(latest);
/// let seen: Vec<_> = changes.map(|event| (event.notification.router_id, event.notification.state)).collect();
/// assert_eq!(seen, [(a, HaState::Primary), (b, HaState::Backup)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn latest() -> (Latest, Changes) {
    let shared = Arc::new(Monitor::new(State::new()));
    (Latest { shared: Arc::clone(&shared) }, Changes::new(shared))
}

/// The end of [`latest()`] that events go into. When the other end is gone, every event is [`SinkError::Failed`].
#[derive(Debug)]
pub struct Latest {
    shared: Arc<Shared>,
}

type Shared = Monitor<State>;

struct State {
    newest: HashMap<RouterId, OwnedEvent>,
    /// The routers in `newest`, each once; first the one that has waited longest.
    order: VecDeque<RouterId>,
    producer_is_gone: bool,
    consumer_is_gone: bool,
    counts: LatestCounts,
    superseded: Process<Counter>,
    waiting: Process<Gauge>,
}

impl State {
    fn new() -> Self {
        Self {
            newest: HashMap::new(),
            order: VecDeque::new(),
            producer_is_gone: false,
            consumer_is_gone: false,
            counts: LatestCounts::default(),
            superseded: described_counter!(
                "hanotify_latest_superseded_total",
                "Events that a newer one of their router replaced before the consumer took them."
            ),
            waiting: described_gauge!("hanotify_latest_waiting", "Routers whose newest event waits for the consumer."),
        }
    }

    fn supersede(&mut self) {
        self.counts.superseded += 1;
        self.superseded.increment(1);
    }

    fn put(&mut self, event: OwnedEvent) {
        let router_id = event.notification.router_id;
        if self.newest.insert(router_id, event).is_none() {
            self.order.push_back(router_id);
            self.counts.waiting += 1;
            self.waiting.increment(1.0);
            self.counts.most_waiting = self.counts.most_waiting.max(self.counts.waiting);
        } else {
            self.supersede();
        }
    }

    /// The event of the router that has waited longest.
    fn pop(&mut self) -> Option<OwnedEvent> {
        let event = self.newest.remove(&self.order.pop_front()?)?;
        self.counts.waiting -= 1;
        self.waiting.increment(-1.0);
        self.counts.delivered += 1;
        Some(event)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        shift(&self.waiting, self.counts.waiting, 0);
    }
}

impl Latest {
    /// Reads the counters from anywhere, at any time.
    #[must_use]
    pub fn handle(&self) -> LatestHandle {
        LatestHandle { shared: Arc::clone(&self.shared) }
    }
}

impl EventSink for Latest {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let mut state = self.shared.lock();
        if state.consumer_is_gone {
            return Err(SinkError::failed("nobody takes the states any more"));
        }
        state.counts.taken += 1;
        state.put(event.into());
        drop(state);
        self.shared.notify();
        Ok(())
    }
}

impl Drop for Latest {
    fn drop(&mut self) {
        self.shared.lock().producer_is_gone = true;
        self.shared.notify();
    }
}

/// Reads the counters of a [`latest()`].
#[derive(Clone, Debug)]
pub struct LatestHandle {
    shared: Arc<Shared>,
}

impl LatestHandle {
    /// The counters as they are now, all of the same moment.
    #[must_use]
    pub fn counts(&self) -> LatestCounts {
        self.shared.lock().counts
    }
}

/// What a [`latest()`] has done so far, in events. `taken` is always the sum of `delivered`, `superseded` and
/// `waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LatestCounts {
    /// Taken from the server.
    pub taken: u64,
    /// Taken by the consumer and not given back.
    pub delivered: u64,
    /// Replaced by a newer one of the same router before the consumer took them.
    pub superseded: u64,
    /// Waiting now, and so the number of routers that wait.
    pub waiting: u64,
    /// The most that `waiting` has been.
    pub most_waiting: u64,
}
