//! Law 5, its second half: the core allocates nothing, and its work is linear in the input's length. Both are counted,
//! so that a find can be repeated; nothing here takes a time.
//!
//! What is counted as work are the bytes that a [`Decoder`] looks at, when it is called for each byte that comes, or
//! for every few. Whether it looks at a byte shows when that byte is another one: the old bytes of the buffer are
//! replaced by some that no message has, and by some that a parser searches for, and where the answer is always the
//! same, they were not looked at. What one call does with one byte doesn't show; it does in the instructions that
//! `benches/run gate` counts.

use std::ops::Range;

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

/// Bytes looked at for each that has come, at the most. A line is looked at again where another element of it may
/// begin: at its first byte, the colon, the CR, the LF, and at each byte of the version, which ends the request line.
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

/// What old bytes are replaced by: one that is nowhere allowed, and what a parser searches a line for. Bytes that are
/// searched in vain again and again show only where there is something to be found.
const FILLERS: [&[u8]; 5] = [b"\0", b"\n", b"\r\n", b":", b" "];

/// How many bytes `decode` looks at in all, when it is called with what it remembers whenever `step` more bytes have
/// come.
fn looks<M: Clone>(input: &[u8], step: usize, mut memory: M, decode: impl Fn(&mut M, &[u8]) -> Answer) -> usize {
    let (mut before, mut line_start, mut looks) = (0, 0, 0);
    let mut replaced = FILLERS.map(|filler| Replaced::new(input, filler));
    while before < input.len() {
        let end = (before + step).min(input.len());
        let remembered = memory.clone();
        let found = decode(&mut memory, &input[..end]);
        let is_same = |bytes: &[u8]| decode(&mut remembered.clone(), &bytes[..end]) == found;
        looks += if replaced.iter().all(|bytes| is_same(&bytes.old)) {
            end - before
        } else if replaced.iter().all(|bytes| is_same(&bytes.old_lines)) {
            end - line_start
        } else {
            end
        };
        if found != Ok(None) {
            break;
        }
        let line_end = input[before..end].iter().rposition(|&byte| byte == b'\n').map(|at| before + at + 1);
        for bytes in &mut replaced {
            fill(&mut bytes.old, before..end, bytes.filler);
            fill(&mut bytes.old_lines, line_start..line_end.unwrap_or(line_start), bytes.filler);
        }
        line_start = line_end.unwrap_or(line_start);
        before = end;
    }
    looks
}

/// The input without bytes that were there before.
struct Replaced {
    filler: &'static [u8],
    /// Without any of them.
    old: Vec<u8>,
    /// Without those of whole lines.
    old_lines: Vec<u8>,
}

impl Replaced {
    fn new(input: &[u8], filler: &'static [u8]) -> Self {
        Self { filler, old: input.to_vec(), old_lines: input.to_vec() }
    }
}

fn fill(bytes: &mut [u8], places: Range<usize>, filler: &[u8]) {
    for at in places {
        bytes[at] = filler[at % filler.len()];
    }
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

/// It reads each line once, but for that it has to find the line's end, or its colon, and begins the search again each
/// time.
#[test]
fn who_searches_the_line_again_with_every_byte_is_found_out() {
    let long = format!("GET / HTTP/1.1\r\n{}", "a".repeat(500));
    for sought in [&b"\n"[..], b"\r\n", b":"] {
        let searching = |line: &mut usize, bytes: &[u8]| {
            let Some(at) = bytes[*line..].windows(sought.len()).position(|part| part == sought) else {
                return Ok(None);
            };
            *line += at + sought.len();
            answer(hanotify::decode(bytes, &UNLIMITED))
        };
        let looks = looks(long.as_bytes(), 1, 0, searching);
        assert!(looks > 10 * LOOKS * long.len(), "{looks} looks for {}", sought.escape_ascii());
    }
}
