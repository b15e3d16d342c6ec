//! Why an audit can't begin.

use std::fmt;
use std::io;

use super::audit::LeftBehind;
use super::selection::Selector;
use super::stop::Stop;
use super::vectors::VectorError;

/// Why an audit can't begin. Nothing was found then.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The cases that this crate was built with can't be read.
    #[error("vectors: {0}")]
    Vectors(#[from] VectorError),
    /// A selector names no case and no probe of this audit.
    #[error("nothing that is audited is named {0}: the ids are in the vectors and in the list of the probes")]
    NothingSelected(Selector),
    /// Every case and probe that was selected is left out.
    #[error("everything that was selected is skipped: nothing is left to audit")]
    NothingLeft,
    /// No folder can be made for the socket of the server that is to be started.
    #[error("can't make a folder for the socket: {0}")]
    Folder(io::Error),
    /// The shell that is to start the server can't be run.
    #[error("can't run the shell: {0}")]
    Shell(io::Error),
    /// The events can't be read.
    #[error("can't read the events: {0}")]
    Events(io::Error),
    /// The server's output was to be read for events, but the audit starts no server.
    #[error("the events can't be the output of a server that the audit doesn't start")]
    NoServerOutput,
    /// The server that was started made no socket; why is said in escaped words.
    #[error("{0}")]
    NoServer(String),
    /// The socket that was named for the server that is to be started is another process's.
    #[error("{socket}: another process listens there already, so the audit would be of that one")]
    SocketTaken {
        /// The socket, in printable characters.
        socket: String,
    },
    /// The server doesn't take the first notification, so that what follows would show nothing.
    #[error("{socket}: {stop}")]
    Begin {
        /// The server's socket, in printable characters.
        socket: String,
        /// What went wrong.
        stop: Stop,
    },
    /// As the cause says; and something is left of the server that was started.
    #[error("{cause}")]
    LeftBehind {
        /// Why the audit can't begin.
        cause: Box<AuditError>,
        /// What is left.
        left: LeftBehind,
    },
}

impl AuditError {
    /// The error, with what is left of the server.
    pub(crate) fn with(self, left: Option<LeftBehind>) -> Self {
        match left {
            Some(left) => Self::LeftBehind { cause: Box::new(self), left },
            None => self,
        }
    }
}

/// The text, in which each error has its cause: a `main` that returns the error prints the `Debug`, and a person reads
/// it.
impl fmt::Debug for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
