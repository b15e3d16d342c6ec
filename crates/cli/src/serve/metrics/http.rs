//! What a server shows over HTTP: one thread, a few readers at a time, of whom none keeps another waiting.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags};

use super::accept::{Accepts, Format};
use super::desk::{Desk, Page};

/// Readers at a time at one door; one more ends the oldest. They take descriptors that the senders could have.
const PLACES: usize = 16;
/// Readers that are accepted before the others have their turn.
const BATCH: usize = PLACES / 2;
/// How long a reader may take in all.
const TOTAL: Duration = Duration::from_secs(2);
/// The longest request that is read.
const LONGEST: usize = 8_192;
/// How long to wait where the process has no descriptor left for a reader.
const RETRY: Duration = Duration::from_millis(500);

/// What is shown at a door.
pub(crate) trait Pages: Send {
    /// Whether the reader at the other end of this socket may look.
    fn admit(&self, reader: BorrowedFd<'_>) -> bool;
    /// The type and the content of the page of this path; `None` if there is none. Metrics have this form.
    fn page(&self, path: &str, format: Format) -> Option<(&'static str, String)>;
    /// Does what DELETE of this path is for, asked by the process at the other end of this socket: the status of the
    /// reply. `None` where nothing can be deleted.
    fn delete(&self, path: &str, reader: BorrowedFd<'_>) -> Option<&'static str> {
        let _ = (path, reader);
        None
    }
    /// Where the pages are, for whoever asks for another one.
    fn directions(&self) -> &'static str;
    /// Does what is due at the time `now`.
    fn look(&self, now: Instant) -> Look {
        let _ = now;
        Look::default()
    }
}

/// What has come of a look.
#[derive(Default)]
pub(crate) struct Look {
    /// When there is to be another one; `None` means never.
    pub(crate) again: Option<Instant>,
    /// The socket at which readers come from now on, where it is another one.
    pub(crate) socket: Option<OwnedFd>,
}

/// Where readers connect, and those that have.
pub(super) struct Door {
    listener: OwnedFd,
    desk: Desk,
    readers: VecDeque<Reader>,
    accept_at: Instant,
    look_at: Option<Instant>,
}

/// Answers readers for as long as the process lives. No listener may block.
pub(super) fn serve(mut doors: Vec<Door>) {
    loop {
        wait(&doors);
        let now = Instant::now();
        for door in &mut doors {
            door.goes_on(now);
        }
    }
}

/// Waits until somebody can be accepted, read from or written to, or a time has come.
fn wait(doors: &[Door]) {
    let now = Instant::now();
    let mut fds: Vec<_> = doors.iter().flat_map(|door| &door.readers).map(Reader::awaited).collect();
    let open = doors.iter().filter(|door| door.accept_at <= now);
    fds.extend(open.map(|door| PollFd::new(&door.listener, PollFlags::IN)));
    let left =
        doors.iter().filter_map(|door| door.next_time(now)).min().map(|time| time.saturating_duration_since(now));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    // Where it fails, each of them is tried all the same.
    let _ = poll(&mut fds, timeout.as_ref());
}

impl Door {
    pub(super) fn new(listener: OwnedFd, pages: Box<dyn Pages>) -> Self {
        let now = Instant::now();
        let look_at = pages.look(now).again;
        Self { listener, desk: Desk::new(pages), readers: VecDeque::with_capacity(PLACES), accept_at: now, look_at }
    }

    /// When there is something to do here although nothing comes.
    fn next_time(&self, now: Instant) -> Option<Instant> {
        // The oldest reader's time is over first.
        let times = self.readers.front().map(|reader| reader.until).into_iter().chain(self.look_at);
        times.chain((self.accept_at > now).then_some(self.accept_at)).min()
    }

    fn goes_on(&mut self, now: Instant) {
        if self.look_at.is_some_and(|look_at| look_at <= now) {
            let Look { again, socket } = self.desk.pages.look(now);
            self.look_at = again;
            if let Some(socket) = socket {
                self.listener = socket;
            }
        }
        let Self { desk, readers, .. } = self;
        readers.retain_mut(|reader| reader.goes_on(desk, now));
        if self.accept_at <= now && !self.accept_batch() {
            self.accept_at = now + RETRY;
        }
    }

    /// Accepts some of those that wait; `false` if nobody can be accepted for a while.
    fn accept_batch(&mut self) -> bool {
        for _ in 0..BATCH {
            match rustix::net::accept_with(&self.listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                Ok(socket) => {
                    let now = Instant::now();
                    let mut reader = Reader::new(socket, &*self.desk.pages, now);
                    if reader.goes_on(&mut self.desk, now) {
                        if self.readers.len() >= PLACES {
                            self.readers.pop_front();
                        }
                        self.readers.push_back(reader);
                    }
                }
                Err(Errno::AGAIN) => return true,
                Err(Errno::INTR | Errno::CONNABORTED | Errno::PROTO) => {}
                Err(_) => return false,
            }
        }
        true
    }
}

/// A reader, from accept to close.
struct Reader {
    socket: OwnedFd,
    until: Instant,
    head: Vec<u8>,
    /// Once the request is whole.
    reply: Option<Reply>,
}

/// A reply, and how much of it is sent.
struct Reply {
    head: Vec<u8>,
    content: Arc<Vec<u8>>,
    sent: usize,
}

impl Reader {
    fn new(socket: OwnedFd, pages: &dyn Pages, now: Instant) -> Self {
        // One that may not look is told so before any of its bytes is read.
        let is_refused = !pages.admit(socket.as_fd());
        let reply = is_refused.then(|| Reply::new("403 Forbidden", "text/plain", Arc::default()));
        Self { socket, until: now + TOTAL, head: Vec::new(), reply }
    }

    fn awaited(&self) -> PollFd<'_> {
        PollFd::new(&self.socket, if self.reply.is_some() { PollFlags::OUT } else { PollFlags::IN })
    }

    /// Reads and writes what it can at the time `now`: whether there is more to do then. What a reader does wrong is
    /// its own affair, and ends it.
    fn goes_on(&mut self, desk: &mut Desk, now: Instant) -> bool {
        now < self.until && self.finish(desk).is_err_and(|cause| cause.kind() == ErrorKind::WouldBlock)
    }

    fn finish(&mut self, desk: &mut Desk) -> io::Result<()> {
        while self.reply.is_none() {
            self.read(desk)?;
        }
        let Some(reply) = &mut self.reply else { return Ok(()) };
        while let Some(rest) = reply.rest() {
            reply.sent += rustix::net::send(&self.socket, rest, SendFlags::NOSIGNAL)?;
        }
        Ok(())
    }

    /// Reads a piece of the request; where it is whole with it, there is a reply.
    fn read(&mut self, desk: &mut Desk) -> io::Result<()> {
        let mut piece = [0; 1_024];
        let (_, len) = rustix::net::recv(&self.socket, &mut piece, RecvFlags::empty())?;
        let piece = match len {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            len => piece.get(..len).unwrap_or_default(),
        };
        // The blank line may begin in the bytes before these.
        let searched = self.head.len().saturating_sub(3);
        self.head.extend_from_slice(piece);
        let fresh = self.head.get(searched..).unwrap_or_default();
        if fresh.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            self.reply = Some(answer(&self.head, desk, self.socket.as_fd()));
        } else if self.head.len() > LONGEST {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(())
    }
}

impl Reply {
    fn new(status: &str, kind: &str, content: Arc<Vec<u8>>) -> Self {
        let len = content.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n");
        Self { head: head.into_bytes(), content, sent: 0 }
    }

    /// What is to be sent next; `None` once all is.
    fn rest(&self) -> Option<&[u8]> {
        let (head, content) =
            (self.head.get(self.sent..), self.content.get(self.sent.saturating_sub(self.head.len())..));
        head.filter(|rest| !rest.is_empty()).or(content).filter(|rest| !rest.is_empty())
    }
}

fn answer(head: &[u8], desk: &mut Desk, reader: BorrowedFd<'_>) -> Reply {
    let mut words = head.split(|byte| *byte == b' ');
    let (method, path) = (words.next(), words.next().and_then(|path| str::from_utf8(path).ok()));
    if method == Some(b"DELETE")
        && let Some(status) = path.and_then(|path| desk.pages.delete(path, reader))
    {
        return Reply::new(status, "text/plain", Arc::default());
    }
    if method != Some(b"GET") {
        return Reply::new("405 Method Not Allowed\r\nAllow: GET", "text/plain", Arc::default());
    }
    match path.and_then(|path| desk.page(path, Accepts::of(head))) {
        None => Reply::new("404 Not Found", "text/plain", Arc::new(desk.pages.directions().into())),
        Some(Page { kind, is_packed: true, content }) => Reply::new("200 OK\r\nContent-Encoding: gzip", kind, content),
        Some(Page { kind, is_packed: false, content }) => Reply::new("200 OK", kind, content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_sent_from_its_first_byte_to_its_last() {
        for content in [&b"content"[..], b""] {
            let mut reply = Reply::new("200 OK", "text/plain", Arc::new(content.into()));
            let whole = [&reply.head[..], content].concat();
            let mut sent = Vec::new();
            while let Some(rest) = reply.rest() {
                let piece = rest[..rest.len().min(3)].to_vec();
                reply.sent += piece.len();
                sent.extend(piece);
            }
            assert_eq!(sent, whole);
        }
    }
}
