//! The state of each router, to be read at any time.

mod hour;
#[cfg(test)]
mod model;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::{Duration, Instant, SystemTime};
use std::vec::Vec;

use self::table::{Found, Table};
use super::meters::{Process, described_counter, described_gauge, shift};
use super::monitor::{Arc, Monitor};
use super::{Event, EventSink, Omitted, Peer, Refusal, SinkError};
use crate::facade::metrics::{Counter, Gauge};
use crate::notification::{HaState, RouterId};

/// Keeps the state of each router whose event the inner sink has taken, for whoever asks its [`StatesHandle`]: which
/// state, since when, whether it has settled, how often it has changed, and who said so last.
///
/// **What it keeps** is about 150 bytes for each router, and of no more routers than its capacity. An event of one more
/// router goes on to the inner sink, and is counted in [`StatesCounts::dropped`]. A router stays until
/// [`StatesHandle::forget`].
///
/// **When a state has settled**: when the router has had it for a window, 2 s for `primary` and 0 for others, as in
/// [`Debounce`](super::Debounce). Until then, [`RouterState::settled`] is the one before.
///
/// **What a file says** can be given to [`StatesHandle::note_file`], as after a restart. It is marked as such until the
/// next event of its router, and counts for nothing after one. Where there is no room for the event of one more router,
/// a router that is known by its file alone makes room for it.
///
/// It measures by the monotonic clock, which it reads when an event comes and when it is asked: a host's clock that
/// jumps settles no state.
///
/// ```
/// use hanotify::sink::{Event, EventSink, Peer, States};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let peer = Peer { pid: Some(7), uid: 0, gid: 0 };
/// # let event = |state| Event::new(Notification { router_id, state }, peer, 1, std::time::UNIX_EPOCH);
///
/// let mut sink = States::new(4_096, |_: Event<'_>| Ok(()));
/// let handle = sink.handle();
/// sink.notified(event(HaState::Backup))?;
/// sink.notified(event(HaState::Primary))?;
/// let [router] = &handle.routers()[..] else { panic!("there is one") };
/// assert_eq!((router.state, router.settled), (HaState::Primary, Some(HaState::Backup)));
/// assert_eq!((router.changes, router.peer), (1, Some(peer)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct States<S> {
    inner: S,
    handle: StatesHandle,
}

impl<S: EventSink> States<S> {
    /// A sink in front of `inner` that keeps the states of at most `capacity` routers.
    pub fn new(capacity: usize, inner: S) -> Self {
        Self::with_handle(StatesHandle::new(capacity), inner)
    }

    /// A sink in front of `inner` that keeps the states where this handle reads them, which may be given files before.
    pub fn with_handle(handle: StatesHandle, inner: S) -> Self {
        Self { inner, handle }
    }
}

impl<S> States<S> {
    /// Reads the states from anywhere, at any time.
    #[must_use]
    pub fn handle(&self) -> StatesHandle {
        self.handle.clone()
    }
}

impl<S: EventSink> EventSink for States<S> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self.inner.notified(event)?;
        let Event { notification, peer, received_at, .. } = event;
        let (router_id, state) = (notification.router_id, notification.state);
        self.handle.note_event(Found { router_id, state, since: received_at, peer: Some(peer) });
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

/// Reads the states of a [`States`], from any thread. The sink waits for whoever reads as long as it takes to copy the
/// states, which is some 50 ns for each.
#[derive(Clone)]
pub struct StatesHandle(Arc<Monitor<Shared>>);

struct Shared {
    table: Table,
    dropped: u64,
    dropped_in_all: Process<Counter>,
    kept: Process<Gauge>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        shift(&self.kept, number(self.table.len()), 0);
    }
}

impl StatesHandle {
    /// A handle of no sink yet, for at most `capacity` routers: [`States::with_handle`] makes the sink.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self(Arc::new(Monitor::new(Shared {
            table: Table::new(capacity, Instant::now()),
            dropped: 0,
            dropped_in_all: described_counter!(
                "hanotify_states_dropped_total",
                "Events whose router found no room among those whose states are kept."
            ),
            kept: described_gauge!("hanotify_states_kept", "Routers whose states are kept."),
        })))
    }

    /// Sets how long a router must have had this state before it is the settled one. Default: 2 s for `primary`, 0 for
    /// others. The longest is a year.
    #[must_use]
    pub fn with_window(self, state: HaState, window: Duration) -> Self {
        self.0.lock().table.set_window(state, window);
        self
    }

    /// The routers as they are now, by their ids.
    #[must_use]
    pub fn routers(&self) -> Vec<RouterState> {
        let mut routers = self.0.lock().table.routers(Instant::now());
        routers.sort_unstable_by_key(|router| router.router_id);
        routers
    }

    /// Takes note of the state that a file says the router has since then; nothing changes where an event of the router
    /// has come. `false` if there is no room for one more router.
    #[allow(clippy::must_use_candidate, reason = "whoever gives it again and again has a look now and then")]
    pub fn note_file(&self, router_id: RouterId, state: HaState, since: SystemTime) -> bool {
        self.change(|shared| shared.table.note(Found { router_id, state, since, peer: None }, Instant::now()))
    }

    /// Forgets the router, which has been deleted: whether it was known.
    #[allow(clippy::must_use_candidate, reason = "it is forgotten in either case")]
    pub fn forget(&self, router_id: RouterId) -> bool {
        self.change(|shared| shared.table.forget(router_id))
    }

    /// The counters as they are now.
    #[must_use]
    pub fn counts(&self) -> StatesCounts {
        let shared = self.0.lock();
        let (routers, capacity) = (number(shared.table.len()), number(shared.table.capacity()));
        StatesCounts { routers, capacity, dropped: shared.dropped }
    }

    fn note_event(&self, found: Found) {
        self.change(|shared| {
            if !shared.table.note(found, Instant::now()) {
                shared.dropped += 1;
                shared.dropped_in_all.increment(1);
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        let mut shared = self.0.lock();
        let before = number(shared.table.len());
        let changed = change(&mut shared);
        shift(&shared.kept, before, number(shared.table.len()));
        changed
    }
}

impl fmt::Debug for StatesHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StatesHandle").field(&self.counts()).finish()
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// What is known of one router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouterState {
    /// Which router.
    pub router_id: RouterId,
    /// The state it was said to have last.
    pub state: HaState,
    /// The state that it has had for its window; the one before where the last one hasn't lasted so long. `None` where
    /// no state has yet.
    pub settled: Option<HaState>,
    /// When it came into its state: of an event, when the message was whole; of a file, what was given.
    pub since: SystemTime,
    /// How often it was said to have another state than before. The first one that is known is no change.
    pub changes: u64,
    /// How many of these changes were in the last hour, which is rounded down by up to 5 minutes.
    pub changes_in_hour: u32,
    /// Who says so.
    pub source: StateSource,
    /// Who sent the last event; `None` where there was none yet.
    pub peer: Option<Peer>,
}

/// Who says which state a router has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a state is confirmed by an event, or it is not")]
pub enum StateSource {
    /// An event.
    Event,
    /// A file: no event has confirmed it yet.
    File,
}

/// What a [`States`] has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatesCounts {
    /// Routers whose states are kept now.
    pub routers: u64,
    /// The most of these that there can be.
    pub capacity: u64,
    /// Events whose router found no room.
    pub dropped: u64,
}
