//! Events to a task on tokio.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{Event, EventSink, OwnedEvent, SinkError};

/// Both ends of a bounded channel to tasks on tokio: the server runs on a thread of its own and puts events in, and a
/// task takes them out, one by one or as a stream.
///
/// **An event is taken** when it is in the channel: its sender gets 200. A channel that is full is [`SinkError::Busy`]
/// (503), and one whose other end is gone [`SinkError::Failed`] (500). The server never waits for a task.
///
/// **What the process loses** when it is killed, or drops [`Events`], is what the channel holds, although senders were
/// told 200.
///
/// Refusals and events of unknown routers end here; put a [`Tee`](super::Tee) in front to see them.
///
/// ```
/// use hanotify::sink::{self, Event, EventSink, Peer};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Primary };
/// # let event = Event::new(notification, Peer { pid: Some(7), uid: 0, gid: 0 }, 1, std::time::UNIX_EPOCH);
///
/// let (mut channel, mut events) = sink::channel(1);
/// channel.notified(event)?;
/// assert!(channel.notified(event).is_err(), "full: the sender gets 503");
/// drop(channel);
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// runtime.block_on(async {
///     assert_eq!(events.recv().await.map(|event| event.sequence), Some(1));
///     assert_eq!(events.recv().await, None);
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It has room for at most `capacity` events; 0 counts as 1.
#[must_use]
pub fn channel(capacity: usize) -> (Channel, Events) {
    let (sender, receiver) = mpsc::channel(capacity.clamp(1, Semaphore::MAX_PERMITS));
    (Channel { sender }, Events { receiver })
}

/// The end of a [`channel()`] that events go into.
#[derive(Debug)]
pub struct Channel {
    sender: mpsc::Sender<OwnedEvent>,
}

impl EventSink for Channel {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self.sender.try_send(event.into()).map_err(|error| match error {
            TrySendError::Full(_) => SinkError::Busy,
            TrySendError::Closed(_) => SinkError::failed("nobody takes the events any more"),
        })
    }
}

/// The end of a [`channel()`] that gives the events, in order, as a stream too. It ends when the other end is gone,
/// which the server drops when it has stopped, and everything is taken.
#[derive(Debug)]
pub struct Events {
    receiver: mpsc::Receiver<OwnedEvent>,
}

impl Events {
    /// Waits for the next event; `None` when there will be none. No event is lost if this is dropped while it waits, as
    /// by `select!`.
    pub async fn recv(&mut self) -> Option<OwnedEvent> {
        self.receiver.recv().await
    }
}

impl Stream for Events {
    type Item = OwnedEvent;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        self.receiver.poll_recv(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.receiver.len(), None)
    }
}
