//! Sinks to which time matters.

use std::time::Instant;

use super::{Event, EventSink, Omitted, Refusal, SinkError};
use crate::notification::RouterId;

/// A sink that is given the time with everything, and says when it wants to be called again: what a
/// [`Queue`](super::Queue) drives on its thread.
///
/// Every [`EventSink`] is one that has no use for time; [`Debounce`](super::Debounce) is one that has. Whoever drives
/// one passes times that never go back, and calls [`report_due`](Self::report_due) with the time of
/// [`next_deadline`](Self::next_deadline) or a later one before it passes any later time.
pub trait TimedSink {
    /// As [`EventSink::notified`], of an event that came at the time `now`.
    ///
    /// # Errors
    ///
    /// [`SinkError`], when the event was not taken.
    fn notified_at(&mut self, event: Event<'_>, now: Instant) -> Result<(), SinkError>;

    /// As [`EventSink::refused`], of a refusal that came at the time `now`.
    fn refused_at(&mut self, refusal: Refusal, now: Instant);

    /// As [`EventSink::omitted`], of refusals that were counted up at the time `now`.
    fn omitted_at(&mut self, omitted: Omitted, now: Instant) {
        let _ = (omitted, now);
    }

    /// As [`EventSink::unknown`], of an event that came at the time `now`.
    fn unknown_at(&mut self, event: Event<'_>, now: Instant);

    /// When to call [`report_due`](Self::report_due); `None` as long as there is no need to.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Reports what is due by the time `now`. Afterwards the next deadline, if any, is later than `now`, even if this
    /// has panicked.
    fn report_due(&mut self, now: Instant) {
        let _ = now;
    }

    /// Makes all that waits due at the time `now`, because no event will follow.
    fn flush(&mut self, now: Instant) {
        let _ = now;
    }

    /// How many events have been taken and wait.
    fn waiting(&self) -> usize {
        0
    }

    /// Reports the router's state once more, although it may not have changed.
    fn report_again(&mut self, router_id: RouterId, now: Instant) {
        let _ = (router_id, now);
    }

    /// Forgets the router, which has been deleted.
    fn forget(&mut self, router_id: RouterId) {
        let _ = router_id;
    }
}

impl<S: EventSink> TimedSink for S {
    fn notified_at(&mut self, event: Event<'_>, _now: Instant) -> Result<(), SinkError> {
        self.notified(event)
    }

    fn refused_at(&mut self, refusal: Refusal, _now: Instant) {
        self.refused(refusal);
    }

    fn omitted_at(&mut self, omitted: Omitted, _now: Instant) {
        self.omitted(omitted);
    }

    fn unknown_at(&mut self, event: Event<'_>, _now: Instant) {
        self.unknown(event);
    }
}
