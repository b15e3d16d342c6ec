//! What became of a try: whether to try again, what to say, and the exit code.

use std::fmt;
use std::io;
use std::time::Duration;

use super::exchange::Failure;
use super::reply::Reply;

/// The pause after the first try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// How often the pause doubles at most: to 8 seconds.
const DOUBLINGS: u32 = 5;

/// What became of a try.
pub(super) struct Outcome(Result<Reply, Failure>);

impl From<Result<Reply, Failure>> for Outcome {
    fn from(result: Result<Reply, Failure>) -> Self {
        Self(result)
    }
}

impl Outcome {
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self.0, Ok(Reply { status: 200, .. }))
    }

    /// The exit code that this is the end with.
    pub(super) fn exit(&self) -> u8 {
        match self.0 {
            Ok(Reply { status: 200, .. }) => 0,
            Ok(_) => 1,
            Err(_) => 3,
        }
    }

    /// How long to wait before the next try; nothing if another try can't help, or not in the time that is left.
    pub(super) fn pause(&self, tries: u32, left: Duration) -> Option<Duration> {
        let doublings = tries.saturating_sub(1).min(DOUBLINGS);
        // Half of what is left, at most: the other half is for the try.
        let usual = FIRST_PAUSE.saturating_mul(1 << doublings).min(left / 2);
        let pause = match &self.0 {
            Ok(Reply { status: 503, retry_after }) => retry_after.unwrap_or_default().max(usual),
            Err(failure) if failure.may_pass() => usual,
            _ => return None,
        };
        (pause < left).then_some(pause)
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
            Ok(Reply { status: 503, retry_after: Some(after) }) => {
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

fn advice_on_failure(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unreachable(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            ": run this as a user that may write to the socket and enter its folders"
        }
        Failure::Unreachable(_) => ": is the agent running, and is this its socket?",
        Failure::BacklogFull | Failure::Silent => ": the agent is stuck or overloaded; a longer --timeout may help",
        Failure::Lost(_) | Failure::NoReply | Failure::CutOff => ": the agent's log may say why",
        Failure::Malformed(_) => ": is this the agent's socket?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    fn refused(status: u16, retry_after: Option<u64>) -> Outcome {
        Outcome(Ok(Reply { status, retry_after: retry_after.map(Duration::from_secs) }))
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let failed = |kind: io::ErrorKind| Outcome(Err(Failure::Unreachable(kind.into())));
        for outcome in [
            refused(503, None),
            failed(io::ErrorKind::NotFound),
            failed(io::ErrorKind::ConnectionRefused),
            Outcome(Err(Failure::NoReply)),
            Outcome(Err(Failure::CutOff)),
            Outcome(Err(Failure::Lost(io::ErrorKind::ConnectionReset.into()))),
        ] {
            assert!(outcome.pause(1, LONG).is_some(), "{outcome}");
            assert!(outcome.pause(1, Duration::ZERO).is_none(), "{outcome}");
        }
        for outcome in [
            refused(200, None),
            refused(400, Some(1)),
            refused(500, None),
            failed(io::ErrorKind::PermissionDenied),
            Outcome(Err(Failure::BacklogFull)),
            Outcome(Err(Failure::Silent)),
        ] {
            assert!(outcome.pause(1, LONG).is_none(), "{outcome}");
        }
    }

    #[test]
    fn the_pause_grows_and_leaves_half_of_the_time() {
        let pauses = [1, 2, 3, 6, 7, u32::MAX].map(|tries| refused(503, None).pause(tries, LONG).unwrap().as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 8_000, 8_000, 8_000]);
        let left = Duration::from_millis(100);
        assert_eq!(refused(503, None).pause(1, left), Some(left / 2));
    }

    #[test]
    fn no_try_comes_before_the_receiver_asks_for_it() {
        let pause = |after, left| refused(503, Some(after)).pause(1, Duration::from_secs(left));
        assert_eq!(pause(3, 4), Some(Duration::from_secs(3)));
        assert_eq!(pause(3, 3), None);
        assert_eq!(pause(u64::MAX, 3), None);
        assert_eq!(pause(0, 10), Some(FIRST_PAUSE));
    }
}
