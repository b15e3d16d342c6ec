//! Law 5 of `docs/protocol.md`, its second half: no allocation, and time linear in the input's length.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::hint::black_box;
use std::time::Duration;

use allocation_counter::measure;
use hanotify::wire::{Fields, request_line};
use hanotify::{Decoder, ErrorKind, Limits, RouterId, decode, decode_exact, encode, validate};
use rustix::time::{ClockId, clock_gettime};

const REQUIRED: &str =
    "Host: 127.0.0.1\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n";
const UNLIMITED: Limits = Limits::DEFAULT
    .with_request_line(usize::MAX)
    .with_fields(usize::MAX)
    .with_field_line(usize::MAX)
    .with_head(usize::MAX)
    .with_body(usize::MAX);

/// Inputs of about `len` bytes, each of which makes another part of the parser do all the work.
fn shapes(len: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |part: &str| part.repeat(len / part.len());
    let head = |lines: String| format!("POST / HTTP/1.1\r\n{REQUIRED}{lines}\r\n").into_bytes();
    let body = |len: usize| [head(format!("Content-Length: {len}\r\n")), vec![b'\r'; len]].concat();
    vec![
        ("a method", fill("M").into_bytes()),
        ("a target", format!("GET /{} HTTP/1.1\r\n", fill("a")).into_bytes()),
        ("many short fields", head(fill("X: y\r\n"))),
        ("many fields of a usual size", head(fill("User-Agent: curl/7.88.1 (x86_64-pc-linux-gnu)\r\n"))),
        ("many lists of options", head(fill("Connection: ,,close , keep-alive,,\r\n"))),
        ("a long name", head(format!("{}: y\r\n", fill("X")))),
        ("a long value", head(format!("X: {}\r\n", fill("y :")))),
        ("much white space before a value", head(format!("X:{}y\r\n", fill(" \t")))),
        ("much white space behind a value", head(format!("X: y{}\r\n", fill("\t ")))),
        ("a long list of options", head(format!("Connection: {}close\r\n", fill("keep-alive , ")))),
        ("a long list of nothing", head(format!("Connection: {}close\r\n", fill(", ")))),
        ("a long host", format!("POST / HTTP/1.1\r\nHost: {}\r\n\r\n", fill("%41a")).into_bytes()),
        ("a long port", format!("POST / HTTP/1.1\r\nHost: a:{}80\r\n\r\n", fill("0")).into_bytes()),
        ("a long address", format!("POST / HTTP/1.1\r\nHost: [{}]\r\n\r\n", fill("1:")).into_bytes()),
        ("a long number", format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", fill("1")).into_bytes()),
        ("a transfer coding before many fields", head(format!("Transfer-Encoding: a\r\n{}", fill("X: y\r\n")))),
        ("a body", body(len)),
    ]
}

/// Everything that decides about the bytes of a message, in one go and byte by byte.
fn decide(input: &[u8], limits: &Limits) {
    let _ = black_box(decode(input, limits));
    let _ = black_box(decode_exact(input, limits));
    byte_by_byte(input, limits);
    if let Ok(Some((_, start))) = request_line(input, limits) {
        let _ = black_box(Fields::new(input, start, *limits).count());
        let fields = || Fields::new(input, start, *limits).filter_map(Result::ok);
        let _ = black_box(validate(fields().map(|field| (field.name, field.value)), limits));
    }
}

fn byte_by_byte(input: &[u8], limits: &Limits) {
    let mut decoder = Decoder::new(*limits);
    for end in 0..=input.len() {
        let _ = black_box(decoder.decode(&input[..end]));
    }
    let _ = black_box(decoder.refuse(ErrorKind::Truncated.at(input.len())));
}

#[test]
fn nothing_is_allocated() {
    let id: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse().expect("an id");
    let mut inputs = shapes(4_000);
    inputs.push(("a capture", include_bytes!("../corpus/captures/curl-7.88.1-post.http").to_vec()));
    for (name, input) in inputs {
        for limits in [Limits::DEFAULT, UNLIMITED] {
            let counted = measure(|| decide(&input, &limits));
            assert_eq!((counted.count_total, counted.bytes_total), (0, 0), "{name} under {limits:?}");
        }
    }
    let counted = measure(|| {
        let notification = hanotify::Notification { router_id: id, state: hanotify::HaState::Fault };
        let _ = black_box(encode(&notification).as_bytes());
    });
    assert_eq!(counted.count_total, 0);
}

#[test]
fn what_is_allocated_is_counted() {
    let counted = measure(|| drop(black_box(vec![0u8; 100])));
    assert_eq!((counted.count_total, counted.bytes_total), (1, 100));
}

#[test]
fn time_grows_with_the_length_and_not_with_its_square() {
    const SHORT: usize = 8_192;
    const TIMES: usize = 4;
    for ((name, short), (_, long)) in shapes(SHORT).into_iter().zip(shapes(SHORT * TIMES)) {
        assert!(grows_linearly(&short, &long, TIMES), "{name}");
    }
}

/// Whether `long`, which is so many times as long as `short`, takes less than twice as many times as long. Were it the
/// square, it would be four times as many. A noisy machine gets more than one chance: noise only adds to the time.
fn grows_linearly(short: &[u8], long: &[u8], times: usize) -> bool {
    let mut least = [Duration::MAX; 2];
    for _ in 0..10 {
        least = [least[0].min(time(short)), least[1].min(time(long))];
        if least[1] < least[0] * 2 * u32::try_from(times).unwrap_or(u32::MAX) {
            return true;
        }
    }
    false
}

/// The time that this thread spends on the input; what other processes do meanwhile doesn't count.
fn time(input: &[u8]) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a time after the thread's start");
    let start = now();
    decide(input, &UNLIMITED);
    now().saturating_sub(start)
}
