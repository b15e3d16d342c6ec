//! A server in a process of its own, and what /proc tells of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A folder with a server's socket and its events, one JSON object a line.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn events(&self) -> PathBuf {
        self.folder.path().join("events")
    }

    /// Where the server's standard error goes.
    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The lines of the events' file that say this.
    pub(crate) fn count(&self, what: &str) -> usize {
        let start = format!(r#"{{"event":"{what}""#);
        BufReader::new(File::open(self.events()).unwrap())
            .lines()
            .filter(|line| line.as_ref().unwrap().starts_with(&start))
            .count()
    }
}

/// A running server.
pub(crate) struct Serving {
    child: Child,
}

/// The command `hanotify serve`.
pub(crate) fn hanotify(place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hanotify"));
    command.arg("serve").arg("--socket").arg(place.socket()).args(["--format", "json", "--log", "error"]);
    // The steps count the refusals.
    command.args(["--refusal-events", "4294967295"]);
    command
}

/// The server of this program, with settings that the command doesn't have.
pub(crate) fn own(place: &Place, settings: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("serve").arg(place.socket()).args(settings);
    command
}

/// The command, run by a shell after this line of shell.
pub(crate) fn after(line: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!(r#"{line} && exec "$0" "$@""#)).arg(command.get_program()).args(command.get_args());
    shell
}

impl Serving {
    /// Starts a server and waits until it listens; its events are appended to the place's file.
    pub(crate) fn start(place: &Place, mut command: Command) -> Self {
        let events = File::options().create(true).append(true).open(place.events()).unwrap();
        let before = place.count("listening");
        let log = File::options().create(true).append(true).open(place.log()).unwrap();
        let child = command.stdin(Stdio::null()).stdout(events).stderr(log).spawn().unwrap();
        let mut serving = Self { child };
        let start = Instant::now();
        while place.count("listening") == before {
            let is_alive = serving.child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(20);
            assert!(is_alive, "the server doesn't listen: {}", fs::read_to_string(place.log()).unwrap());
            sleep(Duration::from_millis(1));
        }
        // Some of its descriptors it opens after it has said so.
        while !serving.is_asleep() {
            sleep(Duration::from_millis(1));
        }
        serving
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it as SIGKILL does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it, and waits for its end; whether it went well.
    pub(crate) fn stop(mut self) -> bool {
        self.signal(Signal::TERM);
        self.child.wait().unwrap().success()
    }

    /// Resident memory in all: its own, and the pages of the program and its libraries.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Resident memory of its own.
    pub(crate) fn private_kib(&self) -> u64 {
        self.status("RssAnon:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    pub(crate) fn descriptors(&self) -> usize {
        descriptors(self.child.id())
    }

    /// How many descriptors it has once they are so many, or after a while.
    pub(crate) fn descriptors_settled_at(&self, count: usize) -> usize {
        let start = Instant::now();
        while self.descriptors() != count && start.elapsed() < Duration::from_secs(5) {
            sleep(Duration::from_millis(10));
        }
        self.descriptors()
    }

    /// Whether it waits for something, and neither runs nor would if it were let.
    pub(crate) fn is_asleep(&self) -> bool {
        let stat = fs::read_to_string(self.proc("stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        fields.starts_with('S')
    }

    /// How often it has gone to sleep.
    pub(crate) fn sleeps(&self) -> u64 {
        self.status("voluntary_ctxt_switches:")
    }

    fn proc(&self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(file)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many descriptors a process has.
pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
