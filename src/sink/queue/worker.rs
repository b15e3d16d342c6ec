//! The thread that drives the inner sink.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::super::{Event, SinkError, TimedSink};
use super::shared::{Next, Shared, Telling};
use crate::facade::tracing;

/// Drives the sink until the queue is closed and empty.
pub(super) fn run(shared: &Shared, sink: impl TimedSink) {
    let mut worker = Worker { shared, sink };
    loop {
        let deadline = worker.next_deadline();
        match shared.next(deadline) {
            Next::Tell(telling, came_at) => worker.tell(&telling, came_at),
            Next::Due(now) => worker.due(now),
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
            Telling::Refused(refusal) => drop(self.call(|sink| sink.tell_refused(*refusal))),
            Telling::Unknown(event) => drop(self.call(|sink| sink.tell_unknown(event.as_event()))),
            Telling::Again(router_id) => drop(self.call(|sink| sink.again(*router_id, came_at))),
            Telling::Forget(router_id) => drop(self.call(|sink| sink.forget(*router_id))),
        }
    }

    /// Offers an event until it is taken or given up.
    fn deliver(&mut self, event: Event<'_>, came_at: Instant) {
        let mut offers = 0_u32;
        loop {
            // Read before the offer: after the grace, each event is still offered once.
            let is_last = self.shared.grace_ends_at().is_some_and(|end| end <= Instant::now());
            let taken = self.call(|sink| sink.offer(event, came_at));
            offers = offers.saturating_add(1);
            let given_up = is_last || self.shared.options.attempts.is_some_and(|attempts| offers >= attempts);
            self.shared.count(|counts| {
                let is_taken = matches!(taken, Some(Ok(())));
                counts.failures += u64::from(!is_taken);
                counts.delivered += u64::from(is_taken);
                counts.lost += u64::from(given_up && !is_taken);
                counts.depth -= u64::from(is_taken || given_up);
            });
            let failure = match taken {
                Some(Ok(())) => return,
                Some(Err(failure)) => failure,
                None => SinkError::failed("it panicked"),
            };
            // Not each time: a sink that fails for an hour is no reason to fill the log.
            if offers == 1 || given_up {
                log(event, &failure, given_up);
            }
            if given_up {
                return;
            }
            self.pause();
        }
    }

    fn due(&mut self, now: Instant) {
        if self.call(|sink| sink.due(now)).is_none() {
            self.pause();
        }
    }

    /// Delivers what the sink itself has held back.
    fn end(mut self) {
        let now = Instant::now();
        let _ = self.call(|sink| sink.end(now));
        while let Some(deadline) = self.next_deadline() {
            self.shared.pause_until(deadline);
            let is_last = self.shared.grace_ends_at().is_some_and(|end| end <= Instant::now());
            self.due(Instant::now().max(deadline));
            if is_last {
                let waiting = self.call(|sink| sink.waiting()).unwrap_or_default();
                let lost = u64::try_from(waiting).unwrap_or(u64::MAX);
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
        let now = Instant::now();
        self.shared.pause_until(now.checked_add(self.shared.options.pause).unwrap_or(now));
    }

    /// Calls the sink behind a panic barrier; nothing, if it panicked. What a sink is like then is its own affair.
    fn call<T>(&mut self, call: impl FnOnce(&mut S) -> T) -> Option<T> {
        let panic = match catch_unwind(AssertUnwindSafe(|| call(&mut self.sink))) {
            Ok(result) => return Some(result),
            Err(panic) => panic,
        };
        self.shared.count(|counts| counts.panics += 1);
        // What was thrown is the sink's own, and can itself panic when it is dropped.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            std::mem::forget(panic);
        }
        None
    }
}

fn log(event: Event<'_>, failure: &SinkError, given_up: bool) {
    let router_id = event.notification.router_id;
    let next = if given_up { "the event is lost" } else { "the event is offered again" };
    match failure {
        SinkError::Busy => tracing::warn!(%router_id, "the sink behind the queue is busy: {next}"),
        SinkError::Failed(cause) => tracing::error!(%router_id, %cause, "the sink behind the queue failed: {next}"),
    }
}
