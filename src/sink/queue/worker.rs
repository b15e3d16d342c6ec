//! The thread that drives the inner sink.

use std::time::Instant;

use super::super::barrier::{self, Failure};
use super::super::{Event, TimedSink};
use super::shared::{Next, Shared, Telling};
use crate::clock::later;
use crate::facade::tracing;

/// Drives the sink until the queue is closed and empty.
pub(super) fn run(shared: &Shared, sink: impl TimedSink) {
    let mut worker = Worker { shared, sink };
    loop {
        let deadline = worker.next_deadline();
        match shared.next(deadline) {
            Next::Tell(telling, came_at) => worker.tell(&telling, came_at),
            Next::Due(now) => worker.report_due(now),
            Next::End => return worker.end(),
        }
    }
}

struct Worker<'a, S> {
    shared: &'a Shared,
    sink: S,
}

impl<S: TimedSink> Worker<'_, S> {
    fn tell(&mut self, telling: &Telling, came_at: Instant) {
        match telling {
            Telling::Notified(event) => self.deliver(event.as_event(), came_at),
            Telling::Refused(refusal) => drop(self.call(|sink| sink.refused_at(*refusal, came_at))),
            Telling::Omitted(omitted) => drop(self.call(|sink| sink.omitted_at(*omitted, came_at))),
            Telling::Unknown(event) => drop(self.call(|sink| sink.unknown_at(event.as_event(), came_at))),
            Telling::Again(router_id) => drop(self.call(|sink| sink.report_again(*router_id, came_at))),
            Telling::Forget(router_id) => drop(self.call(|sink| sink.forget(*router_id))),
        }
    }

    /// Offers an event until it is taken or given up.
    fn deliver(&mut self, event: Event<'_>, came_at: Instant) {
        let mut offers = 0_u32;
        loop {
            // Read before the offer: after the grace, each event is still offered once.
            let is_last = self.shared.grace_ends_at().is_some_and(|end| end <= Instant::now());
            let failure = barrier::offer(|| self.sink.notified_at(event, came_at)).err();
            offers = offers.saturating_add(1);
            let given_up = is_last || self.shared.options.attempts.is_some_and(|attempts| offers >= attempts);
            self.shared.count(|counts| {
                let is_taken = failure.is_none();
                counts.failures += u64::from(!is_taken);
                counts.panics += u64::from(matches!(failure, Some(Failure::Panicked)));
                counts.delivered += u64::from(is_taken);
                counts.lost += u64::from(given_up && !is_taken);
                counts.depth -= u64::from(is_taken || given_up);
            });
            let Some(failure) = failure else { return };
            // Not each time: a sink that fails for an hour must not fill the log.
            if offers == 1 || given_up {
                let next = if given_up { "the event is lost" } else { "the event is offered again" };
                failure.log(event.notification, "queue", next);
            }
            if given_up {
                return;
            }
            self.pause();
        }
    }

    fn report_due(&mut self, now: Instant) {
        if self.call(|sink| sink.report_due(now)).is_none() {
            self.pause();
        }
    }

    /// Delivers what the sink itself has held back.
    fn end(mut self) {
        let now = Instant::now();
        let _ = self.call(|sink| sink.flush(now));
        while let Some(deadline) = self.next_deadline() {
            self.shared.pause_until(deadline);
            let is_last = self.shared.grace_ends_at().is_some_and(|end| end <= Instant::now());
            self.report_due(Instant::now().max(deadline));
            if is_last {
                let waiting = self.call(|sink| sink.waiting()).unwrap_or_default();
                let lost = u64::try_from(waiting).unwrap_or(u64::MAX);
                if lost > 0 {
                    // Which they are, the sink that holds them has said when it could not pass them on.
                    tracing::error!(lost, "the grace is over: what the queue's inner sink has held back is lost");
                }
                self.shared.count(|counts| {
                    counts.lost += lost;
                    counts.delivered = counts.delivered.saturating_sub(lost);
                });
                return;
            }
        }
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        self.call(|sink| sink.next_deadline()).flatten()
    }

    fn pause(&self) {
        self.shared.pause_until(later(Instant::now(), self.shared.options.pause));
    }

    /// Calls the sink, with its panics contained and counted; `None` if it panicked.
    fn call<T>(&mut self, call: impl FnOnce(&mut S) -> T) -> Option<T> {
        let result = barrier::contain(|| call(&mut self.sink));
        self.shared.count(|counts| counts.panics += u64::from(result.is_none()));
        result
    }
}
