//! An audit from start to end: the server, the cases and the probes.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::audit::{Audit, EventSource, Finished};
use super::auditor::Auditor;
use super::error::AuditError;
use super::events::Events;
use super::judge;
use super::observer::Observer;
use super::probes::{self, Bounds};
use super::replies::Seen;
use super::results::{FORMAT, Results, printable};
use super::spawn::{PrivateFolder, Spawned};
use super::stop::Stop;
use super::target::Target;
use super::vectors::{Case, embedded};
use super::watch::Watch;

/// How long a server that was spawned may take to listen.
const START: Duration = Duration::from_secs(60);

pub(crate) fn run(mut audit: Audit, observer: &mut dyn Observer) -> Result<Finished, AuditError> {
    let cases = selected(&mut audit)?;
    // A clock before 1970 can't be written.
    let started = SystemTime::now().max(UNIX_EPOCH);
    let start = Instant::now();
    let mut auditor = auditor(&mut audit)?;
    observer.begin(cases.len() + if audit.probes { probes::steps(&audit.selection, &cases) } else { 0 });
    begin(&mut auditor)?;
    let ended = all(&mut auditor, observer, &audit, &cases).err();
    probes::conclude(&mut auditor);
    observer.finish();
    let socket = printable(auditor.target.socket());
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
        events: auditor.events.is_some(),
        entries: std::mem::take(&mut auditor.entries),
    };
    let left_behind = auditor.spawned.take().and_then(Spawned::end);
    Ok(Finished { results, ended, left_behind })
}

/// The cases that are selected. It is an error if a selector names nothing: a name that is misspelt would pass for
/// good.
fn selected(audit: &mut Audit) -> Result<Vec<Case>, AuditError> {
    let mut cases = match audit.cases.take() {
        Some(cases) => cases,
        None => embedded()?.into_iter().flat_map(|group| group.cases).collect(),
    };
    let probes: Vec<_> = if audit.probes { probes::entries().collect() } else { probes::of_all_replies().collect() };
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

fn auditor(audit: &mut Audit) -> Result<Auditor, AuditError> {
    let watch = Watch::new(audit.stop.clone(), audit.max_time);
    let (target, spawned, events) = server(audit, &watch)?;
    let selection = audit.selection.clone();
    Ok(Auditor { target, events, spawned, seen: Seen::default(), entries: Vec::new(), watch, ids: 0, selection })
}

fn all(auditor: &mut Auditor, observer: &mut dyn Observer, audit: &Audit, cases: &[Case]) -> Result<(), Stop> {
    let found = judge::run(auditor, observer, cases, audit.configured).and_then(|()| {
        let bounds = Bounds {
            configured: audit.configured,
            burst: audit.burst,
            deadline: audit.deadline,
            failing_id: audit.failing_id.map(|id| id.to_string()),
        };
        if audit.probes { probes::run(auditor, observer, &bounds, cases) } else { Ok(()) }
    });
    // A server that ended says more than the connection that it no longer accepts.
    match found {
        Err(Stop::Lost(_) | Stop::Refuses(_) | Stop::NoEvent) => {
            thread::sleep(Duration::from_millis(100));
            auditor.check_may_go_on().and(found)
        }
        found => found,
    }
}

/// The server: where it is, and what it writes.
fn server(audit: &mut Audit, watch: &Watch) -> Result<(Target, Option<Spawned>, Option<Events>), AuditError> {
    let events = audit.events.take();
    let (command, socket) = match (&audit.command, audit.socket.clone()) {
        (Some(command), socket) => (command, socket),
        (None, socket) => {
            let events = events.map(|events| open(events, watch)).transpose()?;
            return Ok((Target::new(socket.unwrap_or_default(), watch.clone()), None, events));
        }
    };
    let (socket, folder) = if let Some(socket) = socket {
        (socket, None)
    } else {
        let folder = PrivateFolder::new().map_err(AuditError::Folder)?;
        (folder.socket(), Some(folder))
    };
    let (mut spawned, stdout) = Spawned::start(command, &socket, folder).map_err(AuditError::Shell)?;
    let events = match events {
        Some(EventSource::ServerOutput) => {
            Some(Events::read(stdout, false, watch.clone()).map_err(AuditError::Events)?)
        }
        other => {
            // Somebody has to read it, or the server would wait when the pipe is full.
            let mut stdout = stdout;
            let drain = move || drop(io::copy(&mut stdout, &mut io::sink()));
            thread::Builder::new().spawn(drain).map_err(AuditError::Shell)?;
            other.map(|events| open(events, watch)).transpose()?
        }
    };
    wait_for(&socket, &mut spawned, watch)?;
    Ok((Target::new(socket, watch.clone()), Some(spawned), events))
}

fn open(source: EventSource, watch: &Watch) -> Result<Events, AuditError> {
    match source {
        EventSource::File(path) => Events::open(&path, watch.clone()).map_err(AuditError::Events),
        EventSource::Stream(stream) => Events::read(stream, false, watch.clone()).map_err(AuditError::Events),
        EventSource::ServerOutput => Err(AuditError::NoServerOutput),
    }
}

fn wait_for(socket: &Path, spawned: &mut Spawned, watch: &Watch) -> Result<(), AuditError> {
    let start = Instant::now();
    while !socket.exists() {
        if let Some(ended) = spawned.ended() {
            return Err(AuditError::NoServer(ended));
        }
        watch.check().map_err(|stop| AuditError::Begin { socket: printable(socket), stop })?;
        if start.elapsed() > START {
            let seconds = START.as_secs();
            return Err(AuditError::NoServer(format!("no socket after {seconds} s: does the command use {{socket}}?")));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// An acceptable notification has to be taken, or what follows would show nothing.
fn begin(auditor: &mut Auditor) -> Result<(), AuditError> {
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
    begun.map_err(|stop| AuditError::Begin { socket: printable(auditor.target.socket()), stop })
}
