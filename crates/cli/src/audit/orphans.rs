//! What the server has started and left alone: it becomes this process's child, and is ended with the audit, however
//! it hides.
//!
//! This is the command's and not the library's: a process has one such role, and its children may be others than those
//! of an audit.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

/// How long they may take to end: those that are killed may have started others.
const GRACE: Duration = Duration::from_secs(5);

/// The processes that become children of this one while a server is audited.
pub(crate) struct Orphans {
    /// Those that were there before: the shell that has become this process may have started some.
    before: Vec<Pid>,
}

impl Orphans {
    /// Lets a process whose parent ends become a child of this one, from now on.
    pub(crate) fn adopt() -> Self {
        let before = children();
        // Where this fails, the audit ends what it finds without it.
        let _ = set_child_subreaper(Some(getpid()));
        Self { before }
    }

    /// Ends them, in a bounded time: those that can't be ended.
    pub(crate) fn end(self) -> Vec<Pid> {
        let deadline = Instant::now() + GRACE;
        loop {
            let mut left = children();
            left.retain(|pid| !self.before.contains(pid));
            let killed = left.iter().filter(|pid| kill_process(**pid, Signal::KILL).is_ok()).count();
            for pid in &left {
                let _ = waitpid(Some(*pid), WaitOptions::NOHANG);
            }
            if killed == 0 || Instant::now() > deadline {
                return left;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The children of this process; none where `/proc` shows those of another pid namespace.
fn children() -> Vec<Pid> {
    let own = getpid();
    if fs::read_link("/proc/self").ok() != Some(own.as_raw_nonzero().to_string().into()) {
        return Vec::new();
    }
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(|pid| parent(*pid) == Some(own)).collect()
}

/// The parent of a process: behind its name, proc(5) has its state, and then that.
fn parent(pid: Pid) -> Option<Pid> {
    let stat = fs::read(Path::new("/proc").join(pid.as_raw_nonzero().to_string()).join("stat")).ok()?;
    // The name before it may have any character.
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?;
    Pid::from_raw(rest.split_ascii_whitespace().nth(1)?.parse().ok()?)
}
