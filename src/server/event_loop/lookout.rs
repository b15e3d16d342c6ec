//! The look at the socket's file, now and then: a server whose file is gone is deaf, and nothing else would tell it.
//!
//! A look is one system call a second. A watch (inotify) would cost none, and see neither a parent that is renamed nor
//! a file system that is mounted over the path; and a process may have no watch left.

use std::os::fd::{AsRawFd, OwnedFd};
use std::string::{String, ToString};
use std::time::{Duration, Instant};

use mio::Interest;
use mio::unix::SourceFd;

use super::accept::Accept;
use super::{EventLoop, Source};
use crate::chain::Chain;
use crate::clock::later;
use crate::server::listener::{GONE, Loss, PAST_HELP, REPLACED, Standing};
use crate::sink::EventSink;

/// How often the server looks.
const EVERY: Duration = Duration::from_secs(1);

const NOT_OURS: &str = "the file of the socket that was handed over is gone or replaced, and nobody can connect: \
                        restart the unit that makes it";
/// When the server looks next, and what it saw.
#[derive(Debug)]
pub(super) struct Lookout {
    due: Instant,
    loss: Loss,
}

impl Lookout {
    pub(super) fn new(now: Instant) -> Self {
        Self { due: later(now, EVERY), loss: Loss::default() }
    }
}

impl<S: EventSink> EventLoop<S> {
    /// When the next look is due: never, if there is no file to look after.
    pub(super) fn look_due(&self) -> Option<Instant> {
        (self.listener.is_some() && self.stop_at.is_none()).then_some(self.lookout.due)
    }

    /// Looks whether the socket's file is there, if that is due at the time `now`, and listens again if it is gone.
    pub(super) fn look_after_socket(&mut self, now: Instant) {
        if self.look_due().is_none_or(|due| due > now) {
            return;
        }
        self.lookout.due = later(now, EVERY);
        let Some(listener) = &mut self.listener else { return };
        let (standing, is_adopted) = (listener.standing(), listener.is_adopted());
        if standing == Standing::There {
            listener.forget_failures();
            return self.note_regained();
        }
        if !self.lookout.loss.is_said() {
            self.delivery.tally.count_socket_lost();
        }
        match standing {
            _ if is_adopted => self.complain(NOT_OURS.into()),
            Standing::Replaced => self.rebind(REPLACED),
            _ => self.rebind(GONE),
        }
    }

    /// Listens again at a path at which nothing is, or a dead socket; `loss` says what has become of the file.
    fn rebind(&mut self, loss: &'static str) {
        if !self.lookout.loss.is_said() {
            self.complain(loss.into());
        }
        let Some(listener) = &mut self.listener else { return };
        // While one that has connected can't be accepted, it would lose its place with the old socket.
        if listener.is_past_help() || self.accept != Accept::Idle || self.rest.is_some() {
            return;
        }
        let token = Source::Listener.token();
        let watch =
            |fd: &OwnedFd| self.poll.registry().register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE);
        match listener.rebind(&self.config, watch) {
            Ok(old) => {
                self.accept = Accept::Ready;
                self.accept_rest(old);
                self.note_regained();
            }
            Err(cause) if loss == REPLACED && cause.is_of_another() => self.complain(loss.into()),
            Err(cause) if listener.is_past_help() => self.complain(format!("{}; {PAST_HELP}", Chain(&cause))),
            Err(cause) => self.complain(Chain(&cause).to_string()),
        }
    }

    fn complain(&mut self, complaint: String) {
        self.lookout.loss.complain(self.config.socket(), complaint);
    }

    fn note_regained(&mut self) {
        if self.lookout.loss.end(self.config.socket()) {
            self.delivery.tally.count_socket_regained();
        }
    }
}
