//! The server under test: reached, or started, and started again where it ends or hangs.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ChildStdout;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::audit::{Audit, EventSource, LeftBehind};
use super::error::AuditError;
use super::events::Events;
use super::folder::PrivateFolder;
use super::occupant::Occupant;
use super::process::{Held, tree};
use super::results::printable;
use super::scanner::Strays;
use super::spawn::Spawned;
use super::stop::Stop;
use super::target::{AWAY, Target};
use super::watch::Watch;

/// How long a server that was spawned may take to listen.
const START: Duration = Duration::from_secs(60);
/// How long one that the audit has started may be away: nobody else starts it again.
const OWN_AWAY: Duration = Duration::from_millis(300);
/// How often a server is started again.
pub(crate) const RESTARTS: u32 = 40;

/// How the audit starts its server.
pub(crate) struct Launch {
    command: String,
    socket: PathBuf,
    /// Whether the server's standard output has the events.
    reads_output: bool,
}

/// The server: where it is, how to start it, and what it writes.
pub(crate) struct Server {
    pub(crate) target: Target,
    pub(crate) launch: Option<Launch>,
    pub(crate) spawned: Option<Spawned>,
    pub(crate) events: Option<Events>,
    /// The process of a server that the audit hasn't started, where it is named.
    process: Option<Pid>,
    pub(crate) restarts: u32,
    /// How often it may be started again.
    pub(crate) most_restarts: u32,
    /// What is left of a server that could not be started again.
    left: Option<LeftBehind>,
    /// What came among the events and is none.
    pub(crate) strays: Arc<Strays>,
}

impl Server {
    /// The server that the audit is of, started if it asks for that.
    pub(crate) fn of(audit: &mut Audit, watch: &Watch) -> Result<Self, AuditError> {
        let process = audit.process;
        let (events, strays) = (audit.events.take(), Arc::default());
        let Some(command) = audit.command.clone() else {
            let events = events.map(|events| open(events, watch, &strays)).transpose()?;
            let target = Target::new(audit.socket.clone().unwrap_or_default(), AWAY, watch.clone());
            let (launch, spawned) = (None, None);
            return Ok(Self {
                target,
                launch,
                spawned,
                events,
                process,
                restarts: 0,
                most_restarts: RESTARTS,
                left: None,
                strays,
            });
        };
        let (socket, folder) = place(audit.socket.clone())?;
        let reads_output = matches!(events, Some(EventSource::ServerOutput));
        let launch = Launch { command, socket, reads_output };
        let (mut spawned, stdout) =
            Spawned::start(&launch.command, &launch.socket, folder).map_err(AuditError::Shell)?;
        let events = match launch.begin(&mut spawned, stdout, events, watch, &strays) {
            Ok(events) => events,
            Err(error) => return Err(error.with(spawned.end())),
        };
        let target = Target::new(launch.socket.clone(), OWN_AWAY, watch.clone());
        let (launch, spawned) = (Some(launch), Some(spawned));
        Ok(Self { target, launch, spawned, events, process, restarts: 0, most_restarts: RESTARTS, left: None, strays })
    }

    /// Ends the server, if the audit has started it: what is left.
    pub(crate) fn end(&mut self) -> Option<LeftBehind> {
        let left = self.spawned.take().and_then(Spawned::end);
        self.left.take().or(left)
    }

    /// Ends what is left of a server that the audit has started, and starts it anew.
    pub(crate) fn restart(&mut self, watch: &Watch, why: &str) -> Result<(), Stop> {
        let Some(launch) = &self.launch else { return Err(Stop::NotRestarted(why.to_owned())) };
        if self.restarts >= self.most_restarts {
            return Err(Stop::GaveUp { restarts: self.restarts, last: why.to_owned() });
        }
        self.restarts += 1;
        let (folder, process) = self.spawned.take().map_or((None, None), Spawned::end_and_keep_folder);
        if let Some(process) = process {
            self.left = Some(LeftBehind { folder: folder.and_then(|folder| folder.remove()), process: Some(process) });
            return Err(Stop::NotRestarted(format!("{why}; its process {process} can't be ended")));
        }
        launch.remove_socket();
        // Whoever is in the private folder is what is left of the server itself.
        if folder.is_none() && Occupant::of(&launch.socket) == Occupant::Live {
            return Err(Stop::NotRestarted(format!("{why}; another process listens at its socket")));
        }
        let failed = |error: io::Error| Stop::NotRestarted(format!("{why}; {error}"));
        let (spawned, stdout) = Spawned::start(&launch.command, &launch.socket, folder).map_err(failed)?;
        let spawned = self.spawned.insert(spawned);
        if let Some(events) = launch.read(stdout, watch, &self.strays).map_err(failed)? {
            self.events = Some(events);
        }
        launch.wait(spawned, watch).map_err(|error| match error {
            AuditError::Begin { stop, .. } => stop,
            other => Stop::NotRestarted(format!("{why}; started again, {other}")),
        })
    }
}

impl Server {
    /// What the server's processes hold; `None` where they are not known, or may not be looked at.
    pub(crate) fn held(&self) -> Option<Held> {
        let processes = match (&self.spawned, self.process) {
            (Some(spawned), _) => spawned.processes(),
            (None, Some(pid)) => tree(pid),
            (None, None) => return None,
        };
        Held::by(&processes).ok()
    }
}

impl Launch {
    /// Reads the events, and waits for the server.
    fn begin(
        &self,
        spawned: &mut Spawned,
        stdout: ChildStdout,
        events: Option<EventSource>,
        watch: &Watch,
        strays: &Arc<Strays>,
    ) -> Result<Option<Events>, AuditError> {
        let events = match (self.read(stdout, watch, strays).map_err(AuditError::Events)?, events) {
            (Some(output), _) => Some(output),
            (None, events) => events.map(|events| open(events, watch, strays)).transpose()?,
        };
        self.wait(spawned, watch).map(|()| events)
    }

    /// Reads the server's standard output: its events, or nothing of interest.
    fn read(&self, mut stdout: ChildStdout, watch: &Watch, strays: &Arc<Strays>) -> io::Result<Option<Events>> {
        if self.reads_output {
            return Events::read(stdout, false, watch.clone(), strays).map(Some);
        }
        // Somebody has to read it, or the server would wait when the pipe is full.
        thread::Builder::new().spawn(move || drop(io::copy(&mut stdout, &mut io::sink())))?;
        Ok(None)
    }

    fn wait(&self, spawned: &mut Spawned, watch: &Watch) -> Result<(), AuditError> {
        let start = Instant::now();
        // What a dead server left there is not the socket of this one.
        while matches!(Occupant::of(&self.socket), Occupant::Nobody | Occupant::Dead) {
            if let Some(ended) = spawned.ended() {
                return Err(AuditError::NoServer(ended));
            }
            watch.check().map_err(|stop| AuditError::Begin { socket: printable(&self.socket), stop })?;
            if start.elapsed() > START {
                let seconds = START.as_secs();
                let why = format!("no socket after {seconds} s: does the command use {{socket}}?");
                return Err(AuditError::NoServer(why));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Removes the socket that a server left which was ended: many can't bind where one is. Another process's socket
    /// stays.
    fn remove_socket(&self) {
        let is_socket = |path: &Path| fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
        if is_socket(&self.socket) && Occupant::of(&self.socket) == Occupant::Dead {
            let _ = fs::remove_file(&self.socket);
        }
    }
}

/// Where a server that is started shall listen, and the folder that is made for it, if one is.
fn place(socket: Option<PathBuf>) -> Result<(PathBuf, Option<PrivateFolder>), AuditError> {
    match socket {
        Some(socket) if Occupant::of(&socket) == Occupant::Live => {
            Err(AuditError::SocketTaken { socket: printable(&socket) })
        }
        Some(socket) => Ok((socket, None)),
        None => {
            let folder = PrivateFolder::new().map_err(AuditError::Folder)?;
            Ok((folder.socket(), Some(folder)))
        }
    }
}

fn open(source: EventSource, watch: &Watch, strays: &Arc<Strays>) -> Result<Events, AuditError> {
    match source {
        EventSource::File(path) => Events::open(&path, watch.clone(), strays).map_err(AuditError::Events),
        EventSource::Stream(stream) => Events::read(stream, false, watch.clone(), strays).map_err(AuditError::Events),
        EventSource::ServerOutput => Err(AuditError::NoServerOutput),
    }
}
