//! An audit from start to end: the server, the cases and the probes.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::audit::{Audit, Finished};
use super::auditor::Auditor;
use super::error::AuditError;
use super::judge;
use super::observer::Observer;
use super::probes::{self, Bounds};
use super::replies::Seen;
use super::results::{Entry, FORMAT, Results, printable};
use super::server::Server;
use super::stop::Stop;
use super::vectors::{Case, embedded};
use super::watch::Watch;

pub(crate) fn run(mut audit: Audit, observer: &mut dyn Observer) -> Result<Finished, AuditError> {
    let cases = selected(&mut audit)?;
    // A clock before 1970 can't be written.
    let started = SystemTime::now().max(UNIX_EPOCH);
    let start = Instant::now();
    let mut auditor = auditor(&mut audit)?;
    observer.begin(cases.len() + if audit.probes { probes::steps(&audit.selection, &cases) } else { 0 });
    if let Err(error) = begin(&mut auditor) {
        return Err(error.with(auditor.server.end()));
    }
    auditor.held_before = auditor.server.held();
    let ended = all(&mut auditor, observer, &audit, &cases).err();
    probes::conclude(&mut auditor);
    observer.finish();
    Ok(finished(audit, auditor, ended, (started, start)))
}

/// What was found, and what is left of the server.
pub(crate) fn finished(
    audit: Audit,
    mut auditor: Auditor,
    ended: Option<Stop>,
    (started, start): (SystemTime, Instant),
) -> Finished {
    let socket = printable(auditor.server.target.socket());
    let results = Results {
        format: FORMAT.to_owned(),
        version: 1,
        hanotify: env!("CARGO_PKG_VERSION").to_owned(),
        name: audit.name.or(audit.command).unwrap_or_else(|| socket.clone()),
        socket,
        started_at: humantime::format_rfc3339_seconds(started).to_string(),
        seconds: start.elapsed().as_secs_f64(),
        complete: ended.is_none(),
        ended: ended.as_ref().map(ToString::to_string),
        events: auditor.server.events.is_some(),
        restarts: auditor.server.restarts,
        stray_lines: auditor.server.strays.count(),
        first_stray_line: auditor.server.strays.first(),
        vectors: None,
        hunt: None,
        entries: std::mem::take(&mut auditor.entries),
    };
    let left_behind = auditor.server.end();
    Finished { results, ended, left_behind }
}

/// The entries of what is selected, before anything is found: the cases, and then the probes.
pub(crate) fn list(mut audit: Audit) -> Result<Vec<Entry>, AuditError> {
    let cases = selected(&mut audit)?;
    let cases = cases.iter().filter(|case| !judge::is_of_files(case)).map(judge::about);
    let probes = of(&audit).into_iter().filter(|probe| audit.selection.has_entry(probe));
    Ok(cases.chain(probes).collect())
}

/// The probes that an audit may make.
fn of(audit: &Audit) -> Vec<Entry> {
    if audit.probes { probes::entries().collect() } else { probes::of_all_replies().collect() }
}

/// The cases that are selected. It is an error if a selector names nothing: a name that is misspelt would pass for
/// good.
fn selected(audit: &mut Audit) -> Result<Vec<Case>, AuditError> {
    let mut cases = match audit.cases.take() {
        Some(cases) => cases,
        None => embedded()?.into_iter().flat_map(|group| group.cases).collect(),
    };
    let probes = of(audit);
    for selector in &audit.selection.select {
        let names_case = cases.iter().any(|case| selector.matches_case(case));
        if !names_case && !probes.iter().any(|probe| selector.matches_entry(probe)) {
            return Err(AuditError::NothingSelected(selector.clone()));
        }
    }
    cases.retain(|case| audit.selection.has_case(case));
    if cases.is_empty() && !probes.iter().any(|probe| audit.selection.has_entry(probe)) {
        return Err(AuditError::NothingLeft);
    }
    Ok(cases)
}

pub(crate) fn auditor(audit: &mut Audit) -> Result<Auditor, AuditError> {
    let watch = Watch::new(audit.stop.clone(), audit.max_time);
    let server = Server::of(audit, &watch)?;
    let selection = audit.selection.clone();
    let (seen, entries, noted_at) = (Seen::default(), Vec::new(), Instant::now());
    Ok(Auditor { server, seen, entries, watch, ids: 0, noted_at, held_before: None, selection })
}

fn all(auditor: &mut Auditor, observer: &mut dyn Observer, audit: &Audit, cases: &[Case]) -> Result<(), Stop> {
    judge::run(auditor, observer, cases, audit.configured)?;
    let bounds = Bounds {
        configured: audit.configured,
        burst: audit.burst,
        deadline: audit.deadline,
        failing_id: audit.failing_id.map(|id| id.to_string()),
    };
    if audit.probes { probes::run(auditor, observer, &bounds, cases) } else { Ok(()) }
}

/// An acceptable notification has to be taken, or what follows would show nothing.
pub(crate) fn begin(auditor: &mut Auditor) -> Result<(), AuditError> {
    let begun = match auditor.sync() {
        // The server was there, but not yet ready to accept, or the events had not been opened.
        Err(Stop::Lost(_) | Stop::NoEvent) => auditor.sync(),
        begun => begun,
    };
    let begun = match begun {
        // Without events, nothing has been sent yet.
        Ok(None) => auditor.send_control().map(drop),
        begun => begun.map(drop),
    };
    begun.map_err(|stop| AuditError::Begin { socket: printable(auditor.server.target.socket()), stop })
}
