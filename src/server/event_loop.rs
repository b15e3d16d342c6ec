//! The one thread: waits for the listener, the connections, the clock and the stop.

use std::boxed::Box;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::io::Errno;
use rustix::net::SocketFlags;

use super::config::Config;
use super::connection::Connection;
use super::drive::{Driven, Driver};
use super::error::RunError;
use super::guard::Guard;
use super::listener::Listener;
use super::peer;
use super::slots::{Held, Slots};
use super::stop::{Handle, Signals};
use crate::sink::EventSink;

pub(super) const LISTENER: Token = Token(usize::MAX);
pub(super) const WAKER: Token = Token(usize::MAX - 1);
pub(super) const SIGNALS: Token = Token(usize::MAX - 2);

/// Connections accepted in a row before the others have their turn.
const BATCH: usize = 256;
/// How long the server waits before it accepts again, after it ran out of descriptors or memory.
const RETRY: Duration = Duration::from_millis(100);
/// Bytes that one read takes at the most.
const SCRATCH: usize = 65_536;

/// Everything that the thread owns.
pub(super) struct EventLoop<S> {
    config: Config,
    poll: Poll,
    handle: Handle,
    signals: Option<Signals>,
    /// Nothing once the server is stopping.
    listener: Option<Listener>,
    accept: Accept,
    slots: Slots,
    guard: Guard<S>,
    scratch: Box<[u8]>,
}

/// Whether connections may wait to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accept {
    /// None do.
    Idle,
    /// Some may.
    Ready,
    /// Some may, but the process has to be given time to close others.
    RetryAt(Instant),
}

/// Why a held connection is driven.
#[derive(Clone, Copy, Debug)]
enum Cause {
    Ready,
    Expired,
}

impl<S: EventSink> EventLoop<S> {
    pub(super) fn new(
        config: Config,
        poll: Poll,
        handle: Handle,
        signals: Option<Signals>,
        listener: Listener,
        sink: S,
    ) -> Self {
        Self {
            config,
            poll,
            handle,
            signals,
            listener: Some(listener),
            accept: Accept::Ready,
            slots: Slots::default(),
            guard: Guard::new(sink),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
        }
    }

    /// Serves until it is stopped and the last connection is over.
    pub(super) fn run(mut self) -> Result<super::Report, RunError> {
        let mut events = Events::with_capacity(256);
        while self.listener.is_some() || self.slots.len() > 0 {
            match self.poll.poll(&mut events, self.timeout(Instant::now())) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled.map_err(RunError::new("can't wait for events"))?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept = Accept::Ready,
                    WAKER | SIGNALS => {}
                    Token(key) => self.ready(key),
                }
            }
            self.accept_batch()?;
            self.expire(Instant::now());
            if self.listener.is_some() && self.is_stopped() {
                self.stop_listening()?;
            }
        }
        Ok(*self.guard.report())
    }

    /// How long to wait for events, from the time `now` on; nothing for as long as it takes.
    fn timeout(&self, now: Instant) -> Option<Duration> {
        let accept = match self.accept {
            Accept::Idle => None,
            Accept::Ready => Some(now),
            Accept::RetryAt(time) => Some(time),
        };
        let next = accept.into_iter().chain(self.slots.next_deadline()).min()?;
        Some(next.saturating_duration_since(now))
    }

    /// Accepts the connections that wait, up to a batch of them.
    fn accept_batch(&mut self) -> Result<(), RunError> {
        match self.accept {
            Accept::Idle => return Ok(()),
            Accept::RetryAt(time) if Instant::now() < time => return Ok(()),
            Accept::RetryAt(_) | Accept::Ready => self.accept = Accept::Ready,
        }
        for _ in 0..BATCH {
            let Some(listener) = &self.listener else { break };
            match rustix::net::accept_with(&listener.fd, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(fd) => self.accepted(fd)?,
                Err(Errno::AGAIN) => {
                    self.accept = Accept::Idle;
                    break;
                }
                // That one connection is gone already.
                Err(Errno::INTR | Errno::CONNABORTED | Errno::PROTO) => {}
                Err(cause @ (Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)) => {
                    tracing::warn!(%cause, "can't accept now: trying again in {RETRY:?}");
                    self.accept = Accept::RetryAt(Instant::now() + RETRY);
                    break;
                }
                Err(cause) => return Err(RunError::new("can't accept connections")(cause.into())),
            }
        }
        Ok(())
    }

    /// Reads at once, because the message of a real sender is there as soon as it has connected or very soon after: most connections
    /// are over before they need to be held.
    fn accepted(&mut self, fd: OwnedFd) -> Result<(), RunError> {
        let peer = peer::credentials(fd.as_fd());
        let mut held = Held { fd, peer, connection: Connection::new(&self.config, Instant::now()) };
        if self.driver().drive(&mut held) == Driven::Over {
            return Ok(());
        }
        if self.slots.len() >= self.config.connections() {
            self.driver().turn_away(&mut held);
            return Ok(());
        }
        let raw = held.fd.as_raw_fd();
        let key = self.slots.insert(held);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut SourceFd(&raw), Token(key), interest);
        registered.map_err(RunError::new("can't watch a connection"))
    }

    /// Drives a connection whose socket may be ready.
    fn ready(&mut self, key: usize) {
        self.drive(key, Cause::Ready);
    }

    /// Ends every connection whose deadline has come at the time `now`.
    fn expire(&mut self, now: Instant) {
        while let Some(key) = self.slots.expired(now) {
            self.drive(key, Cause::Expired);
        }
    }

    fn drive(&mut self, key: usize, cause: Cause) {
        let Self { config, guard, scratch, slots, .. } = self;
        // An event may have been waiting for a connection that is over by now.
        let Some(held) = slots.get_mut(key) else { return };
        let mut shell = Driver { config, guard, scratch };
        let driven = match cause {
            Cause::Ready => shell.drive(held),
            Cause::Expired => shell.expire(held),
        };
        match driven {
            Driven::Waiting => slots.reschedule(key),
            Driven::Over => slots.remove(key),
        }
    }

    fn driver(&mut self) -> Driver<'_, S> {
        Driver { config: &self.config, guard: &mut self.guard, scratch: &mut self.scratch }
    }

    /// Whether the handle or a signal has asked for the end.
    fn is_stopped(&mut self) -> bool {
        let mut byte = [0];
        let signalled = self.signals.as_mut().is_some_and(|signals| signals.arrivals.read(&mut byte).is_ok());
        signalled || self.handle.is_stopped()
    }

    /// Lets no new sender in, and answers those that wait already.
    fn stop_listening(&mut self) -> Result<(), RunError> {
        tracing::info!(in_flight = self.slots.len(), "stopping");
        if let Some(listener) = &mut self.listener {
            listener.remove_file();
        }
        self.accept = Accept::Ready;
        while self.accept == Accept::Ready {
            self.accept_batch()?;
        }
        self.listener = None;
        self.accept = Accept::Idle;
        self.slots.hurry(Instant::now() + self.config.stop_grace());
        Ok(())
    }
}
