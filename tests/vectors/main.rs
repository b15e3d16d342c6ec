//! The published vectors: one table, and four readers of it, which all have to come to the verdicts that it states.
#![cfg(feature = "cli")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../reference/mod.rs"]
mod reference;
#[path = "../running/mod.rs"]
mod running;
#[path = "../../src/cli/audit/vectors/mod.rs"]
#[allow(dead_code, reason = "the audit uses the rest of it")]
mod vectors;

mod command;
mod coverage;
mod decoder;
mod files;
mod live;

use hanotify::{Error, Limits, Notification};
use vectors::{Case, Expand, Expected, Given, With};

/// The whole table.
fn cases() -> Vec<Case> {
    let groups = vectors::embedded().unwrap_or_else(|error| panic!("{error}"));
    groups.into_iter().flat_map(|group| group.cases).collect()
}

fn limits(with: With) -> Limits {
    Limits::DEFAULT.with_legacy_state(with.legacy).with_body(with.body)
}

/// What a case with `expand: truncations` expects of the first `len` bytes of its input; of any other case, what it expects.
fn expected_of_prefix(case: &Case, len: usize) -> Expected {
    match (&case.expected, case.expand) {
        (Expected::Refused { error, status, field, .. }, Some(Expand::Truncations)) => {
            Expected::Refused { error: error.clone(), status: *status, offset: len, field: field.clone() }
        }
        (expected, _) => expected.clone(),
    }
}

/// Every input that a case stands for.
fn inputs(case: &Case) -> Vec<&[u8]> {
    match case.expand {
        Some(Expand::Truncations) => (0..case.input.len()).map(|len| &case.input[..len]).collect(),
        _ => vec![&case.input],
    }
}

/// Compares a verdict with the table's; `None` for a length that the reader can't tell.
fn compare(case: &Case, expected: &Expected, verdict: Result<(Notification, Option<usize>), Error>) {
    let id = &case.id;
    match (expected, verdict) {
        (Expected::Accepted { router_id, state, length }, Ok((notification, consumed))) => {
            assert_eq!(notification.router_id.to_string(), *router_id, "{id}");
            assert_eq!(notification.state.as_str(), state, "{id}");
            assert_eq!(consumed.unwrap_or(*length), *length, "{id}");
        }
        (Expected::Refused { error, status, offset, field }, Err(refused)) => {
            assert_eq!((refused.kind.name(), refused.offset, refused.status()), (&**error, *offset, *status), "{id}");
            let named = refused.kind.field().map(hanotify::FieldName::as_str);
            assert!(field.is_none() || field.as_deref() == named, "{id}: {named:?}");
        }
        (expected, verdict) => panic!("{id}: expected {expected:?}, got {verdict:?}"),
    }
}
