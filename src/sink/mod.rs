//! Where events go: the trait that an agent implements, what it is given, and adapters to put in front of it.
//!
//! | adapter | what it guarantees |
//! |---|---|
//! | [`Queue`] | every event it takes is delivered by a thread of its own, in order, once; 503 when full |
//! | [`latest()`] | the newest state of each router, for a consumer however slow; never full |
//! | [`Debounce`] | the filter for fail-overs: a state is passed on once it has been stable for a while |
//! | [`Known`] | events of routers that the agent manages; others are taken and told apart |
//! | [`States`] | the state of each router, to be read at any time: since when, whether settled, how often changed |
//! | [`Tee`] | two sinks; taken only if both have taken it |
#![cfg_attr(feature = "tokio", doc = "| [`channel()`] | a stream of events for a task on tokio; 503 when full |")]
#![cfg_attr(feature = "tracing", doc = "| [`Traced`] | what became of each event, as `tracing` events |")]
#![cfg_attr(feature = "json", doc = "| [`JsonLines`] | written and flushed before the sender is answered |")]
//!
//! [The page on sinks](crate::manual::sinks) says which is for which agent, and how they are put together.

pub(crate) mod barrier;
#[cfg(feature = "tokio")]
mod channel;
mod debounce;
#[cfg(test)]
mod explore;
#[cfg(feature = "json")]
mod json_lines;
mod known;
mod latest;
mod meters;
mod monitor;
mod owned;
mod queue;
mod states;
mod tee;
mod timed;
#[cfg(feature = "tracing")]
mod traced;

use std::boxed::Box;
use std::io;
use std::time::SystemTime;

#[cfg(feature = "tokio")]
pub use channel::{Channel, Events, channel};
pub use debounce::{Debounce, DebounceCounts, DebounceHandle};
#[cfg(feature = "json")]
pub use json_lines::JsonLines;
pub use known::{Known, KnownCounts, KnownHandle};
pub use latest::{Change, Changes, Latest, LatestCounts, LatestHandle, latest};
pub use owned::OwnedEvent;
pub use queue::{Queue, QueueCounts, QueueHandle, QueueOptions};
pub use states::{RouterState, StateSource, States, StatesCounts, StatesHandle};
pub use tee::Tee;
pub use timed::TimedSink;
#[cfg(feature = "tracing")]
pub use traced::Traced;

use crate::chain::debug_as_chain;
use crate::error::{Error, ErrorKind};
use crate::notification::Notification;

/// What an agent does with events. Closures that take an [`Event`] implement it.
///
/// ```
/// use hanotify::sink::{Event, EventSink, SinkError};
///
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let sink = move |event: Event<'_>| sender.send(event.notification).map_err(SinkError::failed);
/// # fn is_a_sink(_: impl EventSink) {}
/// # is_a_sink(sink);
/// ```
pub trait EventSink {
    /// Takes an accepted notification. Its sender gets 200 only after this has returned `Ok`, so `Ok` means that the
    /// agent has taken responsibility for the event.
    ///
    /// The server calls this on its one thread, in the order in which the notifications became whole: a slow sink makes
    /// all senders wait.
    ///
    /// # Errors
    ///
    /// [`SinkError`], when the event was not taken. Its sender is told so, by 503 or 500. A panic counts as a failure.
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError>;

    /// Takes note of a message that was refused. Nothing depends on what it does.
    fn refused(&mut self, refusal: Refusal) {
        let _ = refusal;
    }

    /// Takes note of refusals that [`refused`](Self::refused) was not told of, because the peers of one user caused too
    /// many of them. Nothing depends on what it does.
    fn omitted(&mut self, omitted: Omitted) {
        let _ = omitted;
    }

    /// Takes note of a notification whose router the agent does not manage. Its sender gets 200, for that is normal
    /// after a concurrent delete. Nothing depends on what it does.
    fn unknown(&mut self, event: Event<'_>) {
        let _ = event;
    }
}

impl<F> EventSink for F
where
    F: FnMut(Event<'_>) -> Result<(), SinkError>,
{
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self(event)
    }
}

macro_rules! forward {
    ($($pointer:ty)+) => {
        $(impl EventSink for $pointer {
            fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
                (**self).notified(event)
            }

            fn refused(&mut self, refusal: Refusal) {
                (**self).refused(refusal);
            }

            fn omitted(&mut self, omitted: Omitted) {
                (**self).omitted(omitted);
            }

            fn unknown(&mut self, event: Event<'_>) {
                (**self).unknown(event);
            }
        })+
    };
}

// For every pointer to a sink it can't be, since a pointer to a closure is a closure.
forward! { Box<dyn EventSink + '_> Box<dyn EventSink + Send + '_> &mut (dyn EventSink + '_) }

/// An accepted notification, and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event<'a> {
    /// What the message says.
    pub notification: Notification,
    /// Who sent it.
    pub peer: Peer,
    /// Its place in the one order of all events that were taken: 1 for the first since the server started. An event
    /// that the sink doesn't take leaves its number to the next one.
    pub sequence: u64,
    /// When the message was whole.
    pub received_at: SystemTime,
    /// The message's body, borrowed from the server's buffer; empty unless the limits let one in.
    pub body: &'a [u8],
}

impl Event<'_> {
    /// An event as the server makes it; for tests of sinks, and for agents that drive the decoder themselves.
    #[must_use]
    pub fn new(notification: Notification, peer: Peer, sequence: u64, received_at: SystemTime) -> Self {
        Self { notification, peer, sequence, received_at, body: &[] }
    }

    /// The same event, with a body.
    #[must_use]
    pub fn with_body(self, body: &[u8]) -> Event<'_> {
        Event { body, ..self }
    }
}

/// A message that was refused, and how it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Which rule was broken, and at which byte.
    pub error: Error,
    /// Who sent it, where the kernel could tell.
    pub peer: Option<Peer>,
    /// When it was refused.
    pub refused_at: SystemTime,
}

impl Refusal {
    /// A refusal as the server makes it; for tests of sinks, and for agents that drive the decoder themselves.
    #[must_use]
    pub fn new(error: Error, peer: Option<Peer>, refused_at: SystemTime) -> Self {
        Self { error, peer, refused_at }
    }
}

/// Refusals of a window of time that the sink was not told of one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Omitted {
    /// How many.
    pub refusals: u64,
    /// The user id of the peers that caused them; `None` for peers of which the kernel told none, and for those of many
    /// users together, where there are too many users to count each.
    pub uid: Option<u32>,
    /// When they were counted up.
    pub omitted_at: SystemTime,
}

impl Omitted {
    /// Omitted refusals as the server makes them; for tests of sinks.
    #[must_use]
    pub fn new(refusals: u64, uid: Option<u32>, omitted_at: SystemTime) -> Self {
        Self { refusals, uid, omitted_at }
    }
}

/// The process at the other end of the connection, as the kernel noted it when that process connected (`SO_PEERCRED`,
/// unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "it is what SO_PEERCRED gives")]
pub struct Peer {
    /// Its process id; `None` if it lives in a pid namespace that this process can't see. Good for a log, never for
    /// authorisation: the kernel gives a number to another process as soon as the first has ended.
    pub pid: Option<i32>,
    /// Its effective user id.
    pub uid: u32,
    /// Its effective group id.
    pub gid: u32,
}

/// Why a sink did not take an event.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// Not now: the sender gets 503 and may try again.
    #[error("the sink is busy")]
    Busy,
    /// It can't: the sender gets 500.
    #[error("the sink failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

debug_as_chain! { SinkError }

impl SinkError {
    /// A failure with its cause.
    pub fn failed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(cause.into())
    }

    /// The kind of refusal that the sender gets.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy => ErrorKind::Overloaded,
            Self::Failed(_) => ErrorKind::SinkFailed,
        }
    }
}

/// What may pass is [`Busy`](SinkError::Busy): a full disk, a full quota, a file that may not grow any more, a kernel
/// without memory, a reader that has fallen behind.
impl From<io::Error> for SinkError {
    fn from(cause: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, OutOfMemory, QuotaExceeded, StorageFull, TimedOut, WouldBlock};
        match cause.kind() {
            StorageFull | QuotaExceeded | FileTooLarge | OutOfMemory | WouldBlock | TimedOut => Self::Busy,
            _ => Self::failed(cause),
        }
    }
}
