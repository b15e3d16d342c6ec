//! A sink that does what a script says, and remembers what it was told.

use std::cell::RefCell;
use std::rc::Rc;

use hanotify::sink::{Event, EventSink, Refusal, SinkError};
use hanotify::{Error, Notification};

use crate::oracles::outcome::Outcome;

/// What a sink was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Notified(Notification, Vec<u8>),
    Refused(Error),
}

/// The sink.
pub(crate) struct Scripted {
    outcome: Outcome,
    told: Rc<RefCell<Vec<Told>>>,
}

impl Scripted {
    /// The sink, and what it will have been told.
    pub(crate) fn new(outcome: Outcome) -> (Self, Rc<RefCell<Vec<Told>>>) {
        let told = Rc::new(RefCell::new(Vec::new()));
        (Self { outcome, told: Rc::clone(&told) }, told)
    }
}

impl EventSink for Scripted {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self.told.borrow_mut().push(Told::Notified(event.notification, event.body.to_vec()));
        self.outcome.act()
    }

    fn refused(&mut self, refusal: Refusal) {
        self.told.borrow_mut().push(Told::Refused(refusal.error));
    }
}
