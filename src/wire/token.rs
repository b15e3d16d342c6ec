//! The terminals: white space, line endings, and words.

use nom::bytes::complete::take_while;
use nom::{Needed, Parser};

use super::{Fault, Parsed};
use crate::error::ErrorKind;

fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `OWS = *( SP / HTAB )`
pub(super) fn ows(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(is_ows).parse(input)
}

/// The value without the OWS around it.
pub(crate) fn trim_ows(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// `CRLF = CR LF`, where anything else is refused as `otherwise`, at its first byte; a CR or LF that stands alone, as
/// `alone`.
pub(super) fn crlf(alone: ErrorKind, otherwise: ErrorKind) -> impl Fn(&[u8]) -> Parsed<'_, ()> {
    move |input| match input {
        [b'\r', b'\n', rest @ ..] => Ok((rest, ())),
        [] | [b'\r'] => Err(nom::Err::Incomplete(Needed::Unknown)),
        [b'\r' | b'\n', ..] => Fault::refuse(alone, input),
        _ => Fault::refuse(otherwise, input),
    }
}

/// Exactly these bytes; anything else is refused as `kind`, at the first byte that differs.
pub(super) fn literal(word: &'static [u8], kind: ErrorKind) -> impl Fn(&[u8]) -> Parsed<'_, ()> {
    move |input| {
        let same = input.iter().zip(word).take_while(|(have, want)| have == want).count();
        match input.get(same..).unwrap_or_default() {
            rest if same == word.len() => Ok((rest, ())),
            [] => Err(nom::Err::Incomplete(Needed::Unknown)),
            rest => Fault::refuse(kind, rest),
        }
    }
}
