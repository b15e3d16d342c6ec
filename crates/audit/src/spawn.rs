//! A server that the audit starts and stops itself.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::process::tree;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, geteuid, kill_process, kill_process_group};

use super::audit::LeftBehind;

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
fn mark() -> String {
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

/// What the names of the folders begin with.
const PREFIX: &str = "hanotify-audit-";

/// A folder that only this user can enter, for a socket; removed when dropped. It is locked as long as its audit lives:
/// the number in its name says nothing to an audit in another namespace of processes.
pub(crate) struct PrivateFolder(PathBuf, #[allow(dead_code, reason = "it is held")] File);

impl PrivateFolder {
    /// A new one. Those of this user's audits that were killed are removed.
    pub(crate) fn new() -> io::Result<Self> {
        let parent = std::env::temp_dir();
        remove_stale(&parent);
        let folder = parent.join(format!("{PREFIX}{}", mark()));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let held = File::open(&folder)?;
        flock(&held, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self(folder, held))
    }

    /// Where the socket goes.
    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }
}

impl PrivateFolder {
    /// Removes it: its path, if it is still there.
    pub(crate) fn remove(&self) -> Option<PathBuf> {
        // What fails for the moment only is tried again.
        let is_left = (0..2).all(|_| fs::remove_dir_all(&self.0).is_err() || self.0.exists());
        is_left.then(|| self.0.clone())
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // After `remove` there is nothing left, or nothing to be done.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes the folders of this user whose process is gone. Another user's are left alone, and so is what a link leads
/// to.
fn remove_stale(parent: &Path) {
    let own = geteuid().as_raw();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|rest| rest.split('-').next());
        let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        let is_own = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own);
        let is_free = || {
            let folder = File::open(entry.path());
            folder.is_ok_and(|folder| flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok())
        };
        if is_own && !Path::new("/proc").join(pid.to_string()).exists() && is_free() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_in_use_is_nobodys_to_remove() {
        let parent = tempfile::tempdir().unwrap();
        // No process has this number, as it may seem from another namespace.
        let [used, left] = ["used", "left"].map(|name| parent.path().join(format!("{PREFIX}4294967295-{name}")));
        fs::create_dir(&used).unwrap();
        fs::create_dir(&left).unwrap();
        let held = File::open(&used).unwrap();
        flock(&held, FlockOperation::NonBlockingLockExclusive).unwrap();
        remove_stale(parent.path());
        assert_eq!((used.exists(), left.exists()), (true, false));
        drop(held);
        remove_stale(parent.path());
        assert!(!used.exists());
    }
}
