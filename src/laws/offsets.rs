//! The first byte that can't be there, found a second time by slow and simple means.

use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::config;
use super::messages::{CONNECTIONS, HOSTS};
use super::reference::{Re, all, any_of, many, number_up_to, one_of, times, word, word_in_any_case};
use crate::{ErrorKind, Limits, decode};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn of_a_state(value in near(&["primary", "backup", "fault", "master"]), legacy in any::<bool>()) {
        let words = ["primary", "backup", "fault"].into_iter().chain(legacy.then_some("master"));
        let limits = Limits::DEFAULT.with_legacy_state(legacy);
        let departure = padded(any_of(words.map(word))).departure(value.as_bytes());
        agrees("X-Neutron-State", &value, ErrorKind::State, departure, &limits)?;
    }

    #[test]
    fn of_a_router_id(value in near(IDS)) {
        let departure = padded(uuid()).departure(value.as_bytes());
        // The last digit is what makes the nil UUID nil.
        let nil = value.trim_start_matches(OWS).starts_with(NIL).then(|| value.find('0').unwrap_or_default() + 35);
        let departure = departure.filter(|&at| nil.is_none_or(|nil| at < nil)).or(nil);
        agrees("X-Neutron-Router-Id", &value, ErrorKind::RouterId, departure, &Limits::DEFAULT)?;
    }

    #[test]
    fn of_a_content_length(value in near(LENGTHS)) {
        let departure = padded(number_up_to("18446744073709551615")).departure(value.as_bytes());
        let unlimited = Limits::DEFAULT.with_body(usize::MAX);
        agrees("Content-Length", &value, ErrorKind::ContentLength, departure, &unlimited)?;
    }

    #[test]
    fn of_a_body_over_the_limit(
        len in prop_oneof![0..3_000u64, any::<u64>()],
        limit in prop_oneof![0..3_000usize, any::<usize>()],
    ) {
        let digits = format!("{len}");
        let over = |end: &usize| digits[..*end].parse::<u128>().is_ok_and(|begun| begun > limit as u128);
        let departure = (1..=digits.len()).find(over).map(|end| end - 1);
        agrees("Content-Length", &digits, ErrorKind::BodyTooLong, departure, &Limits::DEFAULT.with_body(limit))?;
    }

    #[test]
    fn of_a_connection(value in near(CONNECTIONS)) {
        let departure = options().departure(value.as_bytes());
        agrees("Connection", &value, ErrorKind::ConnectionOption, departure, &Limits::DEFAULT)?;
    }

    #[test]
    fn of_a_host(value in prop_oneof![2 => near(HOSTS), 1 => bracketed()]) {
        agrees("Host", &value, ErrorKind::Host, host_departure(&value), &Limits::DEFAULT)?;
    }
}

/// Whether the message with this field line among its fields is refused at `departure` of what stands behind the colon, and
/// accepted if there is none.
fn agrees(
    name: &str,
    value: &str,
    kind: ErrorKind,
    departure: Option<usize>,
    limits: &Limits,
) -> Result<(), TestCaseError> {
    let required = ["Host: a", "X-Neutron-State: fault", "X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"];
    let others: Vec<&str> = required.into_iter().filter(|line| !line.starts_with(name)).collect();
    let before = format!("GET / HTTP/1.1\r\n{name}:");
    let message = format!("{before}{value}\r\n{}\r\n\r\n", others.join("\r\n"));
    let found = decode(message.as_bytes(), limits);
    match departure.map(|at| kind.at(before.len() + at)) {
        Some(expected) => prop_assert_eq!(found, Err(expected), "{:?}", value),
        // Not refused, at least: with a body there is more to come.
        None => prop_assert!(found.is_ok(), "{value:?}: {found:?}"),
    }
    Ok(())
}

/// What stands behind a colon: near one of these values, near some of them in a row, or made of the bytes that they are made of.
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

const OWS: [char; 2] = [' ', '\t'];
const IDS: &[&str] = &["9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", NIL, "00000000-0000-0000-0000-000000000001"];
const LENGTHS: &[&str] = &["0", "1", "10", "18446744073709551615", "18446744073709551616", "99999999999999999999"];
const NIL: &str = "00000000-0000-0000-0000-000000000000";

fn ows() -> Re {
    many(one_of(*b" \t"))
}

fn padded(value: Re) -> Re {
    all([ows(), value, ows()])
}

fn uuid() -> Re {
    let h = one_of((b'0'..=b'9').chain(b'a'..=b'f'));
    let dash = || word("-");
    all([times(8, &h), dash(), times(4, &h), dash(), times(4, &h), dash(), times(4, &h), dash(), times(12, &h)])
}

/// `#connection-option` of RFC 9110 section 5.6.1, with one option at least.
fn options() -> Re {
    let option = || any_of([word_in_any_case("close"), word_in_any_case("keep-alive")]);
    let nothing = || many(one_of(*b" \t,"));
    all([nothing(), option(), many(all([ows(), word(","), nothing(), option()])), nothing()])
}

/// An address in brackets is judged as a whole, all else byte by byte.
fn host_departure(value: &str) -> Option<usize> {
    let unreserved = || (b'0'..=b'9').chain(b'a'..=b'z').chain(b'A'..=b'Z').chain(*b"-._~");
    let sub_delims = *b"!$&'()*+,;=";
    let hex = || one_of((b'0'..=b'9').chain(b'a'..=b'f').chain(b'A'..=b'F'));
    let in_name = any_of([one_of(unreserved().chain(sub_delims)), all([word("%"), hex(), hex()])]);
    let in_address = one_of(unreserved().chain(sub_delims).chain([b':']));
    let port = any_of([Re::Empty, all([word(":"), many(word("0")), number_up_to("65535")])]);
    let host = any_of([all([in_name.clone(), many(in_name)]), all([word("["), many(in_address.clone()), word("]")])]);
    let inner = value.trim_start_matches(OWS).strip_prefix('[').and_then(|rest| Some(rest.split_once(']')?.0));
    match inner {
        Some(inner) if many(in_address).departure(inner.as_bytes()).is_none() && !is_address(inner) => {
            value.find('[').map(|at| at + 1)
        }
        _ => padded(all([host, port])).departure(value.as_bytes()),
    }
}

/// `IPv6address / IPvFuture` of RFC 3986 section 3.2.2, by counting.
fn is_address(text: &str) -> bool {
    let hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(future) = text.strip_prefix(['v', 'V']) {
        return future.split_once('.').is_some_and(|(version, rest)| hexadecimal(version) && !rest.is_empty());
    }
    let octet = |text: &str| number_up_to("255").departure(text.as_bytes()).is_none();
    let is_v4 = |text: &str| text.split('.').count() == 4 && text.split('.').all(octet);
    // How many groups of 16 bits, if they are that.
    let groups = |part: &str, at_the_end: bool| {
        let parts: Vec<&str> = if part.is_empty() { Vec::new() } else { part.split(':').collect() };
        let size = |(at, group): (usize, &&str)| match group {
            group if hexadecimal(group) && group.len() <= 4 => Some(1),
            group if at_the_end && at + 1 == parts.len() && is_v4(group) => Some(2),
            _ => None,
        };
        parts.iter().enumerate().map(size).sum::<Option<usize>>()
    };
    match text.split_once("::") {
        Some((left, right)) => {
            groups(left, false).zip(groups(right, true)).is_some_and(|(left, right)| left + right <= 7)
        }
        None => groups(text, true) == Some(8),
    }
}

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
