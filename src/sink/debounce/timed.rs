//! The debounce filter as a queue drives it.

use std::time::Instant;

use super::super::{Event, EventSink, Refusal, SinkError, TimedSink};
use super::Debounce;
use crate::notification::RouterId;

impl<S: EventSink> TimedSink for Debounce<S> {
    fn offer(&mut self, event: Event<'_>, now: Instant) -> Result<(), SinkError> {
        self.notified(event, now);
        Ok(())
    }

    fn tell_refused(&mut self, refusal: Refusal) {
        self.inner.refused(refusal);
    }

    fn tell_unknown(&mut self, event: Event<'_>) {
        self.inner.unknown(event);
    }

    fn next_deadline(&self) -> Option<Instant> {
        Debounce::next_deadline(self)
    }

    fn due(&mut self, now: Instant) {
        Debounce::due(self, now);
    }

    fn end(&mut self, now: Instant) {
        Debounce::end(self, now);
    }

    fn waiting(&self) -> usize {
        Debounce::waiting(self)
    }

    fn again(&mut self, router_id: RouterId, now: Instant) {
        Debounce::again(self, router_id, now);
    }

    fn forget(&mut self, router_id: RouterId) {
        Debounce::forget(self, router_id);
    }
}
