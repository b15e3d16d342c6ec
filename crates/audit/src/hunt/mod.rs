//! A hunt: messages that nobody has thought of, sent to any receiver, with the parser of hanotify as the judge of each.
//!
//! ```no_run
//! use hanotify_audit::hunt::Hunt;
//! use hanotify_audit::{Audit, EventSource};
//! use std::time::Duration;
//!
//! let server = Audit::spawning("./agent --listen {socket}")
//!     .with_events(EventSource::ServerOutput)
//!     .with_max_time(Duration::from_secs(60));
//! let hunted = Hunt::of(server).with_seed(7).run(&mut ())?;
//! for finding in &hunted.findings {
//!     println!("{}: {}", finding.name, finding.why);
//! }
//! # Ok::<(), hanotify_audit::AuditError>(())
//! ```

mod campaign;
mod exchange;
mod fault;
mod finding;
mod generate;
mod input;
mod pursue;
mod shrink;
mod stateful;
mod suspects;
mod tally;
mod vector;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::campaign::Campaign;
pub use self::finding::Finding;
use self::generate::Generator;
pub use self::input::Delivery;
pub use self::stateful::Sequence;
pub use self::tally::Tally;
use crate::audit::{Audit, LeftBehind};
use crate::error::AuditError;
use crate::probes::resources;
use crate::results::Results;
use crate::run;
use crate::stop::Stop;
use crate::vectors::{Case, embedded};
use crate::watch::Watch;
pub use crate::way::Way;

/// How often a hunt starts a server again that it has spawned and broken.
const RESTARTS: u32 = 1_000;
/// How long what the server holds may be looked at in the end.
const LAST_LOOK: Duration = Duration::from_secs(10);

/// Is told how far a hunt is. `()` doesn't care.
pub trait HuntObserver {
    /// So much was sent.
    fn sent(&mut self, tally: &Tally) {
        let _ = tally;
    }

    /// Something was found, shrunk and checked.
    fn found(&mut self, finding: &Finding) {
        let _ = finding;
    }

    /// The server was broken by what was sent to it, and was started again: how, in escaped words.
    fn restarted(&mut self, why: &str) {
        let _ = why;
    }
}

impl HuntObserver for () {}

/// What came of a hunt that could begin.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hunted {
    /// What was found, in the form of an audit: an entry for each finding, and for what the server holds.
    pub results: Results,
    /// The findings, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// Why the hunt ended before its time or its number of messages was reached; `None` if it didn't.
    pub ended: Option<Stop>,
    /// What is left of the server that was started; `None` if nothing is.
    pub left_behind: Option<LeftBehind>,
}

/// A hunt: what it is to do.
#[derive(Debug)]
pub struct Hunt {
    audit: Audit,
    seed: u64,
    connections: usize,
    messages: u64,
    known: Vec<String>,
    uses_vectors: bool,
    replayed: Vec<Sequence>,
}

impl Hunt {
    /// How many connections are open at once, unless another number is set.
    pub const CONNECTIONS: u16 = 128;
    /// The most that can be set.
    pub const MOST_CONNECTIONS: u16 = 256;

    /// A hunt on the server that this audit is of: its socket or command, its events, its configuration, its time, its
    /// name and its stop. What it selects is of no meaning to a hunt.
    #[must_use]
    pub fn of(audit: Audit) -> Self {
        let connections = Self::CONNECTIONS.into();
        Self {
            audit,
            seed: 0,
            connections,
            messages: u64::MAX,
            known: Vec::new(),
            uses_vectors: true,
            replayed: Vec::new(),
        }
    }

    /// Sets the seed: the same seed and the same answers make the same messages. The default is 0.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets how many connections are open at once, at most [`MOST_CONNECTIONS`](Self::MOST_CONNECTIONS). The default is
    /// [`CONNECTIONS`](Self::CONNECTIONS).
    #[must_use]
    pub fn with_connections(self, connections: u16) -> Self {
        Self { connections: connections.clamp(1, Self::MOST_CONNECTIONS).into(), ..self }
    }

    /// Ends the hunt after so many messages, beside those that are sent again. The default is no such end.
    #[must_use]
    pub fn with_messages(self, messages: u64) -> Self {
        Self { messages, ..self }
    }

    /// Names findings that are known: they are no new failures.
    #[must_use]
    pub fn with_known(self, names: impl IntoIterator<Item = String>) -> Self {
        Self { known: names.into_iter().collect(), ..self }
    }

    /// Makes no use of the published cases, which are mutated otherwise.
    #[must_use]
    pub fn without_vectors(self) -> Self {
        Self { uses_vectors: false, ..self }
    }

    /// Sends these sequences, twenty times each, and nothing else. The default is none: to hunt.
    #[must_use]
    pub fn with_replayed(self, sequences: impl IntoIterator<Item = Sequence>) -> Self {
        Self { replayed: sequences.into_iter().collect(), ..self }
    }

    /// Hunts until the time is over.
    ///
    /// # Errors
    ///
    /// [`AuditError`], when the hunt can't begin. When it can't go on, [`Hunted::ended`] says why.
    pub fn run(self, observer: &mut dyn HuntObserver) -> Result<Hunted, AuditError> {
        let Self { mut audit, seed, connections, messages, known, uses_vectors, replayed } = self;
        let cases: Vec<Case> = embedded()?.into_iter().flat_map(|group| group.cases).collect();
        // A clock before 1970 can't be written.
        let clocks = (SystemTime::now().max(UNIX_EPOCH), Instant::now());
        let configured = audit.configured;
        let mut auditor = run::auditor(&mut audit)?;
        auditor.server.most_restarts = RESTARTS;
        if let Err(error) = run::begin(&mut auditor) {
            return Err(error.with(auditor.server.end()));
        }
        auditor.held_before = auditor.server.held();
        let inputs = cases.iter().filter(|_| uses_vectors).map(|case| case.input.clone());
        let seeds = inputs.filter(|input| input.len() <= 20_000).collect();
        let generator = Generator::new(seed, input::limits(configured), seeds);
        let mut campaign = Campaign::new(&mut auditor, generator, &cases, &known, configured, seed);
        (campaign.connections, campaign.messages) = (connections, messages);
        let done = if replayed.is_empty() { campaign.run(observer) } else { campaign.replay(&replayed, observer) };
        let stopped = done.err();
        // "Nothing was found" is for what was looked at.
        let has_seen_nothing = campaign.findings.is_empty() && (campaign.tally.messages == 0 || campaign.is_in_doubt);
        // Sequences that are sent again have an end of their own.
        let ends_by_time = replayed.is_empty() && !has_seen_nothing;
        let ended = stopped.filter(|stop| !ends_by_time || !matches!(stop, Stop::Time));
        let (tally, findings) = (campaign.tally, campaign.findings);
        if auditor.held_before.is_some() && ended.is_none() {
            auditor.watch = Watch::new(audit.stop.clone(), LAST_LOOK);
            let _ = resources::run(&mut auditor);
        }
        let finished = run::finished(audit, auditor, ended, clocks);
        let results = Results { hunt: Some(tally), ..finished.results };
        Ok(Hunted { results, findings, ended: finished.ended, left_behind: finished.left_behind })
    }
}
