//! What a debounce filter counts, readable from other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::meters::{Meter, Process, described_counter, described_gauge, shift};
use crate::facade::metrics::{Counter, Gauge};

/// Reads the counters of a [`Debounce`](super::Debounce).
#[derive(Clone, Debug, Default)]
pub struct DebounceHandle(Arc<Counters>);

#[derive(Debug)]
pub(super) struct Counters {
    pub(super) taken: AtomicU64,
    pub(super) repeated: AtomicU64,
    pub(super) offers: AtomicU64,
    pub(super) reported: Meter,
    pub(super) superseded: Meter,
    pub(super) unchanged: Meter,
    pub(super) forgotten: AtomicU64,
    waiting: AtomicU64,
    failures: Process<Counter>,
    waiting_in_all: Process<Gauge>,
}

impl Default for Counters {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        let reported =
            described_counter!("hanotify_debounce_reported_total", "States that have settled and were taken.");
        let superseded = described_counter!(
            "hanotify_debounce_superseded_total",
            "Events that a newer one of their router replaced before they had settled."
        );
        let unchanged = described_counter!(
            "hanotify_debounce_unchanged_total",
            "Events that settled in the state that was reported last."
        );
        Self {
            taken: zero(),
            repeated: zero(),
            offers: zero(),
            reported: Meter::new(reported),
            superseded: Meter::new(superseded),
            unchanged: Meter::new(unchanged),
            forgotten: zero(),
            waiting: zero(),
            failures: described_counter!(
                "hanotify_debounce_failures_total",
                "Reports for which the inner sink returned an error, and that are tried again."
            ),
            waiting_in_all: described_gauge!("hanotify_debounce_waiting", "Events that wait until they have settled."),
        }
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        shift(&self.waiting_in_all, *self.waiting.get_mut(), 0);
    }
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
            reported: counters.reported.get(),
            superseded: counters.superseded.get(),
            unchanged: counters.unchanged.get(),
            forgotten: read(&counters.forgotten),
            waiting: read(&counters.waiting),
        }
    }

    pub(super) fn count(&self, counter: impl FnOnce(&Counters) -> &AtomicU64) {
        counter(&self.0).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn meter(&self, meter: impl FnOnce(&Counters) -> &Meter) {
        meter(&self.0).count();
    }

    pub(super) fn count_failure(&self) {
        self.0.failures.increment(1);
    }

    pub(super) fn set_waiting(&self, waiting: usize) {
        let waiting = u64::try_from(waiting).unwrap_or(u64::MAX);
        shift(&self.0.waiting_in_all, self.0.waiting.swap(waiting, Ordering::Relaxed), waiting);
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
