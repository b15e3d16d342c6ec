//! What a hunt sends, and what has to come of it: the parser says so.

use hanotify::{Error, ErrorKind, FieldName, Limits, RouterId, Status, decode};

use crate::vectors::{Expected, With};

/// How the bytes of a message reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Delivery {
    /// In one write.
    Whole,
    /// In one write, and the sender says at once that nothing follows.
    HalfClosed,
    /// In two writes with a pause between them: so many bytes first.
    Split(usize),
    /// One byte in each write.
    ByteByByte,
    /// In one write, and the sender is gone before it reads a reply.
    Gone,
}

impl Delivery {
    /// The name, in kebab case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::HalfClosed => "half-closed",
            Self::Split(_) => "split",
            Self::ByteByByte => "byte-by-byte",
            Self::Gone => "gone",
        }
    }
}

/// A message, or what is none, on its way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Input {
    pub(super) bytes: Vec<u8>,
    pub(super) delivery: Delivery,
}

impl Input {
    /// Whether the sender says at once that nothing follows: what is cut short is refused only then, and what some
    /// server takes for the beginning of more would cost its patience each time.
    pub(super) fn is_finished(&self, expected: &Expected) -> bool {
        let is_refused = matches!(expected, Expected::Refused { .. });
        self.delivery == Delivery::HalfClosed || (is_refused && seems_cut(&self.bytes))
    }
}

/// Whether somebody may wait for more: no blank line as it should be ends the head, or a body may follow.
fn seems_cut(bytes: &[u8]) -> bool {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    !has(b"\r\n\r\n") || has(b"length") || has(b"encoding:")
}

/// The limits of a server that is configured so.
pub(super) fn limits(configured: With) -> Limits {
    Limits::DEFAULT.with_legacy_state(configured.legacy).with_body(configured.body)
}

/// What a server has to make of these bytes, where nothing follows them.
pub(super) fn expected(bytes: &[u8], limits: &Limits) -> Expected {
    let refused = |Error { kind, offset, .. }: Error| Expected::Refused {
        error: kind.name().to_owned(),
        status: kind.status(),
        offset,
        field: kind.field().map(|field: FieldName| field.as_str().to_owned()),
    };
    match decode(bytes, limits) {
        Ok(Status::Complete { notification, consumed, .. }) => Expected::Accepted {
            router_id: notification.router_id.to_string(),
            state: notification.state.as_str().to_owned(),
            length: consumed,
        },
        Ok(Status::Incomplete) => refused(ErrorKind::Truncated.at(bytes.len())),
        Err(error) => refused(error),
    }
}

/// The name of what a server has to make of these bytes: `accepted`, or the kind of the refusal.
pub(super) fn verdict(bytes: &[u8], limits: &Limits) -> &'static str {
    match decode(bytes, limits) {
        Ok(Status::Complete { .. }) => "accepted",
        Ok(Status::Incomplete) => ErrorKind::Truncated.name(),
        Err(error) => error.kind.name(),
    }
}

/// Where the router ids in these bytes begin.
pub(super) fn ids(bytes: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(window) = bytes.get(at..).and_then(|rest| rest.get(..RouterId::TEXT_LEN)) {
        let is_one = window.get(8) == Some(&b'-') && RouterId::parse(window).is_some();
        if is_one {
            found.push(at);
        }
        at += if is_one { RouterId::TEXT_LEN } else { 1 };
    }
    found
}

/// Puts these ids in the place of those in `bytes`: the same for the same, so that an event tells whose it is.
pub(super) fn with_ids(bytes: &[u8], mut next: impl FnMut() -> String) -> Vec<u8> {
    let mut renamed = bytes.to_vec();
    let mut known: Vec<(Vec<u8>, String)> = Vec::new();
    for at in ids(bytes) {
        let range = at..at.saturating_add(RouterId::TEXT_LEN);
        let old = bytes.get(range.clone()).unwrap_or_default();
        if !known.iter().any(|(id, _)| id == old) {
            known.push((old.to_vec(), next()));
        }
        let new = known.iter().find(|(id, _)| id == old).map(|(_, new)| new.as_bytes());
        if let (Some(place), Some(new)) = (renamed.get_mut(range), new.filter(|new| new.len() == RouterId::TEXT_LEN)) {
            place.copy_from_slice(new);
        }
    }
    renamed
}

/// The part of a message that a byte is in, and what sort of byte it is: `end` where nothing is there any more.
pub(super) fn place(bytes: &[u8], offset: usize) -> (&'static str, String) {
    let (before, from) = bytes.split_at_checked(offset).unwrap_or((bytes, &[]));
    let Some(&byte) = from.first() else { return ("end", String::new()) };
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map(|at| at.saturating_add(1));
    let is_body = before.windows(4).any(|window| window == b"\r\n\r\n");
    let part = match line_start {
        _ if is_body => "body",
        None => "request-line",
        Some(start) => part_of_line(before.get(start..).unwrap_or_default()),
    };
    (part, sort(byte))
}

/// The part that is behind the beginning of a field line: what is wrong with the two fields that the agent is told of
/// is worse than with any other.
fn part_of_line(line: &[u8]) -> &'static str {
    let Some(colon) = line.iter().position(|&byte| byte == b':') else { return "name" };
    match line.get(..colon).and_then(FieldName::parse) {
        Some(FieldName::RouterId) => "value-of-id",
        Some(FieldName::State) => "value-of-state",
        _ => "value",
    }
}

fn sort(byte: u8) -> String {
    match byte {
        b'a'..=b'z' => "lower".to_owned(),
        b'A'..=b'Z' => "upper".to_owned(),
        b'0'..=b'9' => "digit".to_owned(),
        0x80.. => "high".to_owned(),
        0x00 | b'\t' | b'\r' | b'\n' | 0x7f => byte.escape_ascii().to_string(),
        ..0x20 => "control".to_owned(),
        _ => char::from(byte).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
    const OTHER: &str = "00000000-0000-0000-0000-000000000001";

    #[test]
    fn the_same_id_gets_the_same_new_one() {
        let mut count = 0;
        let next = || {
            count += 1;
            format!("4a170000-0000-4000-8000-{count:012x}")
        };
        let renamed = with_ids(format!("a{ID}{OTHER}b{ID}c").as_bytes(), next);
        let (first, second) = ("4a170000-0000-4000-8000-000000000001", "4a170000-0000-4000-8000-000000000002");
        assert_eq!(String::from_utf8(renamed).unwrap(), format!("a{first}{second}b{first}c"));
        assert_eq!(count, 2);
    }

    #[test]
    fn a_byte_has_a_place() {
        let message = b"GET / HTTP/1.1\r\nHost: a\xff\r\nA\0: \r\n\r\nx";
        let at = |byte: u8| message.iter().position(|&other| other == byte).unwrap();
        assert_eq!(place(message, 3), ("request-line", " ".to_owned()));
        assert_eq!(place(message, at(0xff)), ("value", "high".to_owned()));
        assert_eq!(place(message, at(0)), ("name", "\\x00".to_owned()));
        assert_eq!(place(message, message.len() - 1), ("body", "lower".to_owned()));
        assert_eq!(place(message, message.len()), ("end", String::new()));
        let message = b"GET / HTTP/1.1\r\nx-neutron-state: fault\xa0";
        assert_eq!(place(message, message.len() - 1), ("value-of-state", "high".to_owned()));
    }
}
