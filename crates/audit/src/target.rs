//! The server under test: connections to it, and what came of each.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hanotify::client::{ConnectError, connect};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::framing::is_whole;
use super::stop::Stop;
use super::watch::{GLANCE, Watch};

/// How long a server that was there may be away.
pub(crate) const AWAY: Duration = Duration::from_secs(3);
/// How long a connect may wait for room in the backlog.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a server that was sent all may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// When a server that hasn't answered is told that nothing follows.
const HINT: Duration = Duration::from_millis(300);
/// How long after its reply a server may close, before it counts as one that keeps the connection.
const LINGER: Duration = Duration::from_millis(500);
/// The same for a server that has kept so many connections that long: nothing is learned from more of them.
const SHORT_LINGER: Duration = Duration::from_millis(20);
const KEPT_ENOUGH: usize = 3;
/// How much is written at once.
const PIECE: usize = 16 << 10;
/// The longest answer that is read.
pub(crate) const LONGEST: usize = 256 << 10;

/// Where the server listens, and what ends the talk with it.
#[derive(Clone)]
pub(crate) struct Target {
    socket: PathBuf,
    away: Duration,
    watch: Watch,
    /// How many connections the server has kept after its reply.
    kept: Arc<AtomicUsize>,
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
    /// When the first byte of the answer came, or when its end was seen without one.
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
    /// When it hasn't answered for a while: a sender wouldn't, and a server that wants more bytes needs it to give up
    /// at once.
    WhenSilent,
    Never,
}

impl Target {
    /// The server at this socket, which may be away for so long, as while it is started again.
    pub(crate) fn new(socket: PathBuf, away: Duration, watch: Watch) -> Self {
        Self { socket, away, watch, kept: Arc::default() }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// A connection, where the backlog has room in time; [`Stop::Lost`] where the server is gone.
    pub(crate) fn connect(&self) -> Result<Talk, Stop> {
        let start = Instant::now();
        loop {
            let now = Instant::now();
            match connect(&self.socket, now + GLANCE) {
                Ok(stream) => {
                    let (watch, kept) = (self.watch.clone(), Arc::clone(&self.kept));
                    return Ok(Talk { stream, start: Instant::now(), watch, kept, early: None, is_finished: false });
                }
                Err(ConnectError::Unreachable(error)) if is_away(&error) && start.elapsed() < self.away => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(ConnectError::Unreachable(error)) if has_no_descriptor(&error) => {
                    return Err(Stop::NoDescriptor(error));
                }
                Err(ConnectError::Unreachable(error)) => return Err(Stop::Lost(error)),
                Err(_) if start.elapsed() < CONNECT => {}
                Err(_) => return Err(Stop::Stuck),
            }
            self.watch.check()?;
        }
    }

    /// An error where the audit may not go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.watch.check()
    }

    /// Whether the server has kept so many connections behind its reply that nothing is learned from more of them.
    pub(crate) fn keeps(&self) -> bool {
        self.kept.load(Ordering::Relaxed) >= KEPT_ENOUGH
    }

    /// Sends these bytes on a connection of their own.
    pub(crate) fn exchange(&self, bytes: &[u8], finish: Finish) -> Result<Exchange, Stop> {
        let mut talk = self.connect()?;
        talk.send(bytes);
        Ok(talk.answer(finish, PATIENCE))
    }
}

/// An open connection. No call on it takes longer than its patience, whatever the server does, and none goes on when
/// the audit is to end.
pub(crate) struct Talk {
    stream: UnixStream,
    start: Instant,
    watch: Watch,
    kept: Arc<AtomicUsize>,
    /// What was read by [`is_ready`](Self::is_ready).
    early: Option<io::Result<Vec<u8>>>,
    is_finished: bool,
}

impl Talk {
    /// Sends what the server takes in time: where it has closed, its answer says why.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let deadline = Instant::now() + PATIENCE;
        let mut rest = bytes;
        while let (false, Some(wait)) = (rest.is_empty(), self.watch.glance(deadline)) {
            let piece = rest.get(..PIECE).unwrap_or(rest);
            match send(&self.stream, piece, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(0) => return,
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::AGAIN) => drop(self.wait_for(PollFlags::OUT, wait)),
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }

    /// Tells the server that nothing follows.
    pub(crate) fn finish(&mut self) {
        if !self.is_finished {
            let _ = self.stream.shutdown(Shutdown::Write);
            self.is_finished = true;
        }
    }

    /// Whether something has come, or comes before the deadline.
    pub(crate) fn is_ready(&mut self, deadline: Instant) -> bool {
        let mut early = Vec::new();
        match self.read_now(&mut early) {
            Err(error) if is_timeout(&error) => {
                self.wait_for(PollFlags::IN, deadline.saturating_duration_since(Instant::now()))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
            read => {
                self.early = Some(read.map(|_| early));
                true
            }
        }
    }

    /// Whether this is possible within so much time.
    fn wait_for(&self, what: PollFlags, wait: Duration) -> bool {
        let wait = Timespec::try_from(wait).ok();
        matches!(poll(&mut [PollFd::new(&self.stream, what)], wait.as_ref()), Ok(1..))
    }

    /// The stream, for probes that don't wait.
    pub(crate) fn into_stream(self) -> UnixStream {
        self.stream
    }

    /// Reads the answer until the server closes, the reply is whole, or its time is over: `patience`, however slowly
    /// bytes arrive.
    pub(crate) fn answer(mut self, finish: Finish, patience: Duration) -> Exchange {
        let mut finished = finish != Finish::WhenSilent;
        if finish == Finish::Now {
            self.finish();
        }
        let mut answer = Vec::new();
        let mut took = None;
        let mut deadline = Instant::now() + if finished { patience } else { HINT };
        let mut was_whole = false;
        let end = loop {
            if is_whole(&answer) && !was_whole {
                was_whole = true;
                let keeps = self.kept.load(Ordering::Relaxed) >= KEPT_ENOUGH;
                // Of a control notification the status counts, and each case behind it waits for itself.
                if keeps && finish == Finish::Never {
                    break End::Kept;
                }
                deadline = Instant::now() + if keeps { SHORT_LINGER } else { LINGER };
            }
            match self.read_before(&mut answer, deadline) {
                Ok(0) => break End::Closed,
                Ok(_) if answer.len() > LONGEST => break End::Kept,
                Ok(_) => took = took.or(Some(self.start.elapsed())),
                Err(error) if !is_timeout(&error) => break End::Reset,
                Err(_) if was_whole => {
                    self.kept.fetch_add(1, Ordering::Relaxed);
                    break End::Kept;
                }
                Err(_) if !finished => {
                    finished = true;
                    deadline = Instant::now() + patience;
                    self.finish();
                }
                Err(_) => break End::Silent,
            }
        };
        Exchange { answer, end, took: took.unwrap_or_else(|| self.start.elapsed()) }
    }

    /// Reads what is there, or waits for it until the deadline, or until the audit is to end.
    fn read_before(&mut self, answer: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        if let Some(early) = self.early.take() {
            return early.map(|early| {
                answer.extend_from_slice(&early);
                early.len()
            });
        }
        loop {
            let wait = self.watch.glance(deadline).ok_or(io::ErrorKind::TimedOut)?;
            match self.read_now(answer) {
                Err(error) if is_timeout(&error) => drop(self.wait_for(PollFlags::IN, wait)),
                // A signal that ends the audit is no fault of the server's.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    /// Reads what is there. A timeout of the socket would be one more system call for each.
    fn read_now(&self, answer: &mut Vec<u8>) -> io::Result<usize> {
        let mut chunk = [0; 4_096];
        let (read, _) = recv(&self.stream, &mut chunk[..], RecvFlags::DONTWAIT)?;
        answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Whether it is what a server that is being restarted looks like.
fn is_away(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
}

/// Whether it says nothing of the server.
fn has_no_descriptor(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
