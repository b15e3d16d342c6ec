//! The exhaustive neighbourhood in its short form: every message one byte away from a capture is decided as the
//! reference decides it. `tests/neighbours/run` has the long form.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod origins;

use std::thread;

use hanotify::{Limits, decode_exact};
use hanotify_testing::reference;

use self::origins::{captures, curl, shortest};

/// Where the word `master` is asked for, and a body may follow.
const LOOSE: Limits = Limits::DEFAULT.with_legacy_state(true).with_body(9);

#[test]
fn every_message_one_byte_away_from_a_capture_is_decided_alike() {
    let captures = captures();
    assert!(captures.len() >= 5, "only {} captures", captures.len());
    let legacy = captures.iter().filter(|capture| decode_exact(&capture.message, &Limits::DEFAULT).is_err());
    let by_default = captures.iter().map(|capture| (&capture.message, Limits::DEFAULT));
    let all: Vec<_> = by_default.chain(legacy.map(|capture| (&capture.message, LOOSE))).collect();
    let counts: Vec<usize> = thread::scope(|scope| {
        let started: Vec<_> =
            all.iter().map(|(message, limits)| scope.spawn(move || check_around(message, limits))).collect();
        started.into_iter().map(|thread| thread.join().expect("no disagreement")).collect()
    });
    assert_eq!(counts, all.iter().map(|(message, _)| one_byte_count(message)).collect::<Vec<_>>());
}

#[test]
fn the_shortest_message_is_accepted_and_none_with_a_byte_less() {
    let shortest = shortest().message;
    check_around(&shortest, &LOOSE);
    assert!(decode_exact(&shortest, &LOOSE).is_ok());
    for at in 0..shortest.len() {
        let shorter = [&shortest[..at], &shortest[at + 1..]].concat();
        assert!(decode_exact(&shorter, &LOOSE).is_err(), "{}", shorter.escape_ascii());
    }
}

#[test]
fn the_page_states_how_many_messages_there_are() {
    let page = include_str!("../../docs/neighbourhood.md").replace(',', "");
    let captures = captures();
    let by_default: usize = captures.iter().map(|capture| one_byte_count(&capture.message)).sum();
    let legacy = captures.iter().find(|capture| capture.name.contains("master")).expect("the capture that says so");
    let loose = one_byte_count(&legacy.message) + one_byte_count(&shortest().message);
    let pairs = shortest().pairs() + curl().pairs();
    for count in [by_default as u64, loose as u64, pairs] {
        assert!(page.contains(&format!(" {count} ")), "{count}");
    }
}

/// 255 replacements and a deletion of each byte, and 256 insertions at each place.
fn one_byte_count(message: &[u8]) -> usize {
    256 * message.len() + 256 * (message.len() + 1)
}

/// Checks every message one byte away, and tells how many these are.
fn check_around(message: &[u8], limits: &Limits) -> usize {
    let mut count = 0;
    one_byte(message, |neighbour| {
        count += 1;
        // As exactly one message: what is incomplete is told as `truncated`.
        if decode_exact(neighbour, limits) != reference::decode_exact(neighbour, limits) {
            reference::check_under(neighbour, limits);
        }
    });
    count
}

/// Every message that comes from `message` by the replacement, the insertion or the deletion of one byte.
fn one_byte(message: &[u8], mut visit: impl FnMut(&[u8])) {
    let mut bytes = message.to_vec();
    for at in 0..message.len() {
        for byte in (0..=255).filter(|&byte| byte != message[at]) {
            bytes[at] = byte;
            visit(&bytes);
        }
        bytes[at] = message[at];
    }
    for at in 0..=message.len() {
        let mut longer = [&message[..at], &[0], &message[at..]].concat();
        for byte in 0..=255 {
            longer[at] = byte;
            visit(&longer);
        }
    }
    for at in 0..message.len() {
        visit(&[&message[..at], &message[at + 1..]].concat());
    }
}
