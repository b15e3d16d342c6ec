//! A server that the audit starts and stops itself.

use std::ffi::OsString;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

use super::audit::LeftBehind;
use super::folder::PrivateFolder;
use super::process::tree;

/// How long the server may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long they may take to arrive when it has ended.
const LAST_WORDS_DUE: Duration = Duration::from_millis(500);
/// How much of what it said last is kept.
const LAST_WORDS: usize = 2_000;
/// How many lines of it are shown.
const LAST_LINES: usize = 4;

/// The server, and everything that it has started; dropping it ends all of them.
pub(crate) struct Spawned {
    child: Child,
    /// What the environment of the server and its children has, and nobody else's.
    mark: String,
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
    folder: Option<PrivateFolder>,
    is_over: bool,
}

impl Spawned {
    /// Runs the command through the shell, with `{socket}` filled in. What it writes to standard output is for the
    /// events.
    pub(crate) fn start(
        command: &str,
        socket: &Path,
        folder: Option<PrivateFolder>,
    ) -> io::Result<(Self, ChildStdout)> {
        let mark = mark();
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(filled_in(command, socket))
            .env(MARK, &mark)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let said = Arc::<Mutex<Vec<u8>>>::default();
        let mark = format!("{MARK}={mark}");
        let mut spawned = Self { child, mark, said: Arc::clone(&said), listener: None, folder, is_over: false };
        if let Some(stderr) = stderr {
            spawned.listener = Some(thread::Builder::new().spawn(move || keep_last(stderr, &said))?);
        }
        Ok((spawned, stdout.ok_or(io::ErrorKind::BrokenPipe)?))
    }

    /// Ends the server, and removes its folder: what could not be ended or removed.
    pub(crate) fn end(mut self) -> Option<LeftBehind> {
        let process = self.end_all();
        // Only now: the server may have been about to remove its socket there.
        let folder = self.folder.take().and_then(|folder| folder.remove());
        (process.is_some() || folder.is_some()).then_some(LeftBehind { folder, process })
    }

    /// The processes of the server.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        // One that has ended and isn't waited for has no environment any more.
        let mut processes: Vec<_> =
            i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).map_or_else(Vec::new, tree);
        let others = marked(&self.mark);
        processes.extend(others.into_iter().filter(|pid| !processes.contains(pid)).collect::<Vec<_>>());
        processes
    }

    /// Ends the server, and keeps its folder: its process, if it could not be ended.
    pub(crate) fn end_and_keep_folder(mut self) -> (Option<PrivateFolder>, Option<u32>) {
        let process = self.end_all();
        (self.folder.take(), process)
    }

    /// How the server ended, if it has: what it said last, escaped.
    pub(crate) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        // What it said last may still be on its way; where another process holds the stream open, it has no end.
        let deadline = Instant::now() + LAST_WORDS_DUE;
        while self.listener.as_ref().is_some_and(|listener| !listener.is_finished()) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = said.split(|&byte| byte == b'\n').map(|line| line.escape_ascii().to_string());
        let mut last: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        last.drain(..last.len().saturating_sub(LAST_LINES));
        Some(match last.join(" / ") {
            last if last.is_empty() => format!("the server ended with {status}"),
            last => format!("the server ended with {status}; its last words: {last}"),
        })
    }
}

impl Spawned {
    /// Ends the server and what it has started, in a bounded time: the process of the server, if it could not be ended.
    /// It may be another user's, as with sudo.
    fn end_all(&mut self) -> Option<u32> {
        if self.is_over {
            return None;
        }
        self.is_over = true;
        self.signal_all(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if self.has_ended() && marked(&self.mark).is_empty() {
                return None;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let deadline = Instant::now() + GRACE;
        loop {
            // The child by itself too: it may have left its group, and cleared its environment.
            let can_be_killed = self.child.kill().is_ok();
            let killed = self.signal_all(Signal::KILL);
            let has_ended = self.has_ended();
            // Until none is left: one that is killed may have started another.
            let is_done = killed == 0 && (has_ended || !can_be_killed);
            if is_done || Instant::now() > deadline {
                return (!has_ended).then(|| self.child.id());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal to the server's group, and to what has left it: how many of those got it.
    fn signal_all(&self, signal: Signal) -> usize {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let _ = group.map(|group| kill_process_group(group, signal));
        // It would take a second one for a sign of haste, so it gets its own only where it has left its group.
        if let Some(child) = group.filter(|child| getpgid(Some(*child)).is_ok_and(|group| group != *child)) {
            let _ = kill_process(child, signal);
        }
        // A server that has left its group, or made its own session, has its environment still.
        marked(&self.mark).into_iter().filter(|pid| kill_process(*pid, signal).is_ok()).count()
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let _ = self.end_all();
    }
}

/// The variable in the environment of the server that tells it, and what it starts, from all other processes.
const MARK: &str = "HANOTIFY_AUDIT_SERVER";

/// A value that no other audit has.
pub(crate) fn mark() -> String {
    format!("{}-{:016x}", std::process::id(), RandomState::new().hash_one(()))
}

/// The processes whose environment has this mark, and that this user may look at.
fn marked(mark: &str) -> Vec<Pid> {
    let has_mark = |pid: &Pid| {
        let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|variable| variable == mark.as_bytes())
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(has_mark).collect()
}

/// The command with the socket's path, as one word for the shell, in the place of `{socket}`. A path need not be UTF-8.
fn filled_in(command: &str, socket: &Path) -> OsString {
    let quoted = socket.as_os_str().as_bytes().split(|&byte| byte == b'\'').collect::<Vec<_>>().join(&br"'\''"[..]);
    let word = [b"'", &quoted[..], b"'"].concat();
    OsString::from_vec(command.split("{socket}").map(str::as_bytes).collect::<Vec<_>>().join(&word[..]))
}

fn keep_last(mut stream: impl Read, said: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 4_096];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(chunk.get(..read).unwrap_or_default());
        let excess = said.len().saturating_sub(LAST_WORDS);
        said.drain(..excess);
    }
}
