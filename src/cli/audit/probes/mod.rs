//! The probes: what no single message shows, but the behaviour over time, over many connections, and of the socket itself.

mod burst;
mod order;
mod patience;
mod peer;
mod replies;
mod sink;
mod socket;
mod stream;

use std::time::Duration;

use super::auditor::{Auditor, Stop};
use super::vectors::{Case, With};

/// What the probes may do.
pub(super) struct Bounds {
    /// What the server is configured with.
    pub(super) configured: With,
    /// Senders at once.
    pub(super) burst: usize,
    /// By when a server has to have given up on a connection.
    pub(super) deadline: Duration,
    /// A router for which the server's sink fails.
    pub(super) failing_id: Option<String>,
}

/// How many entries the probes make, for the progress.
pub(super) const COUNT: usize = 40;

/// Probes everything, the slowest last.
pub(super) fn run(auditor: &mut Auditor, bounds: &Bounds, cases: &[Case]) -> Result<(), Stop> {
    auditor.progress.at("the socket");
    socket::run(auditor)?;
    peer::run(auditor, bounds, cases)?;
    auditor.progress.at("the stream");
    stream::run(auditor)?;
    replies::echo(auditor)?;
    sink::run(auditor, bounds)?;
    auditor.progress.at("order and isolation");
    order::run(auditor)?;
    auditor.progress.at("the burst");
    burst::run(auditor, bounds)?;
    auditor.progress.at("silence and dripping");
    patience::run(auditor, bounds, cases)?;
    Ok(())
}

/// What all replies together show; it is known even where the audit ended early.
pub(super) fn conclude(auditor: &mut Auditor) {
    replies::conclude(auditor);
}
