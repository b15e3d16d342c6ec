//! The first byte that can't be there: the values that have a meaning, near good ones, held against the reference.

use hanotify::Limits;
use hanotify_testing::reference;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::config;
use super::messages::{CONNECTIONS, HOSTS};
use super::mutations::{any_limits, input, limits};

/// Where this file's failures are kept.
pub(crate) const KEPT: &str = "proptest-regressions/laws/offsets.txt";

proptest! {
    #![proptest_config(config(KEPT))]

    #[test]
    fn of_any_input(input in input(), limits in prop_oneof![limits(), any_limits()]) {
        reference::check_under(&input, &limits);
    }

    #[test]
    fn of_a_state(value in near(&["primary", "backup", "fault", "master"]), legacy in any::<bool>()) {
        agrees("X-Neutron-State", &value, &Limits::DEFAULT.with_legacy_state(legacy));
    }

    #[test]
    fn of_a_router_id(value in near(IDS)) {
        agrees("X-Neutron-Router-Id", &value, &Limits::DEFAULT);
    }

    #[test]
    fn of_a_content_length(
        value in near(LENGTHS),
        limit in prop_oneof![Just(0), Just(usize::MAX), 0..20usize, any::<usize>()],
    ) {
        agrees("Content-Length", &value, &Limits::DEFAULT.with_body(limit));
    }

    #[test]
    fn of_a_body_over_the_limit(
        len in prop_oneof![0..3_000u64, any::<u64>()],
        limit in prop_oneof![0..3_000usize, any::<usize>()],
    ) {
        agrees("Content-Length", &format!("{len}"), &Limits::DEFAULT.with_body(limit));
    }

    #[test]
    fn of_a_connection(value in near(CONNECTIONS)) {
        agrees("Connection", &value, &Limits::DEFAULT);
    }

    #[test]
    fn of_a_host(value in prop_oneof![2 => near(HOSTS), 1 => bracketed()]) {
        agrees("Host", &value, &Limits::DEFAULT);
    }
}

/// Checks the message with this field line among its fields, with what stands behind the colon.
fn agrees(name: &str, value: &str, limits: &Limits) {
    let required = ["Host: a", "X-Neutron-State: fault", "X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"];
    let others: Vec<&str> = required.into_iter().filter(|line| !line.starts_with(name)).collect();
    let message = format!("GET / HTTP/1.1\r\n{name}:{value}\r\n{}\r\n\r\n", others.join("\r\n"));
    reference::check_under(message.as_bytes(), limits);
}

/// What stands behind a colon: near one of these values, near some of them in a row, or made of the bytes that they are
/// made of.
fn near(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    let alphabet: Vec<u8> = values.concat().bytes().chain(*b" \t,:-\"%@[]/0aA~").collect();
    let byte = move || select(alphabet.clone());
    let separators = select(&["", " ", ",", ", ", "\t,", ":"][..]);
    let some = prop::collection::vec((select(values), separators), 0..4)
        .prop_map(|parts| parts.into_iter().flat_map(|(value, separator)| [value, separator]).collect::<String>());
    let edited =
        (select(values), any::<Index>(), byte(), 0..4u8).prop_map(|(value, at, byte, how)| edit(value, at, byte, how));
    let soup = prop::collection::vec(byte(), 0..40).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let ows = || select(&["", " ", "\t ", "  "][..]);
    (ows(), prop_oneof![1 => select(values).prop_map(String::from), 2 => some, 4 => edited, 1 => soup], ows())
        .prop_map(|(before, value, behind)| format!("{before}{value}{behind}"))
}

/// The value with one byte changed, added or taken away, or cut off there.
fn edit(value: &str, at: Index, byte: u8, how: u8) -> String {
    let at = at.index(value.len());
    let (before, behind) = value.split_at(at);
    let byte = char::from(byte);
    match how {
        0 => format!("{before}{byte}{}", &behind[1..]),
        1 => format!("{before}{byte}{behind}"),
        2 => format!("{before}{}", &behind[1..]),
        _ => before.into(),
    }
}

const IDS: &[&str] = &["9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", NIL, "00000000-0000-0000-0000-000000000001"];
const LENGTHS: &[&str] = &["0", "1", "10", "18446744073709551615", "18446744073709551616", "99999999999999999999"];
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// Something like an address in brackets.
fn bracketed() -> impl Strategy<Value = String> {
    let parts = &[
        ":",
        "::",
        "1:",
        "ffff:",
        "0",
        "12345",
        "1.2.3.4",
        "1.2.3.256",
        "01.2.3.4",
        "v1.",
        "V",
        "g",
        ".",
        "%",
        "]",
        "[",
        "a:b",
    ][..];
    let groups = (0..10usize, 0..10usize, select(&["", ":", "::", "1.2.3.4", ":1.2.3.4"][..]))
        .prop_map(|(left, right, middle)| format!("{}{middle}{}", vec_of("a1", left), vec_of("0", right)));
    let soup = prop::collection::vec(select(parts), 0..8).prop_map(|parts| parts.concat());
    (prop_oneof![groups, soup], select(&["]", "]:80", "]:65536", "] ", "]x", "", "] ]"][..]))
        .prop_map(|(inner, end)| format!("[{inner}{end}"))
}

fn vec_of(group: &str, count: usize) -> String {
    (0..count).map(|_| group).collect::<Vec<_>>().join(":")
}
