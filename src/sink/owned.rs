//! An event that outlives the server's buffer.

use std::boxed::Box;
use std::time::SystemTime;

use super::{Event, Peer};
use crate::notification::Notification;

/// An [`Event`] with a body of its own, to keep or to send to another thread. Allocates nothing for an event without a
/// body.
///
/// ```
/// use hanotify::sink::{Event, OwnedEvent, Peer};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Primary };
/// # let peer = Peer { pid: Some(7), uid: 0, gid: 0 };
///
/// let event = Event::new(notification, peer, 1, std::time::UNIX_EPOCH).with_body(b"hello");
/// assert_eq!(OwnedEvent::from(event).as_event(), event);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedEvent {
    /// What the message says.
    pub notification: Notification,
    /// Who sent it.
    pub peer: Peer,
    /// Its place in the one order of all events that were taken; see [`Event::sequence`].
    pub sequence: u64,
    /// When the message was whole.
    pub received_at: SystemTime,
    /// The message's body; empty unless the limits let one in.
    pub body: Box<[u8]>,
}

impl OwnedEvent {
    /// The event as sinks take it.
    #[must_use]
    pub fn as_event(&self) -> Event<'_> {
        let Self { notification, peer, sequence, received_at, .. } = *self;
        Event { notification, peer, sequence, received_at, body: &self.body }
    }
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        let Event { notification, peer, sequence, received_at, body } = event;
        // An empty box allocates nothing.
        Self { notification, peer, sequence, received_at, body: body.into() }
    }
}
