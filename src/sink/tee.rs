//! Two sinks in the place of one.

use super::{Event, EventSink, Omitted, OwnedEvent, Refusal, SinkError};

/// Gives each event to two sinks, the first one first, and has taken it only if both have; an event that is offered
/// again goes only to the sink that has not taken it.
///
/// What the first sink does not take, the second never sees. What the second does not take, the first has seen all the
/// same, although the sender is told 503 or 500: put first what may refuse ([`Queue`](super::Queue)), second what
/// rarely does (a log). When the sender comes again, that is another event, and both see it. When the caller offers the
/// same event again, as [`Queue`](super::Queue) does, the first does not see it twice.
///
/// ```
/// use hanotify::sink::{Event, EventSink, Peer, SinkError, Tee};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Primary };
/// # let event = Event::new(notification, Peer { pid: Some(7), uid: 0, gid: 0 }, 1, std::time::UNIX_EPOCH);
///
/// let (mut first, mut second) = (0, 0);
/// let mut tee = Tee::new(
///     |_: Event<'_>| Ok(first += 1),
///     |_: Event<'_>| {
///         second += 1;
///         if second == 1 { Err(SinkError::Busy) } else { Ok(()) }
///     },
/// );
/// assert!(tee.notified(event).is_err());
/// tee.notified(event)?;
/// assert_eq!((first, second), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Tee<A, B> {
    first: A,
    second: B,
    /// What the first has taken and the second has not.
    half_taken: Option<OwnedEvent>,
}

impl<A: EventSink, B: EventSink> Tee<A, B> {
    /// A sink that is `first` and then `second`.
    pub const fn new(first: A, second: B) -> Self {
        Self { first, second, half_taken: None }
    }
}

impl<A: EventSink, B: EventSink> EventSink for Tee<A, B> {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        if self.half_taken.as_ref().is_none_or(|half_taken| half_taken.as_event() != event) {
            self.half_taken = None;
            self.first.notified(event)?;
            // Noted before the second is asked, which may panic.
            self.half_taken = Some(event.into());
        }
        self.second.notified(event)?;
        self.half_taken = None;
        Ok(())
    }

    fn refused(&mut self, refusal: Refusal) {
        self.first.refused(refusal);
        self.second.refused(refusal);
    }

    fn omitted(&mut self, omitted: Omitted) {
        self.first.omitted(omitted);
        self.second.omitted(omitted);
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.first.unknown(event);
        self.second.unknown(event);
    }
}
