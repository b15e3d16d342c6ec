//! The first bytes of a reply: whether the agent has taken the state.

use nom::Parser;
use nom::bytes::streaming::tag;
use nom::character::streaming::{one_of, satisfy};

/// Whether these bytes, the first of a reply, say that the agent has accepted the notification. `None` while they leave
/// it open; thirteen of them never do.
///
/// Only a status of 200 says so. What follows it is not read, and that is less strict than [`Reply::parse`] is, on
/// purpose: Neutron 29's agent ends its lines with LF, breaks off in the last one, and has taken the notification by
/// then. A monitor that held to the rules would tell such an agent for ever.
///
/// [`Reply::parse`]: super::Reply::parse
///
/// ```
/// use hanotify::client::is_accepted;
///
/// assert_eq!(is_accepted(b"HTTP/1.1 200 OK\n"), Some(true));
/// assert_eq!(is_accepted(b"HTTP/1.1 503 Service Unavailable\r\n"), Some(false));
/// assert_eq!(is_accepted(b"HTTP/1.1 20"), None);
/// ```
#[must_use]
pub fn is_accepted(reply: &[u8]) -> Option<bool> {
    let is_digit = satisfy(|char| char.is_ascii_digit());
    let mut beginning = (tag("HTTP/1."), is_digit, tag(" 200"), one_of(" \r\n"));
    match Parser::<&[u8]>::parse(&mut beginning, reply) {
        Ok(_) => Some(true),
        Err(nom::Err::Incomplete(_)) => None,
        Err(nom::Err::Error::<nom::error::Error<&[u8]>>(_) | nom::Err::Failure(_)) => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// The first word on it, and that nothing later changes it.
    fn verdict(reply: &str) -> Option<bool> {
        let verdicts: Vec<_> = (0..=reply.len()).map(|end| is_accepted(&reply.as_bytes()[..end])).collect();
        let first = verdicts.iter().position(Option::is_some).unwrap_or(verdicts.len());
        assert!(first <= 13 && verdicts[first..].windows(2).all(|pair| pair[0] == pair[1]), "{verdicts:?}");
        verdicts.last().copied().flatten()
    }

    #[test]
    fn a_status_of_200_is_all_that_counts() {
        for accepted in [
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            // Neutron 29's.
            "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=UTF-8\nConnection: close\nContent-Location': http:",
            "HTTP/1.0 200\r\n",
            "HTTP/1.1 200\n",
        ] {
            assert_eq!(verdict(accepted), Some(true), "{accepted}");
        }
        for refused in [
            "HTTP/1.1 500 Internal Server Error\r\n",
            "HTTP/1.1 201 Created\r\n",
            "HTTP/1.1 2000 OK\r\n",
            "HTTP/1.1  200 OK\r\n",
            "HTTP/2 200 OK\r\n",
            "\r\nHTTP/1.1 200 OK\r\n",
            "200 OK\r\n",
        ] {
            assert_eq!(verdict(refused), Some(false), "{refused}");
        }
        for open in ["", "HTTP/1.1", "HTTP/1.1 200"] {
            assert_eq!(verdict(open), None, "{open}");
        }
    }
}
