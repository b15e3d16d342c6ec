//! What a connection does, from `docs/protocol.md`: slow, plain, and with nothing of the server's but the replies'
//! texts.

use std::time::Instant;

use hanotify::internals::{Verdict, Want};
use hanotify::server::Config;
use hanotify::{ErrorKind, Status, decode, decode_exact, reply};

pub(crate) struct Model<'c> {
    config: &'c Config,
    /// All that has come of the message.
    bytes: Vec<u8>,
    pub(crate) phase: Phase,
    /// Whether the peer may send more, so that its bytes are drained before the close.
    lingers: bool,
    pub(crate) deadline: Instant,
    pub(crate) trailing: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Receiving,
    Judged,
    Replying(&'static [u8]),
    /// With this much of the budget left.
    Draining(usize),
    Closed,
}

impl<'c> Model<'c> {
    pub(crate) fn new(config: &'c Config, now: Instant) -> Self {
        let deadline = now + config.total_time();
        Self { config, bytes: Vec::new(), phase: Phase::Receiving, lingers: false, deadline, trailing: 0 }
    }

    pub(crate) fn want(&self) -> Want {
        match self.phase {
            Phase::Receiving | Phase::Draining(_) => Want::Read,
            Phase::Judged => Want::Answer,
            Phase::Replying(rest) => Want::Write(rest),
            Phase::Closed => Want::Close,
        }
    }

    pub(crate) fn received(&mut self, bytes: &[u8]) -> Option<Verdict> {
        match self.phase {
            Phase::Receiving => self.bytes.extend(bytes),
            Phase::Draining(left) => {
                self.trailing += bytes.len();
                self.phase = left.checked_sub(bytes.len()).map_or(Phase::Closed, Phase::Draining);
                return None;
            }
            _ => return None,
        }
        let verdict = match decode(&self.bytes, self.config.limits()) {
            Ok(Status::Incomplete) => return None,
            Ok(Status::Complete { notification, consumed, body }) => {
                self.trailing = self.bytes.len() - consumed;
                Ok((notification, consumed, body.to_vec()))
            }
            Err(refused) => Err(refused),
        };
        self.lingers = verdict.is_err() || self.trailing > 0;
        self.phase = Phase::Judged;
        Some(verdict)
    }

    pub(crate) fn finished(&mut self) -> Option<Verdict> {
        if let Phase::Draining(_) = self.phase {
            self.phase = Phase::Closed;
        }
        self.gives_up(ErrorKind::Truncated, false)
    }

    pub(crate) fn expired(&mut self) -> Option<Verdict> {
        let verdict = self.gives_up(ErrorKind::Deadline, true);
        if verdict.is_none() {
            self.phase = Phase::Closed;
        }
        verdict
    }

    /// A message that isn't whole is refused as `kind`, unless what has come has a better reason: that a file of it
    /// would show.
    pub(crate) fn gives_up(&mut self, kind: ErrorKind, lingers: bool) -> Option<Verdict> {
        if self.phase != Phase::Receiving {
            return None;
        }
        (self.phase, self.lingers) = (Phase::Judged, lingers);
        let refused = match decode_exact(&self.bytes, self.config.limits()) {
            Err(refused) if refused.kind != ErrorKind::Truncated => refused,
            _ => kind.at(self.bytes.len()),
        };
        Some(Err(refused))
    }

    pub(crate) fn answers(&mut self, answer: Result<(), ErrorKind>, now: Instant) {
        if self.phase == Phase::Judged {
            self.phase = Phase::Replying(answer.map_or_else(reply::refused, |()| reply::ACCEPTED));
            self.deadline = now + self.config.drain_time();
        }
    }

    pub(crate) fn wrote(&mut self, count: usize) {
        if let Phase::Replying(rest) = self.phase {
            self.phase = match &rest[count..] {
                [] if self.lingers => Phase::Draining(self.config.drain_bytes()),
                [] => Phase::Closed,
                rest => Phase::Replying(rest),
            };
        }
    }
}
