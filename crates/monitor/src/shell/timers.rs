//! When which router is to be looked at although nothing has come in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// One time at most for each router.
#[derive(Debug, Default)]
pub(super) struct Timers {
    in_order: BTreeSet<(Instant, usize)>,
    of: BTreeMap<usize, Instant>,
}

impl Timers {
    /// Sets the time of a router, or takes it away.
    pub(super) fn set(&mut self, key: usize, due: Option<Instant>) {
        let before = match due {
            Some(due) => self.of.insert(key, due),
            None => self.of.remove(&key),
        };
        if before != due {
            if let Some(before) = before {
                self.in_order.remove(&(before, key));
            }
            self.in_order.extend(due.map(|due| (due, key)));
        }
    }

    /// The earliest time.
    pub(super) fn next(&self) -> Option<Instant> {
        self.in_order.first().map(|(due, _)| *due)
    }

    /// The next router whose time has come. It has none then.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<usize> {
        let (_, key) = *self.in_order.first().filter(|(due, _)| *due <= now)?;
        self.set(key, None);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_earliest_comes_first_and_each_router_has_one_time() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let after = |millis| now + Duration::from_millis(millis);
        timers.set(1, Some(after(30)));
        timers.set(2, Some(after(20)));
        timers.set(1, Some(after(10)));
        timers.set(3, Some(after(5)));
        timers.set(3, None);
        assert_eq!((timers.next(), timers.take_due(after(9))), (Some(after(10)), None));
        let due: Vec<_> = std::iter::from_fn(|| timers.take_due(after(40))).collect();
        assert_eq!((due, timers.next()), (vec![1, 2], None));
    }
}
