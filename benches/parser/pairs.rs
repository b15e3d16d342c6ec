//! Times of two, taken turn by turn, so that a busy machine slows both alike; what is stated is their ratio and its spread.

use std::time::{Duration, Instant};

/// Bytes that are parsed between two looks at the clock, at least.
const BLOCK: usize = 64 * 1024;

/// Something to be timed: it goes over the messages so many times.
pub(crate) type Job<'a> = &'a dyn Fn(&[Vec<u8>], usize);

/// The times of all turns so far, in nanoseconds per message.
pub(crate) struct Pairs<'a> {
    messages: &'a [Vec<u8>],
    /// Rounds over the messages in a turn.
    rounds: usize,
    own: Vec<f64>,
    ratios: Vec<f64>,
}

/// A median, and the range in which the middle half of the values lies.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl<'a> Pairs<'a> {
    pub(crate) fn new(messages: &'a [Vec<u8>]) -> Self {
        let bytes: usize = messages.iter().map(Vec::len).sum();
        Self { messages, rounds: (BLOCK / bytes.max(1)).max(1), own: Vec::new(), ratios: Vec::new() }
    }

    /// Times `own` and `other` in turn, until `own` has had at least `iterations` messages: the time that it took for so many.
    pub(crate) fn run(&mut self, iterations: u64, own: Job<'_>, other: Job<'_>) -> Duration {
        let turn = self.rounds * self.messages.len();
        let turns = iterations.div_ceil(turn as u64).max(1);
        let mut total = Duration::ZERO;
        for number in 0..turns {
            // Who comes first changes, so that neither always finds the caches as the other left them.
            let (first, second) = if number % 2 == 0 { (own, other) } else { (other, own) };
            let (first, second) = (self.time(first), self.time(second));
            let (own, other) = if number % 2 == 0 { (first, second) } else { (second, first) };
            self.own.push(own.as_secs_f64() * 1e9 / turn as f64);
            self.ratios.push(other.as_secs_f64() / own.as_secs_f64());
            total += own;
        }
        total.mul_f64(iterations as f64 / (turns * turn as u64) as f64)
    }

    fn time(&self, job: Job<'_>) -> Duration {
        let start = Instant::now();
        job(self.messages, self.rounds);
        start.elapsed()
    }

    /// Nanoseconds for a message.
    pub(crate) fn nanoseconds(&mut self) -> Spread {
        Spread::of(&mut self.own)
    }

    /// How many times faster than the other.
    pub(crate) fn ratio(&mut self) -> Spread {
        Spread::of(&mut self.ratios)
    }
}

impl Spread {
    fn of(values: &mut [f64]) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |part: usize| values.get(values.len() * part / 4).copied().unwrap_or(f64::NAN);
        Self { low: at(1), median: at(2), high: at(3) }
    }
}
