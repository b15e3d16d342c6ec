//! The server's heartbeat, from the serving thread itself: a thread beside it would go on beating when the serving one
//! is stuck.

use std::boxed::Box;
use std::fmt;
use std::time::{Duration, Instant};

use crate::clock::later;

/// What a server reports of itself while it runs, for a service manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Heartbeat {
    /// The serving thread is at work, or ready for it.
    Alive,
    /// The server has been asked to stop, and begins to.
    Stopping,
}

/// A shorter time between two beats would leave none for anything else.
const SHORTEST: Duration = Duration::from_millis(1);

/// Beats: whom it tells, and when next.
pub(super) struct Pacemaker {
    every: Option<Duration>,
    due: Option<Instant>,
    tell: Box<dyn FnMut(Heartbeat) + Send>,
}

impl Pacemaker {
    /// See [`Server::with_heartbeat`](super::Server::with_heartbeat).
    pub(super) fn new(every: Option<Duration>, tell: Box<dyn FnMut(Heartbeat) + Send>) -> Self {
        Self { every: every.map(|every| every.max(SHORTEST)), due: None, tell }
    }

    /// When the next beat is due, seen from the time `now`: at once, if there has been none.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.every.map(|_| self.due.unwrap_or(now))
    }

    /// Beats, if a beat is due at the time `now`.
    pub(super) fn beat(&mut self, now: Instant) {
        if let Some(every) = self.every
            && self.due.is_none_or(|due| due <= now)
        {
            self.due = Some(later(now, every));
            (self.tell)(Heartbeat::Alive);
        }
    }

    pub(super) fn tell_stopping(&mut self) {
        (self.tell)(Heartbeat::Stopping);
    }
}

impl fmt::Debug for Pacemaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacemaker").field("every", &self.every).finish_non_exhaustive()
    }
}
