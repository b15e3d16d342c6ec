//! What is to be seen of a monitor: each router with its state, and what was counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use hanotify::{HaState, RouterId};
use hanotify_monitor::Event;
use metrics::{counter, describe_counter, describe_histogram, histogram};
use serde::{Deserialize, Serialize};

/// What a router has that needs a person if it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Trouble {
    /// The agent does not take its state.
    Agent,
    /// conntrackd has failed for its state.
    Conntrackd,
    /// Its state file can't be written.
    File,
    /// Its namespace can't be watched.
    Namespace,
}

impl Trouble {
    pub(super) const ALL: [Self; 4] = [Self::Agent, Self::Conntrackd, Self::File, Self::Namespace];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Conntrackd => "conntrackd",
            Self::File => "file",
            Self::Namespace => "namespace",
        }
    }
}

/// A router.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// `None` until it is certain.
    pub(super) state: Option<HaState>,
    /// When it came into this state, or was first watched.
    pub(super) since: SystemTime,
    /// Whether the agent has acknowledged this state.
    pub(super) is_told: bool,
    /// How many requests to the agent were in vain.
    pub(super) retries: u64,
    pub(super) troubles: BTreeSet<Trouble>,
    changed: Option<Instant>,
    /// What the agent knows, unless it is being told.
    acknowledged: Option<HaState>,
}

/// All routers. A copy is the same board.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<BTreeMap<RouterId, Seen>>>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RouterId, Seen>> {
        // A panic elsewhere leaves what is as good as before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a router that is watched from now on.
    pub(super) fn know(&self, id: RouterId) {
        let (troubles, since) = (BTreeSet::new(), SystemTime::now());
        self.lock().insert(
            id,
            Seen { state: None, since, is_told: false, retries: 0, troubles, changed: None, acknowledged: None },
        );
    }

    pub(super) fn forget(&self, id: RouterId) {
        self.lock().remove(&id);
    }

    /// A copy of all routers: nobody who writes them out makes the monitor wait.
    pub(super) fn routers(&self) -> Vec<(RouterId, Seen)> {
        self.lock().iter().map(|(id, seen)| (*id, seen.clone())).collect()
    }

    /// Takes note of what has happened to a router, and counts it.
    pub(super) fn observe(&self, id: RouterId, event: &Event<'_>) {
        if let Some(seen) = self.lock().get_mut(&id) {
            seen.observe(event);
        }
        match event {
            Event::Changed(_) => counter!("hanotify_monitor_changes_total").increment(1),
            Event::Notified(_) => counter!("hanotify_monitor_deliveries_total").increment(1),
            Event::Retry => counter!("hanotify_monitor_retries_total").increment(1),
            Event::Overrun => counter!("hanotify_monitor_overruns_total").increment(1),
            Event::WriteFailed(_) => count_file_error("state"),
            Event::ConntrackdFailed(..) => counter!("hanotify_monitor_conntrackd_failures_total").increment(1),
            _ => {}
        }
    }
}

impl Seen {
    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Initial(state) | Event::Changed(state) => {
                (self.state, self.since) = (Some(*state), SystemTime::now());
                // Back in the state of before, while conntrackd has kept the other one from being told.
                self.is_told = self.acknowledged == Some(*state);
                self.changed = (!self.is_told).then(Instant::now);
            }
            Event::Telling(_) => (self.acknowledged, self.is_told) = (None, false),
            Event::Notified(state) => {
                self.troubles.remove(&Trouble::Agent);
                self.acknowledged = Some(*state);
                self.is_told = self.state == Some(*state);
                if let Some(changed) = self.changed.take_if(|_| self.is_told) {
                    histogram!("hanotify_monitor_lag_seconds").record(changed.elapsed().as_secs_f64());
                }
            }
            Event::Retry => self.retries += 1,
            Event::NotifyFailed(_) => drop(self.troubles.insert(Trouble::Agent)),
            Event::Wrote(_) => drop(self.troubles.remove(&Trouble::File)),
            Event::WriteFailed(_) => drop(self.troubles.insert(Trouble::File)),
            Event::NamespaceFound | Event::NamespaceLost => drop(self.troubles.remove(&Trouble::Namespace)),
            Event::NamespaceFailed(_) => drop(self.troubles.insert(Trouble::Namespace)),
            // The first command for another state.
            Event::Conntrackd("-c" | "-t") => drop(self.troubles.remove(&Trouble::Conntrackd)),
            Event::ConntrackdFailed(..) => drop(self.troubles.insert(Trouble::Conntrackd)),
            _ => {}
        }
    }
}

/// Counts a file that makes no sense.
pub(super) fn count_spec_error() {
    counter!("hanotify_monitor_spec_errors_total").increment(1);
}

/// Counts a file that could be written or read before and can't be now.
pub(super) fn count_file_error(file: &'static str) {
    counter!("hanotify_monitor_file_errors_total", "file" => file).increment(1);
}

/// Describes what is counted, and begins each at zero.
pub(super) fn describe() {
    for (name, what) in [
        ("hanotify_monitor_changes_total", "Times that a router got another state."),
        ("hanotify_monitor_conntrackd_failures_total", "Commands of conntrackd that failed or were killed."),
        ("hanotify_monitor_deliveries_total", "States that the agent has acknowledged."),
        ("hanotify_monitor_overruns_total", "Times that the kernel dropped events, and all was read anew."),
        (
            "hanotify_monitor_retries_total",
            "Requests to the agent that were in vain, and were followed by another one.",
        ),
        ("hanotify_monitor_spec_errors_total", "Files of routers that make no sense."),
    ] {
        describe_counter!(name, what);
        counter!(name).absolute(0);
    }
    describe_counter!("hanotify_monitor_file_errors_total", "Times that a file began to fail.");
    for file in ["folder", "spec", "state"] {
        counter!("hanotify_monitor_file_errors_total", "file" => file).absolute(0);
    }
    describe_histogram!("hanotify_monitor_lag_seconds", "From the change of a state to the agent's acknowledgement.");
    let _ = histogram!("hanotify_monitor_lag_seconds");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_that_the_agent_knows_already_is_told() {
        let (board, id) = (Board::default(), "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse().unwrap());
        let is_told = |event: Event<'_>| {
            board.observe(id, &event);
            board.routers()[0].1.is_told
        };
        board.know(id);
        assert!(!is_told(Event::Initial(HaState::Backup)) && !is_told(Event::Telling(HaState::Backup)));
        assert!(is_told(Event::Notified(HaState::Backup)));
        // conntrackd is at work for it, and the agent has not heard of it.
        assert!(!is_told(Event::Changed(HaState::Primary)) && is_told(Event::Changed(HaState::Backup)));
        // It may have heard of it.
        assert!(!is_told(Event::Changed(HaState::Primary)) && !is_told(Event::Telling(HaState::Primary)));
        assert!(!is_told(Event::Changed(HaState::Backup)) && !is_told(Event::Notified(HaState::Primary)));
        assert!(!is_told(Event::Telling(HaState::Backup)) && is_told(Event::Notified(HaState::Backup)));
    }
}
