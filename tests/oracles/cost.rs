//! Law 5, its second half: the core allocates nothing, and its work is linear in the input's length. Both are counted, so that a find can be
//! repeated; nothing here takes a time.
//!
//! What is counted as work are the bytes that a [`Decoder`] looks at, when it is called for each byte that comes, or for every few. Whether it looks at a byte
//! shows when that byte is another one: the old bytes of the buffer are replaced by some that no message has, and where the answer is the
//! same, they were not looked at. What one call does with one byte doesn't show: `tests/cost.rs` and the benches see to that.

use allocation_counter::measure;
use hanotify::wire::{Fields, request_line};
use hanotify::{Decoder, Error, ErrorKind, Limits, Notification, Status, decode_exact, encode, validate};

use super::decode::TIGHT;

const UNLIMITED: Limits = Limits::DEFAULT
    .with_request_line(usize::MAX)
    .with_fields(usize::MAX)
    .with_field_line(usize::MAX)
    .with_head(usize::MAX)
    .with_body(usize::MAX);

/// Bytes looked at for each that has come, at the most. A line is looked at again where another element of it may begin: at its first byte, the
/// colon, the CR, the LF, and at each byte of the version, which ends the request line.
const LOOKS: usize = 16;

/// The input is a message.
///
/// # Panics
///
/// Where something was allocated, or bytes were looked at too often.
pub fn check(input: &[u8]) {
    for limits in [Limits::DEFAULT, TIGHT, UNLIMITED] {
        let counted = measure(|| decide(input, &limits));
        let allocated = (counted.count_total, counted.bytes_total);
        assert_eq!(allocated, (0, 0), "allocated under {limits:?}: {}", input.escape_ascii());
        for step in [1, 2, 7] {
            let looks = looks(input, step, Decoder::new(limits), |decoder, bytes| answer(decoder.decode(bytes)));
            let most = LOOKS * (input.len() + 1);
            assert!(looks <= most, "{looks} looks and not {most}, by {step}, {limits:?}: {}", input.escape_ascii());
        }
    }
}

/// Everything that decides about the bytes of a message.
fn decide(input: &[u8], limits: &Limits) {
    let mut decoder = Decoder::new(*limits);
    for end in 0..=input.len() {
        let _ = std::hint::black_box(decoder.decode(&input[..end]));
    }
    let _ = std::hint::black_box(decoder.refuse(ErrorKind::Truncated.at(input.len())));
    if let Ok(notification) = decode_exact(input, limits) {
        let _ = std::hint::black_box(encode(&notification).as_bytes());
    }
    if let Ok(Some((_, start))) = request_line(input, limits) {
        let fields = Fields::new(input, start, *limits).filter_map(Result::ok);
        let _ = std::hint::black_box(validate(fields.map(|field| (field.name, field.value)), limits));
    }
}

/// How many bytes `decode` looks at in all, when it is called with what it remembers whenever `step` more bytes have come.
fn looks<M: Clone>(input: &[u8], step: usize, mut memory: M, decode: impl Fn(&mut M, &[u8]) -> Answer) -> usize {
    let (mut before, mut line_start, mut looks) = (0, 0, 0);
    // The same bytes with none of the old ones, and with the old ones of the last line that isn't whole.
    let (mut fresh, mut line) = (vec![0; input.len()], vec![0; input.len()]);
    while before < input.len() {
        let end = (before + step).min(input.len());
        let new = &input[before..end];
        fresh[before..end].copy_from_slice(new);
        line[before..end].copy_from_slice(new);
        let mut again = [memory.clone(), memory.clone()];
        let found = decode(&mut memory, &input[..end]);
        looks += if decode(&mut again[0], &fresh[..end]) == found {
            end - before
        } else if decode(&mut again[1], &line[..end]) == found {
            end - line_start
        } else {
            end
        };
        if found != Ok(None) {
            break;
        }
        fresh[before..end].fill(0);
        if let Some(at) = new.iter().rposition(|&byte| byte == b'\n') {
            line[line_start..=before + at].fill(0);
            line_start = before + at + 1;
        }
        before = end;
    }
    looks
}

/// An answer without the body, whose bytes were replaced too.
type Answer = Result<Option<(Notification, usize)>, Error>;

fn answer(status: Result<Status<'_>, Error>) -> Answer {
    status.map(|status| match status {
        Status::Complete { notification, consumed, .. } => Some((notification, consumed)),
        Status::Incomplete => None,
    })
}

#[test]
fn who_starts_again_with_every_byte_is_found_out() {
    let whole = |(): &mut (), bytes: &[u8]| answer(hanotify::decode(bytes, &UNLIMITED));
    let long = format!("GET / HTTP/1.1\r\nHost: {}", "a".repeat(500));
    assert!(looks(long.as_bytes(), 1, (), whole) > 10 * LOOKS * long.len());
}
