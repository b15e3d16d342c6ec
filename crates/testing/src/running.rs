//! A server on a thread, and clients that write raw bytes.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part")]
#![allow(clippy::panic, clippy::string_slice, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use hanotify::server::{Config, Report, RunError, Server, Stopper};
use hanotify::sink::{Event, EventSink, Refusal, SinkError};
use hanotify::{HaState, Notification, RouterId};

/// The router id of curl's capture.
pub const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
/// The reply to an accepted notification.
pub const ACCEPTED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// An acceptable message.
pub fn message(state: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Neutron-Router-Id: {ID}\r\nX-Neutron-State: {state}\r\n\r\n")
        .into()
}

/// What [`message`] says.
pub fn notification(state: HaState) -> Notification {
    Notification { router_id: ID.parse::<RouterId>().unwrap(), state }
}

/// The reply with this status, as docs/protocol.md gives it.
pub fn reply(status: &str) -> Vec<u8> {
    let more = match &status[..3] {
        "405" => "Allow: GET, POST\r\n",
        "503" => "Retry-After: 1\r\n",
        _ => "",
    };
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{more}\r\n").into()
}

/// What a sink was told.
#[derive(Debug)]
pub enum Told {
    Notified { notification: Notification, sequence: u64, pid: Option<i32>, body: Vec<u8> },
    Refused(Refusal),
}

/// A sink that sends on what it is told.
pub struct Telling(std::sync::mpsc::Sender<Told>);

impl Telling {
    /// The sink, and what it is told.
    pub fn new() -> (Self, Receiver<Told>) {
        let (sender, receiver) = channel();
        (Self(sender), receiver)
    }
}

impl EventSink for Telling {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        let Event { notification, sequence, peer, body, .. } = event;
        self.0.send(Told::Notified { notification, sequence, pid: peer.pid, body: body.to_vec() }).unwrap();
        Ok(())
    }

    fn refused(&mut self, refusal: Refusal) {
        self.0.send(Told::Refused(refusal)).unwrap();
    }
}

/// A server that runs on a thread of its own, in a folder of its own.
pub struct Running {
    pub socket: PathBuf,
    pub stopper: Stopper,
    thread: Option<JoinHandle<Result<Report, RunError>>>,
    _folder: tempfile::TempDir,
}

impl Running {
    /// A server with the default configuration, and what its sink is told.
    pub fn telling() -> (Self, Receiver<Told>) {
        Self::telling_with(|config| config)
    }

    /// The same, with another configuration.
    pub fn telling_with(configure: impl FnOnce(Config) -> Config) -> (Self, Receiver<Told>) {
        let (telling, receiver) = Telling::new();
        (Self::start(configure, telling), receiver)
    }

    /// A server with this configuration and sink.
    pub fn start(configure: impl FnOnce(Config) -> Config, sink: impl EventSink + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let server = Server::bind(configure(Config::new(&socket))).unwrap();
        let stopper = server.stopper();
        let thread = std::thread::spawn(move || server.run(sink));
        Self { socket, stopper, thread: Some(thread), _folder: folder }
    }

    pub fn connect(&self) -> UnixStream {
        connect(&self.socket)
    }

    /// Sends these bytes, and reads until the server closes.
    pub fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut client = self.connect();
        client.write_all(bytes).unwrap();
        read_all(&mut client)
    }

    /// The same, with the sending side closed after the bytes.
    pub fn ask_and_finish(&self, bytes: &[u8]) -> Vec<u8> {
        let mut client = self.connect();
        client.write_all(bytes).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        read_all(&mut client)
    }

    /// Stops the server, and waits for its end.
    pub fn stop(mut self) -> Report {
        self.stopper.stop().unwrap();
        self.thread.take().unwrap().join().unwrap().unwrap()
    }
}

pub fn connect(socket: &Path) -> UnixStream {
    let client = UnixStream::connect(socket).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client
}

/// What comes until the end; panics where there is an error instead of an end.
pub fn read_all(client: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).unwrap();
    bytes
}
