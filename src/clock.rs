//! Times that are later than others.

use std::time::{Duration, Instant};

/// A year is as good as never, and no clock ends before that.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// The time that comes `by` after `now`, or a year after it.
pub(crate) fn later(now: Instant, by: Duration) -> Instant {
    now + by.min(LONGEST)
}
