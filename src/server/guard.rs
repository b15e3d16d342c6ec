//! The event sink as the server calls it: unable to take the server down.

use crate::sink::barrier::{self, Failure};
use crate::sink::{Event, EventSink, Refusal};

/// A sink behind a panic barrier.
pub(super) struct Guard<S> {
    sink: S,
}

impl<S: EventSink> Guard<S> {
    pub(super) const fn new(sink: S) -> Self {
        Self { sink }
    }

    /// Offers an event to the sink.
    pub(super) fn offer(&mut self, event: Event<'_>) -> Result<(), Failure> {
        barrier::offer(|| self.sink.notified(event))
    }

    /// Tells the sink of a refusal; `None` if it panics.
    pub(super) fn tell_refused(&mut self, refusal: Refusal) -> Option<()> {
        barrier::contain(|| self.sink.refused(refusal))
    }
}
