//! Who takes part: this crate, what others need for parsing alone and for the same job, and what no parser can go
//! below.

use std::hint::black_box;
use std::mem::MaybeUninit;

use bytes::Bytes;
use hanotify::{Decoder, Limits, Status, decode};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::checks::{Checks, Said};
use super::naive;

/// No message is refused for its length: what is to be seen is what the length costs.
pub(crate) const LIMITS: Limits = Limits::DEFAULT
    .with_request_line(usize::MAX)
    .with_fields(usize::MAX)
    .with_field_line(usize::MAX)
    .with_head(usize::MAX)
    .with_body(usize::MAX);

/// Room for the headers of the longest of the messages that all have to accept.
const FIELDS: usize = 128;

/// Something that is done with a message. It returns whether the message was accepted, where that is its job.
pub(crate) trait Contestant {
    const NAME: &'static str;

    fn take(message: &[u8]) -> bool;
}

/// Parsed, validated and typed.
pub(crate) struct Hanotify;

impl Contestant for Hanotify {
    const NAME: &'static str = "hanotify";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let decoded = decode(message, black_box(&LIMITS));
        matches!(black_box(decoded), Ok(Status::Complete { .. }))
    }
}

/// Parsed, into an array of headers that is not initialised first: httparse's fastest way.
pub(crate) struct Httparse;

impl Contestant for Httparse {
    const NAME: &'static str = "httparse";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut headers = [const { MaybeUninit::uninit() }; FIELDS];
        let mut request = httparse::Request::new(&mut []);
        let parsed = request.parse_with_uninit_headers(message, &mut headers);
        black_box(&request);
        parsed.is_ok_and(|status| status.is_complete())
    }
}

/// Parsed, and what hanotify checks checked by hand.
pub(crate) struct HttparseChecked;

impl Contestant for HttparseChecked {
    const NAME: &'static str = "httparse and checks";

    #[inline]
    fn take(message: &[u8]) -> bool {
        black_box(httparse_checked(message)).is_some()
    }
}

fn httparse_checked(message: &[u8]) -> Option<Said> {
    let mut headers = [const { MaybeUninit::uninit() }; FIELDS];
    let mut request = httparse::Request::new(&mut []);
    request.parse_with_uninit_headers(message, &mut headers).ok().filter(httparse::Status::is_complete)?;
    (matches!(request.method?, "GET" | "POST") && request.path? == "/" && request.version? == 1).then_some(())?;
    let mut checks = Checks::default();
    request.headers.iter().try_for_each(|header| checks.field(header.name.as_bytes(), header.value))?;
    checks.finish()
}

/// Parsed, and collected in a map with values that share one buffer, as the frameworks on hyper get it.
pub(crate) struct Map;

impl Contestant for Map {
    const NAME: &'static str = "http::HeaderMap";

    #[inline]
    fn take(message: &[u8]) -> bool {
        black_box(header_map(message)).is_some()
    }
}

fn header_map(message: &[u8]) -> Option<HeaderMap> {
    let mut headers = [const { MaybeUninit::uninit() }; FIELDS];
    let mut request = httparse::Request::new(&mut []);
    request.parse_with_uninit_headers(message, &mut headers).ok().filter(httparse::Status::is_complete)?;
    let buffer = Bytes::copy_from_slice(message);
    let mut map = HeaderMap::with_capacity(request.headers.len());
    for header in request.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        let start = header.value.as_ptr().addr() - message.as_ptr().addr();
        let value = HeaderValue::from_maybe_shared(buffer.slice(start..start + header.value.len())).ok()?;
        map.append(name, value);
    }
    Some(map)
}

/// Parsed and checked with nom, as one would at first.
pub(crate) struct NaiveNom;

impl Contestant for NaiveNom {
    const NAME: &'static str = "naive nom";

    #[inline]
    fn take(message: &[u8]) -> bool {
        black_box(naive::notification(message)).is_some()
    }
}

/// A floor: each byte looked at, for one that isn't there.
pub(crate) struct Memchr;

impl Contestant for Memchr {
    const NAME: &'static str = "memchr";

    #[inline]
    fn take(message: &[u8]) -> bool {
        black_box(memchr::memchr(0, message)).is_none()
    }
}

/// A floor: each byte copied.
pub(crate) struct Memcpy;

impl Contestant for Memcpy {
    const NAME: &'static str = "memcpy";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut room = [MaybeUninit::<u8>::uninit(); 16_384];
        for (to, from) in room.iter_mut().zip(message) {
            to.write(*from);
        }
        black_box(&room);
        true
    }
}

/// The bench alone: what of each count isn't the contestant's.
pub(crate) struct Nothing;

impl Contestant for Nothing {
    const NAME: &'static str = "nothing";

    #[inline]
    fn take(message: &[u8]) -> bool {
        black_box(message).is_empty()
    }
}

// Of a message that arrives one byte at a time:

/// One decoder that goes on from byte to byte.
pub(crate) struct Resumed;

impl Contestant for Resumed {
    const NAME: &'static str = "hanotify, byte by byte";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut decoder = Decoder::new(*black_box(&LIMITS));
        let mut complete = false;
        for end in 1..=message.len() {
            let status = decoder.decode(black_box(&message[..end]));
            complete = matches!(status, Ok(Status::Complete { .. }));
        }
        complete
    }
}

/// A parser that remembers nothing begins anew with each byte.
pub(crate) struct Anew;

impl Contestant for Anew {
    const NAME: &'static str = "httparse, byte by byte";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut complete = false;
        for end in 1..=message.len() {
            complete = Httparse::take(black_box(&message[..end]));
        }
        complete
    }
}

/// A floor: as many calls, each of which looks at one byte more.
pub(crate) struct Looked;

impl Contestant for Looked {
    const NAME: &'static str = "a look at each byte";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut state = 0u8;
        for end in 1..=message.len() {
            state = look(black_box(&message[..end]), state);
        }
        state == b'\n'
    }
}

#[inline(never)]
fn look(buffer: &[u8], state: u8) -> u8 {
    match buffer.last() {
        Some(&byte @ (b' '..=b'~' | b'\r' | b'\n')) => byte,
        _ => state,
    }
}
