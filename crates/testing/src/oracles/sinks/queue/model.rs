//! What a queue does, as a list of what it holds.

use std::collections::VecDeque;

use hanotify::sink::QueueCounts;

use super::{Entry, Outcome};
use crate::oracles::sinks::flaky::Log;

pub(super) struct Model<O> {
    capacity: usize,
    attempts: Option<u32>,
    /// What the inner sink makes of each offer, and when these are over, it takes all.
    outcomes: O,
    held: VecDeque<Held>,
    /// Offers of the first one.
    offers: u32,
    pub(super) delivered: Log,
    pub(super) unknown: Log,
    pub(super) counts: QueueCounts,
}

/// What waits, or is in the inner sink's hands.
enum Held {
    Event(u64, Entry),
    Unknown(u64, Entry),
}

impl<O: Iterator<Item = Outcome>> Model<O> {
    pub(super) fn new(capacity: usize, attempts: Option<u32>, outcomes: O) -> Self {
        let (delivered, unknown) = (Log::new(), Log::new());
        let counts = QueueCounts::default();
        Self { capacity, attempts, outcomes, held: VecDeque::new(), offers: 0, delivered, unknown, counts }
    }

    /// Whether it holds nothing.
    pub(super) fn is_idle(&self) -> bool {
        self.held.is_empty()
    }

    /// Whether the event is taken.
    pub(super) fn offered(&mut self, number: u64, entry: Entry) -> bool {
        let has_room = self.held.len() < self.capacity;
        if has_room {
            self.held.push_back(Held::Event(number, entry));
            self.counts.taken += 1;
            self.counts.depth += 1;
            self.counts.highest_depth = self.counts.highest_depth.max(self.counts.depth);
        } else {
            self.counts.busy += 1;
        }
        has_room
    }

    /// Told of an event of an unknown router, for which half of the room is free.
    pub(super) fn told(&mut self, number: u64, entry: Entry) {
        if 2 * self.held.len() < self.capacity {
            self.held.push_back(Held::Unknown(number, entry));
        } else {
            self.counts.untold += 1;
        }
    }

    /// The inner sink answers; whether the queue is done with what it had in hand.
    pub(super) fn goes_on(&mut self) -> bool {
        let is_done = match self.held.front() {
            None => return true,
            Some(&Held::Unknown(number, entry)) => {
                self.unknown.push((number, entry));
                true
            }
            Some(&Held::Event(number, entry)) => self.answers((number, entry)),
        };
        if is_done {
            self.held.pop_front();
            self.offers = 0;
        }
        is_done
    }

    fn answers(&mut self, event: (u64, Entry)) -> bool {
        let outcome = self.outcomes.next().unwrap_or(Outcome::Take);
        self.offers += 1;
        let is_taken = outcome == Outcome::Take;
        let is_done = is_taken || self.attempts == Some(self.offers);
        if is_taken {
            self.delivered.push(event);
        }
        self.counts.delivered += u64::from(is_taken);
        self.counts.failures += u64::from(!is_taken);
        self.counts.panics += u64::from(outcome == Outcome::Panic);
        self.counts.lost += u64::from(is_done && !is_taken);
        self.counts.depth -= u64::from(is_done);
        is_done
    }
}
