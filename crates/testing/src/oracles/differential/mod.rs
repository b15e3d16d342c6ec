//! Law 6: what is accepted here, httparse and hyper accept too, with the same method, target, version, fields and
//! length. The other way round nothing is claimed: they accept much that is refused here.

mod http1;

use hanotify::wire::{Fields, Method, request_line};
use hanotify::{Limits, Status, decode};

use http1::Seen;

/// A field's name and value.
pub(crate) type Pair<'a> = (&'a [u8], &'a [u8]);

/// The input is a message.
///
/// # Panics
///
/// Where another parser refuses it, or reads something else.
pub fn check(input: &[u8]) {
    let limits = Limits::DEFAULT.with_body(64).with_legacy_state(true);
    let Ok(Status::Complete { consumed, body, .. }) = decode(input, &limits) else { return };
    let (line, start) = request_line(input, &limits).expect("it is accepted").expect("it is whole");
    let fields = Fields::new(input, start, limits).map(|field| field.map(|field| (field.name, field.value)));
    let fields: Vec<Pair<'_>> = fields.collect::<Result<_, _>>().expect("it is accepted");
    let method = match line.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    let head = consumed - body.len();
    by_httparse(input, method, &fields, head);
    by_hyper(input, method, &fields, body);
    assert_eq!(length(&fields), body.len(), "{}", input.escape_ascii());
}

fn by_httparse(input: &[u8], method: &str, fields: &[Pair<'_>], head: usize) {
    let mut space = [httparse::EMPTY_HEADER; 64];
    let mut theirs = httparse::Request::new(&mut space);
    let parsed = theirs.parse(input);
    assert_eq!(parsed, Ok(httparse::Status::Complete(head)), "httparse: {}", input.escape_ascii());
    assert_eq!((theirs.method, theirs.path, theirs.version), (Some(method), Some("/"), Some(1)));
    let found: Vec<Pair<'_>> = theirs.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
    assert_eq!(found, fields, "httparse: {}", input.escape_ascii());
}

fn by_hyper(input: &[u8], method: &str, fields: &[Pair<'_>], body: &[u8]) {
    let Some(Seen { request, body: found }) = http1::serve(input) else {
        panic!("hyper refuses it: {}", input.escape_ascii())
    };
    let line = (request.method.as_str(), request.uri.to_string(), request.version);
    assert_eq!(line, (method, "/".to_owned(), hyper::Version::HTTP_11), "{}", input.escape_ascii());
    assert_eq!(found, body, "hyper: {}", input.escape_ascii());
    // It keeps the values of one name in order, and the names in one case.
    assert_eq!(request.headers.len(), fields.len(), "hyper: {}", input.escape_ascii());
    for (name, _) in fields {
        let ours = fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|&(_, value)| value);
        let theirs = request.headers.get_all(std::str::from_utf8(name).expect("ASCII"));
        assert!(ours.eq(theirs.iter().map(hyper::header::HeaderValue::as_bytes)), "hyper: {}", input.escape_ascii());
    }
}

/// The length of the body, by the first `Content-Length`.
fn length(fields: &[Pair<'_>]) -> usize {
    let first = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"content-length"));
    first.map_or(0, |(_, value)| std::str::from_utf8(value).expect("digits").parse().expect("a number"))
}
