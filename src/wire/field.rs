//! The field section: one borrowed field at a time (RFC 9112 section 5).

use nom::bytes::streaming::take;
use nom::{Needed, Parser};

use super::scan::{name_len, value_len};
use super::token::{crlf, ows, trim_ows};
use super::{Fault, Parsed, Window};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// One field, borrowed from the input, and where it stands there.
///
/// It is in use no longer than the input is there, nor while the input changes:
///
/// ```
/// # use hanotify::{Limits, wire};
/// let mut input = b"Host: a\r\n".to_vec();
/// let field = wire::Fields::new(&input, 0, Limits::DEFAULT).next().expect("a field")?;
/// assert_eq!(field.value, b"a");
/// input.clear();
/// # Ok::<(), hanotify::Error>(())
/// ```
///
/// The other way round it doesn't compile:
///
/// ```compile_fail,E0502
/// # use hanotify::{Limits, wire};
/// let mut input = b"Host: a\r\n".to_vec();
/// let field = wire::Fields::new(&input, 0, Limits::DEFAULT).next().expect("a field")?;
/// input.clear();
/// assert_eq!(field.value, b"a");
/// # Ok::<(), hanotify::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field<'a> {
    /// The name as it was sent, in any case.
    pub name: &'a [u8],
    /// The value, without the white space around it.
    pub value: &'a [u8],
    /// Bytes from the start of the message to the name.
    pub name_offset: usize,
    /// Bytes from the start of the message to the value.
    pub value_offset: usize,
    /// Bytes of white space behind the value.
    pub(crate) padding: usize,
}

/// The fields of a head, parsed as they are asked for. After an error, or where the input ends early, it yields nothing
/// more.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    input: &'a [u8],
    at: usize,
    count: usize,
    limits: Limits,
    head_len: Option<usize>,
    ended: bool,
}

impl<'a> Fields<'a> {
    /// The fields in `input` from the byte `at` on: the end of the request line.
    #[must_use]
    pub const fn new(input: &'a [u8], at: usize, limits: Limits) -> Self {
        Self { input, at, count: 0, limits, head_len: None, ended: false }
    }

    /// Bytes in the head, once the blank line that ends it has been reached.
    #[must_use]
    pub const fn head_len(&self) -> Option<usize> {
        self.head_len
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match line(self.input, self.at, self.count, &self.limits) {
            Ok(Some((end, Line::Field(field)))) => {
                self.at = end;
                self.count += 1;
                return Some(Ok(field));
            }
            Ok(Some((end, Line::Blank))) => self.head_len = Some(end),
            Ok(None) => {}
            Err(error) => {
                self.ended = true;
                return Some(Err(error));
            }
        }
        self.ended = true;
        None
    }
}

/// What one line of the field section is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line<'a> {
    Field(Field<'a>),
    Blank,
}

/// Reads the line at `start`, behind `count` fields, and tells the offset behind it; nothing if it isn't whole yet.
pub(crate) fn line<'a>(
    input: &'a [u8],
    start: usize,
    count: usize,
    limits: &Limits,
) -> Result<Option<(usize, Line<'a>)>, Error> {
    // A line ending is no field line: only the head's limit holds for it.
    let is_ending = matches!(input.get(start), Some(b'\r' | b'\n'));
    let limit = if is_ending { usize::MAX } else { limits.field_line() };
    let window = Window::new(input, start, limit, limits.head(), ErrorKind::FieldTooLong);
    if count >= limits.fields() && !matches!(window.bytes, [] | [b'\r' | b'\n', ..]) {
        return Err(ErrorKind::TooManyFields.at(start));
    }
    window.apply(|bytes| match bytes {
        [b'\r' | b'\n', ..] => blank_line(bytes),
        _ => field_line(bytes, start),
    })
}

/// The field at `start` as far as it is good: its whole name, and its value up to the byte `end`, which some rule
/// refuses. Nothing if the name isn't whole.
pub(crate) fn unfinished_field(input: &[u8], start: usize, end: usize) -> Option<Field<'_>> {
    let good = input.get(start..end)?;
    let colon = good.iter().position(|&byte| byte == b':')?;
    let (name, value) = (good.get(..colon)?, good.get(colon + 1..)?);
    // A CR is judged with the byte behind it; here that one is over a limit.
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    let leading = value.len() - value.trim_ascii_start().len();
    let value_offset = start + colon + 1 + leading;
    // White space at its end stays: behind a value that can't end there, it is what is wrong.
    Some(Field { name, value: value.trim_ascii_start(), name_offset: start, value_offset, padding: 0 })
}

/// `CRLF`, at the start of a line
fn blank_line(input: &[u8]) -> Parsed<'_, Line<'_>> {
    crlf(ErrorKind::LineEnding, ErrorKind::FieldName)(input).map(|(rest, ())| (rest, Line::Blank))
}

/// `field-line = field-name ":" OWS field-value OWS CRLF`
fn field_line(input: &[u8], start: usize) -> Parsed<'_, Line<'_>> {
    let (rest, name) = field_name(input)?;
    let (rest, _) = ows(rest)?;
    let value_offset = start + input.len() - rest.len();
    let (rest, padded) = field_value(rest)?;
    let value = trim_ows(padded);
    let padding = padded.len() - value.len();
    Ok((rest, Line::Field(Field { name, value, name_offset: start, value_offset, padding })))
}

/// `field-name ":"`, with `field-name = 1*tchar`, without `_`
fn field_name(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, name) = run(input, name_len(input))?;
    match (name, rest) {
        ([_, ..], [b':', rest @ ..]) => Ok((rest, name)),
        (_, [b'_', ..]) => Fault::refuse(ErrorKind::AmbiguousFieldName, rest),
        // A whole line ending is one that comes too early: what is missing is the colon.
        _ => match crlf(ErrorKind::LineEnding, ErrorKind::FieldName)(rest) {
            Ok(_) => Fault::refuse(ErrorKind::FieldName, rest),
            Err(refused) => Err(refused),
        },
    }
}

/// `field-value OWS CRLF`, with `field-value = *( HTAB / SP / VCHAR )`
fn field_value(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, value) = run(input, value_len(input))?;
    let (rest, ()) = crlf(ErrorKind::LineEnding, ErrorKind::FieldValue)(rest)?;
    Ok((rest, value))
}

/// The first `len` bytes; not before it is known what ends them.
fn run(input: &[u8], len: usize) -> Parsed<'_, &[u8]> {
    if len == input.len() { Err(nom::Err::Incomplete(Needed::Unknown)) } else { take(len).parse(input) }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn fields_are_counted_and_nothing_follows_one_too_many() {
        let limits = Limits::DEFAULT.with_fields(2);
        let read = |input| Fields::new(input, 0, limits).map(|field| field.map(|field| field.name)).collect::<Vec<_>>();
        assert_eq!(read(b"a:1\r\nb:2\r\n\r\n"), [Ok(&b"a"[..]), Ok(b"b")]);
        let refused = ErrorKind::TooManyFields.at(10);
        assert_eq!(read(b"a:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n"), [Ok(&b"a"[..]), Ok(b"b"), Err(refused)]);
    }
}
