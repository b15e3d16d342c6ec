//! An inner sink that does what a script says, and remembers what it has taken.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use hanotify::sink::{Event, EventSink, Peer, SinkError};
use hanotify::{Notification, RouterId};

use super::{Entry, Outcome};

/// What a sink was given: the event's number, and what it says.
pub(super) type Log = Vec<(u64, Entry)>;

/// The sink. What it is asked beyond its script, it takes.
#[derive(Clone, Default)]
pub(super) struct Flaky {
    taken: Arc<Mutex<Log>>,
    unknown: Arc<Mutex<Log>>,
    outcomes: VecDeque<Outcome>,
}

impl Flaky {
    pub(super) fn new(outcomes: &[Outcome]) -> Self {
        Self { outcomes: outcomes.iter().copied().collect(), ..Self::default() }
    }

    pub(super) fn taken(&self) -> Log {
        self.taken.lock().expect("no panic under the lock").clone()
    }

    pub(super) fn unknown(&self) -> Log {
        self.unknown.lock().expect("no panic under the lock").clone()
    }
}

impl EventSink for Flaky {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let outcome = self.outcomes.pop_front().unwrap_or(Outcome::Take);
        if outcome == Outcome::Take {
            self.taken.lock().expect("no panic under the lock").push(entry(event));
        }
        outcome.act()
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.unknown.lock().expect("no panic under the lock").push(entry(event));
    }
}

fn entry(event: Event<'_>) -> (u64, Entry) {
    (event.sequence, (event.notification.router_id.to_bytes()[0] - 1, event.notification.state))
}

pub(super) fn router(n: u8) -> RouterId {
    RouterId::from_bytes([n + 1; 16]).expect("not all zero")
}

/// An event of this number.
pub(super) fn event((n, state): Entry, sequence: u64) -> Event<'static> {
    let notification = Notification { router_id: router(n), state };
    Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, sequence, UNIX_EPOCH)
}

/// Whether the sink took it; a panic is contained, as the server does it.
pub(super) fn offer(sink: &mut impl EventSink, event: Event<'_>) -> bool {
    matches!(catch_unwind(AssertUnwindSafe(|| sink.notified(event))), Ok(Ok(())))
}

/// Offers each entry once, under a number of its own: what was taken.
pub(super) fn feed(sink: &mut impl EventSink, entries: &[Entry]) -> Log {
    let numbered = (1..).zip(entries.iter().copied());
    numbered.filter(|&(sequence, entry)| offer(sink, event(entry, sequence))).collect()
}
