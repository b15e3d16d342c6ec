//! What to do about a refusal: one line for each rule that has more to say than its own message does.

use crate::error::{Error, ErrorKind};

impl Error {
    /// What whoever wrote the message can do about it, in one line for people; `None` where the refusal's own text says
    /// it. `message` is what was refused, from its start; of one that came in pieces, what had come.
    ///
    /// ```
    /// use hanotify::{Limits, decode};
    ///
    /// let message = b"\xef\xbb\xbfPOST / HTTP/1.1\r\n";
    /// let refused = decode(message, &Limits::DEFAULT).unwrap_err();
    /// assert_eq!(refused.advice(message), Some("save the file without a byte order mark"));
    /// ```
    #[must_use]
    pub fn advice(&self, message: &[u8]) -> Option<&'static str> {
        advice(self.kind, message.get(self.offset..).unwrap_or_default())
    }
}

/// The same, given the message from the offending byte on.
fn advice(kind: ErrorKind, from: &[u8]) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::RequestLine => return Some(request_line(from)),
        ErrorKind::Method => "the shell sender writes `POST`, the Python senders `GET`; upper case counts",
        ErrorKind::Target => "write the bare `/`, without host, path or query",
        ErrorKind::Version => "HTTP/1.0 and HTTP/2 have other rules for where a message ends",
        ErrorKind::RequestLineTooLong => "the real one has 17 bytes: `POST / HTTP/1.1` and CR LF",
        ErrorKind::FieldName => {
            "write `Name: value`, with no white space before the name or the colon, each field on one line"
        }
        ErrorKind::AmbiguousFieldName => "write the name with `-`, or leave the field out",
        ErrorKind::FieldValue => "remove the byte; a field that is not needed can be left out",
        ErrorKind::LineEnding => line_ending(from),
        ErrorKind::FieldTooLong | ErrorKind::HeadTooLong | ErrorKind::TooManyFields => {
            "leave out what is not needed: `Host`, `X-Neutron-Router-Id` and `X-Neutron-State` are enough"
        }
        ErrorKind::MissingField { .. } => "write the field before the blank line that ends the head",
        ErrorKind::DuplicateField { .. } => {
            "remove one of the two: even if they agree, other servers may read another one"
        }
        ErrorKind::Host => "`Host: 127.0.0.1` is what the real senders write",
        ErrorKind::ContentLength => "without a body, write `Content-Length: 0` or leave the field out",
        ErrorKind::BodyTooLong => "no sender has a body; the limit `body` accepts one of up to so many bytes",
        ErrorKind::ConnectionOption => "`Connection: close` is what the real senders write, or leave the field out",
        ErrorKind::RouterId => "write it as `uuidgen` does, with nothing before or after it",
        ErrorKind::State if from.starts_with(b"master") => {
            "older senders say `master`: the limit `legacy_state` accepts it and reads it as `primary`"
        }
        ErrorKind::State => "write the one word in lower case, without quotes, and nothing after it",
        ErrorKind::Truncated => "a message ends with a blank line, and with as many bytes as `Content-Length` says",
        ErrorKind::TrailingBytes => "write each message to an input of its own; an editor may have added a line end",
        _ => return None,
    })
}

fn request_line(from: &[u8]) -> &'static str {
    match from {
        [0x16, 0x03, ..] => "this is the start of TLS: a notification is sent in the clear, over a Unix socket",
        [0xef, 0xbb, 0xbf, ..] => "save the file without a byte order mark",
        [b'\r' | b'\n', ..] => {
            "write the whole line, with no empty line before it, and end it in CR LF as `unix2dos` does"
        }
        _ => "write the words with one space between them, and CR LF right after them",
    }
}

fn line_ending(from: &[u8]) -> &'static str {
    match from {
        [b'\n', ..] => "write CR LF here; `unix2dos` makes all lines of a file end so",
        _ => "write a LF right after this CR, or remove it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_depends_on_the_byte_where_that_says_more() {
        for (kind, from, expected) in [
            (ErrorKind::RequestLine, &b"\x16\x03\x01"[..], "TLS"),
            (ErrorKind::RequestLine, b"\xef\xbb\xbfPOST", "byte order mark"),
            (ErrorKind::RequestLine, b"\r\nPOST", "empty line"),
            (ErrorKind::RequestLine, b"", "one space"),
            (ErrorKind::LineEnding, b"\nHost", "write CR LF"),
            (ErrorKind::LineEnding, b"\r\r\n", "or remove it"),
            (ErrorKind::State, b"master", "legacy_state"),
            (ErrorKind::State, b"Master", "lower case"),
        ] {
            let advice = kind.at(1).advice(&[b" ", from].concat());
            assert!(advice.is_some_and(|advice| advice.contains(expected)), "{kind:?} {from:?}: {advice:?}");
        }
    }

    #[test]
    fn it_is_one_line_and_there_is_some_for_most_of_what_a_sender_can_write() {
        let without = ErrorKind::ALL.iter().filter(|kind| kind.at(0).advice(b"").is_none());
        let expected = [
            "transfer-coding",
            "expectation",
            "unsupported-field",
            "deadline",
            "peer-not-allowed",
            "overloaded",
            "sink-failed",
        ];
        assert!(without.map(ErrorKind::name).eq(expected));
        assert!(ErrorKind::ALL.iter().filter_map(|kind| kind.at(0).advice(b"")).all(|text| !text.contains('\n')));
        assert_eq!(ErrorKind::State.at(10).advice(b""), ErrorKind::State.at(0).advice(b""), "the message may be gone");
    }
}
