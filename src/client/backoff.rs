//! Pauses between tries: short ones first, and never more than a second.

use std::time::{Duration, Instant};

/// The pause after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(10);

/// How often something has failed in a row, and when it may be tried again.
///
/// The first pause is 10 ms. Each further one is twice as long, up to [`LONGEST`](Self::LONGEST).
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// The longest pause, a second: what was away is found again within it.
    pub const LONGEST: Duration = Duration::from_secs(1);

    /// Whether it may be tried now.
    #[must_use]
    pub fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// The end of the pause. `None` while nothing has failed.
    #[must_use]
    pub const fn until(&self) -> Option<Instant> {
        self.until
    }

    /// Takes note of a failure: the next pause begins now.
    pub fn fail(&mut self, now: Instant) {
        let pause = FIRST.saturating_mul(1 << self.failures.min(10)).min(Self::LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.until = Some(now + pause);
    }

    /// Ends the pause, and keeps in mind how often it has failed.
    pub const fn end_pause(&mut self) {
        self.until = None;
    }

    /// Forgets every failure.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        let (now, mut backoff) = (Instant::now(), Backoff::default());
        assert!(backoff.is_over(now));
        let mut pauses = Vec::new();
        for _ in 0..40 {
            backoff.fail(now);
            let until = backoff.until().unwrap();
            assert!(backoff.is_over(until) && !backoff.is_over(now));
            pauses.push((until - now).as_millis());
        }
        assert_eq!(pauses[..9], [10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
        assert_eq!(pauses[39], 1_000);
        backoff.reset();
        assert!(backoff.is_over(now) && backoff.until().is_none());
    }

    #[test]
    fn a_pause_that_is_ended_early_makes_the_next_one_no_shorter() {
        let (now, mut backoff) = (Instant::now(), Backoff::default());
        backoff.fail(now);
        backoff.end_pause();
        assert!(backoff.is_over(now));
        backoff.fail(now);
        assert_eq!(backoff.until(), Some(now + 2 * FIRST));
    }
}
