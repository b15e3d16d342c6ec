//! Whether another try can help, and how long to wait before it.

use std::time::Duration;

use super::{ExchangeError, Reply};

/// The pause after the first try; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The shortest time that a try is given. Without it, tries would follow one another ever faster until the time is up.
const SHORTEST: Duration = Duration::from_millis(10);
/// How often the pause doubles at most: to 8 seconds.
const DOUBLINGS: u32 = 5;

/// How long to wait before the next try, after `tries` tries of which the last ended with `outcome`, when `left` is the
/// time that is left in all. `None` where another try can't help, or not in that time.
///
/// Another try can help where the receiver is restarted or overloaded (status 503, whose `Retry-After` is honoured),
/// and where the host is short of memory.
///
/// The pause is 250 ms after the first try and doubles with each further one, up to 8 s. It takes at most half of the
/// time that is left: the other half is for the try. Where that half is less than 10 ms, no further try is made.
#[must_use]
pub fn pause_before_retry(outcome: &Result<Reply, ExchangeError>, tries: u32, left: Duration) -> Option<Duration> {
    let doublings = tries.saturating_sub(1).min(DOUBLINGS);
    let usual = FIRST_PAUSE.saturating_mul(1 << doublings).min(left / 2);
    let pause = match outcome {
        Ok(Reply { status: 503, retry_after }) => retry_after.unwrap_or_default().max(usual),
        Err(error) if error.may_pass() => usual,
        _ => return None,
    };
    (pause < left && left / 2 >= SHORTEST).then_some(pause)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustix::io::Errno;

    use super::*;
    use crate::client::ConnectError;

    const LONG: Duration = Duration::from_secs(3_600);

    #[allow(clippy::unnecessary_wraps, reason = "all outcomes here have one type")]
    fn refused(status: u16, retry_after: Option<u64>) -> Result<Reply, ExchangeError> {
        Ok(Reply { status, retry_after: retry_after.map(Duration::from_secs) })
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let failed = |kind: io::ErrorKind| Err(ConnectError::Unreachable(kind.into()).into());
        for outcome in [
            refused(503, None),
            failed(io::ErrorKind::NotFound),
            failed(io::ErrorKind::ConnectionRefused),
            Err(ConnectError::from(Errno::NOMEM).into()),
            Err(ExchangeError::Unsent(Errno::NOBUFS.into())),
            Err(ExchangeError::NoReply),
            Err(ExchangeError::CutOff),
            Err(ExchangeError::Lost(io::ErrorKind::ConnectionReset.into())),
        ] {
            assert!(pause_before_retry(&outcome, 1, LONG).is_some(), "{outcome:?}");
            assert!(pause_before_retry(&outcome, 1, Duration::ZERO).is_none(), "{outcome:?}");
        }
        for outcome in [
            refused(200, None),
            refused(400, Some(1)),
            refused(500, None),
            failed(io::ErrorKind::PermissionDenied),
            Err(ConnectError::BacklogFull.into()),
            Err(ExchangeError::Silent),
        ] {
            assert!(pause_before_retry(&outcome, 1, LONG).is_none(), "{outcome:?}");
        }
    }

    #[test]
    fn the_pause_grows_and_leaves_half_of_the_time() {
        let pauses = [1, 2, 3, 6, 7, u32::MAX]
            .map(|tries| pause_before_retry(&refused(503, None), tries, LONG).unwrap().as_millis());
        assert_eq!(pauses, [250, 500, 1_000, 8_000, 8_000, 8_000]);
        let left = Duration::from_millis(100);
        assert_eq!(pause_before_retry(&refused(503, None), 1, left), Some(left / 2));
    }

    #[test]
    fn no_try_comes_before_the_receiver_asks_for_it() {
        let pause = |after, left| pause_before_retry(&refused(503, Some(after)), 1, Duration::from_secs(left));
        assert_eq!(pause(3, 4), Some(Duration::from_secs(3)));
        assert_eq!(pause(3, 3), None);
        assert_eq!(pause(u64::MAX, 3), None);
        assert_eq!(pause(0, 10), Some(FIRST_PAUSE));
    }
}
