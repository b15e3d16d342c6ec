//! A server in a process of its own, and what /proc tells of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors that this bench was allowed when it began.
static ALLOWED: OnceLock<Vec<usize>> = OnceLock::new();

/// Pins this process to the first of its processors; servers get the last. And raises the limit on open files, and
/// forbids cores, which the signal that ends a server would leave.
pub(crate) fn prepare() {
    let set = sched_getaffinity(None).unwrap();
    let allowed = ALLOWED.get_or_init(|| (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect());
    pin(None, allowed[0]);
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
    let (client, server) = (allowed[0], allowed[allowed.len() - 1]);
    println!(
        "clients on processor {client}, servers on processor {server}{}",
        if client == server { ": figures of both together!" } else { "" }
    );
}

fn pin(pid: Option<Pid>, cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(pid, &set).unwrap();
}

/// A running server and its socket.
pub(crate) struct Running {
    child: Child,
    /// What it writes is read by nobody; but a pipe without a reader would end it.
    _out: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Running {
    /// One of this program's servers.
    pub(crate) fn role(role: &str) -> Self {
        Self::start(|socket| Some(role_at(role, socket))).unwrap()
    }

    /// Starts the server that `command` makes for a socket, and waits until it says that it is listening.
    pub(crate) fn start(command: impl FnOnce(&Path) -> Option<Command>) -> Option<Self> {
        // Always as deep: the server looks at each folder above its socket.
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let mut command = command(&folder.path().join("socket"))?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let servers = ALLOWED.get().and_then(|allowed| allowed.last());
        pin(Some(Pid::from_child(&child)), *servers.unwrap());
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening") {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "the server has ended: {command:?}");
        }
        Some(Self { child, _out: out, folder })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Ends it by a signal that no server here heeds or blocks: none of its own code runs any more.
    pub(crate) fn end(mut self) {
        self.signal(Signal::ABORT);
        self.child.wait().unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Makes it stand still until it is told to [go](Self::go) on.
    pub(crate) fn halt(&self) {
        self.signal(Signal::STOP);
        self.wait_for(&['T', 't']);
    }

    pub(crate) fn go(&self) {
        self.signal(Signal::CONT);
    }

    /// Waits until it has nothing left to do.
    pub(crate) fn settle(&self) {
        self.wait_for(&['S']);
    }

    fn wait_for(&self, states: &[char]) {
        let start = Instant::now();
        while !states.contains(&self.stat().0) {
            assert!(start.elapsed() < Duration::from_secs(20), "the server is in none of the states {states:?}");
            sleep(Duration::from_micros(200));
        }
    }

    /// Processor time that it has used, in system and user mode: exact for what has one thread, and that of threads
    /// that are gone only by the kernel's ticks.
    pub(crate) fn cpu(&self) -> Duration {
        let exact = run_time(&self.proc("task"));
        let ticks = self.stat().1;
        if ticks > exact + Duration::from_millis(40) { ticks } else { exact }
    }

    /// State, and processor time by ticks.
    fn stat(&self) -> (char, Duration) {
        let stat = fs::read_to_string(self.proc("stat")).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks: u64 = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
        // USER_HZ, which is 100 everywhere.
        (fields.chars().next().unwrap(), Duration::from_millis(ticks * 10))
    }

    /// Resident memory in KiB: all of it, and the part that is no file's.
    pub(crate) fn resident(&self) -> (u64, u64) {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        (kib(&status, "VmRSS:"), kib(&status, "RssAnon:"))
    }

    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(self.proc("fd")).unwrap().count()
    }

    fn proc(&self, file: &str) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(file)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command of one of this program's servers.
pub(crate) fn role_at(role: &str, socket: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["serve", role]).arg(socket);
    command
}

/// The time that the threads in this folder of /proc have run.
fn run_time(tasks: &Path) -> Duration {
    let of = |task: &Path| {
        let text = fs::read_to_string(task.join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    fs::read_dir(tasks).unwrap().filter_map(|task| of(&task.ok()?.path())).sum()
}

/// The time that this process has run.
pub(crate) fn own_run_time() -> Duration {
    run_time(Path::new("/proc/self/task"))
}

/// A line of /proc/PID/status.
pub(crate) fn kib(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}
