//! What ends an audit from outside: its time limit, and a stop that somebody asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::stop::Stop;

/// How long a wait may last before the watch is looked at again.
pub(crate) const GLANCE: Duration = Duration::from_millis(100);

/// Says whether the audit may go on.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    /// When the audit's time is over; `None` means never.
    end: Option<Instant>,
}

impl Watch {
    /// A watch for an audit that begins now and takes at most `limit`.
    pub(crate) fn new(stop: Arc<AtomicBool>, limit: Duration) -> Self {
        // A limit that no clock reaches is none.
        Self { stop, end: Instant::now().checked_add(limit) }
    }

    /// An error where the audit may not go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Stop::Interrupted);
        }
        if self.end.is_some_and(|end| Instant::now() > end) { Err(Stop::Time) } else { Ok(()) }
    }

    /// The time until `deadline`, but no longer than a glance; `None` when the deadline has passed, or the audit may
    /// not go on.
    pub(crate) fn glance(&self, deadline: Instant) -> Option<Duration> {
        let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
        self.check().is_ok().then(|| left.min(GLANCE))
    }
}
