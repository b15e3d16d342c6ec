//! An inner sink that fails, panics and dawdles as a script says, and remembers what it has taken.

use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use hanotify::sink::{Event, EventSink, Peer, SinkError};
use hanotify::{HaState, Notification, RouterId};
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens to an offer.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Take,
    TakeSlowly,
    Busy,
    Fail,
    Panic,
}

pub fn answers() -> impl Strategy<Value = Vec<Answer>> {
    use Answer::{Busy, Fail, Panic, Take, TakeSlowly};
    vec(prop::sample::select(vec![Take, TakeSlowly, Busy, Fail, Panic]), 0..20)
}

/// A router and its state.
pub type Step = (u8, HaState);

pub const ROUTERS: u8 = 4;

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0..ROUTERS, prop::sample::select(&HaState::ALL)), 1..30)
}

pub fn router(n: u8) -> RouterId {
    RouterId::from_bytes([n + 1; 16]).unwrap()
}

/// An event of this number.
pub fn event((n, state): Step, sequence: u64) -> Event<'static> {
    let notification = Notification { router_id: router(n), state };
    Event::new(notification, Peer { pid: None, uid: 0, gid: 0 }, sequence, UNIX_EPOCH + Duration::from_nanos(sequence))
}

/// What a sink has taken, or was told: number, router, state.
pub type Log = Vec<(u64, u8, HaState)>;

/// The sink.
#[derive(Clone, Default)]
pub struct Flaky {
    pub taken: Arc<Mutex<Log>>,
    pub unknown: Arc<Mutex<Log>>,
    /// The next one last; when there is none left, everything is taken.
    answers: Vec<Answer>,
}

impl Flaky {
    pub fn new(answers: &[Answer]) -> Self {
        Self { answers: answers.iter().rev().copied().collect(), ..Self::default() }
    }

    pub fn taken(&self) -> Log {
        self.taken.lock().unwrap().clone()
    }
}

fn entry(event: Event<'_>) -> (u64, u8, HaState) {
    (event.sequence, event.notification.router_id.to_bytes()[0] - 1, event.notification.state)
}

impl EventSink for Flaky {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        match self.answers.pop().unwrap_or(Answer::Take) {
            Answer::Take => {}
            Answer::TakeSlowly => std::thread::sleep(Duration::from_micros(300)),
            Answer::Busy => return Err(SinkError::Busy),
            Answer::Fail => return Err(SinkError::failed("no disk")),
            // Without the hook, which would print a message for each.
            Answer::Panic => std::panic::resume_unwind(Box::new(())),
        }
        self.taken.lock().unwrap().push(entry(event));
        Ok(())
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.unknown.lock().unwrap().push(entry(event));
    }
}

/// Offers each step once, as the server does: what was taken. A number that was not taken goes to the next step.
pub fn feed(sink: &mut impl EventSink, steps: &[Step]) -> Log {
    let mut taken = Log::new();
    for (&(n, state), at) in steps.iter().zip(0..) {
        let sequence = taken.len() as u64 + 1;
        let mut event = event((n, state), sequence);
        event.received_at = UNIX_EPOCH + Duration::from_nanos(at);
        if sink.notified(event).is_ok() {
            taken.push((sequence, n, state));
        }
    }
    taken
}

/// What happened to one router.
pub fn of_router(log: &Log, n: u8) -> Log {
    log.iter().filter(|&&(_, of, _)| of == n).copied().collect()
}
