//! The quick path for usual spellings and the general path agree: about verdict, kind, offset and length.

use hanotify::internals::decode_general;
use hanotify::{Limits, Status, decode};

/// Both paths under the default limits, and under limits that end the quick path early, each in another way.
///
/// # Panics
///
/// Where they disagree.
pub fn check(input: &[u8]) {
    const LOOSE: Limits = Limits::DEFAULT.with_body(16).with_legacy_state(true);
    for limits in [
        Limits::DEFAULT,
        LOOSE,
        LOOSE.with_request_line(16).with_fields(6).with_head(200),
        // One byte less than the longest line that the quick path knows by heart, exactly that, and one more.
        Limits::DEFAULT.with_field_line(58),
        Limits::DEFAULT.with_field_line(59).with_fields(3),
        Limits::DEFAULT.with_field_line(60).with_head(150),
        // As many fields as are expected in the order of a sender, and one less.
        Limits::DEFAULT.with_fields(8),
        Limits::DEFAULT.with_fields(7),
    ] {
        agree(input, &limits);
    }
}

/// # Panics
///
/// Where the two paths disagree on `input`.
pub fn agree(input: &[u8], limits: &Limits) {
    let general = decode_general(input, limits).map(|whole| whole.filter(|&(_, len)| len <= input.len()));
    let quick = decode(input, limits).map(|status| match status {
        Status::Complete { notification, consumed, .. } => Some((notification, consumed)),
        Status::Incomplete => None,
    });
    assert!(quick == general, "quick {quick:?}, general {general:?} under {limits:?}: {}", input.escape_ascii());
}
