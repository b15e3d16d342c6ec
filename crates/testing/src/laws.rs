//! Laws 1, 2 and 3 of `docs/protocol.md`, for one input: the oracle that the properties, the corpus and the fuzz
//! targets share.

use std::format;
use std::string::String;
use std::vec::Vec;

use hanotify::{Decoder, Error, ErrorKind, Limits, Notification, Status, decode, decode_exact, encode};

/// Checks the first three laws on `input`, cut in two at each of `cuts`.
///
/// # Panics
///
/// Where a law does not hold, with the input in escaped form.
pub fn check(input: &[u8], limits: &Limits, cuts: impl IntoIterator<Item = usize>) {
    let whole = decode(input, limits);
    byte_by_byte(input, limits, whole);
    for cut in cuts.into_iter().filter(|&cut| cut <= input.len()) {
        cut_in_two(input, limits, whole, cut);
    }
    for tail in [b"\0", b"\r", b"\n", b" ", b",", b":", b"x", b"0", b"\xff", &b"\r\n\r\n"[..], input] {
        extended(input, limits, whole, tail);
    }
    if let Ok(Status::Complete { notification, .. }) = whole {
        round_trip(&notification);
    }
}

/// Laws 1 and 2 at one place of `input`, of which `whole` was found.
///
/// # Panics
///
/// As [`check`] does.
pub fn cut_in_two(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>, cut: usize) {
    let found = decode(&input[..cut], limits);
    assert!(may_begin(found, cut, whole), "{}", report("beginning", input, limits, (cut, found, whole)));
    two_parts(input, limits, whole, cut);
}

/// Law 2: once refused, any longer input is refused alike; and what follows a whole message is not a part of it.
///
/// # Panics
///
/// As [`check`] does.
pub fn extended(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>, tail: &[u8]) {
    if whole != Ok(Status::Incomplete) {
        let longer: Vec<u8> = [input, tail].concat();
        let found = decode(&longer, limits);
        assert!(found == whole, "{}", report("extension", &longer, limits, (input.len(), found, whole)));
    }
}

/// Law 3: an accepted message, encoded again and decoded, gives the same notification.
///
/// # Panics
///
/// As [`check`] does.
pub fn round_trip(notification: &Notification) {
    let encoded = encode(notification);
    let complete = Status::Complete { notification: *notification, consumed: encoded.as_bytes().len(), body: &[] };
    assert_eq!(decode(encoded.as_bytes(), &Limits::DEFAULT), Ok(complete), "{encoded:?}");
}

/// Law 1: what a beginning of the input may be found to be, when the whole is `whole`.
fn may_begin(found: Result<Status<'_>, Error>, cut: usize, whole: Result<Status<'_>, Error>) -> bool {
    match (found, whole) {
        (Ok(Status::Incomplete), Ok(Status::Complete { consumed, .. })) => cut < consumed,
        // Behind the offset, a beginning may need more bytes before it is judged; before it, it has to.
        (Ok(Status::Incomplete), _) => true,
        (Err(found), Err(refused)) => found == refused && cut > found.offset,
        (Ok(Status::Complete { consumed, .. }), _) => cut >= consumed && found == whole,
        _ => false,
    }
}

/// Law 2, with one decoder that is given every beginning in turn.
fn byte_by_byte(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>) {
    let mut decoder = Decoder::new(*limits);
    let mut last = Ok(Status::Incomplete);
    for cut in 0..=input.len() {
        let found = decoder.decode(&input[..cut]);
        let stays = last == Ok(Status::Incomplete) || found == last;
        // Each beginning is a whole, too, of which nothing may be noticed later than at once.
        let at_once = found == decode(&input[..cut], limits);
        assert!(
            stays && at_once && may_begin(found, cut, whole),
            "{}",
            report("byte by byte", input, limits, (cut, found, whole))
        );
        last = found;
    }
    assert_eq!(last, whole, "byte by byte and whole: {}", input.escape_ascii());
    let exact = ends(decoder, last, input.len());
    assert_eq!(exact, decode_exact(input, limits), "exact, byte by byte and whole: {}", input.escape_ascii());
}

/// What `decode_exact` has to say, by way of a decoder that has been given the `len` bytes of an input.
fn ends(mut decoder: Decoder, last: Result<Status<'_>, Error>, len: usize) -> Result<Notification, Error> {
    match last? {
        Status::Complete { consumed, .. } if consumed < len => Err(ErrorKind::TrailingBytes.at(consumed)),
        Status::Complete { notification, .. } => Ok(notification),
        Status::Incomplete => Err(decoder.refuse(ErrorKind::Truncated.at(len))),
    }
}

/// Law 2, with the input in two parts.
fn two_parts(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>, cut: usize) {
    let mut decoder = Decoder::new(*limits);
    let first = decoder.decode(&input[..cut]);
    assert!(may_begin(first, cut, whole), "{}", report("first part", input, limits, (cut, first, whole)));
    let both = decoder.decode(input);
    assert!(both == whole, "{}", report("both parts", input, limits, (cut, both, whole)));
}

type Finding<'a> = (usize, Result<Status<'a>, Error>, Result<Status<'a>, Error>);

fn report(law: &str, input: &[u8], limits: &Limits, (cut, found, whole): Finding<'_>) -> String {
    format!(
        "{law} at {cut}: found {found:?}, but the whole is {whole:?}\n{limits:?}\ninput: \"{}\"",
        input.escape_ascii()
    )
}
