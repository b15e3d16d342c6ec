//! Signs of life, given by the serving thread itself: a thread beside it would go on giving them when this one is stuck.

use std::boxed::Box;
use std::fmt;
use std::time::{Duration, Instant};

use super::connection::later;

/// What a server tells of itself while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sign {
    /// The serving thread goes round.
    Alive,
    /// The server has been asked to stop, and begins to.
    Stopping,
}

/// Who is told, and when next.
pub(super) struct Heartbeat {
    every: Option<Duration>,
    due: Option<Instant>,
    tell: Box<dyn FnMut(Sign) + Send>,
}

impl Heartbeat {
    /// Tells `tell` of [`Sign::Alive`] every so often, if at all, and of [`Sign::Stopping`] once.
    pub(super) fn new(every: Option<Duration>, tell: Box<dyn FnMut(Sign) + Send>) -> Self {
        Self { every, due: None, tell }
    }

    /// When the next sign is due, seen from the time `now`: at once, if there has been none.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.every.map(|_| self.due.unwrap_or(now))
    }

    /// Gives the sign that is due at the time `now`, if one is.
    pub(super) fn beat(&mut self, now: Instant) {
        if let Some(every) = self.every
            && self.due.is_none_or(|due| due <= now)
        {
            self.due = Some(later(now, every));
            (self.tell)(Sign::Alive);
        }
    }

    pub(super) fn stopping(&mut self) {
        (self.tell)(Sign::Stopping);
    }
}

impl fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeat").field("every", &self.every).finish_non_exhaustive()
    }
}
