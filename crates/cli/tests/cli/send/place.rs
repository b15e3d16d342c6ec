//! A receiver to send to, and the sender as a shell runs it.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
pub(crate) const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
/// How late a process may end on a busy machine.
pub(crate) const SLACK: Duration = Duration::from_secs(2);

/// A place for a socket.
pub(crate) struct Place(pub(crate) TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.path().join("socket")
    }

    /// A receiver that listens here, and does this on a thread of its own.
    pub(crate) fn receiver<T: Send + 'static>(
        &self,
        act: impl FnOnce(UnixListener) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let listener = UnixListener::bind(self.socket()).unwrap();
        thread::spawn(move || act(listener))
    }

    pub(crate) fn send(&self, args: &[&str]) -> Sent {
        send(&self.socket(), args)
    }
}

pub(crate) fn command(socket: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(crate::HANOTIFY);
    command.arg("send").arg("--socket").arg(socket).args(["--router-id", ID, "--state", "backup"]).args(args);
    command.stdin(Stdio::null());
    command
}

/// What a shell sees of a sender that has ended.
pub(crate) struct Sent {
    pub(crate) exit: Option<i32>,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

pub(crate) fn send(socket: &Path, args: &[&str]) -> Sent {
    let start = Instant::now();
    let Output { status, stdout, stderr } = command(socket, args).output().unwrap();
    assert_eq!(stdout, b"");
    Sent { exit: status.code(), stderr: String::from_utf8(stderr).unwrap(), took: start.elapsed() }
}

/// Accepts a connection, and reads the message in it.
pub(crate) fn accept(listener: &UnixListener) -> (UnixStream, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut message = Vec::new();
    let mut byte = [0];
    while !message.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        message.push(byte[0]);
    }
    (stream, message)
}

/// Accepts a connection, reads the message, and replies this.
pub(crate) fn reply(listener: &UnixListener, reply: &[u8]) {
    let (mut stream, _) = accept(listener);
    stream.write_all(reply).unwrap();
}
