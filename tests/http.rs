//! Fields that a stack on the `http` crate has parsed get the verdict that their bytes would have got.
#![cfg(feature = "http")]
#![allow(clippy::expect_used, reason = "a test may panic")]

use hanotify::{ErrorKind, FieldName, HaState, Limits, Notification, validate_header_map};
use http::{HeaderMap, HeaderName, HeaderValue};

const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
const REQUIRED: [(&str, &str); 3] = [("host", "127.0.0.1"), ("x-neutron-router-id", ID), ("x-neutron-state", "backup")];

/// The required fields, then these.
fn with(more: &[(&str, &str)]) -> HeaderMap {
    let mut fields = HeaderMap::new();
    for (name, value) in REQUIRED.iter().chain(more) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name that http lets in");
        let value: Vec<u8> = value.chars().map(|letter| u8::try_from(letter).expect("a byte")).collect();
        fields.append(name, HeaderValue::from_bytes(&value).expect("a value that http lets in"));
    }
    fields
}

/// The required fields, one of them with another value.
fn but(name: &'static str, value: &'static str) -> HeaderMap {
    let mut fields = with(&[]);
    fields.insert(name, HeaderValue::from_static(value));
    fields
}

fn verdict(fields: &HeaderMap) -> Result<Notification, ErrorKind> {
    validate_header_map(fields, &Limits::DEFAULT)
}

#[test]
fn the_required_fields_are_enough() {
    let said = Ok(Notification { router_id: ID.parse().expect("an id"), state: HaState::Backup });
    assert_eq!(verdict(&with(&[])), said);
    assert_eq!(verdict(&with(&[("Connection", "close"), ("connection", "keep-alive"), ("accept", "*/*")])), said);
    assert_eq!(verdict(&but("x-neutron-state", "\t backup ")), said);
}

#[test]
fn what_http_lets_in_and_the_format_does_not_is_refused() {
    assert_eq!(verdict(&with(&[("x", "caf\u{e9}")])), Err(ErrorKind::FieldValue));
    assert_eq!(verdict(&with(&[("x", "\u{ff}")])), Err(ErrorKind::FieldValue));
    assert_eq!(verdict(&with(&[("x_neutron_state", "primary")])), Err(ErrorKind::AmbiguousFieldName));
    assert_eq!(verdict(&with(&[("x", "a\tb")])).map(|said| said.state), Ok(HaState::Backup));
}

#[test]
fn a_field_that_is_there_twice_is_refused_whatever_its_value() {
    for (name, value) in REQUIRED {
        let field = FieldName::parse(name.as_bytes()).expect("a known name");
        assert_eq!(verdict(&with(&[(name, value)])), Err(ErrorKind::DuplicateField { field }));
        assert_eq!(verdict(&with(&[(name, "x")])), Err(ErrorKind::DuplicateField { field }));
    }
    let twice = with(&[("content-length", "0"), ("content-length", "0")]);
    assert_eq!(verdict(&twice), Err(ErrorKind::DuplicateField { field: FieldName::ContentLength }));
}

#[test]
fn a_field_that_is_absent_is_named() {
    for (name, field) in
        [("host", FieldName::Host), ("x-neutron-router-id", FieldName::RouterId), ("x-neutron-state", FieldName::State)]
    {
        let mut fields = with(&[]);
        fields.remove(name);
        assert_eq!(verdict(&fields), Err(ErrorKind::MissingField { field }));
    }
}

#[test]
fn a_value_is_as_strict_as_in_bytes() {
    assert_eq!(verdict(&but("host", "user@a")), Err(ErrorKind::Host));
    assert_eq!(verdict(&but("host", "")), Err(ErrorKind::Host));
    assert_eq!(verdict(&but("x-neutron-router-id", "9B3A1D8E-5C1F-4A57-9F5E-0A4C2F3B7D10")), Err(ErrorKind::RouterId));
    assert_eq!(verdict(&but("x-neutron-state", "primary,backup")), Err(ErrorKind::State));
    assert_eq!(verdict(&but("x-neutron-state", "master")), Err(ErrorKind::State));
    assert_eq!(verdict(&with(&[("content-length", "+0")])), Err(ErrorKind::ContentLength));
    assert_eq!(verdict(&with(&[("content-length", "1")])), Err(ErrorKind::BodyTooLong));
    assert_eq!(verdict(&with(&[("connection", "upgrade")])), Err(ErrorKind::ConnectionOption));
    assert_eq!(verdict(&with(&[("expect", "100-continue")])), Err(ErrorKind::Expectation));
    assert_eq!(verdict(&with(&[("te", "trailers")])), Err(ErrorKind::UnsupportedField { field: FieldName::Te }));
    let legacy = Limits::DEFAULT.with_legacy_state(true);
    let said = validate_header_map(&but("x-neutron-state", "master"), &legacy);
    assert_eq!(said.map(|said| said.state), Ok(HaState::Primary));
}

#[test]
fn a_transfer_coding_is_refused_with_or_without_a_length() {
    let alone = with(&[("transfer-encoding", "chunked")]);
    assert_eq!(verdict(&alone), Err(ErrorKind::TransferCoding { with_content_length: false }));
    for order in [["transfer-encoding", "content-length"], ["content-length", "transfer-encoding"]] {
        let beside = with(&order.map(|name| (name, "0")));
        assert_eq!(verdict(&beside), Err(ErrorKind::TransferCoding { with_content_length: true }));
    }
}

#[test]
fn the_limits_hold() {
    let fillers: Vec<String> = (0..30).map(|at| format!("x{at}")).collect();
    let fields: Vec<(&str, &str)> = fillers.iter().map(|name| (name.as_str(), "")).collect();
    assert!(verdict(&with(fields.get(..29).expect("29 of them"))).is_ok());
    assert_eq!(verdict(&with(&fields)), Err(ErrorKind::TooManyFields));
    // Name, colon, value, CRLF.
    assert!(verdict(&with(&[("x", &"y".repeat(1_020))])).is_ok());
    assert_eq!(verdict(&with(&[("x", &"y".repeat(1_021))])), Err(ErrorKind::FieldTooLong));
    assert_eq!(verdict(&with(&[("x", "y".repeat(1_000).as_str()); 9])), Err(ErrorKind::HeadTooLong));
}
