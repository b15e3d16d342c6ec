//! What became of a try: what to say, and the exit code.

use std::fmt;
use std::io;

use hanotify::client::{ConnectError, ExchangeError, Reply};

use rustix::io::Errno;

use crate::NOT_REACHED;

/// What became of a try.
pub(super) struct Outcome(pub(super) Result<Reply, ExchangeError>);

impl Outcome {
    pub(super) fn is_accepted(&self) -> bool {
        self.0.as_ref().is_ok_and(Reply::is_accepted)
    }

    /// The exit code that this is the end with.
    pub(super) fn exit(&self) -> u8 {
        match &self.0 {
            Ok(reply) if reply.is_accepted() => 0,
            Ok(_) => 1,
            Err(_) => NOT_REACHED,
        }
    }

    /// What to do about it, with a colon before it; nothing if all is well.
    pub(super) fn advice(&self) -> &'static str {
        match &self.0 {
            Ok(reply) => advice_on_status(reply.status),
            Err(failure) => advice_on_failure(failure),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(Reply { status: 200, .. }) => write!(f, "accepted"),
            Ok(Reply { status: 503, retry_after: Some(after), .. }) => {
                write!(f, "refused with status 503, and to be tried again after {} s", after.as_secs())
            }
            Ok(reply) => write!(f, "refused with status {}", reply.status),
            Err(failure) => write!(f, "not reached: {failure}"),
        }
    }
}

fn advice_on_status(status: u16) -> &'static str {
    match status {
        200 => "",
        403 => ": run this as a user that the receiver allows",
        408 => ": the receiver ran out of time for this connection; look at how busy the host is",
        500 => ": the agent failed to take the event; its log says why",
        503 => ": the agent can't take the event now; a longer --timeout with more --retries may help",
        _ => ": is this the socket of an agent that takes notifications? Its log says what it refuses",
    }
}

fn advice_on_failure(failure: &ExchangeError) -> &'static str {
    match failure {
        ExchangeError::Connect(ConnectError::Unreachable(error)) if error.kind() == io::ErrorKind::PermissionDenied => {
            ": run this as a user that may write to the socket and enter its folders"
        }
        ExchangeError::Connect(ConnectError::Unreachable(error)) if has_no_descriptor(error) => ": raise `ulimit -n`",
        ExchangeError::Connect(ConnectError::BacklogFull | ConnectError::TimeUp) | ExchangeError::Silent => {
            ": the agent is stuck or overloaded; a longer --timeout may help"
        }
        ExchangeError::Connect(_) => ": is the agent running, and is this its socket?",
        ExchangeError::Unsent(_) => ": this host may be short of memory",
        ExchangeError::Malformed(_) => ": is this the agent's socket?",
        _ => ": the agent's log may say why",
    }
}

/// Whether it says nothing of the receiver.
fn has_no_descriptor(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_descriptors_is_not_the_receivers_fault() {
        let advice = |errno: Errno| {
            let outcome = Outcome(Err(ConnectError::Unreachable(errno.into()).into()));
            assert_eq!(outcome.exit(), NOT_REACHED);
            outcome.advice()
        };
        assert_eq!([Errno::MFILE, Errno::NFILE].map(advice), [": raise `ulimit -n`"; 2]);
        assert!(advice(Errno::NOENT).contains("is the agent running"));
    }
}
