//! What the two ends of a queue share.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::monitor::Monitor;
use super::super::{Event, Omitted, OwnedEvent, Refusal, SinkError};
use super::meters::Meters;
use super::options::{QueueCounts, QueueOptions};
use crate::notification::RouterId;

/// What the worker tells the inner sink.
#[derive(Debug)]
pub(super) enum Telling {
    Notified(OwnedEvent),
    Refused(Refusal),
    Omitted(Omitted),
    Unknown(OwnedEvent),
    Again(RouterId),
    Forget(RouterId),
}

/// What the worker does next.
pub(super) enum Next {
    /// Tell this, which came at this time.
    Tell(Telling, Instant),
    /// Let the inner sink do what is due by this time.
    Due(Instant),
    /// End: nothing waits, and nothing can come.
    End,
}

/// The queue itself.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: QueueOptions,
    monitor: Monitor<State>,
    meters: Meters,
}

struct State {
    waiting: VecDeque<(Telling, Instant)>,
    /// Whether the worker has something in hand.
    in_hand: bool,
    closed_at: Option<Instant>,
    counts: QueueCounts,
}

impl State {
    fn held(&self) -> usize {
        self.waiting.len() + usize::from(self.in_hand)
    }

    fn grace_ends_at(&self, grace: Duration) -> Option<Instant> {
        self.closed_at.and_then(|closed_at| closed_at.checked_add(grace))
    }

    fn refuse_when_closed(&self) -> Result<(), SinkError> {
        if self.closed_at.is_some() { Err(SinkError::failed("the queue is closed")) } else { Ok(()) }
    }
}

impl Shared {
    pub(super) fn new(options: QueueOptions) -> Self {
        let state = State { waiting: VecDeque::new(), in_hand: false, closed_at: None, counts: QueueCounts::default() };
        Self { options, monitor: Monitor::new(state), meters: Meters::new() }
    }

    pub(super) fn counts(&self) -> QueueCounts {
        self.monitor.lock().counts
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut QueueCounts)) {
        self.count_in(&mut self.monitor.lock(), count);
    }

    fn count_in(&self, state: &mut State, count: impl FnOnce(&mut QueueCounts)) {
        let before = state.counts;
        count(&mut state.counts);
        self.meters.moved(&before, &state.counts);
    }

    /// Queues an event.
    pub(super) fn take(&self, event: Event<'_>) -> Result<(), SinkError> {
        let mut state = self.monitor.lock();
        state.refuse_when_closed()?;
        if state.held() >= self.options.capacity {
            self.count_in(&mut state, |counts| counts.busy += 1);
            return Err(SinkError::Busy);
        }
        // Under the lock, so that times are in the order of the queue.
        state.waiting.push_back((Telling::Notified(event.into()), Instant::now()));
        self.count_in(&mut state, |counts| {
            counts.taken += 1;
            counts.depth += 1;
            counts.highest_depth = counts.highest_depth.max(counts.depth);
        });
        drop(state);
        self.monitor.notify();
        Ok(())
    }

    /// Queues what may be dropped when there is little room.
    pub(super) fn tell(&self, telling: impl FnOnce() -> Telling) {
        let mut state = self.monitor.lock();
        if state.closed_at.is_some() || state.held() >= self.options.capacity.div_ceil(2) {
            self.count_in(&mut state, |counts| counts.untold += 1);
            return;
        }
        state.waiting.push_back((telling(), Instant::now()));
        drop(state);
        self.monitor.notify();
    }

    /// Queues a request.
    pub(super) fn ask(&self, request: Telling) -> Result<(), SinkError> {
        let mut state = self.monitor.lock();
        state.refuse_when_closed()?;
        if state.held() >= self.options.capacity {
            return Err(SinkError::Busy);
        }
        state.waiting.push_back((request, Instant::now()));
        drop(state);
        self.monitor.notify();
        Ok(())
    }

    /// From now on nothing is queued.
    pub(super) fn close(&self) {
        self.monitor.lock().closed_at.get_or_insert_with(Instant::now);
        self.monitor.notify();
    }

    /// Waits for something to do.
    ///
    /// What came before the inner sink's deadline is told before what is due is done, and the other way round, however
    /// late the worker is: so that it makes no difference how fast it is.
    pub(super) fn next(&self, deadline: Option<Instant>) -> Next {
        let mut state = self.monitor.lock();
        state.in_hand = false;
        loop {
            let now = state.waiting.front().map_or_else(Instant::now, |&(_, came_at)| came_at);
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Next::Due(now);
            }
            if let Some((telling, came_at)) = state.waiting.pop_front() {
                state.in_hand = true;
                return Next::Tell(telling, came_at);
            }
            if state.closed_at.is_some() {
                return Next::End;
            }
            state = self.monitor.wait(state, deadline);
        }
    }

    /// When the grace ends; `None` as long as the queue is open, or if the grace is longer than the clock can count.
    pub(super) fn grace_ends_at(&self) -> Option<Instant> {
        self.monitor.lock().grace_ends_at(self.options.grace)
    }

    /// Waits until this time, or until the queue is closed and its grace is over.
    pub(super) fn pause_until(&self, time: Instant) {
        let mut state = self.monitor.lock();
        loop {
            let until = state.grace_ends_at(self.options.grace).map_or(time, |end| end.min(time));
            if until <= Instant::now() {
                return;
            }
            state = self.monitor.wait(state, Some(until));
        }
    }
}
