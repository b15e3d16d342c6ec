//! The same job as a first version with nom would do it: byte by byte, rule by rule, and nothing foreseen.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::multi::fold_many0;
use nom::sequence::{delimited, separated_pair, terminated};
use nom::{IResult, Parser};

use super::checks::{Checks, Said};

/// `notification = request-line *field-line CRLF`
pub(crate) fn notification(input: &[u8]) -> Option<Said> {
    let (rest, ()) = request_line(input).ok()?;
    let fold = |checks: Option<Checks>, (name, value): (&[u8], &[u8])| {
        let mut checks = checks?;
        checks.field(name, trim(value)).map(|()| checks)
    };
    let (rest, checks) = fold_many0(field_line, || Some(Checks::default()), fold).parse(rest).ok()?;
    let _: (&[u8], &[u8]) = crlf(rest).ok()?;
    checks?.finish()
}

fn request_line(input: &[u8]) -> IResult<&[u8], ()> {
    let method = alt((tag(&b"GET"[..]), tag(&b"POST"[..])));
    (method, tag(&b" / HTTP/1.1"[..]), crlf).map(|_| ()).parse(input)
}

fn field_line(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let name = take_while1(is_token_byte);
    let value = delimited(take_while(is_white), take_while(is_value_byte), take_while(is_white));
    terminated(separated_pair(name, tag(&b":"[..]), value), crlf).parse(input)
}

fn crlf(input: &[u8]) -> IResult<&[u8], &[u8]> {
    tag(&b"\r\n"[..]).parse(input)
}

fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii_end()
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_value_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
