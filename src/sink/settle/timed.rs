//! The settle filter as a queue drives it.

use std::time::Instant;

use super::super::{Event, EventSink, Refusal, SinkError, TimedSink};
use super::Settle;
use crate::notification::RouterId;

impl<S: EventSink> TimedSink for Settle<S> {
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
        Settle::next_deadline(self)
    }

    fn due(&mut self, now: Instant) {
        Settle::due(self, now);
    }

    fn end(&mut self, now: Instant) {
        Settle::end(self, now);
    }

    fn waiting(&self) -> usize {
        Settle::waiting(self)
    }

    fn again(&mut self, router_id: RouterId, now: Instant) {
        Settle::again(self, router_id, now);
    }

    fn forget(&mut self, router_id: RouterId) {
        Settle::forget(self, router_id);
    }
}
