//! What a monitor tells whoever runs it.

use std::io;

use hanotify::HaState;
use hanotify::client::ConnectError;

/// Something happened to a router.
///
/// What fails is tried again until it succeeds, and is told once until then, but for
/// [`Telling`](Self::Telling) and [`Retry`](Self::Retry).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The first state is certain.
    Initial(HaState),
    /// Another state is certain.
    Changed(HaState),
    /// The state file has this word.
    Wrote(HaState),
    /// The state file could not be written.
    WriteFailed(&'a io::Error),
    /// The agent is being told this state: what it knows is not certain until it has replied.
    Telling(HaState),
    /// The agent has acknowledged this state.
    Notified(HaState),
    /// The agent could not be told.
    NotifyFailed(&'a NotifyError),
    /// A request to the agent was in vain, for whichever reason, and another one will follow. This is told each time.
    Retry,
    /// The namespace is there, and is watched.
    NamespaceFound,
    /// The namespace is gone, or another one has its name.
    NamespaceLost,
    /// The namespace is there, and can't be watched.
    NamespaceFailed(&'a io::Error),
    /// The kernel has dropped events: everything is read anew.
    Overrun,
    /// conntrackd is called with this option.
    Conntrackd(&'a str),
    /// conntrackd could not be called, or has failed.
    ConntrackdFailed(&'a str, &'a str),
}

/// Why an agent has not acknowledged a state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifyError {
    /// It could not be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Lost(io::Error),
    /// Its reply has another status than 200, or is none.
    #[error("the reply is not a status of 200")]
    Refused,
    /// It did not reply in time.
    #[error("no reply within 2 seconds")]
    Silent,
}
