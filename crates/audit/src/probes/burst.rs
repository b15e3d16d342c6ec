//! The burst: many senders at once, as when a node dies and every survivor's routers fail over.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{About, Bounds};
use crate::auditor::{Auditor, Finding, message};
use crate::results::Outcome;
use crate::stop::Stop;
use crate::target::{End, Exchange, LONGEST};
use crate::vectors::Weakness;

/// How long all of them together may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the last event may be behind the one before it.
const EVENT: Duration = Duration::from_secs(3);
/// Descriptors that are needed besides.
const SPARE: u64 = 64;

pub(super) const BURST: About = About {
    name: "burst",
    cwe: Weakness::Backlog,
    title: "many senders at once",
    rule: "listen(2)",
    risk: "The kernel refuses senders that the backlog has no room for; the shell sender gives up for good at the \
        first refusal.",
    expected: "200 and its event for each",
};

/// What became of the senders.
#[derive(Default)]
struct Tally {
    refused_by_kernel: usize,
    accepted: HashSet<String>,
    turned_away: usize,
    other: usize,
    unanswered: usize,
    closed: usize,
    lost: usize,
    more: usize,
}

struct Sender {
    id: String,
    stream: UnixStream,
    answer: Vec<u8>,
    end: Option<End>,
}

pub(crate) fn run(auditor: &mut Auditor, bounds: &Bounds) -> Result<(), Stop> {
    auditor.check_may_go_on()?;
    make_room(bounds.burst)?;
    let start = Instant::now();
    let ids: Vec<_> = (0..bounds.burst).map(|_| auditor.fresh_id()).collect();
    let (senders, refused_by_kernel) = all_at_once(auditor, ids)?;
    auditor.check_may_go_on()?;
    let took = start.elapsed();
    let mut tally = Tally { refused_by_kernel, ..Tally::default() };
    for sender in senders {
        count(auditor, sender, &mut tally);
    }
    count_events(auditor, &mut tally);
    let finding = tally.finding(bounds.burst, took, auditor.server.events.is_some());
    auditor.note(BURST.entry(), finding);
    auditor.sync()?;
    Ok(())
}

fn make_room(senders: usize) -> Result<(), Stop> {
    let needed = u64::try_from(senders).unwrap_or(u64::MAX).saturating_add(SPARE);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|soft| soft >= needed) {
        return Ok(());
    }
    let fits = limit.maximum.is_none_or(|hard| hard >= needed);
    if !fits || setrlimit(Resource::Nofile, Rlimit { current: Some(needed), ..limit }).is_err() {
        return Err(Stop::Descriptors { senders, needed });
    }
    Ok(())
}

/// Connects and writes without waiting, as so many processes would, then reads until all have ended.
fn all_at_once(auditor: &Auditor, ids: Vec<String>) -> Result<(Vec<Sender>, usize), Stop> {
    let mut poll = Poll::new().map_err(Stop::Burst)?;
    let mut senders = Vec::new();
    let mut refused_by_kernel = 0;
    for id in ids {
        match UnixStream::connect(auditor.server.target.socket()) {
            Ok(mut stream) => {
                // It is shorter than any socket's buffer; where the server has closed, the answer tells.
                let _ = stream.write(&message(&id, "primary"));
                let token = Token(senders.len());
                poll.registry().register(&mut stream, token, Interest::READABLE).map_err(Stop::Burst)?;
                senders.push(Sender { id, stream, answer: Vec::new(), end: None });
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => refused_by_kernel += 1,
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(Stop::Lost(error)),
            Err(error) => return Err(Stop::Burst(error)),
        }
    }
    let deadline = Instant::now() + PATIENCE;
    let mut events = Events::with_capacity(1_024);
    let mut open = senders.len();
    while open > 0 {
        let Some(wait) = auditor.watch.glance(deadline) else { break };
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(Stop::Burst(error)),
            _ => {}
        }
        for event in &events {
            if let Some(sender) = senders.get_mut(event.token().0) {
                open -= usize::from(sender.read());
            }
        }
    }
    Ok((senders, refused_by_kernel))
}

impl Sender {
    /// Reads what is there: whether the end is.
    fn read(&mut self) -> bool {
        let mut chunk = [0; 4_096];
        if self.end.is_some() {
            return false;
        }
        while self.end.is_none() {
            match self.stream.read(&mut chunk) {
                Ok(0) => self.end = Some(End::Closed),
                Ok(_) if self.answer.len() > LONGEST => self.end = Some(End::Kept),
                Ok(read) => self.answer.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => self.end = Some(End::Reset),
            }
        }
        true
    }
}

fn count(auditor: &mut Auditor, sender: Sender, tally: &mut Tally) {
    let Sender { id, answer, end, .. } = sender;
    let exchange = Exchange { answer, end: end.unwrap_or(End::Silent), took: Duration::ZERO };
    auditor.seen.note("probe/burst", &message(&id, "primary"), &exchange);
    match (exchange.status(), end) {
        (Some(200), _) => {
            tally.accepted.insert(id);
        }
        (Some(503), _) => tally.turned_away += 1,
        (Some(_), _) => tally.other += 1,
        (None, None) => tally.unanswered += 1,
        (None, Some(_)) => tally.closed += 1,
    }
}

fn count_events(auditor: &Auditor, tally: &mut Tally) {
    let Some(events) = &auditor.server.events else { return };
    let mut missing = tally.accepted.clone();
    while !missing.is_empty() {
        let Some(event) = events.next(EVENT) else { break };
        let known = event.router_id.as_ref().is_some_and(|id| missing.remove(id));
        tally.more += usize::from(!known);
    }
    tally.lost = missing.len();
}

impl Tally {
    fn finding(&self, senders: usize, took: Duration, events: bool) -> Finding {
        let mut parts = vec![format!("{} of {senders} answered with 200", self.accepted.len())];
        let mut add = |count: usize, what: &str| {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        };
        add(self.refused_by_kernel, "refused by the kernel (EAGAIN)");
        add(self.unanswered, "unanswered");
        add(self.closed, "closed without a reply");
        add(self.turned_away, "turned away with 503");
        add(self.other, "answered otherwise");
        add(self.lost, "answered with 200, but without an event");
        add(self.more, "events that belong to no 200");
        let wrong = self.refused_by_kernel + self.unanswered + self.closed + self.other + self.lost + self.more;
        let outcome = match (wrong, self.turned_away) {
            (0, 0) => Outcome::Pass,
            // To be told to try again is an answer, which the senders of today don't heed.
            (0, _) => Outcome::Noted,
            _ => Outcome::Fail,
        };
        let seen = if events { "" } else { "; whether events were lost was not seen" };
        Finding::new(outcome, format!("{}; it took {:.2} s{seen}", parts.join(", "), took.as_secs_f64()))
    }
}
