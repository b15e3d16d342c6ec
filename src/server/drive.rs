//! Moves bytes between a socket and its connection, until the socket has nothing more to give or to take.

use std::time::Instant;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown};

use super::config::Config;
use super::connection::{Verdict, Want};
use super::delivery::Delivery;
use super::meters::Overload;
use super::slots::{Client, Driven};
use crate::error::ErrorKind;
use crate::sink::{EventSink, Peer};

/// 200, or the refusal's status.
type Answer = Result<(), ErrorKind>;

/// What driving a connection needs beside the connection.
pub(super) struct Driver<'s, S> {
    pub(super) config: &'s Config,
    pub(super) delivery: &'s mut Delivery<S>,
    pub(super) scratch: &'s mut [u8],
}

impl<S: EventSink> Driver<'_, S> {
    /// Reads and writes until the socket would block, or the connection is over.
    pub(super) fn drive(&mut self, client: &mut Client) -> Driven {
        let driven = self.until_blocked(client);
        if driven == Driven::Over {
            self.delivery.tally.count_trailing(client.connection.trailing());
        }
        driven
    }

    fn until_blocked(&mut self, client: &mut Client) -> Driven {
        loop {
            let moved = match client.connection.want() {
                Want::Read => self.read(client),
                Want::Write(bytes) => self.write(client, bytes),
                Want::Answer | Want::Close => return Driven::Over,
            };
            match moved {
                Ok(()) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Driven::Waiting,
                // The peer is gone: there is nobody left to answer.
                Err(Errno::CONNRESET | Errno::PIPE) => return Driven::Over,
                Err(_) if self.give_up(client) => {}
                Err(_) => return Driven::Over,
            }
        }
    }

    /// Answers a peer that is still there, whose bytes the kernel can't give out or take now: whether it had no answer
    /// yet.
    fn give_up(&mut self, client: &mut Client) -> bool {
        let verdict = client.connection.turn_away(ErrorKind::Overloaded, self.config);
        let answer = deliver(self.delivery, verdict, client.peer);
        self.answer(client, answer);
        if answer.is_some() {
            self.delivery.tally.count_overload(Overload::Kernel);
        }
        answer.is_some()
    }

    /// Ends the connection's present state, unless what has arrived meanwhile has decided it: its deadline has come, or
    /// others need its place.
    pub(super) fn end(&mut self, client: &mut Client) -> Driven {
        let deadline = client.connection.deadline();
        // The server itself may have been kept from reading, by a slow sink.
        if self.drive(client) == Driven::Over {
            return Driven::Over;
        }
        if client.connection.deadline() == deadline { self.end_state(client) } else { Driven::Waiting }
    }

    fn end_state(&mut self, client: &mut Client) -> Driven {
        let verdict = client.connection.expired(self.config);
        let answer = deliver(self.delivery, verdict, client.peer);
        self.answer(client, answer);
        self.drive(client)
    }

    /// Answers a connection that can't be held, or whose peer isn't allowed. It may still have to wait for the peer to
    /// read that.
    pub(super) fn turn_away(&mut self, client: &mut Client, kind: ErrorKind) -> Driven {
        let verdict = client.connection.turn_away(kind, self.config);
        let answer = deliver(self.delivery, verdict, client.peer);
        self.answer(client, answer);
        self.drive(client)
    }

    fn read(&mut self, client: &mut Client) -> rustix::io::Result<()> {
        let (bytes, _) = rustix::net::recv(&client.fd, &mut *self.scratch, RecvFlags::empty())?;
        let received = self.scratch.get(..bytes).unwrap_or_default();
        let verdict = if received.is_empty() {
            client.connection.finished(self.config)
        } else {
            client.connection.received(received, self.config)
        };
        let answer = deliver(self.delivery, verdict, client.peer);
        self.answer(client, answer);
        Ok(())
    }

    fn write(&mut self, client: &mut Client, bytes: &[u8]) -> rustix::io::Result<()> {
        let written = rustix::net::send(&client.fd, bytes, SendFlags::NOSIGNAL)?;
        client.connection.wrote(written, self.config);
        if client.connection.want() == Want::Read {
            rustix::net::shutdown(&client.fd, Shutdown::Write)?;
        }
        Ok(())
    }

    fn answer(&mut self, client: &mut Client, answer: Option<Answer>) {
        if let Some(answer) = answer {
            let now = Instant::now();
            self.delivery.tally.count_answered(client.connection.waited(self.config, now));
            client.connection.answer(answer, self.config, now);
        }
    }
}

/// Hands a verdict to the sink: what the peer is answered, if it is to be answered.
fn deliver<S: EventSink>(delivery: &mut Delivery<S>, verdict: Verdict<'_>, peer: Option<Peer>) -> Option<Answer> {
    let refused = match (verdict, peer) {
        (Verdict::Undecided, _) => return None,
        (Verdict::Refused(error), _) => error,
        // The door has turned such a peer away.
        (Verdict::Accepted { .. }, None) => ErrorKind::PeerNotAllowed.at(0),
        (Verdict::Accepted { notification, consumed, body }, Some(peer)) => {
            match delivery.deliver(notification, body, peer) {
                Ok(()) => return Some(Ok(())),
                Err(kind) => kind.at(consumed),
            }
        }
    };
    delivery.refuse(refused, peer);
    Some(Err(refused.kind))
}
