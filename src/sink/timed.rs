//! Sinks to which time matters.

use std::time::Instant;

use super::{Event, EventSink, Refusal, SinkError};
use crate::notification::RouterId;

/// A sink that is told what time it is, and says when it wants to be called again: what a [`Queue`](super::Queue) drives on its thread.
///
/// Every [`EventSink`] is one that has no use for time; [`Debounce`](super::Debounce) is one that has. Whoever drives one passes times that never go
/// back, and calls [`due`](Self::due) with the time of [`next_deadline`](Self::next_deadline) or a later one before it passes any later
/// time.
pub trait TimedSink {
    /// Takes an event that came at this time; as [`EventSink::notified`].
    ///
    /// # Errors
    ///
    /// [`SinkError`], when the event was not taken.
    fn offer(&mut self, event: Event<'_>, now: Instant) -> Result<(), SinkError>;

    /// As [`EventSink::refused`].
    fn tell_refused(&mut self, refusal: Refusal);

    /// As [`EventSink::unknown`].
    fn tell_unknown(&mut self, event: Event<'_>);

    /// When to call [`due`](Self::due); nothing as long as there is no need to.
    fn next_deadline(&self) -> Option<Instant> {
        None
    }

    /// Does what is due by now. Afterwards the next deadline, if any, is later than `now`, even if this has panicked.
    fn due(&mut self, now: Instant) {
        let _ = now;
    }

    /// No event will follow: all that waits is due now.
    fn end(&mut self, now: Instant) {
        let _ = now;
    }

    /// How many events have been taken and wait.
    fn waiting(&self) -> usize {
        0
    }

    /// Asks that the router's state be reported once more, although it may not have changed.
    fn again(&mut self, router_id: RouterId, now: Instant) {
        let _ = (router_id, now);
    }

    /// The router has been deleted: nothing of it need be kept.
    fn forget(&mut self, router_id: RouterId) {
        let _ = router_id;
    }
}

impl<S: EventSink> TimedSink for S {
    fn offer(&mut self, event: Event<'_>, _now: Instant) -> Result<(), SinkError> {
        self.notified(event)
    }

    fn tell_refused(&mut self, refusal: Refusal) {
        self.refused(refusal);
    }

    fn tell_unknown(&mut self, event: Event<'_>) {
        self.unknown(event);
    }
}
