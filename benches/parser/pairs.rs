//! Times of two, taken turn by turn, so that a busy machine slows both alike; what is stated is their ratio and its
//! spread.

use std::time::{Duration, Instant};

/// About so many bytes are parsed between two looks at the clock: long enough for the clock, and too short to be
/// interrupted often.
const TURN: usize = 64 * 1024;

/// Something to be timed: it goes over the messages so many times.
pub(crate) type Job<'a> = &'a dyn Fn(&[Vec<u8>], usize);

/// The times of all turns so far, in nanoseconds per message.
pub(crate) struct Pairs<'a> {
    messages: &'a [Vec<u8>],
    /// How many of the messages a turn has, and how often it goes over them.
    len: usize,
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
        let len = (TURN * messages.len() / bytes).clamp(1, messages.len());
        Self { messages, len, rounds: (TURN / bytes).max(1), own: Vec::new(), ratios: Vec::new() }
    }

    /// Times `own` and `other` in turn, until `own` has had at least `iterations` messages: the time that it took for
    /// so many.
    pub(crate) fn run(&mut self, iterations: u64, own: Job<'_>, other: Job<'_>) -> Duration {
        let turn = self.rounds * self.len;
        let turns = iterations.div_ceil(turn as u64).max(1);
        let mut total = Duration::ZERO;
        for _ in 0..turns {
            // Who comes first changes, so that neither always finds the caches as the other left them.
            let is_first = self.own.len().is_multiple_of(2);
            let (first, second) = if is_first { (own, other) } else { (other, own) };
            let messages = self.next_messages();
            let (first, second) = (self.time(messages, first), self.time(messages, second));
            let (own, other) = if is_first { (first, second) } else { (second, first) };
            self.own.push(own.as_secs_f64() * 1e9 / turn as f64);
            self.ratios.push(other.as_secs_f64() / own.as_secs_f64());
            total += own;
        }
        total.mul_f64(iterations as f64 / (turns * turn as u64) as f64)
    }

    /// The messages of the next turn: in the end it is the turn of all.
    fn next_messages(&self) -> &'a [Vec<u8>] {
        let turns = self.messages.len() / self.len;
        let start = self.own.len() % turns * self.len;
        &self.messages[start..start + self.len]
    }

    fn time(&self, messages: &[Vec<u8>], job: Job<'_>) -> Duration {
        let start = Instant::now();
        job(messages, self.rounds);
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
        let at = |rank: usize| values.get(rank.min(values.len() - 1)).copied().unwrap_or(f64::NAN);
        let len = values.len();
        Self { low: at(len / 4), median: at(len / 2), high: at(len * 3 / 4) }
    }
}
