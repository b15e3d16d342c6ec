//! The terminals: which bytes may stand where, and how a line ends.

use nom::bytes::complete::take_while;
use nom::{Needed, Parser};

use super::{Fault, Parsed};
use crate::error::ErrorKind;

/// Which bytes are `tchar` (RFC 9110 section 5.6.2).
static TOKEN: [bool; 256] = token_table();

const fn token_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0u8;
    loop {
        let punctuation = matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        );
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256, and this runs in the compiler")]
        {
            table[byte as usize] = punctuation || byte.is_ascii_alphanumeric();
        }
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

/// ``tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA``
pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)).copied().unwrap_or_default()
}

/// `tchar`, without `_`
pub(crate) fn is_name_byte(byte: u8) -> bool {
    is_token_byte(byte) && byte != b'_'
}

/// `VCHAR`, without the `#` that begins a fragment
pub(crate) fn is_target_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}

/// `HTAB / SP / VCHAR`
pub(crate) fn is_field_value_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

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

/// `CRLF = CR LF`, where anything else is refused as `otherwise`, at its first byte; a CR or LF that stands alone, as `alone`.
pub(super) fn crlf(alone: ErrorKind, otherwise: ErrorKind) -> impl Fn(&[u8]) -> Parsed<'_, ()> {
    move |input| match input {
        [b'\r', b'\n', rest @ ..] => Ok((rest, ())),
        [] | [b'\r'] => Err(nom::Err::Incomplete(Needed::new(1))),
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
            [] => Err(nom::Err::Incomplete(Needed::new(word.len() - same))),
            rest => Fault::refuse(kind, rest),
        }
    }
}
