//! The probes: what no single message shows, but the behaviour over time, over many connections, and of the socket
//! itself.

mod about;
mod burst;
pub(crate) mod order;
mod patience;
mod peer;
pub(crate) mod replies;
pub(crate) mod resources;
mod sink;
mod socket;
mod stream;

use std::time::Duration;

pub(crate) use self::about::About;
use crate::auditor::{Auditor, Finding};
use crate::judge;
use crate::observer::Observer;
use crate::recover;
use crate::replies::FAULTS;
use crate::results::{Entry, Outcome};
use crate::selection::Selection;
use crate::stop::Stop;
use crate::vectors::{Case, Given, With};

/// What the probes may do.
pub(crate) struct Bounds {
    /// What the server is configured with.
    pub(crate) configured: With,
    /// Senders at once.
    pub(crate) burst: usize,
    /// By when a server has to have given up on a connection.
    pub(crate) deadline: Duration,
    /// A router for which the server's sink fails.
    pub(crate) failing_id: Option<String>,
}

/// A probe, or several that are made at once.
struct Probe {
    /// What it turns to, for a person.
    at: &'static str,
    /// What is found.
    about: &'static [&'static About],
    /// The cases that take their turn with it.
    given: Option<Given>,
    run: fn(&mut Auditor, &Bounds, &[Case]) -> Result<(), Stop>,
}

const fn probe(
    at: &'static str,
    about: &'static [&'static About],
    run: fn(&mut Auditor, &Bounds, &[Case]) -> Result<(), Stop>,
) -> Probe {
    Probe { at, about, given: None, run }
}

const STREAM: &str = "the stream";
const ORDER: &str = "order and isolation";

/// All of them, the slowest last.
static PROBES: [Probe; 17] = [
    probe("the socket", &[&socket::MODE, &socket::DIRECTORY, &socket::OWNER], |auditor, _, _| socket::run(auditor)),
    Probe { given: Some(Given::PeerNotAllowed), ..probe("peers of other users", &[], peer::run) },
    probe(STREAM, &[&stream::HALF_CLOSE], |auditor, _, _| stream::half_close(auditor)),
    probe(STREAM, &[&stream::BYTE_BY_BYTE], |auditor, _, _| stream::byte_by_byte(auditor)),
    probe(STREAM, &[&stream::TWO_MESSAGES], |auditor, _, _| stream::bytes_behind(auditor)),
    probe(STREAM, &[&stream::MEGABYTE_BODY], |auditor, _, _| stream::body_sent(auditor)),
    probe(STREAM, &[&stream::ENDLESS_HEAD], |auditor, _, _| stream::endless_head(auditor)),
    probe(STREAM, &[&stream::RESET], |auditor, _, _| stream::reset(auditor)),
    probe(STREAM, &[&stream::GONE_BEFORE_REPLY], |auditor, _, _| stream::gone(auditor)),
    probe("the replies", &[&replies::ECHO], |auditor, _, _| replies::echo(auditor)),
    probe("a sink that fails", &[&sink::SINK_FAILS], |auditor, bounds, _| sink::run(auditor, bounds)),
    probe(ORDER, &[&order::ORDER], |auditor, _, _| order::sequence(auditor)),
    probe(ORDER, &[&order::SAME_ROUTER], |auditor, _, _| order::at_once(auditor)),
    probe(ORDER, &[&order::INTERLEAVED], |auditor, _, _| order::interleaved(auditor)),
    probe("the burst", &[&burst::BURST], |auditor, bounds, _| burst::run(auditor, bounds)),
    Probe { given: Some(Given::Deadline), ..probe("silence and dripping", PATIENCE, patience::run) },
    probe("what the server holds", RESOURCES, |auditor, _, _| resources::run(auditor)),
];

const RESOURCES: &[&About] =
    &[&resources::DESCRIPTORS, &resources::THREADS, &resources::CHILDREN, &resources::MEMORY, &resources::IDLE_TIME];

const PATIENCE: &[&About] =
    &[&patience::OTHERS_MEANWHILE, &patience::SILENCE, &patience::DRIP, &patience::BODY_NEVER_SENT];

impl Probe {
    fn is_selected(&self, selection: &Selection, cases: &[Case]) -> bool {
        let finds = self.about.iter().any(|about| selection.has_entry(&about.entry()));
        finds || self.given.is_some() && cases.iter().any(|case| case.given == self.given)
    }
}

impl Probe {
    /// Puts down that the server was broken by this probe: what it has found so far begins at `begun`.
    fn has_broken(&self, auditor: &mut Auditor, cases: &[Case], begun: usize, what: &str) {
        let of_cases = cases.iter().filter(|case| self.given.is_some() && case.given == self.given).map(judge::about);
        let all: Vec<_> = self.about.iter().map(|about| about.entry()).chain(of_cases).collect();
        let is_found = |entry: &Entry| auditor.entries.iter().skip(begun).any(|found| found.id == entry.id);
        let (found, mut open): (Vec<_>, Vec<_>) = all.into_iter().partition(is_found);
        match found.last() {
            Some(last) if open.is_empty() => auditor.convict(&last.id, what),
            _ if open.is_empty() => {}
            _ => auditor.note(open.remove(0), Finding::new(Outcome::Fail, what)),
        }
        for about in open {
            auditor.note(about, Finding::new(Outcome::NotSeen, "the server broke before"));
        }
    }
}

/// How many steps the probes are that are selected, or go with one of these cases.
pub(crate) fn steps(selection: &Selection, cases: &[Case]) -> usize {
    PROBES.iter().filter(|probe| probe.is_selected(selection, cases)).count()
}

/// The entries of all probes, before anything is found.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    PROBES.iter().flat_map(|probe| probe.about).map(|about| about.entry()).chain(of_all_replies())
}

/// The entries about all replies together, which are there without the other probes too.
pub(crate) fn of_all_replies() -> impl Iterator<Item = Entry> {
    replies::ABOUT_ALL.map(About::entry).into_iter().chain(FAULTS.into_iter().map(replies::framing))
}

/// Probes whatever is selected.
pub(crate) fn run(
    auditor: &mut Auditor,
    observer: &mut dyn Observer,
    bounds: &Bounds,
    cases: &[Case],
) -> Result<(), Stop> {
    let selection = auditor.selection.clone();
    for probe in PROBES.iter().filter(|probe| probe.is_selected(&selection, cases)) {
        observer.at(probe.at);
        let begun = auditor.entries.len();
        if let Err(stop) = (probe.run)(auditor, bounds, cases).and_then(|()| auditor.settle()) {
            let what = recover::revive(auditor, stop)?;
            observer.restarted(&what);
            probe.has_broken(auditor, cases, begun, &what);
        }
        observer.step();
    }
    Ok(())
}

/// What all replies together show; it is known even where the audit ended early.
pub(crate) fn conclude(auditor: &mut Auditor) {
    replies::conclude(auditor);
}
