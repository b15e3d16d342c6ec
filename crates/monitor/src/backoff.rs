//! Pauses between tries: short ones first, and never more than a second.

use std::time::{Duration, Instant};

/// The pause after the first failure; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(10);
/// The longest pause: what was away is found again within it.
pub(crate) const LONGEST: Duration = Duration::from_secs(1);

/// How often something has failed in a row, and when it may be tried again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    until: Option<Instant>,
}

impl Backoff {
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// The end of the pause.
    pub(crate) const fn until(&self) -> Option<Instant> {
        self.until
    }

    pub(crate) fn fail(&mut self, now: Instant) {
        let pause = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.until = Some(now + pause);
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
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
}
