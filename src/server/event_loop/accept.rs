//! Accepting connections: all that wait, and what becomes of those for which there is too little of something.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Interest, Token};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::SocketFlags;

use super::{Cause, EventLoop, LINGERING};
use crate::error::ErrorKind;
use crate::facade::tracing;
use crate::server::connection::Connection;
use crate::server::error::RunError;
use crate::server::meters::Overload;
use crate::server::slots::{Driven, Held, MOST};
use crate::server::{access, peer};
use crate::sink::EventSink;

/// Connections accepted in a row before the others have their turn.
const BATCH: usize = 256;
/// How long the server waits before it accepts again, when it ran out of descriptors or memory and has nothing to give up.
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
                Err(cause) => self.accept = self.after(cause)?,
            }
            if self.accept != Accept::Ready {
                break;
            }
        }
        Ok(())
    }

    /// What a failed accept means for the next one.
    fn after(&mut self, cause: Errno) -> Result<Accept, RunError> {
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
                if self.guard.may_log(None) {
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
            self.drive(LINGERING | key, Cause::Expired);
        }
        oldest.is_some()
    }

    /// Reads at once, because the message of a real sender is there as soon as it has connected or very soon after: most connections
    /// are over before they need to be held.
    fn accepted(&mut self, fd: OwnedFd) {
        self.guard.accepted();
        let peer = peer::credentials(fd.as_fd());
        let is_spare = !self.spare.refill();
        let mut held = Held { fd, peer, connection: Connection::new(&self.config, Instant::now()) };
        if !access::allows(&self.config, peer) {
            return self.turn_away(held, ErrorKind::PeerNotAllowed);
        }
        if self.driver().drive(&mut held) == Driven::Over {
            return;
        }
        match self.overload(&held, is_spare) {
            None => self.hold(held),
            Some(cause) => {
                self.guard.meters.overloaded(cause);
                self.turn_away(held, ErrorKind::Overloaded);
            }
        }
    }

    /// Why a connection can't be held, if it can't.
    fn overload(&self, held: &Held, is_spare: bool) -> Option<Overload> {
        let of_uid = held.peer.map_or(0, |peer| self.held.of(peer.uid));
        if is_spare {
            Some(Overload::Descriptors)
        } else if self.held.len() >= self.config.connections().min(MOST) {
            Some(Overload::Connections)
        } else if self.config.connections_per_uid().is_some_and(|most| of_uid >= most) {
            Some(Overload::Uid)
        } else {
            None
        }
    }

    fn hold(&mut self, held: Held) {
        let raw = held.fd.as_raw_fd();
        let key = self.held.insert(held);
        if !self.watch(raw, key) {
            // Nothing would ever wake it up: it is answered now.
            self.guard.meters.overloaded(Overload::Descriptors);
            let Self { config, guard, scratch, held, .. } = self;
            let mut driver = super::Driver { config, guard, scratch };
            held.drive(key, |held| {
                driver.turn_away(held, ErrorKind::Overloaded);
                Driven::Over
            });
        }
    }

    /// Answers a connection that can't be held, and keeps it open for a while among others of its kind: its peer may not have sent its
    /// message yet, and would find the connection broken before it reads the reply.
    fn turn_away(&mut self, mut held: Held, kind: ErrorKind) {
        if self.driver().turn_away(&mut held, kind) == Driven::Over {
            return;
        }
        if self.lingering.len() >= self.config.lingering().min(MOST) {
            let Some(oldest) = self.lingering.first() else { return };
            self.drive(LINGERING | oldest, Cause::Expired);
        }
        let raw = held.fd.as_raw_fd();
        let key = LINGERING | self.lingering.insert(held);
        if !self.watch(raw, key) {
            self.drive(key, Cause::Expired);
        }
    }

    fn watch(&mut self, fd: i32, token: usize) -> bool {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let watched = self.poll.registry().register(&mut SourceFd(&fd), Token(token), interest);
        if let Err(cause) = &watched
            && self.guard.may_log(None)
        {
            tracing::warn!(%cause, "can't watch a connection: it is answered 503");
        }
        watched.is_ok()
    }
}
