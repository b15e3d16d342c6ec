//! The audit as it goes: sends, watches for events, takes note of what it finds, and stops where there is no going on.

use std::time::{Duration, Instant};

use super::events::Event;
use super::judge::no_reply;
use super::process::Held;
use super::remedy;
use super::replies::Seen;
use super::results::{Entry, Latency, Outcome, sending, shown};
use super::selection::Selection;
use super::server::Server;
use super::spawn::Spawned;
use super::stop::Stop;
use super::target::{Exchange, Finish};
use super::watch::Watch;

/// How long an event may come after its reply.
const EVENT: Duration = Duration::from_secs(3);

/// What was sent, and what came of it.
pub(crate) struct Observed<'a> {
    pub(crate) sent: &'a [u8],
    pub(crate) exchange: &'a Exchange,
    /// What the agent was told; `None` where events aren't read.
    pub(crate) events: Option<Vec<Event>>,
}

/// What was found, in words.
pub(crate) struct Finding {
    pub(crate) outcome: Outcome,
    pub(crate) why: String,
    pub(crate) sent: String,
    pub(crate) answer: String,
    pub(crate) events: Vec<String>,
    /// The shell command that sends the same, where there are few bytes.
    pub(crate) again: Option<String>,
    pub(crate) latency: Option<Latency>,
}

impl Finding {
    pub(crate) fn new(outcome: Outcome, why: impl Into<String>) -> Self {
        Self {
            outcome,
            why: why.into(),
            sent: String::new(),
            answer: String::new(),
            events: Vec::new(),
            again: None,
            latency: None,
        }
    }

    /// A pass, or a failure with its reason.
    pub(crate) fn check(failure: Option<String>, passed: impl Into<String>) -> Self {
        match failure {
            Some(why) => Self::new(Outcome::Fail, why),
            None => Self::new(Outcome::Pass, passed),
        }
    }

    pub(crate) fn with(self, sent: &[u8], answer: &[u8]) -> Self {
        Self { sent: shown(sent), answer: shown(answer), again: sending(sent, "\"$SOCKET\""), ..self }
    }
}

/// One audit of one server.
pub(crate) struct Auditor {
    pub(crate) server: Server,
    pub(crate) seen: Seen,
    pub(crate) entries: Vec<Entry>,
    pub(crate) watch: Watch,
    pub(crate) ids: u64,
    /// When the last entry was put down.
    pub(crate) noted_at: Instant,
    /// What the server held when it had taken its first notification; `None` where its process is not known.
    pub(crate) held_before: Option<Held>,
    /// What is put down; the rest is forgotten.
    pub(crate) selection: Selection,
}

impl Auditor {
    /// Puts down what was found of a case or a probe.
    pub(crate) fn note(&mut self, about: Entry, finding: Finding) {
        let Finding { outcome, why, sent, answer, events, again, latency } = finding;
        if self.selection.has_entry(&about) {
            let seconds = self.noted_at.elapsed().as_secs_f64();
            let has_failed = outcome == Outcome::Fail;
            let remedy = remedy::of(&about.id).filter(|_| has_failed).map(str::to_owned);
            let again = again.filter(|_| has_failed);
            // To the microsecond: more is noise.
            let seconds = (seconds * 1e6).round() / 1e6;
            self.entries.push(Entry { outcome, why, sent, answer, events, remedy, again, latency, seconds, ..about });
            self.noted_at = Instant::now();
        }
    }

    /// Makes a failure of what was found before: it has caused what was seen later.
    pub(crate) fn convict(&mut self, id: &str, what: &str) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.id == id) {
            entry.why = match entry.outcome {
                Outcome::Fail if entry.why != what => format!("{}; {what}", entry.why),
                _ => what.to_owned(),
            };
            entry.outcome = Outcome::Fail;
            entry.remedy = remedy::of(id).map(str::to_owned);
        }
    }

    /// Sends an acceptable notification, which has to be taken and to have its event where events are read.
    pub(crate) fn settle(&mut self) -> Result<(), Stop> {
        match self.sync()? {
            Some(_) => Ok(()),
            None => self.send_control().map(drop),
        }
    }

    /// Gives an error where the audit may not go on.
    pub(crate) fn check_may_go_on(&mut self) -> Result<(), Stop> {
        if let Some(ended) = self.server.spawned.as_mut().and_then(Spawned::ended) {
            return Err(Stop::ServerEnded(ended));
        }
        self.watch.check()
    }

    /// Sends bytes on a connection of their own, and takes note of the reply.
    pub(crate) fn exchange(&mut self, id: &str, bytes: &[u8], finish: Finish) -> Result<Exchange, Stop> {
        self.check_may_go_on()?;
        let exchange = self.server.target.exchange(bytes, finish)?;
        // What was cut short by the end of the audit says nothing of the server.
        self.watch.check()?;
        self.seen.note(id, bytes, &exchange);
        Ok(exchange)
    }

    /// A router id that this audit hasn't used yet.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.ids += 1;
        format!("ad170000-{:04x}-4000-8000-{:012x}", std::process::id() & 0xffff, self.ids)
    }

    /// Sends an acceptable notification, and waits for its event: the events that came before it. So whatever the agent
    /// was told because of earlier bytes is known by then.
    pub(crate) fn sync(&mut self) -> Result<Option<Vec<Event>>, Stop> {
        if self.server.events.is_none() {
            return Ok(None);
        }
        let id = self.send_control()?;
        let Some(events) = &self.server.events else { return Ok(None) };
        let (before, came) = events.until(EVENT, |event| event.router_id.as_deref() == Some(&id));
        self.watch.check()?;
        match (came, events.dropped()) {
            (_, dropped @ 1..) => Err(Stop::EventFlood { dropped }),
            (true, 0) => Ok(Some(before)),
            (false, 0) => Err(Stop::NoEvent),
        }
    }

    /// Sends a control notification, an acceptable one, which has to be answered with 200: the id of its router.
    pub(crate) fn send_control(&mut self) -> Result<String, Stop> {
        self.check_may_go_on()?;
        let router_id = self.fresh_id();
        let message = message(&router_id, "backup");
        let exchange = self.server.target.exchange(&message, Finish::Never)?;
        self.watch.check()?;
        self.seen.note("probe/acceptable", &message, &exchange);
        match exchange.status() {
            Some(200) => Ok(router_id),
            Some(status) => Err(Stop::Refuses(format!("it answered {status}"))),
            None => Err(Stop::Refuses(no_reply(&exchange))),
        }
    }
}

/// A message as the shell sender writes it.
pub(crate) fn message(router_id: &str, state: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nX-Neutron-Router-Id: {router_id}\r\n\
         X-Neutron-State: {state}\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

/// Whether the agent was told exactly this.
pub(crate) fn is(event: &Event, router_id: &str, state: &str) -> bool {
    event.router_id.as_deref() == Some(router_id) && event.state.as_deref() == Some(state)
}
