//! Law 5 of `docs/protocol.md`: nothing is allocated. That time is linear in the input's length shows in the
//! instructions for these same inputs, which `benches/run gate` counts.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::hint::black_box;

use allocation_counter::measure;
use hanotify::wire::{Fields, request_line};
use hanotify::{Decoder, ErrorKind, Limits, RouterId, decode, decode_exact, encode, validate};
use hanotify_testing::shapes::shapes;

const UNLIMITED: Limits = Limits::DEFAULT
    .with_request_line(usize::MAX)
    .with_fields(usize::MAX)
    .with_field_line(usize::MAX)
    .with_head(usize::MAX)
    .with_body(usize::MAX);

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
    let mut inputs = shapes(4_000, 1);
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
