//! How much a peer may cause to be written, log lines or events: so much for each user in a window of time, the rest is
//! counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use std::vec::Vec;

use crate::clock::later;

/// Whose it is: that of a user's peer, or of nobody in particular.
pub(super) type Whose = Option<u32>;

/// So many users have a count of their own; when there are more, the others share one. It bounds the memory.
const USERS: usize = 64;

/// How many each user still has: log lines, or events.
#[derive(Debug)]
pub(super) struct Quota {
    most: u32,
    window: Duration,
    windows: BTreeMap<Whose, Window>,
    /// When the first of the windows ends in which something was dropped.
    due: Option<Instant>,
}

#[derive(Debug)]
struct Window {
    end: Instant,
    written: u32,
    dropped: u64,
}

/// What was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) whose: Whose,
    pub(super) count: u64,
}

impl Quota {
    pub(super) const fn new(most: u32, window: Duration) -> Self {
        Self { most, window, windows: BTreeMap::new(), due: None }
    }

    /// Takes one from the quota at the time `now`: whether it is to be written. One that is not is counted.
    pub(super) fn admit(&mut self, whose: Whose, now: Instant) -> bool {
        let whose = if self.windows.contains_key(&whose) || self.windows.len() < USERS { whose } else { None };
        // A window in which something was dropped ends with a report, and not before.
        let window =
            self.windows.entry(whose).or_insert(Window { end: later(now, self.window), written: 0, dropped: 0 });
        if window.end <= now && window.dropped == 0 {
            *window = Window { end: later(now, self.window), written: 0, dropped: 0 };
        }
        if window.written < self.most {
            window.written += 1;
            return true;
        }
        window.dropped += 1;
        self.due = Some(self.due.map_or(window.end, |due| due.min(window.end)));
        false
    }

    /// When [`take_dropped`](Self::take_dropped) has something to give.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes what was dropped in the windows that have ended at the time `now`, or in all if `now` is `None`.
    pub(super) fn take_dropped(&mut self, now: Option<Instant>) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        self.windows.retain(|&whose, window| {
            let over = now.is_none_or(|now| window.end <= now);
            if over && window.dropped > 0 {
                dropped.push(Dropped { whose, count: window.dropped });
            }
            !over
        });
        self.due = self.windows.values().filter(|window| window.dropped > 0).map(|window| window.end).min();
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    #[test]
    fn a_user_has_so_many_lines_a_window_and_the_rest_is_counted() {
        let mut quota = Quota::new(3, WINDOW);
        let now = Instant::now();
        let written = (0..100).filter(|_| quota.admit(Some(7), now)).count();
        assert_eq!(written, 3);
        assert!(quota.admit(Some(8), now), "another user has lines of its own");
        assert_eq!(quota.due(), Some(now + WINDOW));
        assert_eq!(quota.take_dropped(Some(now + WINDOW / 2)), []);
        assert_eq!(quota.take_dropped(Some(now + WINDOW)), [Dropped { whose: Some(7), count: 97 }]);
        assert_eq!(quota.due(), None);
        assert!(quota.admit(Some(7), now + WINDOW));
    }

    #[test]
    fn a_window_in_which_nothing_was_dropped_is_followed_by_another() {
        let mut quota = Quota::new(1, WINDOW);
        let now = Instant::now();
        assert!(quota.admit(None, now));
        assert!(quota.admit(None, now + WINDOW));
        assert!(!quota.admit(None, now + WINDOW));
        assert_eq!(quota.take_dropped(None), [Dropped { whose: None, count: 1 }]);
    }

    #[test]
    fn however_many_users_there_are_the_memory_is_bounded() {
        let mut quota = Quota::new(1, WINDOW);
        let now = Instant::now();
        let users = 10_000;
        let written = (0..users).filter(|&uid| quota.admit(Some(uid), now)).count();
        assert!(written <= USERS + 1, "{written}");
        assert!(quota.windows.len() <= USERS + 1);
        let dropped: u64 = quota.take_dropped(None).iter().map(|dropped| dropped.count).sum();
        assert_eq!(dropped + written as u64, u64::from(users));
    }
}
