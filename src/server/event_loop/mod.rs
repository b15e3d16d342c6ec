//! The one thread: waits for the listener, the connections, the clock and the stop.

mod accept;

use std::boxed::Box;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use self::accept::Accept;
use super::config::Config;
use super::connection::later;
use super::drive::Driver;
use super::error::RunError;
use super::guard::Guard;
use super::heartbeat::Pacemaker;
use super::listener::Listener;
use super::slots::Slots;
use super::spare::Spare;
use super::stop::{Signals, Stopper};
use crate::facade::tracing;
use crate::sink::EventSink;

pub(super) const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);
pub(super) const SIGNALS: Token = Token(usize::MAX - 2);

/// The bit by which the token of a connection that lingers is told from that of one that is held.
const LINGERING: usize = 1 << (usize::BITS - 2);
/// Bytes that one read takes at the most.
const SCRATCH: usize = 16_384;

/// Everything that the thread owns.
pub(super) struct EventLoop<S> {
    config: Config,
    poll: Poll,
    stopper: Stopper,
    signals: Option<Signals>,
    /// Nothing once no connection waits any more at a server that stops.
    listener: Option<Listener>,
    /// When what is in flight has to end, at a server that stops.
    stop_at: Option<Instant>,
    accept: Accept,
    spare: Spare,
    /// Connections that wait for their message or their end.
    held: Slots,
    /// Connections that were turned away, and whose peers may not have noticed yet.
    lingering: Slots,
    guard: Guard<S>,
    pacemaker: Option<Pacemaker>,
    scratch: Box<[u8]>,
}

/// Why a connection is driven.
#[derive(Clone, Copy, Debug)]
enum Cause {
    Ready,
    Expired,
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
        let guard = Guard::new(sink, &config);
        Self {
            config,
            poll,
            stopper,
            signals,
            listener: Some(listener),
            stop_at: None,
            accept: Accept::Ready,
            spare: Spare::new(),
            held: Slots::new(now),
            lingering: Slots::new(now),
            guard,
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
        while self.listener.is_some() || self.held.len() > 0 || self.lingering.len() > 0 {
            match self.poll.poll(&mut events, self.timeout(Instant::now())) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled.map_err(RunError::new("can't wait for events"))?,
            }
            for event in &events {
                match event.token() {
                    // A socket that was taken over goes on listening when this server has let go of it.
                    LISTENER if self.listener.is_none() => {}
                    LISTENER => self.accept = Accept::Ready,
                    WAKER | SIGNALS => {}
                    Token(key) => self.drive(key, Cause::Ready),
                }
            }
            self.accept_batch()?;
            self.keep_time(Instant::now());
            if self.stop_at.is_none() && self.take_stop_request() {
                self.stop();
            }
            self.guard.meters.connections(self.held.len());
        }
        self.guard.log_dropped(None);
        Ok(*self.guard.report())
    }

    /// How long to wait for events, from the time `now` on; nothing for as long as it takes.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        let accept = match self.accept {
            Accept::Idle => None,
            Accept::Ready => Some(now),
            Accept::RetryAt(time) => Some(time),
        };
        let deadlines = [self.held.next_deadline(), self.lingering.next_deadline()];
        let beat = self.pacemaker.as_ref().and_then(|pacemaker| pacemaker.due(now));
        let others = [accept, self.guard.log_due(), self.stop_at, beat];
        let next = deadlines.into_iter().chain(others).flatten().min()?;
        Some(next.saturating_duration_since(now))
    }

    /// Does what is due at the time `now`.
    fn keep_time(&mut self, now: Instant) {
        if let Some(pacemaker) = &mut self.pacemaker {
            pacemaker.beat(now);
        }
        while let Some(key) = self.held.expired(now) {
            self.drive(key, Cause::Expired);
        }
        while let Some(key) = self.lingering.expired(now) {
            self.drive(LINGERING | key, Cause::Expired);
        }
        if self.guard.log_due().is_some_and(|due| due <= now) {
            self.guard.log_dropped(Some(now));
        }
        if self.stop_at.is_some_and(|stop_at| stop_at <= now) {
            self.finish();
        } else if self.stop_at.is_some() && self.accept == Accept::Idle {
            // All that had connected have been accepted, and nobody else can.
            self.listener = None;
        }
    }

    /// Drives the connection that has the token `token`.
    fn drive(&mut self, token: usize, cause: Cause) {
        let Self { config, guard, scratch, held, lingering, .. } = self;
        let mut driver = Driver { config, guard, scratch };
        let slots = if token & LINGERING == 0 { held } else { lingering };
        // An event may have been waiting for a connection that is over by now.
        slots.drive(token & !LINGERING, |held| match cause {
            Cause::Ready => driver.drive(held),
            Cause::Expired => driver.expire(held),
        });
    }

    fn driver(&mut self) -> Driver<'_, S> {
        Driver { config: &self.config, guard: &mut self.guard, scratch: &mut self.scratch }
    }

    /// Reads one signal, if one has come: whether it or the stopper asks for the end.
    fn take_stop_request(&mut self) -> bool {
        let mut byte = [0];
        let signalled = self.signals.as_mut().is_some_and(|signals| signals.arrivals.read(&mut byte).is_ok());
        signalled || self.stopper.is_stop_requested()
    }

    /// Lets no new sender in. Those that have connected are still accepted and answered.
    fn stop(&mut self) {
        tracing::info!(in_flight = self.held.len(), "stopping");
        if let Some(pacemaker) = &mut self.pacemaker {
            pacemaker.tell_stopping();
        }
        if let Some(listener) = &mut self.listener {
            listener.close_door();
        }
        self.accept = Accept::Ready;
        self.stop_at = Some(later(Instant::now(), self.config.stop_grace()));
    }

    /// Ends what is in flight when the grace is over: what isn't whole is answered 408.
    fn finish(&mut self) {
        self.listener = None;
        self.accept = Accept::Idle;
        for key in self.held.keys() {
            self.drive(key, Cause::Expired);
        }
        for key in self.lingering.keys() {
            self.drive(LINGERING | key, Cause::Expired);
        }
    }
}
