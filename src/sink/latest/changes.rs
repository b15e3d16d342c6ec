//! The consumer's end.

use std::time::{Duration, Instant};

use super::super::OwnedEvent;
use super::super::monitor::Arc;
use super::{LatestHandle, Shared};

/// The end of [`latest()`](super::latest) that gives the newest event of each changed router, first that of the one
/// that has waited longest. As an iterator it waits for changes, and ends when the other end is gone and everything is
/// consumed.
///
/// ```
/// use std::time::Duration;
/// use hanotify::sink::{self, Change};
///
/// let (latest, mut changes) = sink::latest();
/// assert_eq!(changes.next_within(Duration::from_millis(1)), Change::NoneYet);
/// drop(latest);
/// assert_eq!(changes.try_next(), Change::Ended);
/// assert_eq!(changes.next(), None);
/// ```
#[derive(Debug)]
pub struct Changes {
    shared: Arc<Shared>,
}

/// What there is to consume.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there is a change, there may be one later, or there never will be")]
pub enum Change {
    /// The newest event of a router.
    Newest(OwnedEvent),
    /// Nothing now, but there may be later.
    NoneYet,
    /// Nothing any more.
    Ended,
}

impl Changes {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The next change, without waiting.
    #[must_use]
    pub fn try_next(&mut self) -> Change {
        self.next_within(Duration::ZERO)
    }

    /// The next change, waiting this long at most.
    #[must_use]
    pub fn next_within(&mut self, timeout: Duration) -> Change {
        // `None` means no limit: the clock can't count to the time.
        self.next_until(Instant::now().checked_add(timeout))
    }

    /// Gives back an event that the consumer could not act on: its router comes again, after all that wait now. If a
    /// newer event of the router waits already, this one is superseded.
    pub fn give_back(&mut self, event: OwnedEvent) {
        let mut state = self.shared.lock();
        state.counts.delivered = state.counts.delivered.saturating_sub(1);
        if state.newest.contains_key(&event.notification.router_id) {
            state.supersede();
        } else {
            state.put(event);
        }
    }

    /// Reads the counters from anywhere, at any time.
    #[must_use]
    pub fn handle(&self) -> LatestHandle {
        LatestHandle { shared: Arc::clone(&self.shared) }
    }

    fn next_until(&mut self, until: Option<Instant>) -> Change {
        let mut state = self.shared.lock();
        loop {
            if let Some(event) = state.pop() {
                return Change::Newest(event);
            }
            if state.producer_is_gone {
                return Change::Ended;
            }
            if until.is_some_and(|until| until <= Instant::now()) {
                return Change::NoneYet;
            }
            state = self.shared.wait(state, until);
        }
    }
}

impl Iterator for Changes {
    type Item = OwnedEvent;

    fn next(&mut self) -> Option<OwnedEvent> {
        match self.next_until(None) {
            Change::Newest(event) => Some(event),
            Change::NoneYet | Change::Ended => None,
        }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.shared.lock().consumer_is_gone = true;
    }
}
