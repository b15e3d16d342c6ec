//! What a debounce filter counts, readable from other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Reads the counters of a [`Debounce`](super::Debounce).
#[derive(Clone, Debug, Default)]
pub struct DebounceHandle(Arc<Counters>);

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) taken: AtomicU64,
    pub(super) repeated: AtomicU64,
    pub(super) offers: AtomicU64,
    pub(super) reported: AtomicU64,
    pub(super) superseded: AtomicU64,
    pub(super) unchanged: AtomicU64,
    pub(super) forgotten: AtomicU64,
    waiting: AtomicU64,
}

impl DebounceHandle {
    /// The counters as they are now.
    #[must_use]
    pub fn counts(&self) -> DebounceCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &*self.0;
        DebounceCounts {
            taken: read(&counters.taken),
            repeated: read(&counters.repeated),
            offers: read(&counters.offers),
            reported: read(&counters.reported),
            superseded: read(&counters.superseded),
            unchanged: read(&counters.unchanged),
            forgotten: read(&counters.forgotten),
            waiting: read(&counters.waiting),
        }
    }

    pub(super) fn count(&self, counter: impl FnOnce(&Counters) -> &AtomicU64) {
        counter(&self.0).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_waiting(&self, waiting: usize) {
        self.0.waiting.store(u64::try_from(waiting).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What a [`Debounce`](super::Debounce) has done so far, in events. Between two calls of the filter, `taken` and
/// `repeated` together are the sum of `reported`, `superseded`, `unchanged`, `forgotten` and `waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DebounceCounts {
    /// Taken.
    pub taken: u64,
    /// Scheduled once more because somebody asked for the state again.
    pub repeated: u64,
    /// Offers to the inner sink; those not in `reported` failed, but for one that may be under way.
    pub offers: u64,
    /// Taken by the inner sink.
    pub reported: u64,
    /// Replaced by a newer event of the same router before they were reported.
    pub superseded: u64,
    /// Not reported because the state was that of the last report.
    pub unchanged: u64,
    /// Waiting when their router was forgotten.
    pub forgotten: u64,
    /// Waiting now.
    pub waiting: u64,
}
