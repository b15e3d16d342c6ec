//! Law 6, and the same verdict by every way in: what others say of what is accepted here.

use hanotify::wire::{self, Fields, Method};
use hanotify::{ErrorKind, Limits, Status, decode, validate};
use proptest::prelude::*;

use super::config;
use super::mutations::{input, limits};

/// Where this file's failures are kept.
const KEPT: &str = "proptest-regressions/laws/agreement.txt";

proptest! {
    #![proptest_config(config(KEPT))]

    #[test]
    fn law_6_httparse_accepts_what_is_accepted(input in input(), limits in limits()) {
        let Ok(Status::Complete { consumed, body, .. }) = decode(&input, &limits) else { return Ok(()) };
        let (request_line, start) = wire::request_line(&input, &limits)?.expect("it is accepted");
        let mut fields = Fields::new(&input, start, limits);
        let ours: Vec<(&[u8], &[u8])> =
            fields.by_ref().map(|field| field.map(|field| (field.name, field.value))).collect::<Result<_, _>>()?;
        let head = fields.head_len().expect("it is accepted");

        let mut space = [httparse::EMPTY_HEADER; 64];
        let mut theirs = httparse::Request::new(&mut space);
        prop_assert_eq!(theirs.parse(&input), Ok(httparse::Status::Complete(head)));
        let method = match request_line.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        prop_assert_eq!((theirs.method, theirs.path, theirs.version), (Some(method), Some("/"), Some(1)));
        let fields: Vec<(&[u8], &[u8])> =
            theirs.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
        prop_assert_eq!(&fields, &ours);
        prop_assert_eq!(length(&fields), body.len());
        prop_assert_eq!(consumed, head + body.len());
    }

    #[test]
    fn validate_decides_as_decode_does(input in input(), limits in limits()) {
        let limits = limits.with_head(Limits::DEFAULT.head());
        let Some(fields) = pairs(&input, &limits) else { return Ok(()) };
        let expected = match decode(&input, &limits) {
            Ok(Status::Complete { notification, .. }) => Ok(notification),
            // The head is whole: only the body can be missing.
            Ok(Status::Incomplete) => return Ok(()),
            Err(error) => Err(error.kind),
        };
        prop_assert_eq!(validate(fields, &limits), expected);
    }

    #[test]
    fn the_wire_layer_refuses_what_decode_does(input in input(), limits in limits()) {
        // What the fields mean may be refused earlier, but never later.
        let Ok(Some((_, start))) = wire::request_line(&input, &limits) else { return Ok(()) };
        if let Some(Err(refused)) = Fields::new(&input, start, limits).find(Result::is_err) {
            let decoded = decode(&input, &limits);
            prop_assert!(decoded.is_err_and(|error| error == refused || error.offset <= refused.offset));
        }
    }
}

/// The length of the body, by the first `Content-Length`.
fn length(fields: &[(&[u8], &[u8])]) -> usize {
    let value =
        fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"content-length")).map_or(&b"0"[..], |field| field.1);
    std::str::from_utf8(value).expect("digits").parse().expect("a number")
}

/// The fields as a very simple parser reads them; nothing if there is something wrong that no pair can show.
fn pairs<'a>(input: &'a [u8], limits: &Limits) -> Option<Vec<(&'a [u8], &'a [u8])>> {
    let (_, start) = wire::request_line(input, limits).ok()??;
    let mut rest = input.get(start..)?;
    let mut pairs = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let (line, behind) = (&rest[..end], &rest[end + 2..]);
        if line.is_empty() {
            return Some(pairs);
        }
        let colon =
            line.iter().position(|&byte| byte == b':').filter(|_| !line.iter().any(|byte| b"\r\n".contains(byte)))?;
        pairs.push((&line[..colon], &line[colon + 1..]));
        rest = behind;
    }
}

#[test]
fn an_error_that_no_pair_shows_is_left_out() {
    let lone = b"GET / HTTP/1.1\r\nHost: a\nb\r\n\r\n";
    assert_eq!(decode(lone, &Limits::DEFAULT), Err(ErrorKind::LineEnding.at(23)));
    assert_eq!(pairs(lone, &Limits::DEFAULT), None);
}
