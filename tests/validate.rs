//! The limits of `validate` are exact: at the limit passes, one more is refused.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use hanotify::{ErrorKind, HaState, Limits, Notification, validate};

const FIELDS: [(&str, &str); 4] = [
    ("host", "127.0.0.1"),
    ("x-neutron-router-id", "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"),
    ("x-neutron-state", "backup"),
    ("x-padding", "0123456789"),
];

fn decide(limits: &Limits) -> Result<Notification, ErrorKind> {
    validate(FIELDS, limits)
}

fn is_refused(limits: &Limits, kind: ErrorKind) {
    assert_eq!(decide(limits).unwrap_err(), kind, "{limits:?}");
}

fn passes(limits: &Limits) {
    assert_eq!(decide(limits).unwrap().state, HaState::Backup, "{limits:?}");
}

/// The field line that these make, with its colon and CRLF.
fn line((name, value): (&str, &str)) -> usize {
    name.len() + ":".len() + value.len() + "\r\n".len()
}

#[test]
fn the_head_is_the_field_lines_and_the_blank_line() {
    let head = FIELDS.into_iter().map(line).sum::<usize>() + "\r\n".len();
    passes(&Limits::DEFAULT.with_head(head));
    is_refused(&Limits::DEFAULT.with_head(head - 1), ErrorKind::HeadTooLong);
}

#[test]
fn a_field_line_counts_with_its_colon_and_line_ending() {
    let longest = FIELDS.into_iter().map(line).max().unwrap();
    passes(&Limits::DEFAULT.with_field_line(longest));
    is_refused(&Limits::DEFAULT.with_field_line(longest - 1), ErrorKind::FieldTooLong);
}

#[test]
fn fields_are_counted() {
    passes(&Limits::DEFAULT.with_fields(FIELDS.len()));
    is_refused(&Limits::DEFAULT.with_fields(FIELDS.len() - 1), ErrorKind::TooManyFields);
}

#[test]
fn without_limits_of_ones_own_the_defaults_hold() {
    assert_eq!(decide(&Limits::default()), decide(&Limits::DEFAULT));
    assert_eq!(Limits::default(), Limits::DEFAULT);
}
