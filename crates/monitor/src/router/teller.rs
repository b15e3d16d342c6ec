//! Telling the agent: one request in flight, until the newest state is acknowledged.

use std::time::{Duration, Instant};

use hanotify::HaState;

use crate::backoff::Backoff;

/// How long the agent may take to reply.
pub(super) const REPLY_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Teller {
    /// What the agent knows. `None` too while a request is in flight, or after one whose fate isn't known.
    acknowledged: Option<HaState>,
    in_flight: Option<Request>,
    backoff: Backoff,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    state: HaState,
    reply_due: Instant,
}

pub(super) enum Step {
    Tell(HaState),
    GiveUp,
}

impl Teller {
    /// What to do now, when the agent should know this state; `None` if it should be told nothing for now.
    ///
    /// A newer state waits for the reply to an older one: it could overtake it otherwise.
    pub(super) fn take_next(&mut self, wanted: Option<HaState>, now: Instant) -> Option<Step> {
        if let Some(request) = self.in_flight {
            return (request.reply_due <= now).then(|| {
                self.end(false, now);
                Step::GiveUp
            });
        }
        let state = wanted.filter(|state| self.acknowledged != Some(*state) && self.backoff.is_over(now))?;
        self.acknowledged = None;
        self.in_flight = Some(Request { state, reply_due: now + REPLY_TIMEOUT });
        Some(Step::Tell(state))
    }

    pub(super) fn end(&mut self, is_accepted: bool, now: Instant) {
        let Some(request) = self.in_flight.take() else { return };
        if is_accepted {
            self.acknowledged = Some(request.state);
            self.backoff.reset();
        } else {
            self.backoff.fail(now);
        }
    }

    pub(super) fn deadline(&self, wanted: Option<HaState>) -> Option<Instant> {
        match self.in_flight {
            Some(request) => Some(request.reply_due),
            None => self.backoff.until().filter(|_| wanted.is_some_and(|state| self.acknowledged != Some(state))),
        }
    }
}
