//! The audit as it goes: sends, watches for events, takes note of what it finds, and stops where there is no going on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::events::{Event, Events};
use super::progress::Progress;
use super::replies::Seen;
use super::result::{Entry, Kind, Outcome, shown};
use super::spawn::Spawned;
use super::target::{Exchange, Finish, PATIENCE, Target};
use super::vectors::{Level, Weakness};

/// How long an event may come behind its reply.
const EVENT: Duration = Duration::from_secs(3);

/// Why an audit ends before all of it was done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error("the server can't be reached: {0}: is it running, and is this its socket?")]
    Lost(io::Error),
    #[error("the server accepts no connection any more: its backlog stayed full for 5 s")]
    Stuck,
    #[error("the server doesn't take an acceptable notification any more: {0}")]
    Refuses(String),
    #[error(
        "no event came for a notification that was answered 200: is that where the server under test writes its events?"
    )]
    NoEvent,
    #[error("the audit's time was over (--max-time)")]
    Time,
    #[error("interrupted")]
    Interrupted,
    #[error("{0}")]
    Own(String),
}

/// What was sent, and what came of it.
pub(super) struct Observed<'a> {
    pub(super) sent: &'a [u8],
    pub(super) exchange: &'a Exchange,
    /// What the agent was told; nothing is known where events aren't read.
    pub(super) events: Option<Vec<Event>>,
}

/// What a case or a probe is, whatever comes of it.
#[derive(Clone)]
pub(super) struct About {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) cwe: Weakness,
    pub(super) level: Level,
    pub(super) expected: String,
    pub(super) rule: String,
    pub(super) risk: String,
}

/// What was found, in words.
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    pub(super) why: String,
    pub(super) sent: String,
    pub(super) answer: String,
    pub(super) events: Vec<String>,
}

impl Finding {
    pub(super) fn new(outcome: Outcome, why: impl Into<String>) -> Self {
        Self { outcome, why: why.into(), sent: String::new(), answer: String::new(), events: Vec::new() }
    }

    /// A pass, or a failure with its reason.
    pub(super) fn check(failure: Option<String>, passed: impl Into<String>) -> Self {
        match failure {
            Some(why) => Self::new(Outcome::Fail, why),
            None => Self::new(Outcome::Pass, passed),
        }
    }

    pub(super) fn with(self, sent: &[u8], answer: &[u8]) -> Self {
        Self { sent: shown(sent), answer: shown(answer), ..self }
    }
}

/// One audit of one server.
pub(super) struct Auditor {
    pub(super) target: Target,
    pub(super) events: Option<Events>,
    pub(super) spawned: Option<Spawned>,
    pub(super) seen: Seen,
    pub(super) entries: Vec<Entry>,
    pub(super) progress: Progress,
    pub(super) interrupted: Arc<AtomicBool>,
    pub(super) end: Instant,
    pub(super) ids: u64,
}

impl Auditor {
    /// Puts down what was found.
    pub(super) fn note(&mut self, about: About, finding: Finding) {
        self.progress.done();
        self.entries.push(Entry {
            id: about.id,
            kind: about.kind,
            title: about.title,
            cwe: about.cwe,
            level: about.level,
            outcome: finding.outcome,
            why: finding.why,
            expected: about.expected,
            sent: finding.sent,
            answer: finding.answer,
            events: finding.events,
            rule: about.rule,
            risk: about.risk,
        });
    }

    /// An error where the audit may not go on.
    pub(super) fn may_go_on(&mut self) -> Result<(), Stop> {
        if let Some(ended) = self.spawned.as_mut().and_then(Spawned::ended) {
            return Err(Stop::Own(ended));
        }
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Stop::Interrupted);
        }
        if Instant::now() > self.end { Err(Stop::Time) } else { Ok(()) }
    }

    /// Sends bytes on a connection of their own, and takes note of the reply.
    pub(super) fn exchange(&mut self, id: &str, bytes: &[u8], finish: Finish) -> Result<Exchange, Stop> {
        self.may_go_on()?;
        let exchange = self.target.exchange(bytes, finish)?;
        self.seen.note(id, bytes, &exchange);
        Ok(exchange)
    }

    /// A router id that this audit hasn't used yet.
    pub(super) fn fresh_id(&mut self) -> String {
        self.ids += 1;
        format!("ad170000-{:04x}-4000-8000-{:012x}", std::process::id() & 0xffff, self.ids)
    }

    /// Sends an acceptable notification, and waits for its event: the events that came before it. So whatever the agent was told because of
    /// earlier bytes is known by then.
    pub(super) fn sync(&mut self) -> Result<Option<Vec<Event>>, Stop> {
        if self.events.is_none() {
            return Ok(None);
        }
        let id = self.take_part()?;
        let Some(events) = &self.events else { return Ok(None) };
        let (before, came) = events.until(EVENT, |event| event.router_id.as_deref() == Some(&id));
        if came { Ok(Some(before)) } else { Err(Stop::NoEvent) }
    }

    /// Sends an acceptable notification, which has to be answered with 200: the id of its router.
    pub(super) fn take_part(&mut self) -> Result<String, Stop> {
        self.may_go_on()?;
        let router_id = self.fresh_id();
        let message = message(&router_id, "backup");
        let exchange = self.target.exchange(&message, Finish::Never)?;
        self.seen.note("probe/acceptable", &message, &exchange);
        match exchange.status() {
            Some(200) => Ok(router_id),
            Some(status) => Err(Stop::Refuses(format!("it answered {status}"))),
            None => Err(Stop::Refuses(format!("no reply within {} s", PATIENCE.as_secs()))),
        }
    }
}

/// A message as the shell sender writes it.
pub(super) fn message(router_id: &str, state: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nX-Neutron-Router-Id: {router_id}\r\n\
         X-Neutron-State: {state}\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

/// Whether the agent was told exactly this.
pub(super) fn is(event: &Event, router_id: &str, state: &str) -> bool {
    event.router_id.as_deref() == Some(router_id) && event.state.as_deref() == Some(state)
}

impl About {
    /// A probe of behaviour, by its name.
    pub(super) fn probe(name: &str, cwe: Weakness, title: &str, rule: &str, risk: &str, expected: &str) -> Self {
        Self {
            id: format!("probe/{name}"),
            kind: Kind::Probe,
            title: title.to_owned(),
            cwe,
            level: Level::Must,
            expected: expected.to_owned(),
            rule: rule.to_owned(),
            risk: risk.to_owned(),
        }
    }
}
