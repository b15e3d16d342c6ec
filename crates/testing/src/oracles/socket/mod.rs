//! The same over a real socket pair: what the server's own code reads, tells the sink and writes is what the model of
//! the connection says, however the peer sends, reads, finishes and goes away, and whatever the sink does.

mod sink;

use std::cell::RefCell;
use std::io::{ErrorKind as IoKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use arbitrary::{Result, Unstructured};
use hanotify::ErrorKind;
use hanotify::internals::{Socket, Verdict};
use hanotify::server::Report;

use super::connection::model::{Model, Phase};
use super::connection::script::{Action, Script};
use super::outcome::Outcome;
use sink::{Scripted, Told};

/// Most often it takes what it is given.
const OUTCOMES: [Outcome; 7] =
    [Outcome::Take, Outcome::Take, Outcome::Take, Outcome::Take, Outcome::Busy, Outcome::Fail, Outcome::Panic];

/// The input is a recipe.
///
/// # Panics
///
/// Where the peer or the sink sees something else than the model says.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let chosen = |source: &mut Unstructured<'_>| -> Result<_> {
        let (outcome, scratch) = (*source.choose(&OUTCOMES)?, *source.choose(&[65_536, 1, 7, 100, 250])?);
        Ok((outcome, scratch, source.ratio(1, 8)?, Script::from_recipe(source)?))
    };
    if let Ok((outcome, scratch, vanishes, script)) = chosen(&mut source) {
        run(&script, outcome, scratch, vanishes);
    }
}

/// Both ends of a connection, and what has to become of it.
struct Pair<'s> {
    client: UnixStream,
    server: Socket<Scripted>,
    model: Model<'s>,
    script: &'s Script,
    outcome: Outcome,
    scratch: usize,
    /// Sent, and not read by the server.
    in_flight: Vec<u8>,
    has_finished: bool,
    /// What the peer has to read in all, and what the sink has to hear.
    reply: Vec<u8>,
    told: Vec<Told>,
}

fn run(script: &Script, outcome: Outcome, scratch: usize, vanishes: bool) {
    let (client, server) = UnixStream::pair().expect("a pair of sockets");
    server.set_nonblocking(true).expect("a socket that doesn't block");
    client.set_nonblocking(true).expect("a socket that doesn't block");
    let (sink, told) = Scripted::new(outcome);
    let mut pair = Pair {
        client,
        server: Socket::new(OwnedFd::from(server), script.config.clone(), sink, scratch),
        model: Model::new(&script.config, Instant::now()),
        script,
        outcome,
        scratch,
        in_flight: Vec::new(),
        has_finished: false,
        reply: Vec::new(),
        told: Vec::new(),
    };
    let mut stream = script.stream.as_slice();
    let is_over = script.actions.iter().any(|action| pair.takes(*action, &mut stream));
    if vanishes && !is_over {
        return pair.vanishes(&told);
    }
    assert!(is_over || pair.runs_out(), "it waits for ever: {script:?}");
    assert_eq!(*told.borrow(), pair.told, "{script:?}");
    pair.counts_and_reply();
}

impl Pair<'_> {
    /// Whether that was the end of the connection, for both the server and the model.
    fn takes(&mut self, action: Action, stream: &mut &[u8]) -> bool {
        let (over, expected) = match action {
            Action::Receive(len) if !self.has_finished => {
                let (bytes, rest) = stream.split_at(len.min(stream.len()));
                *stream = rest;
                self.client.write_all(bytes).expect("the server's end is open");
                self.in_flight.extend(bytes);
                return false;
            }
            Action::Receive(_) => return false,
            Action::Finish => {
                self.client.shutdown(Shutdown::Write).expect("it is open");
                self.has_finished = true;
                return false;
            }
            // Here the clock is the machine's, and nothing is due.
            Action::Pass(_) | Action::Wrote(_) | Action::Answer(_) => (self.server.ready(), self.drive()),
            Action::Expire => (self.server.expired(), self.expires()),
            Action::TurnAway(kind) => (self.server.turn_away(kind), self.turns_away(kind)),
        };
        assert_eq!(over, expected, "{action:?} of {:?}", self.script);
        over
    }

    /// The peer finishes and the deadlines come.
    fn runs_out(&mut self) -> bool {
        let mut rest = &b""[..];
        let left = [Action::Finish, Action::Pass(std::time::Duration::ZERO), Action::Expire, Action::Expire];
        left.into_iter().any(|action| self.takes(action, &mut rest))
    }

    /// The peer goes away without a word: nobody is waited for any more, and the sink is told of what had come all the
    /// same.
    fn vanishes(mut self, told: &RefCell<Vec<Told>>) {
        self.has_finished = true;
        let is_over = self.drive();
        drop(self.client);
        assert!(is_over && self.server.ready(), "it waits for nobody: {:?}", self.script);
        assert_eq!(*told.borrow(), self.told, "{:?}", self.script);
        counts(&self.server.report(), &self.told, self.outcome);
    }

    /// What the server has to do until it would block; whether the connection is over then.
    fn drive(&mut self) -> bool {
        loop {
            match self.model.phase {
                Phase::Closed | Phase::Judged => return true,
                Phase::Replying(rest) => {
                    self.reply.extend(rest);
                    self.model.wrote(rest.len());
                }
                _ if !self.in_flight.is_empty() => {
                    let len = self.scratch.min(self.in_flight.len());
                    let bytes: Vec<u8> = self.in_flight.drain(..len).collect();
                    let verdict = self.model.received(&bytes);
                    self.takes_verdict(verdict);
                }
                _ if self.has_finished => {
                    let verdict = self.model.finished();
                    self.takes_verdict(verdict);
                }
                _ => return false,
            }
        }
    }

    fn expires(&mut self) -> bool {
        let was_open = self.reply.is_empty();
        if self.drive() {
            return true;
        }
        // What has come meanwhile has begun the reply, which has a deadline of its own.
        if was_open && !self.reply.is_empty() {
            return false;
        }
        let verdict = self.model.expired();
        self.takes_verdict(verdict);
        self.drive()
    }

    fn turns_away(&mut self, kind: ErrorKind) -> bool {
        let verdict = self.model.gives_up(kind, true);
        self.takes_verdict(verdict);
        self.drive()
    }

    /// What the sink is told of a verdict, and what that makes the answer.
    fn takes_verdict(&mut self, verdict: Option<Verdict>) {
        let answer = match verdict {
            None => return,
            Some(Ok((notification, consumed, body))) => {
                self.told.push(Told::Notified(notification, body));
                self.outcome.answer().map_err(|kind| kind.at(consumed))
            }
            Some(Err(refused)) => Err(refused),
        };
        if let Err(refused) = answer {
            self.told.push(Told::Refused(refused));
        }
        self.model.answers(answer.map_err(|refused| refused.kind), Instant::now());
    }

    /// What was counted, and all that the peer can read when the server has closed its end: the reply and the end.
    fn counts_and_reply(self) {
        let report = self.server.report();
        counts(&report, &self.told, self.outcome);
        assert_eq!(report.trailing, self.model.trailing as u64, "{:?}", self.script);
        drop(self.server);
        let mut client = self.client;
        let mut read = Vec::new();
        let end = client.read_to_end(&mut read).map_err(|error| error.kind());
        assert_eq!(read.escape_ascii().to_string(), self.reply.escape_ascii().to_string(), "{:?}", self.script);
        let clean = if self.in_flight.is_empty() { end.is_ok() } else { end == Err(IoKind::ConnectionReset) };
        assert!(clean, "{end:?} with {} bytes unread: {:?}", self.in_flight.len(), self.script);
    }
}

/// What was counted is what the sink was told.
fn counts(report: &Report, told: &[Told], outcome: Outcome) {
    let count = |is: fn(&Told) -> bool| told.iter().filter(|told| is(told)).count() as u64;
    let is_taken = outcome == Outcome::Take;
    let offered = count(|told| matches!(told, Told::Notified(..)));
    assert_eq!(report.notified, if is_taken { offered } else { 0 });
    assert_eq!(report.refused, count(|told| matches!(told, Told::Refused(_))));
    assert_eq!(report.sink_panics, if outcome == Outcome::Panic { offered } else { 0 });
}
