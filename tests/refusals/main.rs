//! The refusal table of `docs/protocol.md`, case by case: what is refused, with which status and at which byte, and
//! which neighbour of it is accepted.
//!
//! In a case's text the mark `‸` stands before the offending byte. A character up to U+00FF stands for the byte of that
//! value.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]

mod case;
mod host;
mod limits;
mod meaning;
mod priority;
mod request_line;
mod runner;
mod syntax;
mod values;

use case::{Case, Row};
use hanotify::{ErrorKind, FieldName};

/// What only a server finds wrong.
const BY_THE_SERVER: [&str; 4] = ["deadline", "peer-not-allowed", "overloaded", "sink-failed"];

fn rows() -> Vec<Row> {
    [syntax::rows(), limits::rows(), meaning::rows(), values::rows()].concat()
}

fn refused() -> impl Iterator<Item = ErrorKind> {
    rows().into_iter().flat_map(|row| row.cases).filter_map(|case| Some(case.refused?.0))
}

#[test]
fn every_case_is_decided_as_the_table_says() {
    let cases: Vec<Case> = rows().into_iter().flat_map(|row| row.cases).collect();
    runner::check_all(&cases);
}

#[test]
fn the_first_offending_byte_decides() {
    runner::check_all(&priority::cases());
}

#[test]
fn a_row_refuses_what_it_is_about_and_accepts_its_neighbours() {
    for row in rows() {
        let other = row.cases.iter().filter_map(|case| case.refused).find(|(kind, _)| kind.name() != row.name);
        assert_eq!(other, None, "in the row {}", row.name);
        let (refused, accepted): (Vec<&Case>, _) = row.cases.iter().partition(|case| case.refused.is_some());
        assert!(refused.len() >= 3 && !accepted.is_empty(), "the row {} needs more cases", row.name);
    }
}

#[test]
fn every_kind_that_the_core_decides_has_a_row_in_the_order_of_the_table() {
    let by_the_core = ErrorKind::ALL.iter().map(ErrorKind::name).filter(|name| !BY_THE_SERVER.contains(name));
    let mut rows: Vec<&str> = rows().iter().map(|row| row.name).collect();
    rows.sort_by_key(|name| ErrorKind::ALL.iter().position(|kind| kind.name() == *name));
    assert_eq!(rows, by_the_core.collect::<Vec<_>>());
}

#[test]
fn every_field_that_a_kind_can_name_has_a_case() {
    use FieldName::{ContentLength, Host, RouterId, State, Te, Trailer, Upgrade};
    let missing = [Host, RouterId, State].map(|field| ErrorKind::MissingField { field });
    let duplicate = [Host, ContentLength, RouterId, State].map(|field| ErrorKind::DuplicateField { field });
    let unsupported = [Te, Trailer, Upgrade].map(|field| ErrorKind::UnsupportedField { field });
    let coding = [false, true].map(|with_content_length| ErrorKind::TransferCoding { with_content_length });
    for kind in [&missing[..], &duplicate, &unsupported, &coding].concat() {
        assert!(refused().any(|refused| refused == kind), "{kind:?} has no case");
    }
}
