//! The replies, each one whole and constant: no byte of a message finds its way into one.
//!
//! The server writes them; an agent that drives the [`Decoder`](crate::Decoder) itself writes them too.

use crate::error::ErrorKind;

macro_rules! reply {
    ($status:literal $(, $field:literal)*) => {
        concat!(
            "HTTP/1.1 ", $status, "\r\nContent-Length: 0\r\nConnection: close\r\n", $($field, "\r\n",)* "\r\n"
        ).as_bytes()
    };
}

/// The reply to a notification that the agent took.
pub const ACCEPTED: &[u8] = reply!("200 OK");

/// The reply to a refusal (RFC 9110 section 15).
///
/// ```
/// use hanotify::{ErrorKind, reply};
///
/// assert_eq!(
///     reply::refused(ErrorKind::Method),
///     b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\nAllow: GET, POST\r\n\r\n"
/// );
/// ```
#[must_use]
pub const fn refused(kind: ErrorKind) -> &'static [u8] {
    match kind.status() {
        403 => reply!("403 Forbidden"),
        404 => reply!("404 Not Found"),
        405 => reply!("405 Method Not Allowed", "Allow: GET, POST"),
        408 => reply!("408 Request Timeout"),
        413 => reply!("413 Content Too Large"),
        414 => reply!("414 URI Too Long"),
        417 => reply!("417 Expectation Failed"),
        431 => reply!("431 Request Header Fields Too Large"),
        500 => reply!("500 Internal Server Error"),
        501 => reply!("501 Not Implemented"),
        503 => reply!("503 Service Unavailable", "Retry-After: 1"),
        505 => reply!("505 HTTP Version Not Supported"),
        _ => reply!("400 Bad Request"),
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn every_refusal_has_a_reply_with_its_own_status() {
        for kind in ErrorKind::ALL.iter().chain(&[ErrorKind::TransferCoding { with_content_length: true }]) {
            let reply = core::str::from_utf8(refused(*kind)).unwrap();
            assert!(reply.starts_with(&format!("HTTP/1.1 {} ", kind.status())), "{kind:?}: {reply}");
            assert!(reply.ends_with("\r\n\r\n"));
            assert!(reply.contains("\r\nContent-Length: 0\r\nConnection: close\r\n"));
            assert_eq!(reply.contains("\r\nAllow: GET, POST\r\n"), kind.status() == 405);
            assert_eq!(reply.contains("\r\nRetry-After: 1\r\n"), kind.status() == 503);
        }
    }
}
