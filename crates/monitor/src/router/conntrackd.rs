//! conntrackd: once for each state, one after the other, and never a reason to tell the agent late.

use std::time::{Duration, Instant};

use hanotify::HaState;

/// How long the agent waits for conntrackd at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// How long one call of conntrackd may take before it is killed.
pub(super) const LONGEST_CALL: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub(super) struct Conntrackd {
    is_used: bool,
    wanted: Option<HaState>,
    /// The state that conntrackd was last called for.
    called: Option<HaState>,
    call: Option<Call>,
    /// From when on the agent waits no longer. It is set by the first state that conntrackd isn't ready for, and later
    /// ones don't move it: or else nothing would be told while states change quickly.
    patience_ends: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    kill_at: Instant,
    is_killed: bool,
}

pub(super) enum Step {
    Call(HaState),
    Kill,
}

impl Conntrackd {
    pub(super) const fn new(is_used: bool) -> Self {
        Self { is_used, wanted: None, called: None, call: None, patience_ends: None }
    }

    pub(super) fn want(&mut self, state: HaState, now: Instant) {
        if self.is_used && self.wanted != Some(state) {
            self.wanted = Some(state);
            self.patience_ends.get_or_insert(now + PATIENCE);
        }
        self.settle();
    }

    /// Whether the agent need not wait.
    pub(super) fn allows_telling(&self, now: Instant) -> bool {
        self.patience_ends.is_none_or(|end| end <= now)
    }

    /// What to do now. A new call waits for `may_call`.
    pub(super) fn take_next(&mut self, may_call: bool, now: Instant) -> Option<Step> {
        match &mut self.call {
            Some(call) if call.kill_at <= now && !call.is_killed => {
                call.is_killed = true;
                Some(Step::Kill)
            }
            Some(_) => None,
            None if self.wanted == self.called || !may_call => None,
            None => {
                self.called = self.wanted;
                self.call = Some(Call { kill_at: now + LONGEST_CALL, is_killed: false });
                self.wanted.map(Step::Call)
            }
        }
    }

    pub(super) fn end(&mut self) {
        self.call = None;
        self.settle();
    }

    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let kill_at = self.call.filter(|call| !call.is_killed).map(|call| call.kill_at);
        kill_at.into_iter().chain(self.patience_ends.filter(|end| *end > now)).min()
    }

    fn settle(&mut self) {
        if self.call.is_none() && self.called == self.wanted {
            self.patience_ends = None;
        }
    }
}
