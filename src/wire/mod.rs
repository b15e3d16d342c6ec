//! Bytes to a request line and fields: the grammar, and nothing of what the fields mean.
//!
//! There is one nom function for each ABNF rule, with the rule as its doc comment. Nothing is collected: [`Fields`]
//! yields one borrowed field at a time, and the first bad byte ends it.
//!
//! ```
//! use hanotify::{Limits, wire};
//!
//! let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
//! let Some((request_line, end)) = wire::request_line(input, &Limits::DEFAULT)? else { panic!("incomplete") };
//! assert_eq!(request_line.method, wire::Method::Get);
//! let mut fields = wire::Fields::new(input, end, Limits::DEFAULT);
//! let host = fields.next().expect("a field")?;
//! assert_eq!((host.name, host.value, host.value_offset), (&b"Host"[..], &b"a"[..], 22));
//! assert!(fields.next().is_none());
//! assert_eq!(fields.head_len(), Some(27));
//! # Ok::<(), hanotify::Error>(())
//! ```

pub(crate) mod any_order;
mod class;
mod field;
pub(crate) mod in_order;
mod request_line;
mod scan;
mod token;
pub(crate) mod usual;

pub(crate) use class::Class;
pub use field::{Field, Fields};
pub(crate) use field::{Line, line, unfinished_field};
pub use request_line::{Method, RequestLine, request_line};
pub(crate) use scan::BY_BLOCKS;
pub(crate) use token::trim_ows;

use crate::error::{Error, ErrorKind};

/// What a rule makes of the input: the rest and what was read, or [`Fault`], or nom's `Incomplete`.
pub(crate) type Parsed<'a, T> = nom::IResult<&'a [u8], T, Fault<'a>>;

/// A broken rule, and the input from the offending byte on.
#[derive(Debug)]
pub(crate) struct Fault<'a> {
    kind: ErrorKind,
    at: &'a [u8],
}

impl<'a> Fault<'a> {
    /// The result of a rule that finds `kind` broken at the first byte of `at`.
    pub(crate) fn refuse<T>(kind: ErrorKind, at: &'a [u8]) -> Parsed<'a, T> {
        Err(nom::Err::Failure(Self { kind, at }))
    }
}

impl<'a> nom::error::ParseError<&'a [u8]> for Fault<'a> {
    fn from_error_kind(at: &'a [u8], _: nom::error::ErrorKind) -> Self {
        Self { kind: ErrorKind::FieldName, at }
    }

    fn append(_: &'a [u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

/// The part of a line that its limit lets in, and the refusal that a longer line gets.
#[derive(Clone, Copy)]
struct Window<'a> {
    start: usize,
    bytes: &'a [u8],
    too_long: Option<Error>,
}

impl<'a> Window<'a> {
    /// The line that begins at `start`: at most `limit` bytes, and none from the head's limit on.
    fn new(input: &'a [u8], start: usize, limit: usize, head: usize, too_long: ErrorKind) -> Self {
        let (end, kind) = match start.saturating_add(limit) {
            end if end <= head => (end, too_long),
            _ => (head, ErrorKind::HeadTooLong),
        };
        match input.get(start..end.max(start)) {
            Some(bytes) if end.max(start) < input.len() => {
                Self { start, bytes, too_long: Some(kind.at(end.max(start))) }
            }
            _ => Self { start, bytes: input.get(start..).unwrap_or_default(), too_long: None },
        }
    }

    /// The offset of the byte with which `rest`, the end of this window, begins.
    fn offset_of(&self, rest: &[u8]) -> usize {
        self.start + self.bytes.len() - rest.len()
    }

    /// Applies a rule: nothing where more bytes are needed and allowed.
    fn apply<T>(&self, rule: impl Fn(&'a [u8]) -> Parsed<'a, T>) -> Result<Option<(usize, T)>, Error> {
        match rule(self.bytes) {
            Ok((rest, value)) => Ok(Some((self.offset_of(rest), value))),
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) if fault.at != b"\r" => {
                Err(fault.kind.at(self.offset_of(fault.at)))
            }
            // What is refused may be a CR that is not yet judged: the byte behind it isn't there, or over a limit.
            Err(_) => self.too_long.map_or(Ok(None), Err),
        }
    }
}

#[cfg(test)]
mod tests {
    use nom::Parser;
    use nom::branch::alt;
    use nom::bytes::streaming::tag;

    use super::*;

    #[test]
    fn a_rule_of_noms_own_is_broken_where_it_stops() {
        let mut rule = alt((tag::<_, _, Fault<'_>>("A"), tag("B")));
        let Err(nom::Err::Error(fault)) = rule.parse(&b"C: d"[..]) else { panic!("neither of the two") };
        assert_eq!((fault.kind, fault.at), (ErrorKind::FieldName, &b"C: d"[..]));
    }
}
