//! The probes: what no single message shows, but the behaviour over time, over many connections, and of the socket
//! itself.

mod burst;
mod order;
mod patience;
mod peer;
mod replies;
mod sink;
mod socket;
mod stream;

use std::time::Duration;

use crate::auditor::Auditor;
use crate::observer::Observer;
use crate::stop::Stop;
use crate::vectors::{Case, With};

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

/// A group of probes.
type Group = fn(&mut Auditor, &Bounds, &[Case]) -> Result<(), Stop>;

/// The groups, each with what it is about, the slowest last.
const GROUPS: [(&str, Group); 8] = [
    ("the socket", |auditor, _, _| socket::run(auditor)),
    ("peers of other users", peer::run),
    ("the stream", |auditor, _, _| stream::run(auditor)),
    ("the replies", |auditor, _, _| replies::echo(auditor)),
    ("a sink that fails", |auditor, bounds, _| sink::run(auditor, bounds)),
    ("order and isolation", |auditor, _, _| order::run(auditor)),
    ("the burst", |auditor, bounds, _| burst::run(auditor, bounds)),
    ("silence and dripping", patience::run),
];

/// How many steps the probes are.
pub(crate) const STEPS: usize = GROUPS.len();

/// Probes everything.
pub(crate) fn run(
    auditor: &mut Auditor,
    observer: &mut dyn Observer,
    bounds: &Bounds,
    cases: &[Case],
) -> Result<(), Stop> {
    for (about, group) in GROUPS {
        observer.at(about);
        group(auditor, bounds, cases)?;
        observer.step();
    }
    Ok(())
}

/// What all replies together show; it is known even where the audit ended early.
pub(crate) fn conclude(auditor: &mut Auditor) {
    replies::conclude(auditor);
}
