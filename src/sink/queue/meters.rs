//! What the process's queues count for its operator.

use super::super::meters::{Process, described_counter, described_gauge, shift};
use super::options::QueueCounts;
use crate::facade::metrics::{Counter, Gauge};

/// A queue's meters, at the recorder that the process had when the queue was made.
#[derive(Debug)]
pub(super) struct Meters {
    depth: Process<Gauge>,
    busy: Process<Counter>,
    failures: Process<Counter>,
    panics: Process<Counter>,
    lost: Process<Counter>,
    untold: Process<Counter>,
}

impl Meters {
    pub(super) fn new() -> Self {
        Self {
            depth: described_gauge!("hanotify_queue_depth", "Events that wait in queues to be delivered."),
            busy: described_counter!("hanotify_queue_busy_total", "Events not taken because a queue was full."),
            failures: described_counter!(
                "hanotify_queue_failures_total",
                "Offers that a queue's inner sink did not take, panics included."
            ),
            panics: described_counter!("hanotify_queue_panics_total", "Calls of a queue's inner sink that panicked."),
            lost: described_counter!("hanotify_queue_lost_total", "Events that a queue took and gave up."),
            untold: described_counter!(
                "hanotify_queue_untold_total",
                "Refusals and events of unknown routers that a queue did not pass on."
            ),
        }
    }

    /// Takes note of what a queue counted before and counts now.
    pub(super) fn moved(&self, before: &QueueCounts, after: &QueueCounts) {
        shift(&self.depth, before.depth, after.depth);
        for (counter, before, after) in [
            (&self.busy, before.busy, after.busy),
            (&self.failures, before.failures, after.failures),
            (&self.panics, before.panics, after.panics),
            (&self.lost, before.lost, after.lost),
            (&self.untold, before.untold, after.untold),
        ] {
            if before != after {
                counter.increment(after.saturating_sub(before));
            }
        }
    }
}
