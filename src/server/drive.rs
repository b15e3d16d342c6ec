//! Moves bytes between a socket and its connection, until the socket has nothing more to give or to take.

use std::time::Instant;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown};

use super::config::Config;
use super::connection::{Verdict, Want};
use super::guard::Guard;
use super::slots::{Driven, Held};
use crate::error::ErrorKind;
use crate::sink::{EventSink, Peer};

/// 200, or the refusal's status.
type Answer = Result<(), ErrorKind>;

/// What driving a connection needs beside the connection.
pub(super) struct Driver<'s, S> {
    pub(super) config: &'s Config,
    pub(super) guard: &'s mut Guard<S>,
    pub(super) scratch: &'s mut [u8],
}

impl<S: EventSink> Driver<'_, S> {
    /// Reads and writes until the socket would block, or the connection is over.
    pub(super) fn drive(&mut self, held: &mut Held) -> Driven {
        let driven = self.until_blocked(held);
        if driven == Driven::Over {
            self.guard.count_trailing(held.connection.trailing());
        }
        driven
    }

    fn until_blocked(&mut self, held: &mut Held) -> Driven {
        loop {
            let moved = match held.connection.want() {
                Want::Read => self.read(held),
                Want::Write(bytes) => self.write(held, bytes),
                Want::Answer | Want::Close => return Driven::Over,
            };
            match moved {
                Ok(()) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Driven::Waiting,
                // The peer is gone: there is nobody left to answer.
                Err(_) => return Driven::Over,
            }
        }
    }

    /// Lets the connection know that its deadline has come, unless what has arrived meanwhile has decided it.
    pub(super) fn expire(&mut self, held: &mut Held) -> Driven {
        let deadline = held.connection.deadline();
        // The server itself may have been kept from reading, by a slow sink.
        if self.drive(held) == Driven::Over {
            return Driven::Over;
        }
        if held.connection.deadline() == deadline { self.end(held) } else { Driven::Waiting }
    }

    /// Ends the connection's present state, as its deadline does.
    pub(super) fn end(&mut self, held: &mut Held) -> Driven {
        let verdict = held.connection.expired(self.config);
        let answer = judge(self.guard, verdict, held.peer);
        self.answer(held, answer);
        self.drive(held)
    }

    /// Answers a connection that can't be held, or whose peer isn't allowed. It may still have to wait for the peer to read that.
    pub(super) fn turn_away(&mut self, held: &mut Held, kind: ErrorKind) -> Driven {
        let verdict = held.connection.turn_away(kind, self.config);
        let answer = judge(self.guard, verdict, held.peer);
        self.answer(held, answer);
        self.drive(held)
    }

    fn read(&mut self, held: &mut Held) -> rustix::io::Result<()> {
        let (bytes, _) = rustix::net::recv(&held.fd, &mut *self.scratch, RecvFlags::empty())?;
        let received = self.scratch.get(..bytes).unwrap_or_default();
        let verdict = if received.is_empty() {
            held.connection.finished(self.config)
        } else {
            held.connection.received(received, self.config)
        };
        let answer = judge(self.guard, verdict, held.peer);
        self.answer(held, answer);
        Ok(())
    }

    fn write(&mut self, held: &mut Held, bytes: &[u8]) -> rustix::io::Result<()> {
        let written = rustix::net::send(&held.fd, bytes, SendFlags::NOSIGNAL)?;
        held.connection.wrote(written, self.config);
        if held.connection.want() == Want::Read {
            rustix::net::shutdown(&held.fd, Shutdown::Write)?;
        }
        Ok(())
    }

    fn answer(&mut self, held: &mut Held, answer: Option<Answer>) {
        if let Some(answer) = answer {
            let now = Instant::now();
            self.guard.answered(held.connection.waited(self.config, now));
            held.connection.answer(answer, self.config, now);
        }
    }
}

/// Hands a verdict to the sink: what the peer is answered, if it is to be answered.
fn judge<S: EventSink>(guard: &mut Guard<S>, verdict: Verdict<'_>, peer: Option<Peer>) -> Option<Answer> {
    let refused = match (verdict, peer) {
        (Verdict::Undecided, _) => return None,
        (Verdict::Refused(error), _) => error,
        // The door has turned such a peer away.
        (Verdict::Accepted { .. }, None) => ErrorKind::PeerNotAllowed.at(0),
        (Verdict::Accepted { notification, consumed, body }, Some(peer)) => {
            match guard.notified(notification, body, peer) {
                Ok(()) => return Some(Ok(())),
                Err(kind) => kind.at(consumed),
            }
        }
    };
    guard.refused(refused, peer);
    Some(Err(refused.kind))
}
