//! The fail-over filter: a state counts once it has been stable for a while.

mod counts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

pub use counts::{DebounceCounts, DebounceHandle};

use super::barrier;
use super::{Event, EventSink, Omitted, OwnedEvent, Refusal, SinkError, TimedSink};
use crate::clock::later;
use crate::notification::{HaState, Notification, RouterId};

/// Passes an event on when its router's state has been stable for a window (2 s for `primary`, 0 for others): the last
/// state wins, a state that is the last reported one is reported again only when asked, and a report that fails is kept
/// and tried again.
///
/// Without I/O, clock or thread of its own: times are passed in, and [`next_deadline`](TimedSink::next_deadline) says
/// when to call [`report_due`](TimedSink::report_due). A [`Queue`](super::Queue) does that, so the usual form is one
/// line:
///
/// ```
/// use hanotify::sink::{Event, Queue, Debounce};
/// # fn agent(_: Event<'_>) -> Result<(), hanotify::sink::SinkError> { Ok(()) }
///
/// let sink = Queue::new(4_096, Debounce::new(agent))?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// **When the sender is told 200**: when the filter has the event. When the inner sink fails later, the sender has its
/// answer already. So the event is kept and offered again every `retry` (1 s by default), until it is taken or a newer
/// state of its router replaces it. A panic of the inner sink passes through and counts as a failure.
///
/// **What is compared** is the state that has settled with the state that the inner sink has taken last, so a primary
/// that is repeated and then becomes a backup is reported as a backup. A refused message changes nothing here, so
/// garbage after a primary does not lose it.
///
/// **What it keeps** is one event for each router that was ever notified of, until [`forget`](TimedSink::forget): put a
/// [`Known`](super::Known) in front.
///
/// ```
/// use std::time::{Duration, Instant};
/// use hanotify::sink::{Debounce, Event, Peer, TimedSink};
/// # use hanotify::{HaState, Notification, RouterId};
/// # let router_id: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let peer = Peer { pid: Some(7), uid: 0, gid: 0 };
/// # let event = |state| Event::new(Notification { router_id, state }, peer, 1, std::time::UNIX_EPOCH);
///
/// let mut reported = vec![];
/// let mut debounce = Debounce::new(|event: Event<'_>| Ok(reported.push(event.notification.state)));
/// let start = Instant::now();
/// debounce.notified_at(event(HaState::Backup), start)?;
/// debounce.report_due(start);
/// debounce.notified_at(event(HaState::Primary), start)?;
/// assert_eq!(debounce.next_deadline(), Some(start + Duration::from_secs(2)));
/// debounce.report_due(start + Duration::from_millis(1_999));
/// debounce.report_due(start + Duration::from_secs(2));
/// assert_eq!(debounce.next_deadline(), None);
/// assert_eq!(reported, [HaState::Backup, HaState::Primary]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Debounce<S> {
    inner: S,
    windows: [Duration; HaState::ALL.len()],
    retry: Duration,
    routers: HashMap<RouterId, Router>,
    /// When which router is due, and the turn that tells two of the same time apart.
    schedule: BTreeSet<(Instant, u64, RouterId)>,
    next_turn: u64,
    handle: DebounceHandle,
}

/// The longest window and the longest wait: the clock can count that far, and nobody waits longer for a fail-over.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of a router.
#[derive(Debug)]
struct Router {
    /// The newest event; its state is the router's.
    newest: OwnedEvent,
    /// The router's place in the schedule, if its newest event waits.
    due: Option<(Instant, u64)>,
    /// The state that the inner sink has taken last.
    reported: Option<HaState>,
    /// Whether the state is to be reported even if that was reported already.
    asked: bool,
    /// Whether the log has a line of a report that failed since the last one that did not.
    logged: bool,
}

impl Router {
    const fn state(&self) -> HaState {
        self.newest.notification.state
    }

    /// Logs why the inner sink did not take the newest event; the error's own text may panic.
    fn log_failure(&self, error: SinkError) {
        if let Err(failure) = barrier::offer(|| Err(error)) {
            failure.log(self.newest.notification, "debounce filter", "the report is tried again");
        }
    }
}

impl<S: EventSink> Debounce<S> {
    /// A filter in front of `inner`, with the default windows.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            windows: HaState::ALL.map(|state| Duration::from_secs(if state == HaState::Primary { 2 } else { 0 })),
            retry: Duration::from_secs(1),
            routers: HashMap::new(),
            schedule: BTreeSet::new(),
            next_turn: 0,
            handle: DebounceHandle::default(),
        }
    }
}

impl<S> Debounce<S> {
    /// Sets how long a router must have had this state before the state is reported. Default: 2 s for `primary`, 0 for
    /// others. The longest is a day.
    #[must_use]
    pub fn with_window(mut self, state: HaState, window: Duration) -> Self {
        for (_, slot) in HaState::ALL.iter().zip(&mut self.windows).filter(|(of, _)| **of == state) {
            *slot = window.min(LONGEST);
        }
        self
    }

    /// Sets how long to wait before a report that failed is tried again. Default: 1 s. The shortest is 1 ms, the
    /// longest a day.
    #[must_use]
    pub fn with_retry(self, retry: Duration) -> Self {
        Self { retry: retry.clamp(Duration::from_millis(1), LONGEST), ..self }
    }

    /// Reads the counters from anywhere, at any time.
    #[must_use]
    pub fn handle(&self) -> DebounceHandle {
        self.handle.clone()
    }

    /// Takes an event without calling the inner sink.
    fn take(&mut self, event: Event<'_>, now: Instant) {
        let Notification { router_id, state } = event.notification;
        let newest = OwnedEvent::from(event);
        self.handle.count(|counters| &counters.taken);
        let deadline = later(now, self.window(state));
        let Some(router) = self.routers.get_mut(&router_id) else {
            self.routers.insert(router_id, Router { newest, due: None, reported: None, asked: false, logged: false });
            return self.schedule(router_id, deadline);
        };
        let is_same = router.state() == state;
        router.newest = newest;
        if router.due.is_some() {
            self.handle.meter(|counters| &counters.superseded);
        } else if is_same {
            self.handle.meter(|counters| &counters.unchanged);
        }
        // The window of a state begins when the router enters it, however often that is repeated.
        if !is_same {
            self.schedule(router_id, deadline);
        }
    }

    fn window(&self, state: HaState) -> Duration {
        HaState::ALL.iter().zip(self.windows).find(|(of, _)| **of == state).map_or(Duration::ZERO, |(_, window)| window)
    }

    /// Gives the router's newest event this place in the schedule, in place of the one it has.
    fn schedule(&mut self, router_id: RouterId, deadline: Instant) {
        let Some(router) = self.routers.get_mut(&router_id) else { return };
        let due = (deadline, self.next_turn);
        self.next_turn += 1;
        if let Some((deadline, turn)) = router.due.replace(due) {
            self.schedule.remove(&(deadline, turn, router_id));
        }
        self.schedule.insert((due.0, due.1, router_id));
        self.count_waiting();
    }

    fn unschedule(&mut self, router_id: RouterId) {
        let Some(router) = self.routers.get_mut(&router_id) else { return };
        if let Some((deadline, turn)) = router.due.take() {
            self.schedule.remove(&(deadline, turn, router_id));
        }
        self.count_waiting();
    }

    fn count_waiting(&self) {
        self.handle.set_waiting(self.schedule.len());
    }
}

impl<S: EventSink> Debounce<S> {
    fn report(&mut self, router_id: RouterId, now: Instant) {
        let is_unchanged =
            self.routers.get(&router_id).is_none_or(|router| router.reported == Some(router.state()) && !router.asked);
        if is_unchanged {
            self.unschedule(router_id);
            self.handle.meter(|counters| &counters.unchanged);
            return;
        }
        // Before the inner sink is called, which may panic.
        self.schedule(router_id, later(now, self.retry));
        self.handle.count(|counters| &counters.offers);
        let Some(router) = self.routers.get_mut(&router_id) else { return };
        match self.inner.notified(router.newest.as_event()) {
            Ok(()) => {
                router.reported = Some(router.state());
                router.asked = false;
                router.logged = false;
                self.unschedule(router_id);
                self.handle.meter(|counters| &counters.reported);
            }
            Err(error) => {
                self.handle.count_failure();
                // Not each time: a sink that fails for an hour must not fill the log.
                if !std::mem::replace(&mut router.logged, true) {
                    router.log_failure(error);
                }
            }
        }
    }
}

impl<S: EventSink> TimedSink for Debounce<S> {
    /// Takes the event. The filter never refuses one, and does not call the inner sink here.
    fn notified_at(&mut self, event: Event<'_>, now: Instant) -> Result<(), SinkError> {
        self.take(event, now);
        Ok(())
    }

    fn refused_at(&mut self, refusal: Refusal, _now: Instant) {
        self.inner.refused(refusal);
    }

    fn omitted_at(&mut self, omitted: Omitted, _now: Instant) {
        self.inner.omitted(omitted);
    }

    fn unknown_at(&mut self, event: Event<'_>, _now: Instant) {
        self.inner.unknown(event);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.schedule.first().map(|&(deadline, ..)| deadline)
    }

    /// Reports what has settled, in the order in which it became due. What the inner sink does not take waits for
    /// another `retry`.
    fn report_due(&mut self, now: Instant) {
        while let Some(&(deadline, _, router_id)) = self.schedule.first()
            && deadline <= now
        {
            self.report(router_id, now);
        }
    }

    /// Makes all that waits due at the time `now`, in the order in which it would have been due.
    fn flush(&mut self, now: Instant) {
        for (_, _, router_id) in std::mem::take(&mut self.schedule) {
            self.schedule(router_id, now);
        }
    }

    fn waiting(&self) -> usize {
        self.schedule.len()
    }

    /// Reports the router's state once more when it has settled, although it may not have changed. Nothing happens if
    /// no event of the router ever came.
    fn report_again(&mut self, router_id: RouterId, now: Instant) {
        let Some(router) = self.routers.get_mut(&router_id) else { return };
        router.asked = true;
        if router.due.is_none() {
            // What does not wait has settled.
            self.handle.count(|counters| &counters.repeated);
            self.schedule(router_id, now);
        }
    }

    /// Forgets the router, and with it an event that waits. The router's next state is reported whatever it is.
    fn forget(&mut self, router_id: RouterId) {
        if let Some(Router { due: Some((deadline, turn)), .. }) = self.routers.remove(&router_id) {
            self.schedule.remove(&(deadline, turn, router_id));
            self.handle.count(|counters| &counters.forgotten);
            self.count_waiting();
        }
    }
}
