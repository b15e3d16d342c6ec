//! The counters over HTTP: one thread, a few readers at a time, of whom none keeps another waiting.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::SocketFlags;

use super::exposition::exposition;
use super::recorder::Registry;

/// Readers at a time; one more ends the oldest. They take descriptors that the senders could have.
const PLACES: usize = 16;
/// Readers that are accepted before the others have their turn.
const BATCH: usize = PLACES / 2;
/// How long a reader may take in all.
const TOTAL: Duration = Duration::from_secs(2);
/// The longest request that is read.
const LONGEST: usize = 8_192;
/// How long to wait where the process has no descriptor left for a reader.
const RETRY: Duration = Duration::from_millis(500);

/// Answers readers for as long as the process lives. The listener must not block.
pub(super) fn serve(listener: &TcpListener, registry: &Registry) {
    let mut readers: VecDeque<Reader> = VecDeque::with_capacity(PLACES);
    let mut accept_at = Instant::now();
    loop {
        wait(listener, accept_at, &readers);
        let now = Instant::now();
        readers.retain_mut(|reader| reader.goes_on(registry, now));
        if accept_at <= now && !accept_batch(listener, registry, &mut readers) {
            accept_at = now + RETRY;
        }
    }
}

/// Waits until somebody can be accepted, read from or written to, or a time has come.
fn wait(listener: &TcpListener, accept_at: Instant, readers: &VecDeque<Reader>) {
    let now = Instant::now();
    let is_paused = accept_at > now;
    let mut fds: Vec<_> = readers.iter().map(Reader::awaited).collect();
    if !is_paused {
        fds.push(PollFd::new(listener, PollFlags::IN));
    }
    // The oldest reader's time is over first.
    let times = readers.front().map(|reader| reader.until).into_iter().chain(is_paused.then_some(accept_at));
    let left = times.min().map(|time| time.saturating_duration_since(now));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    // Where it fails, each of them is tried all the same.
    let _ = poll(&mut fds, timeout.as_ref());
}

/// Accepts some of those that wait; `false` if nobody can be accepted for a while.
fn accept_batch(listener: &TcpListener, registry: &Registry, readers: &mut VecDeque<Reader>) -> bool {
    for _ in 0..BATCH {
        match rustix::net::accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            Ok(fd) => {
                let now = Instant::now();
                let mut reader = Reader::new(fd.into(), now);
                if reader.goes_on(registry, now) {
                    if readers.len() >= PLACES {
                        readers.pop_front();
                    }
                    readers.push_back(reader);
                }
            }
            Err(Errno::AGAIN) => return true,
            Err(Errno::INTR | Errno::CONNABORTED | Errno::PROTO) => {}
            Err(_) => return false,
        }
    }
    true
}

/// A reader of the counters, from accept to close.
struct Reader {
    stream: TcpStream,
    until: Instant,
    head: Vec<u8>,
    /// What is left of the reply, once the request is whole.
    reply: Option<VecDeque<u8>>,
}

impl Reader {
    fn new(stream: TcpStream, now: Instant) -> Self {
        Self { stream, until: now + TOTAL, head: Vec::new(), reply: None }
    }

    fn awaited(&self) -> PollFd<'_> {
        PollFd::new(&self.stream, if self.reply.is_some() { PollFlags::OUT } else { PollFlags::IN })
    }

    /// Reads and writes what it can at the time `now`: whether there is more to do then. What a reader does wrong is
    /// its own affair, and ends it.
    fn goes_on(&mut self, registry: &Registry, now: Instant) -> bool {
        now < self.until && self.finish(registry).is_err_and(|cause| cause.kind() == ErrorKind::WouldBlock)
    }

    fn finish(&mut self, registry: &Registry) -> io::Result<()> {
        while self.reply.is_none() {
            self.read(registry)?;
        }
        let Some(reply) = &mut self.reply else { return Ok(()) };
        while !reply.is_empty() {
            let len = self.stream.write(reply.as_slices().0)?;
            reply.drain(..len);
        }
        Ok(())
    }

    /// Reads a piece of the request; where it is whole with it, there is a reply.
    fn read(&mut self, registry: &Registry) -> io::Result<()> {
        let mut piece = [0; 1_024];
        let piece = match self.stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            len => piece.get(..len).unwrap_or_default(),
        };
        // The blank line may begin in the bytes before these.
        let searched = self.head.len().saturating_sub(3);
        self.head.extend_from_slice(piece);
        let fresh = self.head.get(searched..).unwrap_or_default();
        if fresh.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            self.reply = Some(answer(&self.head, registry).into_bytes().into());
        } else if self.head.len() > LONGEST {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(())
    }
}

fn answer(head: &[u8], registry: &Registry) -> String {
    let (status, body) = match head {
        head if head.starts_with(b"GET /metrics ") => ("200 OK", exposition(registry)),
        head if head.starts_with(b"GET ") => ("404 Not Found", "the counters are at /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed\r\nAllow: GET", String::new()),
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
