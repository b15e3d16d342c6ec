//! Replies, tested by the rules of RFC 9112: what is wrong with one, and what was seen over the whole audit.

use std::collections::BTreeMap;

use super::framing::{content_length, split};
use super::target::{End, Exchange};

const NO_STATUS_LINE: &str = "it begins with no status line";
const NO_CLOSE: &str = "it doesn't say Connection: close";
const KEPT_OPEN: &str = "the connection is kept open behind the reply";
const SECOND_REPLY: &str = "something follows the reply, as to a second request";
const NO_BLANK_LINE: &str = "no blank line ends the head";
const BARE_LF: &str = "lines end in a bare LF";
const STATUS_LINE: &str = "the status line is malformed";
const WRONG_LENGTH: &str = "Content-Length is not the content's length";
const NO_END: &str = "neither Content-Length nor a close tells where it ends";
const NO_COLON: &str = "a field has no colon";
const NO_TOKEN: &str = "a field name is no token";
const APOSTROPHE: &str = "a field name ends in an apostrophe";

/// Every fault that a reply may have.
pub(crate) const FAULTS: [&str; 12] = [
    NO_STATUS_LINE,
    NO_CLOSE,
    KEPT_OPEN,
    SECOND_REPLY,
    NO_BLANK_LINE,
    BARE_LF,
    STATUS_LINE,
    WRONG_LENGTH,
    NO_END,
    NO_COLON,
    NO_TOKEN,
    APOSTROPHE,
];

/// Whether a server may do so by RFC 9112, though this format has one reply on a connection.
pub(crate) fn may_be(fault: &str) -> bool {
    [NO_CLOSE, KEPT_OPEN, SECOND_REPLY].contains(&fault)
}

/// What was seen in the replies, fault by fault.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) replies: usize,
    faults: BTreeMap<&'static str, Fault>,
    silent: Fault,
    leaks: Fault,
}

/// How often a fault was seen, and where first.
#[derive(Clone, Default)]
pub(crate) struct Fault {
    pub(crate) count: usize,
    pub(crate) first: String,
    pub(crate) sent: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl Fault {
    fn add(&mut self, id: &str, sent: &[u8], answer: &[u8]) {
        if self.count == 0 {
            *self = Self { count: 0, first: id.to_owned(), sent: sent.to_vec(), answer: answer.to_vec() };
        }
        self.count += 1;
    }
}

impl Seen {
    /// Takes note of what came of a connection on which these bytes were sent.
    pub(crate) fn note(&mut self, id: &str, sent: &[u8], exchange: &Exchange) {
        let answer = &exchange.answer;
        if answer.is_empty() {
            if !sent.is_empty() && exchange.end != End::Silent {
                self.silent.add(id, sent, answer);
            }
            return;
        }
        self.replies += 1;
        for fault in faults(exchange) {
            self.faults.entry(fault).or_default().add(id, sent, answer);
        }
        if leaks(answer) {
            self.leaks.add(id, sent, answer);
        }
    }

    /// Replies that RFC 9112 doesn't allow, by what is wrong with them.
    pub(crate) fn faults(&self) -> &BTreeMap<&'static str, Fault> {
        &self.faults
    }

    /// Connections that had sent a byte and were closed without a reply.
    pub(crate) fn silent(&self) -> &Fault {
        &self.silent
    }

    /// Replies that tell of the server's inside.
    pub(crate) fn leaks(&self) -> &Fault {
        &self.leaks
    }
}

pub(crate) fn leaks(answer: &[u8]) -> bool {
    let has = |word: &[u8]| answer.windows(word.len()).any(|window| window == word);
    has(b"Traceback (most recent call last)") || has(b"panicked at") || has(b"stack backtrace")
}

/// What is wrong with a reply; nothing, if it is one.
pub(crate) fn faults(exchange: &Exchange) -> Vec<&'static str> {
    let answer = &exchange.answer;
    let mut faults = Vec::new();
    if !answer.starts_with(b"HTTP/") {
        return vec![NO_STATUS_LINE];
    }
    let Some((head, content)) = split(answer) else {
        faults.push(NO_BLANK_LINE);
        if has_bare_lf(answer) {
            faults.push(BARE_LF);
        }
        field_faults(answer.split(|&byte| byte == b'\n').skip(1), &mut faults);
        return faults;
    };
    if !is_status_line(head) {
        faults.push(STATUS_LINE);
    }
    if has_bare_lf(head) {
        faults.push(BARE_LF);
    }
    field_faults(head.split(|&byte| byte == b'\n').skip(1), &mut faults);
    match content_length(head) {
        Some(length) if content.len() > length => faults.push(SECOND_REPLY),
        Some(length) if content.len() < length => faults.push(WRONG_LENGTH),
        None if exchange.end == End::Kept => faults.push(NO_END),
        _ => {}
    }
    if exchange.end == End::Kept {
        faults.push(KEPT_OPEN);
    }
    faults
}

fn field_faults<'a>(lines: impl Iterator<Item = &'a [u8]>, faults: &mut Vec<&'static str>) {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let mut closes = false;
    for line in lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            faults.push(NO_COLON);
            continue;
        };
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        if name.is_empty() || !name.iter().all(is_token) {
            faults.push(NO_TOKEN);
        }
        if name.ends_with(b"'") {
            faults.push(APOSTROPHE);
        }
        closes |= name.eq_ignore_ascii_case(b"Connection") && value.to_ascii_lowercase().ends_with(b"close");
    }
    if !closes {
        faults.push(NO_CLOSE);
    }
}

fn has_bare_lf(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'\n') || bytes.windows(2).any(|pair| matches!(pair, [before, b'\n'] if *before != b'\r'))
}

/// `status-line = HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 section 4)
fn is_status_line(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    // A server may answer in the name of an earlier version (RFC 9110 section 6.2).
    let Some(rest) = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 ")) else { return false };
    match rest.split_first_chunk::<4>() {
        Some((code, reason)) => {
            matches!(code, [b'1'..=b'5', tens, ones, b' '] if tens.is_ascii_digit() && ones.is_ascii_digit())
                && reason.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn wrong(answer: &str, end: End) -> Vec<&'static str> {
        faults(&Exchange { answer: answer.into(), end, took: Duration::ZERO })
    }

    #[test]
    fn a_good_reply_has_no_fault() {
        let good = std::str::from_utf8(hanotify::reply::ACCEPTED).unwrap();
        assert!(wrong(good, End::Closed).is_empty());
        assert_eq!(wrong(good, End::Kept), ["the connection is kept open behind the reply"]);
        let body = "HTTP/1.1 404 Not Found\r\nconnection: Close\r\nContent-Length: 2\r\n\r\nno";
        assert!(wrong(body, End::Closed).is_empty());
    }

    #[test]
    fn each_fault_is_told() {
        for (answer, fault) in [
            ("HTTP/1.1 200 OK\nConnection: close\n", "lines end in a bare LF"),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n", "no blank line ends the head"),
            ("HTTP/1.1 200 OK\r\nConnection: close\nA: b\r\n\r\n", "lines end in a bare LF"),
            ("HTTP/1.1 200\r\nConnection: close\r\n\r\n", "the status line is malformed"),
            ("HTTP/2 200 OK\r\nConnection: close\r\n\r\n", "the status line is malformed"),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nA b\r\n\r\n", "a field has no colon"),
            ("HTTP/1.1 200 OK\r\nConnection: close\r\nA b: c\r\n\r\n", "a field name is no token"),
            (
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Location': c\r\n\r\n",
                "a field name ends in an apostrophe",
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "it doesn't say Connection: close"),
            (
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nab",
                "Content-Length is not the content's length",
            ),
        ] {
            assert!(wrong(answer, End::Closed).contains(&fault), "{answer:?}: {:?}", wrong(answer, End::Closed));
        }
    }

    #[test]
    fn a_close_without_a_reply_counts_where_a_byte_was_sent() {
        let mut seen = Seen::default();
        let silent = |end| Exchange { answer: vec![], end, took: Duration::ZERO };
        seen.note("a", b"", &silent(End::Closed));
        seen.note("b", b"x", &silent(End::Silent));
        assert_eq!(seen.silent().count, 0);
        seen.note("c", b"x", &silent(End::Closed));
        seen.note("d", b"x", &silent(End::Reset));
        assert_eq!((seen.silent().count, &*seen.silent().first), (2, "c"));
    }

    #[test]
    fn a_traceback_is_a_leak() {
        assert!(leaks(b"HTTP/1.1 500 x\r\n\r\nTraceback (most recent call last):\n"));
        assert!(!leaks(hanotify::reply::ACCEPTED));
    }
}
