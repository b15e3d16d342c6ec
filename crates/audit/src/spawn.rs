//! A server that the audit starts and stops itself.

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long the server may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long they may take to arrive when it has ended.
const LAST_WORDS_DUE: Duration = Duration::from_millis(500);
/// How much of what it said last is kept.
const LAST_WORDS: usize = 2_000;

/// A process group with the server in it; dropping it ends all of them.
pub(crate) struct Spawned {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
    folder: Option<PathBuf>,
}

impl Spawned {
    /// Runs the command through the shell, with `{socket}` filled in. What it writes to standard output is for the events.
    pub(crate) fn start(command: &str, socket: &Path, folder: Option<PathBuf>) -> io::Result<(Self, ChildStdout)> {
        let path = format!("'{}'", socket.to_string_lossy().replace('\'', r"'\''"));
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(command.replace("{socket}", &path))
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let said = Arc::<Mutex<Vec<u8>>>::default();
        let listener = stderr.map(|stderr| {
            let said = Arc::clone(&said);
            thread::spawn(move || keep_last(stderr, &said))
        });
        let spawned = Self { child, said, listener, folder };
        Ok((spawned, stdout.ok_or(io::ErrorKind::BrokenPipe)?))
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
        let said: Vec<_> = said.split(|&byte| byte == b'\n').map(|line| line.escape_ascii().to_string()).collect();
        let last = said.iter().rev().find(|line| !line.is_empty());
        Some(match last {
            Some(last) => format!("the server ended with {status}; its last words: {last}"),
            None => format!("the server ended with {status}"),
        })
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::TERM);
            let deadline = Instant::now() + GRACE;
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(10));
            }
            // What the shell started may outlive it.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// A folder that only this user can enter, for a socket.
pub(crate) fn private_folder() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("hanotify-audit-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
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
