//! A live audit from start to end: the vectors, the server, the cases and the probes.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use signal_hook::consts::{SIGINT, SIGTERM};

use super::args::Audit as Args;
use super::auditor::{Auditor, Stop};
use super::events::Events;
use super::judge;
use super::probes::{self, Bounds};
use super::progress::Progress;
use super::replies::Seen;
use super::result::{Audit, FORMAT};
use super::spawn::{Spawned, private_folder};
use super::target::Target;
use super::vectors::{Case, With, embedded, in_folder};
use crate::cli::output::Printable;

/// How long a server that was spawned may take to listen.
const START: Duration = Duration::from_secs(60);

/// Audits: what was found, and why it ended early if it did. An error, where it couldn't even begin.
pub(super) fn run(args: &Args) -> Result<(Audit, Option<Stop>), String> {
    let groups = match &args.vectors {
        Some(folder) => in_folder(folder),
        None => embedded(),
    };
    let cases: Vec<Case> =
        groups.map_err(|error| format!("vectors: {error}"))?.into_iter().flat_map(|group| group.cases).collect();
    let started = SystemTime::now();
    let start = Instant::now();
    let mut auditor = auditor(args, cases.len(), start)?;
    begin(&mut auditor)?;
    let ended = all(&mut auditor, args, &cases).err();
    probes::conclude(&mut auditor);
    auditor.progress.finish();
    let took = start.elapsed().as_secs_f64();
    let started_at = humantime::format_rfc3339_seconds(started).to_string();
    let entries = std::mem::take(&mut auditor.entries);
    let socket = Printable(&auditor.target.socket().to_string_lossy()).to_string();
    let audit = Audit {
        format: FORMAT.to_owned(),
        version: 1,
        hanotify: env!("CARGO_PKG_VERSION").to_owned(),
        name: args.name.clone().or_else(|| args.spawn.clone()).unwrap_or_else(|| socket.clone()),
        socket,
        started_at,
        seconds: took,
        complete: ended.is_none(),
        ended: ended.as_ref().map(ToString::to_string),
        events: auditor.events.is_some(),
        entries,
    };
    Ok((audit, ended))
}

fn auditor(args: &Args, cases: usize, start: Instant) -> Result<Auditor, String> {
    let (target, spawned, events) = server(args)?;
    Ok(Auditor {
        target,
        events,
        spawned,
        seen: Seen::default(),
        entries: Vec::new(),
        progress: Progress::new(cases + if args.only_vectors { 0 } else { probes::COUNT }),
        interrupted: interruption().map_err(|error| error.to_string())?,
        end: start + args.max_time,
        ids: 0,
    })
}

fn all(auditor: &mut Auditor, args: &Args, cases: &[Case]) -> Result<(), Stop> {
    auditor.progress.at("the vectors");
    let configured = With { legacy: args.legacy, body: args.max_body_len };
    let found = judge::run(auditor, cases, configured).and_then(|()| {
        let bounds = Bounds {
            configured,
            burst: args.burst.into(),
            deadline: args.deadline,
            failing_id: args.failing_id.map(|id| id.to_string()),
        };
        if args.only_vectors { Ok(()) } else { probes::run(auditor, &bounds, cases) }
    });
    // A server that ended says more than the connection that it no longer accepts.
    match found {
        Err(Stop::Lost(_) | Stop::Refuses(_) | Stop::NoEvent) => {
            thread::sleep(Duration::from_millis(100));
            auditor.may_go_on().and(found)
        }
        found => found,
    }
}

/// The server: where it is, and what it writes.
fn server(args: &Args) -> Result<(Target, Option<Spawned>, Option<Events>), String> {
    let own = |what: &str, error: &io::Error| format!("{what}: {error}");
    let Some(command) = &args.spawn else {
        let Some(socket) = args.socket.clone() else { return Err("there is no --socket".to_owned()) };
        let events = args.events.as_deref().map(open).transpose();
        let events = events.map_err(|error| own("--events", &error))?;
        return Ok((Target::new(socket), None, events));
    };
    let (socket, folder) = if let Some(socket) = &args.socket {
        (socket.clone(), None)
    } else {
        let folder = private_folder().map_err(|error| own("can't make a folder for the socket", &error))?;
        (folder.join("socket"), Some(folder))
    };
    let (mut spawned, stdout) =
        Spawned::start(command, &socket, folder).map_err(|error| own("can't run the shell", &error))?;
    let path = args.events.as_deref();
    let events = if path.is_some_and(|path| path.as_os_str() == "-") {
        Some(Events::read(stdout, false))
    } else {
        // Somebody has to read it, or the server would wait when the pipe is full.
        let mut stdout = stdout;
        thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        path.map(open).transpose().map_err(|error| own("--events", &error))?
    };
    wait_for(&socket, &mut spawned)?;
    Ok((Target::new(socket), Some(spawned), events))
}

fn open(path: &Path) -> io::Result<Events> {
    if path.as_os_str() == "-" { Ok(Events::read(io::stdin(), false)) } else { Events::open(path) }
}

fn wait_for(socket: &Path, spawned: &mut Spawned) -> Result<(), String> {
    let start = Instant::now();
    while !socket.exists() {
        if let Some(ended) = spawned.ended() {
            return Err(format!("--spawn: {ended}"));
        }
        if start.elapsed() > START {
            return Err(format!("--spawn: no socket after {} s: does the command use {{socket}}?", START.as_secs()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// An acceptable notification has to be taken, or nothing could be told from what follows.
fn begin(auditor: &mut Auditor) -> Result<(), String> {
    let begun = match auditor.sync() {
        // The server was there, but not yet ready to accept, or the events had not been opened.
        Err(Stop::Lost(_) | Stop::NoEvent) => auditor.sync(),
        begun => begun,
    };
    let begun = match begun {
        // Without events, nothing has been sent yet.
        Ok(None) => auditor.take_part().map(drop),
        begun => begun.map(drop),
    };
    begun.map_err(|stop| format!("{}: {stop}", Printable(&auditor.target.socket().to_string_lossy())))
}

fn interruption() -> io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(interrupted)
}
