//! A sink that dawdles: each call waits at a gate until the script lets it through. So a queue before it runs the same
//! way each time.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use hanotify::sink::{Event, Omitted, Refusal, SinkError, TimedSink};

/// No call comes as late as this, unless it never comes. libFuzzer has the patience for it.
const PATIENCE: Duration = Duration::from_secs(8);

/// The gate and, behind it, the sink. When the gate is gone, every call goes through.
pub(super) fn gate<S>(inner: S) -> (Gate, Dawdling<S>) {
    let ((opens, opened), (tells, told)) = (channel(), channel());
    (Gate { opens, told }, Dawdling { inner, opened, tells, idle_at: Instant::now(), has_acted: false })
}

/// The script's end.
pub(super) struct Gate {
    opens: Sender<()>,
    told: Receiver<Sign>,
}

/// What the other end does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A call waits at the gate.
    Waits,
    /// Whoever calls the sink has nothing in hand.
    Idle,
}

impl Gate {
    /// Lets the call through that waits.
    pub(super) fn open(&self) {
        self.opens.send(()).expect("the sink is there");
    }

    /// Waits for what the other end does next.
    ///
    /// # Panics
    ///
    /// Where it does something else.
    pub(super) fn awaits(&self, sign: Sign) {
        assert_eq!(self.told.recv_timeout(PATIENCE), Ok(sign));
    }
}

/// The sink's end.
pub(super) struct Dawdling<S> {
    inner: S,
    opened: Receiver<()>,
    tells: Sender<Sign>,
    /// After each call it says that something has been due since then, because a queue lets it do that only with
    /// nothing in hand.
    idle_at: Instant,
    has_acted: bool,
}

impl<S> Dawdling<S> {
    /// Where one end is gone, there is nothing to tell or to wait for.
    fn waits(&mut self) {
        self.has_acted = true;
        let _ = self.tells.send(Sign::Waits);
        let _ = self.opened.recv();
    }
}

impl<S: TimedSink> TimedSink for Dawdling<S> {
    fn notified_at(&mut self, event: Event<'_>, now: Instant) -> Result<(), SinkError> {
        self.waits();
        self.inner.notified_at(event, now)
    }

    fn refused_at(&mut self, refusal: Refusal, now: Instant) {
        self.waits();
        self.inner.refused_at(refusal, now);
    }

    fn omitted_at(&mut self, omitted: Omitted, now: Instant) {
        self.waits();
        self.inner.omitted_at(omitted, now);
    }

    fn unknown_at(&mut self, event: Event<'_>, now: Instant) {
        self.waits();
        self.inner.unknown_at(event, now);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.has_acted.then_some(self.idle_at)
    }

    fn report_due(&mut self, _: Instant) {
        self.has_acted = false;
        let _ = self.tells.send(Sign::Idle);
    }
}
