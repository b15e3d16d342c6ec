//! A call of conntrackd: the commands for one state, one after the other, in the router's namespace.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use hanotify::HaState;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::namespace::Home;

/// Commits what the other host has sent, flushes, and sends everything to the backups.
const PRIMARY: &[&str] = &["-c", "-f", "-R", "-B"];
/// Shortens timers, and asks the primary for everything.
const BACKUP: &[&str] = &["-t", "-n"];

/// The commands that are still to come, and the one that runs.
#[derive(Debug)]
pub(super) struct Call {
    rest: &'static [&'static str],
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    option: &'static str,
    child: Child,
    ended: OwnedFd,
}

impl Call {
    pub(super) const fn new(state: HaState) -> Self {
        let rest = match state {
            HaState::Primary => PRIMARY,
            _ => BACKUP,
        };
        Self { rest, running: None }
    }

    /// The option of the next command.
    pub(super) fn next_option(&self) -> Option<&'static str> {
        self.rest.first().copied()
    }

    pub(super) const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Starts the next command. Its descriptor is readable when it has ended.
    pub(super) fn start(&mut self, home: &Home, namespace: &Path, folder: &Path) -> io::Result<RawFd> {
        let [option, rest @ ..] = self.rest else { return Err(io::ErrorKind::NotFound.into()) };
        self.rest = rest;
        let config: OsString = folder.join("conntrackd.conf").into();
        let mut command = Command::new("conntrackd");
        command.arg("-C").arg(config).arg(option);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // The child is in the namespace that the thread is in when it starts it.
        let (mut child, _) = home.within(namespace, || command.spawn())?;
        match watch(&child) {
            Ok(ended) => Ok(self.running.insert(Running { option, child, ended }).ended.as_raw_fd()),
            Err(error) => {
                // Nothing would tell of its end.
                let _ = child.kill().and_then(|()| child.wait());
                Err(error)
            }
        }
    }

    /// Whether the command that ran has ended, and how; `None` while it runs.
    pub(super) fn take_ended(&mut self) -> Option<(&'static str, Result<(), String>)> {
        let running = self.running.as_mut()?;
        let outcome = match running.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) if status.success() => Ok(()),
            Ok(Some(status)) => Err(status.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let option = running.option;
        self.running = None;
        Some((option, outcome))
    }

    /// Kills the command that runs; those after it are left out.
    pub(super) fn kill(&mut self) {
        self.rest = &[];
        if let Some(running) = &mut self.running {
            // It has ended in the meantime, or does so now; either way the descriptor says so.
            let _ = running.child.kill();
        }
    }

    /// Kills the command that runs, and waits for its end, which is near.
    pub(super) fn abandon(mut self) {
        self.kill();
        if let Some(mut running) = self.running.take() {
            let _ = running.child.wait();
        }
    }
}

/// A descriptor that is readable when the process has ended.
fn watch(child: &Child) -> io::Result<OwnedFd> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}
