//! The server under test: connections to it, and what came of each.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use hanotify::client::{ConnectError, connect};

use super::framing::is_whole;
use super::stop::Stop;

/// How long a server that was there may be away.
const AWAY: Duration = Duration::from_secs(3);
/// How long a connect may wait for room in the backlog.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a server that was sent all may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// When a server that hasn't answered is told that nothing follows.
const HINT: Duration = Duration::from_millis(300);
/// How long the close may come behind the reply.
const LINGER: Duration = Duration::from_millis(20);
/// The longest answer that is read.
const LONGEST: usize = 256 << 10;

/// Where the server listens.
pub(crate) struct Target {
    socket: PathBuf,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The server closed it.
    Closed,
    /// It broke.
    Reset,
    /// Nothing came in time.
    Silent,
    /// The reply was whole, and the server kept the connection.
    Kept,
}

/// What came of a connection.
pub(crate) struct Exchange {
    pub(crate) answer: Vec<u8>,
    pub(crate) end: End,
    pub(crate) took: Duration,
}

impl Exchange {
    /// The status code, however the reply is spelled otherwise.
    pub(crate) fn status(&self) -> Option<u16> {
        let line = self.answer.strip_prefix(b"HTTP/1.")?.get(2..5)?;
        std::str::from_utf8(line).ok()?.parse().ok().filter(|status| (100..600).contains(status))
    }
}

/// When to tell the server that nothing follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    Now,
    /// When it hasn't answered for a while: a sender wouldn't, and a server that wants more bytes needs it to give up at once.
    WhenSilent,
    Never,
}

impl Target {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// A connection, where the backlog has room in time; [`Stop::Lost`] where the server is gone.
    pub(crate) fn connect(&self) -> Result<Talk, Stop> {
        let start = Instant::now();
        loop {
            match connect(&self.socket, Instant::now() + CONNECT) {
                Ok(stream) => return Ok(Talk { stream, start: Instant::now() }),
                Err(ConnectError::Unreachable(error)) if is_away(&error) && start.elapsed() < AWAY => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(ConnectError::Unreachable(error)) => return Err(Stop::Lost(error)),
                Err(_) => return Err(Stop::Stuck),
            }
        }
    }

    /// Sends these bytes on a connection of their own.
    pub(crate) fn exchange(&self, bytes: &[u8], finish: Finish) -> Result<Exchange, Stop> {
        let mut talk = self.connect()?;
        talk.send(bytes);
        Ok(talk.answer(finish, PATIENCE))
    }
}

/// An open connection.
pub(crate) struct Talk {
    stream: UnixStream,
    start: Instant,
}

impl Talk {
    /// Sends what the server takes: where it has closed, its answer says why.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.set_write_timeout(Some(PATIENCE)).and_then(|()| self.stream.write_all(bytes));
    }

    /// The stream, for probes that don't wait.
    pub(crate) fn into_stream(self) -> UnixStream {
        self.stream
    }

    /// Reads the answer until the server closes, the reply is whole, or its time is over.
    pub(crate) fn answer(mut self, finish: Finish, patience: Duration) -> Exchange {
        let mut finished = finish == Finish::Now && self.stream.shutdown(Shutdown::Write).is_ok();
        let mut answer = Vec::new();
        let mut last = Instant::now();
        let end = loop {
            let whole = is_whole(&answer);
            let wait = match (whole, finish == Finish::WhenSilent && !finished) {
                (true, _) => LINGER,
                (false, true) => HINT,
                (false, false) => patience,
            };
            match self.read_before(&mut answer, last + wait) {
                Ok(0) => break End::Closed,
                Ok(_) if answer.len() > LONGEST => break End::Kept,
                Ok(_) => last = Instant::now(),
                Err(error) if !is_timeout(&error) => break End::Reset,
                Err(_) if whole => break End::Kept,
                Err(_) if finish == Finish::WhenSilent && !finished => {
                    finished = true;
                    last = Instant::now();
                    let _ = self.stream.shutdown(Shutdown::Write);
                }
                Err(_) => break End::Silent,
            }
        };
        Exchange { answer, end, took: self.start.elapsed() }
    }

    fn read_before(&mut self, answer: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(left))?;
        let mut chunk = [0; 4_096];
        let read = loop {
            match self.stream.read(&mut chunk) {
                // A signal that ends the audit is no fault of the server's.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Whether it is what a server that is being restarted looks like.
fn is_away(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
