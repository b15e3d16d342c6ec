//! The rows about limits: each at its value, which passes, and one past it, by default and otherwise.

use hanotify::{ErrorKind, Limits};

use crate::case::{Case, Message, REQUIRED, Row, accepted, fields, line, message, refused, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![request_line_too_long(), field_too_long(), too_many_fields(), head_too_long()]
}

fn request_line_too_long() -> Row {
    let kind = ErrorKind::RequestLineTooLong;
    let limit = |bytes| Limits::DEFAULT.with_request_line(bytes);
    let (m, t) = ("M".repeat(64), "a".repeat(59));
    row(
        "request-line-too-long",
        [
            refused(kind, 414, line(format!("{m}‸M / HTTP/1.1"))),
            refused(kind, 414, line(format!("{m}‸ / HTTP/1.1"))),
            refused(kind, 414, line(format!("{m}‸\0"))),
            refused(kind, 414, line(format!("GET /{t}‸a HTTP/1.1"))),
            refused(kind, 414, line(format!("GET /{t}‸ HTTP/1.1"))),
            refused(kind, 414, line("POST / HTTP/1.1‸")).under(limit(15)),
            refused(kind, 414, message(line_ended("POST / HTTP/1.1\r‸\n"))).under(limit(16)),
            refused(kind, 414, message(line_ended("GET / HTTP/1.1\r‸\n"))).under(limit(15)),
            refused(kind, 414, line("GET ‸/ HTTP/1.1")).under(limit(4)),
            refused(kind, 414, line("‸POST / HTTP/1.1")).under(limit(0)),
            refused(kind, 414, line("P‸UT / HTTP/1.1")).under(limit(1)),
            accepted(line("POST / HTTP/1.1")),
            accepted(line("POST / HTTP/1.1")).under(limit(17)),
            accepted(line("GET / HTTP/1.1")).under(limit(16)),
            accepted(line("GET / HTTP/1.1")).under(limit(usize::MAX)),
        ],
    )
}

/// A message that begins with this text, its request line's end included.
fn line_ended(request_line: &str) -> String {
    format!("{request_line}{}\r\n\r\n", REQUIRED.join("\r\n"))
}

/// A message with this text, its line's end included, as its last field line.
fn last_field(field_line: &str) -> Vec<Message> {
    message(format!("POST / HTTP/1.1\r\n{}\r\n{field_line}\r\n", REQUIRED.join("\r\n")))
}

fn field_too_long() -> Row {
    let kind = ErrorKind::FieldTooLong;
    let limit = |bytes| Limits::DEFAULT.with_field_line(bytes);
    let y = |count| "y".repeat(count);
    let id = REQUIRED[1];
    row(
        "field-too-long",
        [
            refused(kind, 431, last_field(&format!("X: {}\r‸\n", y(1_020)))),
            refused(kind, 431, fields(format!("X: {}‸", y(1_021)))),
            refused(kind, 431, fields(format!("X: {}‸y", y(1_021)))),
            refused(kind, 431, fields(format!("X:{}‸", " ".repeat(1_022)))),
            refused(kind, 431, fields(format!("X: y{}‸  z", "\t".repeat(1_020)))),
            refused(kind, 431, fields(format!("{}‸y", y(1_024)))),
            refused(kind, 431, fields(format!("{}‸: y", y(1_024)))),
            refused(kind, 431, fields(format!("{}:‸ y", y(1_023)))),
            refused(kind, 431, fields(format!("Host: {}‸y", y(1_018)))),
            refused(
                kind,
                431,
                message(format!("POST / HTTP/1.1\r\n{}\r‸\n{}\r\n{}\r\n\r\n", id, REQUIRED[0], REQUIRED[2])),
            )
            .under(limit(58)),
            refused(kind, 431, fields(format!("X: {}‸y", y(56)))).under(limit(59)),
            refused(kind, 431, message("POST / HTTP/1.1\r\n‸X: y\r\n\r\n")).under(limit(0)),
            refused(kind, 431, message("POST / HTTP/1.1\r\nX‸: y\r\n\r\n")).under(limit(1)),
            accepted(fields(format!("X: {}", y(1_019)))),
            accepted(fields(format!("X:{}y", " ".repeat(1_019)))),
            accepted(fields(format!("{}:", y(1_021)))),
            accepted(fields(format!("Host: {}", y(1_016)))),
            accepted(fields(id)).under(limit(59)),
            accepted(fields(format!("X: {}", y(54)))).under(limit(59)),
            accepted(fields(format!("X: {}", y(5_000)))).under(limit(usize::MAX)),
        ],
    )
}

fn too_many_fields() -> Row {
    let kind = ErrorKind::TooManyFields;
    let limit = |count| Limits::DEFAULT.with_fields(count);
    let fillers = |count: usize| (0..count).fold(String::new(), |all, at| all + &format!("X{at}: y\r\n"));
    // `count` field lines, then `last` as a line of its own.
    let then = |count: usize, last: &str| {
        message(format!("POST / HTTP/1.1\r\n{}\r\n{}{last}\r\n\r\n", REQUIRED.join("\r\n"), fillers(count - 3)))
    };
    let exactly = |count: usize| {
        let [host, router_id, state] = REQUIRED;
        message(format!("GET / HTTP/1.1\r\n{host}\r\n{}{state}\r\n{router_id}\r\n\r\n", fillers(count - 3)))
    };
    row(
        "too-many-fields",
        [
            refused(kind, 431, then(32, "‸X: y")),
            refused(kind, 431, then(32, "‸X")),
            refused(kind, 431, then(32, "‸: y")),
            refused(kind, 431, then(32, "‸_")),
            refused(kind, 431, then(32, "‸ folded")),
            refused(kind, 431, then(32, "‸\0")),
            refused(kind, 431, then(32, "‸Host: b")),
            refused(kind, 431, then(3, "‸X: y")).under(limit(3)),
            refused(kind, 431, then(100, "‸X: y")).under(limit(100)),
            refused(kind, 431, message("POST / HTTP/1.1\r\nX: y\r\n‸Y: z\r\n\r\n")).under(limit(1)),
            refused(kind, 431, message("POST / HTTP/1.1\r\n‸X: y\r\n\r\n")).under(limit(0)),
            accepted(exactly(31)),
            accepted(exactly(32)),
            accepted(exactly(3)).under(limit(3)),
            accepted(exactly(100)).under(limit(100)),
            accepted(exactly(100)).under(limit(usize::MAX)),
        ],
    )
}

fn head_too_long() -> Row {
    let limit = |bytes| Limits::DEFAULT.with_head(bytes);
    let whole = format!("POST / HTTP/1.1\r\n{}\r\n\r\n", REQUIRED.join("\r\n"));
    let cut = |at: usize| marked(&whole, at).under(limit(at));
    let of_8192 = with_head_of(8_192);
    let of_8193 = with_head_of(8_193);
    // Every limit that is too low for this message, and every way in which one that is high enough is met.
    let too_low = (0..whole.len()).map(cut);
    let met = (whole.len()..whole.len() + 3).map(|at| accepted(message(&whole)).under(limit(at)));
    row(
        "head-too-long",
        too_low.chain(met).chain([
            marked(&of_8193, 8_192),
            marked(&with_head_of(8_194), 8_192),
            marked(&with_head_of(9_000), 8_192),
            accepted(message(&of_8192)),
            accepted(message(&of_8193)).under(limit(8_193)),
            accepted(message(with_head_of(9_000))).under(limit(usize::MAX)),
        ]),
    )
}

/// The message refused for its head's length, at the byte `at`.
fn marked(text: &str, at: usize) -> Case {
    refused(ErrorKind::HeadTooLong, 431, message(format!("{}‸{}", &text[..at], &text[at..])))
}

/// A message with a head of `len` bytes, in lines far from their limit.
fn with_head_of(len: usize) -> String {
    let mut head = format!("POST / HTTP/1.1\r\n{}\r\n", REQUIRED.join("\r\n"));
    let end = len - "\r\n".len();
    while head.len() + 1_000 < end {
        head.extend(["X: ", &"y".repeat(495), "\r\n"]);
    }
    let rest = end - head.len() - "X: \r\n".len();
    head + &format!("X: {}\r\n\r\n", "y".repeat(rest))
}
