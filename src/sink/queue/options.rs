//! How a queue is set up, and what it counts.

use std::time::Duration;

/// How a [`Queue`](super::Queue) behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueOptions {
    pub(super) capacity: usize,
    pub(super) pause: Duration,
    pub(super) grace: Duration,
    pub(super) attempts: Option<u32>,
}

impl QueueOptions {
    /// The defaults, for a queue of at most `capacity` events, the one that the inner sink has in hand included. 0
    /// counts as 1.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        let capacity = if capacity == 0 { 1 } else { capacity };
        Self { capacity, pause: Duration::from_millis(100), grace: Duration::from_secs(5), attempts: None }
    }

    /// How long to wait before an event that was not taken is offered again; 100 ms by default, which a disk that is
    /// full or a peer that restarts outlasts anyway.
    #[must_use]
    pub const fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// How long after closing a failing sink is offered events again and again; 5 s by default, well within the 90 s
    /// that systemd waits.
    #[must_use]
    pub const fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// After how many failed offers an event is given up and counted as lost; never by default. 0 counts as 1.
    #[must_use]
    pub const fn with_attempts(self, attempts: u32) -> Self {
        let attempts = if attempts == 0 { 1 } else { attempts };
        Self { attempts: Some(attempts), ..self }
    }
}

/// What a [`Queue`](super::Queue) has done so far. `taken` is always the sum of `delivered`, `lost` and `depth`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueCounts {
    /// Events taken.
    pub taken: u64,
    /// Events not taken because the queue was full.
    pub busy: u64,
    /// Events that the inner sink has taken.
    pub delivered: u64,
    /// Offers that the inner sink did not take, panics included.
    pub failures: u64,
    /// Calls of the inner sink that panicked.
    pub panics: u64,
    /// Events that were taken and given up, or that the inner sink still held when the grace was over.
    pub lost: u64,
    /// Refusals and events of unknown routers that were not passed on.
    pub untold: u64,
    /// Events that wait now, the one that the inner sink has in hand included.
    pub depth: u64,
    /// The most that `depth` has been.
    pub highest_depth: u64,
}
