//! The reply to a notification, read as strictly as the receiver reads the notification.

use std::time::Duration;

use nom::bytes::streaming::{tag, take_while};
use nom::character::streaming::{one_of, satisfy};
use nom::combinator::recognize;
use nom::sequence::delimited;
use nom::{IResult, Parser};

use crate::error::Error;
use crate::limits::Limits;
use crate::wire;

/// Bytes that a reply's head may have, and the other limits of its fields; a real one has about 60.
const LIMITS: Limits = Limits::DEFAULT.with_head(8_192);

/// What a reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The status code, 200 to 599.
    pub status: u16,
    /// When to try again, where `Retry-After` says so in seconds (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
}

/// Why bytes are not a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedReply {
    /// The status line is malformed, from the byte at this offset on.
    #[error("expected a status line such as `HTTP/1.1 200 OK` and CRLF (byte {0})")]
    StatusLine(usize),
    /// A field line is malformed.
    #[error("{0}")]
    Field(#[from] Error),
    /// `Retry-After` is there a second time, at this offset.
    #[error("duplicate field Retry-After (byte {0})")]
    DuplicateRetryAfter(usize),
    /// The head is over its limit.
    #[error("over {max} bytes", max = LIMITS.head())]
    TooLong,
}

impl Reply {
    /// A reply with this status.
    #[must_use]
    pub const fn new(status: u16, retry_after: Option<Duration>) -> Self {
        Self { status, retry_after }
    }

    /// Whether the receiver took the notification: exactly 200 says so.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        self.status == 200
    }

    /// Reads a reply's head; `None` while more of it is needed. As with a message, the first whole head decides, and
    /// what follows it changes nothing.
    ///
    /// # Errors
    ///
    /// [`MalformedReply`] says what is wrong, and at which byte.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, MalformedReply> {
        let window = bytes.get(..LIMITS.head()).unwrap_or(bytes);
        let (rest, status) = match status_line(window) {
            Ok(parsed) => parsed,
            Err(nom::Err::Incomplete(_)) if window.len() < bytes.len() => return Err(MalformedReply::TooLong),
            Err(nom::Err::Incomplete(_)) => return Ok(None),
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                return Err(MalformedReply::StatusLine(window.len() - fault.input.len()));
            }
        };
        let mut fields = wire::Fields::new(bytes, window.len() - rest.len(), LIMITS);
        let mut asked = None;
        for field in &mut fields {
            let field = field?;
            if field.name.eq_ignore_ascii_case(b"Retry-After") && asked.replace(seconds(field.value)).is_some() {
                return Err(MalformedReply::DuplicateRetryAfter(field.name_offset));
            }
        }
        Ok(fields.head_len().map(|_| Self { status, retry_after: asked.flatten() }))
    }
}

/// `status-line = "HTTP/1.1" SP status-code SP [ reason-phrase ] CRLF`
fn status_line(input: &[u8]) -> IResult<&[u8], u16> {
    delimited(tag("HTTP/1.1 "), status_code, (tag(" "), take_while(is_reason_byte), tag("\r\n"))).parse(input)
}

/// `status-code = 3DIGIT`, of a final reply: nothing was sent that an interim one could be about
fn status_code(input: &[u8]) -> IResult<&[u8], u16> {
    let digit = || satisfy(|char| char.is_ascii_digit());
    let (rest, digits) = recognize((one_of("2345"), digit(), digit())).parse(input)?;
    Ok((rest, digits.iter().fold(0, |number, digit| 10 * number + u16::from(digit - b'0'))))
}

/// `reason-phrase = 1*( HTAB / SP / VCHAR )`
fn is_reason_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

/// `delay-seconds = 1*DIGIT`; a `Retry-After` with a date says nothing here
fn seconds(value: &[u8]) -> Option<Duration> {
    let all_digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| all_digits)?;
    // What is too long to count is too long to wait for.
    Some(text.parse().map_or(Duration::MAX, Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nretry-after: 7\r\n\r\n";

    #[test]
    fn every_beginning_of_a_reply_is_incomplete_and_what_follows_changes_nothing() {
        let reply = Reply { status: 503, retry_after: Some(Duration::from_secs(7)) };
        for end in 0..BUSY.len() {
            assert_eq!(Reply::parse(&BUSY[..end]), Ok(None), "{end}");
        }
        assert_eq!(Reply::parse(BUSY), Ok(Some(reply)));
        assert_eq!(Reply::parse(&[BUSY, b"\0HTTP"].concat()), Ok(Some(reply)));
    }

    #[test]
    fn a_reply_needs_no_reason_and_no_fields() {
        assert_eq!(Reply::parse(b"HTTP/1.1 200 \r\n\r\n"), Ok(Some(Reply { status: 200, retry_after: None })));
    }

    #[test]
    fn a_malformed_status_line_is_refused_at_its_first_bad_byte() {
        for (reply, at) in [
            (&b"http/1.1 200 OK"[..], 0),
            (b"HTTP/1.0 200 OK", 0),
            (b"\r\nHTTP/1.1 200 OK", 0),
            (b"HTTP/1.1  200 OK", 9),
            (b"HTTP/1.1 100 Continue", 9),
            (b"HTTP/1.1 600 OK", 9),
            (b"HTTP/1.1 20x OK", 11),
            (b"HTTP/1.1 200\r\n", 12),
            (b"HTTP/1.1 2000 OK", 12),
            (b"HTTP/1.1 200 OK\n", 15),
            (b"HTTP/1.1 200 \xff", 13),
        ] {
            assert_eq!(Reply::parse(reply), Err(MalformedReply::StatusLine(at)), "{}", reply.escape_ascii());
        }
    }

    #[test]
    fn a_malformed_field_is_refused() {
        let refused = ErrorKind::FieldName.at(17);
        assert_eq!(Reply::parse(b"HTTP/1.1 200 OK\r\n: \r\n"), Err(MalformedReply::Field(refused)));
        let twice = b"HTTP/1.1 503 \r\nRetry-After: 1\r\nRetry-After: 1\r\n";
        assert_eq!(Reply::parse(twice), Err(MalformedReply::DuplicateRetryAfter(31)));
    }

    #[test]
    fn a_long_head_is_refused_as_soon_as_it_is_over_the_limit() {
        let reason = [b"HTTP/1.1 200 ", &[b'a'; 8_192 - 13][..]].concat();
        assert_eq!(Reply::parse(&reason), Ok(None));
        assert_eq!(Reply::parse(&[&reason[..], b"a"].concat()), Err(MalformedReply::TooLong));
        let fields = [&b"HTTP/1.1 200 OK\r\n"[..], &b"A: 56789012345678\r\n".repeat(31)[..]].concat();
        assert_eq!(Reply::parse(&fields), Ok(None));
        let fields =
            [&b"HTTP/1.1 200 OK\r\n"[..], &[b"A: ", &[b'b'; 995][..], b"\r\n"].concat().repeat(9)[..]].concat();
        assert_eq!(Reply::parse(&fields), Err(MalformedReply::Field(ErrorKind::HeadTooLong.at(8_192))));
    }

    #[test]
    fn a_delay_is_a_number_of_seconds() {
        assert_eq!(seconds(b"120"), Some(Duration::from_secs(120)));
        assert_eq!(seconds(b"99999999999999999999"), Some(Duration::MAX));
        for no_delay in [&b""[..], b"-1", b"+1", b"1.5", b"Fri, 31 Dec 1999 23:59:59 GMT"] {
            assert_eq!(seconds(no_delay), None);
        }
    }
}
