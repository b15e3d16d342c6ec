//! The place where an event is handed from the server's thread to its reader, and the answer back.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hanotify::sink::{Event, EventSink, OwnedEvent, SinkError};

use super::logs::Lines;
use super::wake::Wake;

/// What both threads share. No other process has a part in it: a child of fork has a copy, and what it answers there
/// changes nothing here.
pub(crate) struct Handover {
    slot: Mutex<Slot>,
    changed: Condvar,
    pub(crate) wake: Arc<Wake>,
    pub(crate) lines: Arc<Lines>,
    answer_time: Duration,
}

#[derive(Default)]
struct Slot {
    /// Of the event that is here, or was here last.
    number: u64,
    phase: Phase,
    /// No event is handed over any more.
    stops: bool,
    /// How the server ended, once it has.
    end: Option<Result<(), String>>,
}

#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    Waits(OwnedEvent),
    InHand,
    Answered(Answer),
}

/// What the reader says of an event.
pub(crate) enum Answer {
    Taken,
    Busy,
    Failed(String),
}

impl Handover {
    pub(crate) fn new(answer_time: Duration) -> rustix::io::Result<Arc<Self>> {
        let wake = Arc::new(Wake::new()?);
        let lines = Lines::new(Arc::clone(&wake));
        Ok(Arc::new(Self { slot: Mutex::default(), changed: Condvar::new(), wake, lines, answer_time }))
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The event that waits, which its reader now has in hand, and its number.
    pub(crate) fn take(&self) -> Option<(u64, OwnedEvent)> {
        // Before the look: what comes after it wakes again.
        self.wake.rest();
        let mut slot = self.lock();
        match mem::take(&mut slot.phase) {
            Phase::Waits(event) => {
                slot.phase = Phase::InHand;
                Some((slot.number, event))
            }
            other => {
                slot.phase = other;
                None
            }
        }
    }

    /// Answers for the event of this number. Returns whether the answer came in time: one that is late has no effect.
    pub(crate) fn answer(&self, number: u64, answer: Answer) -> bool {
        let mut slot = self.lock();
        let is_awaited = slot.number == number && matches!(slot.phase, Phase::InHand);
        if is_awaited {
            slot.phase = Phase::Answered(answer);
            self.changed.notify_all();
        }
        is_awaited
    }

    /// Hands nothing over any more. The event that is in hand can still be answered, unless nobody will.
    pub(crate) fn stop(&self, nobody_answers: bool) {
        let mut slot = self.lock();
        slot.stops = true;
        if matches!(slot.phase, Phase::Waits(_)) || (nobody_answers && matches!(slot.phase, Phase::InHand)) {
            slot.phase = Phase::Answered(Answer::Busy);
            self.changed.notify_all();
        }
    }

    /// Takes note that the server has ended, unless it is known.
    pub(crate) fn end(&self, end: Result<(), String>) {
        self.lock().end.get_or_insert(end);
        self.changed.notify_all();
        self.wake.wake();
    }

    /// How the server ended; `None` while it runs.
    pub(crate) fn ended(&self) -> Option<Result<(), String>> {
        self.lock().end.clone()
    }

    /// Waits until the server has ended, for this long at most. Returns whether it has.
    pub(crate) fn wait_for_end(&self, timeout: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, |slot| slot.end.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.end.is_some()
    }
}

/// The sink that hands events over, and waits for the answer.
pub(crate) struct Giver(pub(crate) Arc<Handover>);

impl EventSink for Giver {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let mut slot = self.0.lock();
        if slot.stops {
            return Err(SinkError::Busy);
        }
        slot.number += 1;
        slot.phase = Phase::Waits(event.into());
        self.0.wake.wake();
        let waits = |slot: &mut Slot| !matches!(slot.phase, Phase::Answered(_));
        let waited = self.0.changed.wait_timeout_while(slot, self.0.answer_time, waits);
        let mut slot = waited.unwrap_or_else(PoisonError::into_inner).0;
        match mem::take(&mut slot.phase) {
            Phase::Answered(Answer::Taken) => Ok(()),
            Phase::Answered(Answer::Failed(why)) => Err(SinkError::failed(why)),
            // Where there is no answer in time, the event is taken back: its reader never gets it, or answers in vain.
            _ => Err(SinkError::Busy),
        }
    }
}

/// Lets the reader know when the thread that holds this ends without a word.
pub(crate) struct LastWord(pub(crate) Arc<Handover>);

impl Drop for LastWord {
    fn drop(&mut self) {
        self.0.end(Err("the server's thread panicked".to_owned()));
    }
}
