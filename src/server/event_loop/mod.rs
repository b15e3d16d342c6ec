//! The one thread: waits for the listener, the connections, the clock and the stop.

mod accept;
mod lookout;
mod token;

use std::boxed::Box;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

use self::accept::Accept;
use self::lookout::Lookout;
use self::token::Place;
pub(super) use self::token::Source;
use super::config::Config;
use super::delivery::Delivery;
use super::drive::Driver;
use super::error::RunError;
use super::heartbeat::Pacemaker;
use super::listener::Listener;
use super::slots::Slots;
use super::spare::Spare;
use super::stop::{Signals, Stopper};
use crate::clock::later;
use crate::facade::tracing;
use crate::sink::EventSink;

/// Bytes that one read takes at the most.
const SCRATCH: usize = 16_384;

/// A signal that comes sooner after the first is the same one: timeout(1) sends it to a process, and to its group.
const ANOTHER: Duration = Duration::from_millis(50);

/// Everything that the thread owns.
pub(super) struct EventLoop<S> {
    config: Config,
    poll: Poll,
    stopper: Stopper,
    signals: Option<Signals>,
    /// `None` once no connection waits any more at a server that stops.
    listener: Option<Listener>,
    /// A socket that was left for another one, with those that could not be accepted yet, and when that is tried again.
    rest: Option<(OwnedFd, Instant)>,
    /// When it was asked to stop.
    asked_at: Option<Instant>,
    /// When what is in flight has to end, at a server that stops.
    stop_at: Option<Instant>,
    accept: Accept,
    lookout: Lookout,
    spare: Spare,
    /// Connections that wait for their message or their end.
    waiting: Slots,
    /// Connections that were turned away, and whose peers may not have noticed yet.
    lingering: Slots,
    delivery: Delivery<S>,
    pacemaker: Option<Pacemaker>,
    scratch: Box<[u8]>,
}

/// Why a connection is driven.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// Its socket may have something to give or to take.
    Ready,
    /// Its deadline has come, the server stops, or others need its place.
    MustEnd,
}

impl<S: EventSink> EventLoop<S> {
    pub(super) fn new(
        config: Config,
        poll: Poll,
        stopper: Stopper,
        signals: Option<Signals>,
        listener: Listener,
        sink: S,
    ) -> Self {
        let now = Instant::now();
        let delivery = Delivery::new(sink, &config);
        delivery.tally.set_backlog(listener.backlog(), config.expected_routers());
        Self {
            config,
            poll,
            stopper,
            signals,
            listener: Some(listener),
            rest: None,
            asked_at: None,
            stop_at: None,
            accept: Accept::Ready,
            lookout: Lookout::new(now),
            spare: Spare::new(),
            waiting: Slots::new(now),
            lingering: Slots::new(now),
            delivery,
            pacemaker: None,
            scratch: vec![0; SCRATCH].into_boxed_slice(),
        }
    }

    pub(super) fn with_pacemaker(self, pacemaker: Option<Pacemaker>) -> Self {
        Self { pacemaker, ..self }
    }

    /// Serves until it is stopped and the last connection is over.
    pub(super) fn run(mut self) -> Result<super::Report, RunError> {
        let mut events = Events::with_capacity(256);
        while self.listener.is_some() || self.rest.is_some() || self.waiting.len() > 0 || self.lingering.len() > 0 {
            match self.poll.poll(&mut events, self.timeout(Instant::now())) {
                // By a signal, which may be one of those that stop the server: there are no events then.
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                polled => polled.map_err(RunError::new("can't wait for events"))?,
            }
            for event in &events {
                match Source::from(event.token()) {
                    // A socket that was taken over goes on listening when this server has let go of it.
                    Source::Listener if self.listener.is_none() => {}
                    Source::Listener => self.accept = Accept::Ready,
                    Source::Waker | Source::Signals => {}
                    Source::Client(place) => self.drive(place, Cause::Ready),
                }
            }
            self.accept_batch()?;
            self.keep_time(Instant::now());
            self.heed_stop_requests();
            self.delivery.tally.set_connections(self.waiting.len());
        }
        self.delivery.report_dropped(None);
        Ok(*self.delivery.tally.report())
    }

    /// How long to wait for events, from the time `now` on; `None` for as long as it takes.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        let accept = match self.accept {
            Accept::Idle => None,
            Accept::Ready => Some(now),
            Accept::RetryAt(time) => Some(time),
        };
        let deadlines = [self.waiting.next_deadline(), self.lingering.next_deadline()];
        let beat = self.pacemaker.as_ref().and_then(|pacemaker| pacemaker.due(now));
        let rest = self.rest.as_ref().map(|(_, due)| *due);
        let others = [accept, rest, self.delivery.report_due(), self.stop_at, beat, self.look_due()];
        let next = deadlines.into_iter().chain(others).flatten().min()?;
        Some(next.saturating_duration_since(now))
    }

    /// Does what is due at the time `now`.
    fn keep_time(&mut self, now: Instant) {
        if let Some(pacemaker) = &mut self.pacemaker {
            pacemaker.beat(now);
        }
        while let Some(key) = self.waiting.expired(now) {
            self.drive(Place::Waiting(key), Cause::MustEnd);
        }
        while let Some(key) = self.lingering.expired(now) {
            self.drive(Place::Lingering(key), Cause::MustEnd);
        }
        if self.delivery.report_due().is_some_and(|due| due <= now) {
            self.delivery.report_dropped(Some(now));
        }
        self.retry_rest(now);
        self.look_after_socket(now);
        if self.stop_at.is_some_and(|stop_at| stop_at <= now) {
            self.finish();
        } else if self.stop_at.is_some() && self.accept == Accept::Idle {
            // All that had connected have been accepted, and nobody else can.
            self.listener = None;
        }
    }

    /// Drives the connection at this place.
    fn drive(&mut self, place: Place, cause: Cause) {
        let Self { config, delivery, scratch, waiting, lingering, .. } = self;
        let mut driver = Driver { config, delivery, scratch };
        let (slots, key) = match place {
            Place::Waiting(key) => (waiting, key),
            Place::Lingering(key) => (lingering, key),
        };
        // An event may have been waiting for a connection that is over by now.
        slots.drive(key, |client| match cause {
            Cause::Ready => driver.drive(client),
            Cause::MustEnd => driver.end(client),
        });
    }

    fn driver(&mut self) -> Driver<'_, S> {
        Driver { config: &self.config, delivery: &mut self.delivery, scratch: &mut self.scratch }
    }

    /// Stops if a signal or the stopper asks for that; a later signal ends the grace.
    fn heed_stop_requests(&mut self) {
        let is_signalled = self.signals.as_mut().is_some_and(Signals::take);
        match self.asked_at {
            None if is_signalled || self.stopper.is_stop_requested() => self.stop(Instant::now()),
            Some(asked_at) if is_signalled && asked_at.elapsed() >= ANOTHER => self.stop_at = Some(asked_at),
            _ => {}
        }
    }

    /// Lets no new sender in, from the time `now` on. Those that have connected are still accepted and answered.
    fn stop(&mut self, now: Instant) {
        tracing::info!(in_flight = self.waiting.len(), "stopping");
        if let Some(pacemaker) = &mut self.pacemaker {
            pacemaker.tell_stopping();
        }
        if let Some(listener) = &mut self.listener {
            listener.close_door();
        }
        self.accept = Accept::Ready;
        self.asked_at = Some(now);
        self.stop_at = Some(later(now, self.config.stop_grace()));
    }

    /// Ends what is in flight when the grace is over: what isn't whole is answered 408, and who waits to be accepted
    /// 503.
    fn finish(&mut self) {
        self.accept = Accept::Idle;
        // It gives back what those need that come next.
        self.end_all();
        let own = self.listener.take().filter(|listener| !listener.is_adopted());
        if let Some(listener) = own {
            self.turn_away_rest(&listener.fd);
        }
        if let Some((old, _)) = self.rest.take() {
            self.turn_away_rest(&old);
        }
        self.end_all();
    }

    fn end_all(&mut self) {
        for key in self.waiting.keys() {
            self.drive(Place::Waiting(key), Cause::MustEnd);
        }
        for key in self.lingering.keys() {
            self.drive(Place::Lingering(key), Cause::MustEnd);
        }
    }
}
