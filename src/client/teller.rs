//! Telling an agent the state of one router until it has acknowledged the newest one, without I/O.

use std::time::{Duration, Instant};

use super::Backoff;
use crate::HaState;

/// What a [`Teller`] wants done.
#[allow(clippy::exhaustive_enums, reason = "a request is begun and given up; there is no third thing to do with it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TellerStep {
    /// Send this state to the agent. [`Teller::end`] is to be called with the outcome.
    Tell(HaState),
    /// Close the connection: the reply took too long, and counts no more.
    GiveUp,
}

/// The sender's half of one router: tells the agent its newest state, for ever, until it is acknowledged.
///
/// - **One request at a time.** A newer state waits for the reply to an older one: it could overtake it otherwise.
/// - **Each takes at most 2 seconds** ([`REPLY_TIMEOUT`](Self::REPLY_TIMEOUT)).
/// - **The newest state wins.** One that is no longer true is not told.
/// - **After a failure it pauses**, as [`Backoff`] has it: at most a second.
///
/// It does nothing by itself, and knows no clock: whoever uses it sends what [`next_step`](Self::next_step) says.
///
/// ```
/// use std::time::Instant;
///
/// use hanotify::HaState;
/// use hanotify::client::{Teller, TellerStep};
///
/// let (mut teller, now) = (Teller::default(), Instant::now());
/// let wanted = Some(HaState::Primary);
/// assert_eq!(teller.next_step(wanted, now), Some(TellerStep::Tell(HaState::Primary)));
/// teller.end(false, now);
/// assert_eq!(teller.next_step(wanted, now), None);
/// let later = teller.deadline(wanted).unwrap();
/// assert_eq!(teller.next_step(wanted, later), Some(TellerStep::Tell(HaState::Primary)));
/// teller.end(true, later);
/// assert_eq!(teller.deadline(wanted), None);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Teller {
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

impl Teller {
    /// How long the agent may take to reply.
    pub const REPLY_TIMEOUT: Duration = Duration::from_secs(2);

    /// What to do now, when the agent should know this state; `None` if it should be told nothing for now.
    pub fn next_step(&mut self, wanted: Option<HaState>, now: Instant) -> Option<TellerStep> {
        if let Some(request) = self.in_flight {
            return (request.reply_due <= now).then(|| {
                self.end(false, now);
                TellerStep::GiveUp
            });
        }
        let state = wanted.filter(|state| self.acknowledged != Some(*state) && self.backoff.is_over(now))?;
        self.acknowledged = None;
        self.in_flight = Some(Request { state, reply_due: now + Self::REPLY_TIMEOUT });
        Some(TellerStep::Tell(state))
    }

    /// The request has ended: the agent has accepted it, or not, for whatever reason. Where none is in flight, as after
    /// [`TellerStep::GiveUp`], this changes nothing.
    pub fn end(&mut self, is_accepted: bool, now: Instant) {
        let Some(request) = self.in_flight.take() else { return };
        if is_accepted {
            self.acknowledged = Some(request.state);
            self.backoff.reset();
        } else {
            self.backoff.fail(now);
        }
    }

    /// The next try need not wait for the end of the pause: its cause has gone.
    pub const fn end_pause(&mut self) {
        self.backoff.end_pause();
    }

    /// When [`next_step`](Self::next_step) is to be called with this state although nothing came in.
    #[must_use]
    pub fn deadline(&self, wanted: Option<HaState>) -> Option<Instant> {
        match self.in_flight {
            Some(request) => Some(request.reply_due),
            None => self.backoff.until().filter(|_| wanted.is_some_and(|state| self.acknowledged != Some(state))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HaState::{Backup, Primary};

    #[test]
    fn a_state_is_told_until_it_is_acknowledged_and_then_no_more() {
        let (mut teller, mut now) = (Teller::default(), Instant::now());
        for _ in 0..20 {
            assert_eq!(teller.next_step(Some(Primary), now), Some(TellerStep::Tell(Primary)));
            teller.end(false, now);
            assert_eq!(teller.next_step(Some(Primary), now), None);
            let next = teller.deadline(Some(Primary)).unwrap();
            assert!(next > now && next <= now + Backoff::LONGEST);
            now = next;
        }
        assert_eq!(teller.next_step(Some(Primary), now), Some(TellerStep::Tell(Primary)));
        teller.end(true, now);
        assert_eq!((teller.next_step(Some(Primary), now), teller.deadline(Some(Primary))), (None, None));
        assert_eq!(teller.next_step(Some(Backup), now), Some(TellerStep::Tell(Backup)));
    }

    #[test]
    fn a_newer_state_waits_for_the_reply_to_an_older_one_and_no_longer_than_two_seconds() {
        let (mut teller, now) = (Teller::default(), Instant::now());
        assert_eq!(teller.next_step(Some(Primary), now), Some(TellerStep::Tell(Primary)));
        let (before, due) = (now + Duration::from_millis(1_999), now + Duration::from_secs(2));
        assert_eq!((teller.next_step(Some(Backup), before), teller.deadline(Some(Backup))), (None, Some(due)));
        assert_eq!(teller.next_step(Some(Backup), due), Some(TellerStep::GiveUp));
        // The reply comes too late.
        teller.end(true, due);
        let next = teller.deadline(Some(Backup)).unwrap();
        assert_eq!(teller.next_step(Some(Backup), next), Some(TellerStep::Tell(Backup)));
    }

    #[test]
    fn a_state_that_may_have_arrived_is_told_again_after_another_one_failed() {
        let (mut teller, now) = (Teller::default(), Instant::now());
        assert!(teller.next_step(Some(Primary), now).is_some());
        teller.end(true, now);
        assert!(teller.next_step(Some(Backup), now).is_some());
        // The agent may have taken it, and only its reply was lost.
        teller.end(false, now);
        teller.end_pause();
        assert_eq!(teller.next_step(Some(Primary), now), Some(TellerStep::Tell(Primary)));
    }

    #[test]
    fn nothing_is_told_while_nothing_is_wanted() {
        let mut teller = Teller::default();
        assert_eq!((teller.next_step(None, Instant::now()), teller.deadline(None)), (None, None));
    }
}
