//! Defects in the request line.

use arbitrary::{Result, Unstructured};
use hanotify::ErrorKind;

use super::{Defective, LIMITS};
use crate::message::Message;

/// The same message with another request line, and what comes of it.
fn with(message: &Message, line: &[u8], kind: ErrorKind, offset: usize) -> Defective {
    let bytes = message.to_bytes();
    let rest = &bytes[message.offset_of(0)..];
    Defective::new([line, b"\r\n", rest].concat(), kind.at(offset))
}

/// Lines that are wrong as they are, and the first byte that can't be there.
const MALFORMED: &[(&[u8], usize)] = &[
    (b"", 0),
    (b"\r\nGET / HTTP/1.1", 0),
    (b" GET / HTTP/1.1", 0),
    (b"GET", 3),
    (b"GET  / HTTP/1.1", 4),
    (b"GET /", 5),
    (b"GET /#a HTTP/1.1", 5),
    (b"GET /  HTTP/1.1", 6),
    (b"GET / http/1.1", 6),
    (b"GET / HTTP/01.1", 12),
    (b"GET / HTTP/1.11", 14),
    (b"GET / HTTP/1,1", 12),
    (b"GET / HTTP/1.", 13),
    (b"GET / HTTP/1.1 ", 14),
    (b"GET / HTTPS/1.1", 10),
    (b"\xef\xbb\xbfGET / HTTP/1.1", 0),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0),
    (b"GET\t/ HTTP/1.1", 3),
];

pub(super) fn malformed(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let &(line, offset) = source.choose(MALFORMED)?;
    Ok(Some(with(message, line, ErrorKind::RequestLine, offset)))
}

/// A byte that no request line has, anywhere before the line's end.
pub(super) fn stray_byte(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let byte = *source.choose(b"\0\x01\t\n\r\x0b\x1f\x7f\x80\xc3\xff\"")?;
    let mut line = format!("{} / HTTP/1.1", message.method).into_bytes();
    let at = source.int_in_range(0..=line.len())?;
    // A quotation mark is no token, but a target may have it.
    if byte == b'"' && (message.method.len() + 1..message.method.len() + 3).contains(&at) {
        return Ok(None);
    }
    line.insert(at, byte);
    Ok(Some(with(message, &line, ErrorKind::RequestLine, at)))
}

pub(super) fn method(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const OTHERS: [&str; 12] = [
        "HEAD",
        "PUT",
        "DELETE",
        "PATCH",
        "OPTIONS",
        "get",
        "Post",
        "G",
        "GETS",
        "POS",
        "M-SEARCH",
        "a_b!#$%&'*+.^`|~9",
    ];
    let line = format!("{} / HTTP/1.1", source.choose(&OTHERS)?);
    Ok(Some(with(message, line.as_bytes(), ErrorKind::Method, 0)))
}

pub(super) fn target(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const OTHERS: [&str; 10] = ["//", "/a", "/?", "/%2f", "*", "http://a/", "a:80", "\\", "/\"", "./"];
    let line = format!("{} {} HTTP/1.1", message.method, source.choose(&OTHERS)?);
    Ok(Some(with(message, line.as_bytes(), ErrorKind::Target, message.method.len() + 1)))
}

pub(super) fn version(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let (major, minor) = (source.int_in_range(0..=9)?, source.int_in_range(0..=9)?);
    if (major, minor) == (1, 1) {
        return Ok(None);
    }
    let line = format!("{} / HTTP/{major}.{minor}", message.method);
    Ok(Some(with(message, line.as_bytes(), ErrorKind::Version, message.method.len() + 3)))
}

/// A method or a target that goes on over the limit.
pub(super) fn endless(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let len = LIMITS.request_line() + source.int_in_range(0..=40)?;
    let begun = if source.arbitrary()? { "" } else { "GET /" };
    let line = format!("{begun}{}", "A".repeat(len));
    Ok(Some(with(message, line.as_bytes(), ErrorKind::RequestLineTooLong, LIMITS.request_line())))
}
