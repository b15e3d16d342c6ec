//! The request line (RFC 9112 section 3).

use nom::Parser;
use nom::bytes::streaming::take_while;
use nom::sequence::terminated;

use super::token::{crlf, literal};
use super::{Class, Fault, Parsed, Window};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// How the notification was sent; it makes no difference to what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "docs/protocol.md accepts these two")]
pub enum Method {
    /// What the Python senders use.
    Get,
    /// What the shell sender uses, through curl.
    Post,
}

/// An acceptable request line: the target is always `/` and the version always `HTTP/1.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RequestLine {
    /// The method.
    pub method: Method,
}

/// Reads the request line at the start of `input`, and tells the offset behind it; nothing if it isn't whole yet.
///
/// # Errors
///
/// The first rule that the line breaks: `request-line`, `method`, `target`, `version` or `request-line-too-long`. A
/// well-formed method, target or version that is just another one is refused at its first byte.
pub fn request_line(input: &[u8], limits: &Limits) -> Result<Option<(RequestLine, usize)>, Error> {
    let window = Window::new(input, 0, limits.request_line(), limits.head(), ErrorKind::RequestLineTooLong);
    Ok(window.apply(rule)?.map(|(end, method)| (RequestLine { method }, end)))
}

/// `request-line = method SP target SP version CRLF`
fn rule(input: &[u8]) -> Parsed<'_, Method> {
    let (rest, method) = terminated(method, space).parse(input)?;
    let (rest, ()) = terminated(target, space).parse(rest)?;
    let (rest, ()) = version(rest)?;
    Ok((rest, method))
}

/// `method = "GET" / "POST"`, judged when the token is whole
fn method(input: &[u8]) -> Parsed<'_, Method> {
    let (rest, token) = take_while(|byte| Class::TOKEN.has(byte)).parse(input)?;
    match (token, rest) {
        (b"GET", _) => Ok((rest, Method::Get)),
        (b"POST", _) => Ok((rest, Method::Post)),
        ([_, ..], [b' ', ..]) => Fault::refuse(ErrorKind::Method, input),
        _ => Fault::refuse(ErrorKind::RequestLine, rest),
    }
}

/// `target = "/"`, judged when it is whole
fn target(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, target) = take_while(|byte| Class::TARGET.has(byte)).parse(input)?;
    match (target, rest) {
        (b"/", _) => Ok((rest, ())),
        ([_, ..], [b' ', ..]) => Fault::refuse(ErrorKind::Target, input),
        _ => Fault::refuse(ErrorKind::RequestLine, rest),
    }
}

/// `version = "HTTP/" DIGIT "." DIGIT`, with the CRLF behind it; then judged: `HTTP/1.1`
fn version(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, ()) = literal(b"HTTP/", ErrorKind::RequestLine)(input)?;
    let (rest, major) = digit(rest)?;
    let (rest, ()) = literal(b".", ErrorKind::RequestLine)(rest)?;
    let (rest, minor) = digit(rest)?;
    let (rest, ()) = crlf(ErrorKind::RequestLine, ErrorKind::RequestLine)(rest)?;
    if (major, minor) == (b'1', b'1') { Ok((rest, ())) } else { Fault::refuse(ErrorKind::Version, input) }
}

/// `DIGIT`
fn digit(input: &[u8]) -> Parsed<'_, u8> {
    match input {
        [digit @ b'0'..=b'9', rest @ ..] => Ok((rest, *digit)),
        [] => Err(nom::Err::Incomplete(nom::Needed::Unknown)),
        _ => Fault::refuse(ErrorKind::RequestLine, input),
    }
}

/// `SP`
fn space(input: &[u8]) -> Parsed<'_, ()> {
    literal(b" ", ErrorKind::RequestLine)(input)
}
