//! The end of a server whose events nobody reads.

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use hanotify::server::Stopper;
use hanotify::sink::{Event, EventSink, Omitted, Refusal, SinkError};

/// Stops the server when nobody reads the events any more: from then on every sender would get 500.
pub(super) struct UntilClosed<S> {
    pub(super) sink: S,
    pub(super) stopper: Stopper,
    /// Whether it has stopped the server.
    pub(super) closed: Rc<Cell<bool>>,
}

impl<S: EventSink> EventSink for UntilClosed<S> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let taken = self.sink.notified(event);
        if let Err(SinkError::Failed(cause)) = &taken
            && cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
        {
            self.closed.set(true);
            // Without the wake-up it stops all the same, at its next event.
            let _ = self.stopper.stop();
        }
        taken
    }

    fn refused(&mut self, refusal: Refusal) {
        self.sink.refused(refusal);
    }

    fn omitted(&mut self, omitted: Omitted) {
        self.sink.omitted(omitted);
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.sink.unknown(event);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::UNIX_EPOCH;

    use hanotify::server::{Config, Server};
    use hanotify::sink::Peer;
    use hanotify::{ErrorKind, HaState, Notification, RouterId};

    use super::*;

    /// Notes each call.
    #[derive(Clone, Default)]
    struct Probe(Rc<RefCell<Vec<&'static str>>>);

    #[deny(clippy::missing_trait_methods, reason = "a method that the trait gets is to be tested here too")]
    impl EventSink for Probe {
        fn notified(&mut self, _: Event<'_>) -> Result<(), SinkError> {
            self.0.borrow_mut().push("notified");
            Ok(())
        }

        fn refused(&mut self, _: Refusal) {
            self.0.borrow_mut().push("refused");
        }

        fn omitted(&mut self, _: Omitted) {
            self.0.borrow_mut().push("omitted");
        }

        fn unknown(&mut self, _: Event<'_>) {
            self.0.borrow_mut().push("unknown");
        }
    }

    /// A method of the trait has a default that does nothing, so that an adapter which forgets one compiles.
    #[test]
    fn every_method_of_a_sink_gets_through_the_adapter() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::bind(Config::new(folder.path().join("socket"))).unwrap();
        let probe = Probe::default();
        let mut adapter = UntilClosed { sink: probe.clone(), stopper: server.stopper(), closed: Rc::default() };
        let notification = Notification { router_id: RouterId::from_bytes([7; 16]).unwrap(), state: HaState::Backup };
        let event = Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, 1, UNIX_EPOCH);
        adapter.notified(event).unwrap();
        adapter.refused(Refusal::new(ErrorKind::State.at(0), None, UNIX_EPOCH));
        adapter.omitted(Omitted::new(1, None, UNIX_EPOCH));
        adapter.unknown(event);
        assert_eq!(*probe.0.borrow(), ["notified", "refused", "omitted", "unknown"]);
    }
}
