//! The published vectors: one table, and four readers of it, which all have to come to the verdicts that it states.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

mod coverage;
mod decoder;
mod files;
mod live;

use hanotify::{Error, Limits, Notification};
use hanotify_audit::vectors::{self, Case, Expand, Expected, Given, With};

/// The whole table.
fn cases() -> Vec<Case> {
    let groups = vectors::embedded().unwrap_or_else(|error| panic!("{error}"));
    groups.into_iter().flat_map(|group| group.cases).collect()
}

fn limits(with: With) -> Limits {
    Limits::DEFAULT.with_legacy_state(with.legacy).with_body(with.body)
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
