//! The connection machine, and what drives it at a socket, for the oracles: [`crate::internals`] has the reasons.

use std::boxed::Box;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;
use std::vec::Vec;

use super::config::Config;
use super::connection::{self, Connection};
use super::delivery::Delivery;
use super::drive::Driver;
use super::slots::{Client, Driven};
use super::{Report, access};
use crate::error::{Error, ErrorKind};
use crate::notification::Notification;
use crate::sink::EventSink;

/// What a machine waits for: the machine's own type, which is private, as the oracles compare it with their model's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "the oracles have to know all of them")]
pub enum Want {
    /// Bytes of the peer's.
    Read,
    /// The verdict's reply.
    Answer,
    /// That these bytes are written.
    Write(&'static [u8]),
    /// To be closed.
    Close,
}

/// What a message has turned out to be: what it says, its length and its body, or why it is refused.
pub type Verdict = Result<(Notification, usize, Vec<u8>), Error>;

/// The connection machine with its configuration: no socket, no clock. The oracle plays each of its inputs by itself.
#[derive(Debug)]
pub struct Machine {
    connection: Connection,
    config: Config,
}

impl Machine {
    /// A connection that was accepted at the time `now`.
    #[must_use]
    pub fn new(config: Config, now: Instant) -> Self {
        Self { connection: Connection::new(&config, now), config }
    }

    /// What it waits for.
    #[must_use]
    pub fn want(&self) -> Want {
        match self.connection.want() {
            connection::Want::Read => Want::Read,
            connection::Want::Answer => Want::Answer,
            connection::Want::Write(bytes) => Want::Write(bytes),
            connection::Want::Close => Want::Close,
        }
    }

    /// When [`expired`](Self::expired) is due.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.connection.deadline()
    }

    /// Bytes after the message.
    #[must_use]
    pub fn trailing(&self) -> usize {
        self.connection.trailing()
    }

    /// Bytes have come.
    pub fn received(&mut self, bytes: &[u8]) -> Option<Verdict> {
        verdict(self.connection.received(bytes, &self.config))
    }

    /// The peer has finished sending.
    pub fn finished(&mut self) -> Option<Verdict> {
        verdict(self.connection.finished(&self.config))
    }

    /// The deadline has come.
    pub fn expired(&mut self) -> Option<Verdict> {
        verdict(self.connection.expired(&self.config))
    }

    /// There is no place for it.
    pub fn turn_away(&mut self, kind: ErrorKind) -> Option<Verdict> {
        verdict(self.connection.turn_away(kind, &self.config))
    }

    /// The reply begins.
    pub fn answer(&mut self, answer: Result<(), ErrorKind>, now: Instant) {
        self.connection.answer(answer, &self.config, now);
    }

    /// So many bytes of the reply were written.
    pub fn wrote(&mut self, count: usize) {
        self.connection.wrote(count, &self.config);
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a verdict is used up")]
fn verdict(verdict: connection::Verdict<'_>) -> Option<Verdict> {
    use connection::Verdict::{Accepted, Refused, Undecided};
    match verdict {
        Undecided => None,
        Accepted { notification, consumed, body } => Some(Ok((notification, consumed, body.to_vec()))),
        Refused(error) => Some(Err(error)),
    }
}

/// A socket with its connection, driven as the server drives those that it has accepted, but step by step.
pub struct Socket<S> {
    client: Client,
    delivery: Delivery<S>,
    config: Config,
    scratch: Box<[u8]>,
}

impl<S: EventSink> Socket<S> {
    /// A connection at this end of a socket, which must not block; each read takes `scratch` bytes at the most.
    pub fn new(fd: OwnedFd, config: Config, sink: S, scratch: usize) -> Self {
        let peer = access::credentials(fd.as_fd());
        let connection = Connection::new(&config, Instant::now());
        let scratch = vec![0; scratch].into_boxed_slice();
        Self { client: Client { fd, peer, connection }, delivery: Delivery::new(sink, &config), config, scratch }
    }

    /// Moves on until the socket would block; tells whether the connection is over.
    pub fn ready(&mut self) -> bool {
        let (mut driver, client) = self.parts();
        driver.drive(client) == Driven::Over
    }

    /// The deadline has come; tells whether the connection is over.
    pub fn expired(&mut self) -> bool {
        let (mut driver, client) = self.parts();
        driver.end(client) == Driven::Over
    }

    /// There is no place for it; tells whether the connection is over.
    pub fn turn_away(&mut self, kind: ErrorKind) -> bool {
        let (mut driver, client) = self.parts();
        driver.turn_away(client, kind) == Driven::Over
    }

    /// What was counted.
    pub fn report(&self) -> Report {
        *self.delivery.tally.report()
    }

    fn parts(&mut self) -> (Driver<'_, S>, &mut Client) {
        let Self { client, delivery, config, scratch } = self;
        (Driver { config, delivery, scratch }, client)
    }
}
