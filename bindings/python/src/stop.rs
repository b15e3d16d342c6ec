//! The end of a server, after which its sink is not called any more.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hanotify::server::Stopper;
use hanotify::sink::{Event, EventSink, SinkError};

/// Stops a server. Clones stop the same one.
#[derive(Clone)]
pub(crate) struct Stop {
    stopper: Stopper,
    is_asked: Arc<AtomicBool>,
}

impl Stop {
    pub(crate) fn new(stopper: Stopper) -> Self {
        Self { stopper, is_asked: Arc::default() }
    }

    /// Lets the server end. The call in flight ends; whoever waits gets 503.
    pub(crate) fn stop(&self) -> io::Result<()> {
        self.is_asked.store(true, Ordering::Release);
        self.stopper.stop()
    }

    /// What takes events in front of this sink, until the stop.
    pub(crate) fn before<S>(&self, sink: S) -> UntilStop<S> {
        UntilStop { is_asked: Arc::clone(&self.is_asked), sink }
    }
}

/// The library's server would hand over each message that was whole before the stop, however long that takes.
pub(crate) struct UntilStop<S> {
    is_asked: Arc<AtomicBool>,
    sink: S,
}

impl<S: EventSink> EventSink for UntilStop<S> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        if self.is_asked.load(Ordering::Acquire) { Err(SinkError::Busy) } else { self.sink.notified(event) }
    }
}
