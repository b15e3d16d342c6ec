//! One connection as a state machine: bytes, ends and times go in, and what to do next comes out. It touches no socket
//! and no clock.

use std::time::{Duration, Instant};

use super::config::Config;
use super::partial::Partial;
use crate::clock::{LONGEST, later};
use crate::decode::Status;
use crate::error::{Error, ErrorKind};
use crate::notification::Notification;
use crate::reply;

/// A connection, from accept to close.
#[derive(Debug)]
pub(super) struct Connection {
    message: Partial,
    state: State,
    /// When the present state has to be over.
    deadline: Instant,
    /// Bytes that came after the message.
    trailing: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The message isn't whole.
    Receiving,
    /// The verdict has been given out, and the reply is awaited.
    Decided {
        after: After,
    },
    /// The reply is being written.
    Replying {
        rest: &'static [u8],
        after: After,
    },
    /// What comes after the message is read and dropped.
    Draining {
        left: usize,
    },
    Closed,
}

/// What comes after the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// All that the peer sent has been read.
    Close,
    /// The peer may have sent more, or be sending: closing now could cost it the reply.
    Drain,
}

/// What the connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Bytes of the peer's, for [`Connection::received`].
    Read,
    /// The verdict's reply, for [`Connection::answer`].
    Answer,
    /// That these bytes are written, for [`Connection::wrote`].
    Write(&'static [u8]),
    /// To be closed.
    Close,
}

/// What is known of the message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict<'a> {
    /// Nothing yet, or nothing new.
    Undecided,
    /// It is whole and acceptable; [`Connection::answer`] is due.
    Accepted { notification: Notification, consumed: usize, body: &'a [u8] },
    /// It is refused; [`Connection::answer`] is due.
    Refused(Error),
}

impl Connection {
    /// A connection that was accepted at the time `now`.
    pub(super) fn new(config: &Config, now: Instant) -> Self {
        Self {
            message: Partial::default(),
            state: State::Receiving,
            deadline: later(now, config.total_time()),
            trailing: 0,
        }
    }

    /// What the connection waits for.
    pub(super) fn want(&self) -> Want {
        match self.state {
            State::Receiving | State::Draining { .. } => Want::Read,
            State::Decided { .. } => Want::Answer,
            State::Replying { rest, .. } => Want::Write(rest),
            State::Closed => Want::Close,
        }
    }

    /// When [`expired`](Self::expired) is due; the server may call it earlier, where others need the place.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Bytes that came after the message and were dropped.
    pub(super) fn trailing(&self) -> usize {
        self.trailing
    }

    /// How long the connection has been waiting for its answer at the time `now`.
    pub(super) fn waited(&self, config: &Config, now: Instant) -> Duration {
        config.total_time().min(LONGEST).saturating_sub(self.deadline.saturating_duration_since(now))
    }

    /// Takes bytes that the peer has sent.
    pub(super) fn received<'a>(&'a mut self, bytes: &'a [u8], config: &Config) -> Verdict<'a> {
        match self.state {
            State::Receiving => {
                let (decoded, len) = self.message.decode(bytes, config.limits());
                conclude(decoded, len, &mut self.state, &mut self.trailing)
            }
            State::Draining { left } => {
                self.trailing += bytes.len();
                let left = left.checked_sub(bytes.len());
                self.state = left.map_or(State::Closed, |left| State::Draining { left });
                Verdict::Undecided
            }
            _ => Verdict::Undecided,
        }
    }

    /// Takes note that the peer has finished sending.
    pub(super) fn finished(&mut self, config: &Config) -> Verdict<'static> {
        match self.state {
            State::Receiving => self.give_up(ErrorKind::Truncated, After::Close, config),
            State::Draining { .. } => {
                self.state = State::Closed;
                Verdict::Undecided
            }
            _ => Verdict::Undecided,
        }
    }

    /// Takes note that the deadline has come.
    pub(super) fn expired(&mut self, config: &Config) -> Verdict<'static> {
        if self.state == State::Receiving {
            return self.give_up(ErrorKind::Deadline, After::Drain, config);
        }
        self.state = State::Closed;
        Verdict::Undecided
    }

    /// Refuses the message, whatever it may be, if it isn't answered yet: its peer isn't allowed, or there is no place
    /// to wait for the rest of it.
    pub(super) fn turn_away(&mut self, kind: ErrorKind, config: &Config) -> Verdict<'static> {
        if self.state == State::Receiving {
            return self.give_up(kind, After::Drain, config);
        }
        Verdict::Undecided
    }

    /// Begins the reply, at the time `now`.
    pub(super) fn answer(&mut self, answer: Result<(), ErrorKind>, config: &Config, now: Instant) {
        if let State::Decided { after } = self.state {
            let rest = answer.map_or_else(reply::refused, |()| reply::ACCEPTED);
            self.state = State::Replying { rest, after };
            self.deadline = later(now, config.drain_time());
            self.message = Partial::default();
        }
    }

    /// Takes note that `count` bytes of the reply were written. Where that leaves [`Want::Read`], the caller has to end
    /// the stream to the peer.
    pub(super) fn wrote(&mut self, count: usize, config: &Config) {
        if let State::Replying { rest, after } = self.state {
            let rest = rest.get(count..).unwrap_or_default();
            self.state = match after {
                _ if !rest.is_empty() => State::Replying { rest, after },
                After::Drain => State::Draining { left: config.drain_bytes() },
                After::Close => State::Closed,
            };
        }
    }

    fn give_up(&mut self, kind: ErrorKind, after: After, config: &Config) -> Verdict<'static> {
        self.state = State::Decided { after };
        Verdict::Refused(self.message.refuse(kind.at(self.message.len()), config.limits()))
    }
}

/// What a decoded message, of which `len` bytes have arrived, does to the connection.
fn conclude<'a>(
    decoded: Result<Status<'a>, Error>,
    len: usize,
    state: &mut State,
    trailing: &mut usize,
) -> Verdict<'a> {
    match decoded {
        Ok(Status::Incomplete) => Verdict::Undecided,
        Ok(Status::Complete { notification, consumed, body }) => {
            *trailing = len - consumed;
            *state = State::Decided { after: if *trailing == 0 { After::Close } else { After::Drain } };
            Verdict::Accepted { notification, consumed, body }
        }
        Err(error) => {
            *state = State::Decided { after: After::Drain };
            Verdict::Refused(error)
        }
    }
}

#[cfg(test)]
mod tests;
