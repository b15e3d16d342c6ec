//! Accepting connections: all that wait, and what becomes of those for which there is too little of something.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use mio::Interest;
use mio::unix::SourceFd;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::SocketFlags;

use super::{Cause, EventLoop, Place, Source};
use crate::error::ErrorKind;
use crate::facade::tracing;
use crate::server::access;
use crate::server::connection::Connection;
use crate::server::error::RunError;
use crate::server::meters::Overload;
use crate::server::slots::{Client, Driven, MOST};
use crate::sink::EventSink;

/// Connections accepted in a row before the others have their turn.
const BATCH: usize = 256;
/// How long the server waits before it accepts again, when it ran out of descriptors or memory and has nothing to give
/// up.
const RETRY: Duration = Duration::from_millis(100);

/// Whether connections may wait to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accept {
    /// None do.
    Idle,
    /// Some may.
    Ready,
    /// Some may, but the process has to be given time to close others.
    RetryAt(Instant),
}

impl<S: EventSink> EventLoop<S> {
    /// Accepts the connections that wait, up to a batch of them.
    pub(super) fn accept_batch(&mut self) -> Result<(), RunError> {
        match self.accept {
            Accept::Idle => return Ok(()),
            Accept::RetryAt(time) if Instant::now() < time => return Ok(()),
            Accept::RetryAt(_) | Accept::Ready => self.accept = Accept::Ready,
        }
        for _ in 0..BATCH {
            let Some(listener) = &self.listener else { break };
            match rustix::net::accept_with(&listener.fd, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(fd) => self.accepted(fd),
                Err(cause) => self.accept = self.accept_after(cause)?,
            }
            if self.accept != Accept::Ready {
                break;
            }
        }
        Ok(())
    }

    /// Accepts all that have connected to a socket that lets nobody in any more.
    pub(super) fn accept_rest(&mut self, old: OwnedFd) {
        self.rest = match self.take_rest(&old, Self::accepted) {
            Errno::AGAIN | Errno::INVAL => None,
            // With the socket, they would lose their place.
            _ => Some((old, Instant::now() + RETRY)),
        };
    }

    /// Tries again what could not be accepted, if that is due at the time `now`.
    pub(super) fn retry_rest(&mut self, now: Instant) {
        if let Some((old, _)) = self.rest.take_if(|(_, due)| *due <= now) {
            self.accept_rest(old);
        }
    }

    /// Sends away all that have connected to a socket that lets nobody in any more: the grace is over, and the sink may
    /// be slow.
    pub(super) fn turn_away_rest(&mut self, old: &OwnedFd) {
        self.take_rest(old, |this, fd| {
            this.delivery.tally.count_accepted();
            let peer = access::credentials(fd.as_fd());
            let is_allowed = access::allows(&this.config, peer);
            let kind = if is_allowed { ErrorKind::Overloaded } else { ErrorKind::PeerNotAllowed };
            let client = Client { fd, peer, connection: Connection::new(&this.config, Instant::now()) };
            this.turn_away(client, kind);
        });
    }

    /// Accepts from this socket until that fails: by what.
    fn take_rest(&mut self, old: &OwnedFd, mut took: impl FnMut(&mut Self, OwnedFd)) -> Errno {
        loop {
            match rustix::net::accept_with(old, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(fd) => took(self, fd),
                Err(Errno::INTR | Errno::CONNABORTED | Errno::PROTO) => {}
                Err(Errno::MFILE | Errno::NFILE) if self.give_up_a_descriptor() => {}
                Err(cause) => return cause,
            }
        }
    }

    /// What a failed accept means for the next one.
    fn accept_after(&mut self, cause: Errno) -> Result<Accept, RunError> {
        Ok(match cause {
            Errno::AGAIN => Accept::Idle,
            // What a socket that was shut down may say in place of that.
            Errno::INVAL if self.stop_at.is_some() => Accept::Idle,
            // That one connection is gone already.
            Errno::INTR | Errno::CONNABORTED | Errno::PROTO => Accept::Ready,
            // The kernel looks for a descriptor first, and says this also where nobody waits.
            Errno::MFILE | Errno::NFILE if !self.somebody_waits() => Accept::Idle,
            Errno::MFILE | Errno::NFILE if self.give_up_a_descriptor() => Accept::Ready,
            Errno::BADF | Errno::INVAL | Errno::NOTSOCK | Errno::OPNOTSUPP => {
                return Err(RunError::new("can't accept connections")(cause.into()));
            }
            _ => {
                if self.delivery.admit_log_line(None) {
                    tracing::warn!(%cause, "can't accept now: trying again every {RETRY:?}");
                }
                Accept::RetryAt(Instant::now() + RETRY)
            }
        })
    }

    fn somebody_waits(&self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        // Where this fails, an attempt does no harm.
        let looks = |fd| rustix::event::poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&now)) != Ok(0);
        self.listener.as_ref().is_some_and(|listener| looks(&listener.fd))
    }

    /// Closes what the server can do without, so that one more connection can be accepted: whether there was anything.
    fn give_up_a_descriptor(&mut self) -> bool {
        if self.spare.give_up() {
            return true;
        }
        let oldest = self.lingering.first();
        if let Some(key) = oldest {
            self.drive(Place::Lingering(key), Cause::MustEnd);
        }
        oldest.is_some()
    }

    /// Reads at once, because the message of a real sender is there as soon as it has connected or very soon after:
    /// most connections are over before they need to be held.
    fn accepted(&mut self, fd: OwnedFd) {
        self.delivery.tally.count_accepted();
        let peer = access::credentials(fd.as_fd());
        let is_spare = !self.spare.refill();
        let mut client = Client { fd, peer, connection: Connection::new(&self.config, Instant::now()) };
        if !access::allows(&self.config, peer) {
            return self.turn_away(client, ErrorKind::PeerNotAllowed);
        }
        if self.driver().drive(&mut client) == Driven::Over {
            return;
        }
        match self.overload(&client, is_spare) {
            None => self.hold(client),
            Some(cause) => {
                self.delivery.tally.count_overload(cause);
                self.turn_away(client, ErrorKind::Overloaded);
            }
        }
    }

    /// Why a connection can't be held, if it can't.
    fn overload(&self, client: &Client, is_spare: bool) -> Option<Overload> {
        let of_uid = client.peer.map_or(0, |peer| self.waiting.count_of(peer.uid));
        if is_spare {
            Some(Overload::Descriptors)
        } else if self.waiting.len() >= self.config.connections().min(MOST) {
            Some(Overload::Connections)
        } else if self.config.connections_per_uid().is_some_and(|most| of_uid >= most) {
            Some(Overload::Uid)
        } else {
            None
        }
    }

    fn hold(&mut self, client: Client) {
        let raw = client.fd.as_raw_fd();
        let key = self.waiting.insert(client);
        if !self.watch(raw, Place::Waiting(key)) {
            // Nothing would ever wake it up: it is answered now.
            self.delivery.tally.count_overload(Overload::Descriptors);
            let Self { config, delivery, scratch, waiting, .. } = self;
            let mut driver = super::Driver { config, delivery, scratch };
            waiting.drive(key, |client| {
                driver.turn_away(client, ErrorKind::Overloaded);
                Driven::Over
            });
        }
    }

    /// Answers a connection that can't be held, and keeps it open for a while among others of its kind: its peer may
    /// not have sent its message yet, and would find the connection broken before it reads the reply.
    fn turn_away(&mut self, mut client: Client, kind: ErrorKind) {
        if self.driver().turn_away(&mut client, kind) == Driven::Over {
            return;
        }
        if self.lingering.len() >= self.config.lingering().min(MOST) {
            let Some(oldest) = self.lingering.first() else { return };
            self.drive(Place::Lingering(oldest), Cause::MustEnd);
        }
        let raw = client.fd.as_raw_fd();
        let place = Place::Lingering(self.lingering.insert(client));
        if !self.watch(raw, place) {
            self.drive(place, Cause::MustEnd);
        }
    }

    fn watch(&mut self, fd: i32, place: Place) -> bool {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let watched = self.poll.registry().register(&mut SourceFd(&fd), Source::Client(place).token(), interest);
        if let Err(cause) = &watched
            && self.delivery.admit_log_line(None)
        {
            tracing::warn!(%cause, "can't watch a connection: it is answered 503");
        }
        watched.is_ok()
    }
}
