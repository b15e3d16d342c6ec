//! `hanotify serve` in a folder of its own, for tests that give it outputs and signals.
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::running::{connect, read_all};
use nix::fcntl::OFlag;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to end that nothing holds up.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);

/// A server, in a folder that every user may enter.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) folder: tempfile::TempDir,
}

impl Serving {
    /// `hanotify serve`, not yet started, with its socket in `folder`.
    pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(crate::HANOTIFY);
        command.arg("serve").arg("--socket").arg(folder.join("socket")).args(["--format", "json"]).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// A server with these arguments, that listens.
    pub(crate) fn start(args: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Self::command(folder.path(), args);
        change(&mut command);
        Self { child: command.spawn().unwrap(), folder }.listening()
    }

    pub(crate) fn listening(mut self) -> Self {
        let start = Instant::now();
        // The socket's file is there a moment before anybody can connect: the lines of this table say who can.
        while !listens(&self.socket()) {
            assert!(start.elapsed() < Duration::from_secs(10), "it does not listen");
            assert_eq!(self.child.try_wait().unwrap(), None, "it has ended");
            sleep(Duration::from_millis(5));
        }
        self
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut client = connect(&self.socket());
        client.write_all(bytes).unwrap();
        read_all(&mut client)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How it ends, in this time at the most.
    pub(crate) fn end_within(&mut self, most: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status,
                None => assert!(start.elapsed() < most, "it has not ended after {most:?}"),
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// SIGTERM ends it at once, and its socket is gone.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.end_within(AT_ONCE).code(), Some(0));
        assert!(!self.socket().exists());
    }

    /// It ends with 2, and says this.
    pub(crate) fn fails(mut self, what: &str) {
        assert_eq!(self.end_within(Duration::from_secs(5)).code(), Some(2));
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(stderr.contains(what), "{stderr}");
        assert!(!self.socket().exists());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a process listens there (`__SO_ACCEPTCON`, proc(5)).
fn listens(socket: &Path) -> bool {
    // Other processes have sockets too, and any bytes in their names.
    let table = String::from_utf8_lossy(&fs::read("/proc/net/unix").unwrap()).into_owned();
    let target = fs::read_link(socket).map(|target| socket.parent().unwrap().join(target));
    let name = format!(" {}", target.as_deref().unwrap_or(socket).display());
    table.lines().any(|line| line.ends_with(&name) && line.contains(" 00010000 "))
}

/// A terminal: the end that shows what is written, and the end for a program.
pub(crate) fn terminal() -> (PtyMaster, OwnedFd) {
    // No program that another test starts meanwhile may keep an end.
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let options = &mut File::options();
    let slave = options.read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits()).open(ptsname_r(&master).unwrap());
    (master, slave.unwrap().into())
}

/// Starts `hanotify serve` through a line of shell that has the program and its arguments in `"$0" "$@"`.
pub(crate) fn through(shell: &str, args: &[&str]) -> Serving {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.arg("-c").arg(shell).arg(crate::HANOTIFY).args(["serve", "--format", "json", "--socket"]);
    command
        .arg(folder.path().join("socket"))
        .args(args)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Serving { child: command.spawn().unwrap(), folder }
}
