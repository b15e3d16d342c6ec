//! All senders on one thread: who may start, who waits for room in the backlog, and whose reply is there.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::io::Errno;
use rustix::net::SocketAddrUnix;

use super::connection::{Connection, NoConnection};
use super::routers::Routers;
use super::tally::{Fate, Loss, Tally};

/// Connections opened in a row before replies have their turn: few, so that a reply is not timed late.
const BATCH: usize = 32;
/// How long a sender waits before it tries a full backlog again. The kernel can't tell such a sender that there is
/// room.
const PAUSE: Duration = Duration::from_millis(1);

/// How long senders wait, and for what.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// When the whole burst ends.
    pub(super) until: Instant,
    /// Whether senders wait for room in the backlog.
    pub(super) at_full_backlog: bool,
}

/// Why there is no tally.
#[derive(Debug)]
pub(super) enum Stopped {
    /// Not even the first sender could connect.
    NotReached(Errno),
    /// This process can't go on.
    Failed(io::Error),
}

impl<E: Into<io::Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A burst under way.
pub(super) struct Flood {
    address: SocketAddrUnix,
    routers: Routers,
    patience: Patience,
    /// How many connections may be open.
    room: usize,
    poll: Poll,
    senders: Vec<Sender>,
    /// Senders whose next notification is due.
    due: VecDeque<u32>,
    /// Senders that met a full backlog, in the order in which they did.
    waiting: VecDeque<u32>,
    retry_at: Instant,
    open: usize,
    tally: Tally,
}

/// A router's sender.
struct Sender {
    /// Which of the router's changes it is telling.
    change: u32,
    /// When it first tried to.
    since: Instant,
    connection: Option<Connection>,
}

impl Flood {
    pub(super) fn new(
        address: SocketAddrUnix,
        routers: Routers,
        room: u32,
        patience: Patience,
    ) -> Result<Self, Stopped> {
        let now = Instant::now();
        Ok(Self {
            address,
            routers,
            patience,
            room: usize::try_from(room).unwrap_or(usize::MAX),
            poll: Poll::new()?,
            senders: (0..routers.count()).map(|_| Sender { change: 0, since: now, connection: None }).collect(),
            due: (0..routers.count()).collect(),
            waiting: VecDeque::new(),
            retry_at: now,
            open: 0,
            tally: Tally::new().map_err(io::Error::other)?,
        })
    }

    /// Sends everything, and calls `progress` now and then.
    pub(super) fn run(mut self, mut progress: impl FnMut(&Tally)) -> Result<Tally, Stopped> {
        let mut events = Events::with_capacity(1_024);
        loop {
            let now = Instant::now();
            if now >= self.patience.until {
                self.time_up();
            }
            if self.open == 0 && self.due.is_empty() && self.waiting.is_empty() {
                return Ok(self.tally);
            }
            self.start_due()?;
            self.retry(now)?;
            match self.poll.poll(&mut events, Some(self.timeout(Instant::now()))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            for event in &events {
                self.ready(event.token());
            }
            progress(&self.tally);
        }
    }

    /// How long to wait for replies, from the time `now` on.
    fn timeout(&self, now: Instant) -> Duration {
        let start = (!self.due.is_empty() && self.open < self.room).then_some(now);
        let retry = (!self.waiting.is_empty() && self.open < self.room).then_some(self.retry_at);
        let next = [start, retry].into_iter().flatten().fold(self.patience.until, Instant::min);
        next.saturating_duration_since(now)
    }

    /// Starts senders whose notification is due, up to a batch of them.
    fn start_due(&mut self) -> Result<(), Stopped> {
        for _ in 0..BATCH {
            if self.open >= self.room {
                break;
            }
            let Some(router) = self.due.pop_front() else { break };
            if let Some(sender) = self.sender(router) {
                sender.since = Instant::now();
            }
            if !self.connect(router)? {
                self.tally.backlog_full += 1;
                if self.patience.at_full_backlog {
                    self.waiting.push_back(router);
                } else {
                    self.decided(router, Fate::Lost(Loss::BacklogFull));
                }
            }
        }
        Ok(())
    }

    /// Lets those that met a full backlog try again, the first one first, until it is full again.
    fn retry(&mut self, now: Instant) -> Result<(), Stopped> {
        if now < self.retry_at {
            return Ok(());
        }
        while self.open < self.room {
            let Some(router) = self.waiting.pop_front() else { break };
            if !self.connect(router)? {
                self.waiting.push_front(router);
                self.retry_at = now + PAUSE;
                break;
            }
        }
        Ok(())
    }

    /// Lets a sender connect and send; whether there was room for it in the backlog.
    fn connect(&mut self, router: u32) -> Result<bool, Stopped> {
        let Some(sender) = usize::try_from(router).ok().and_then(|at| self.senders.get_mut(at)) else {
            return Ok(true);
        };
        let Some(notification) = self.routers.notification(router, sender.change) else { return Ok(true) };
        match Connection::open(&self.address, &notification) {
            Ok(connection) => {
                let token = Token(usize::try_from(router).map_err(io::Error::other)?);
                self.poll.registry().register(&mut SourceFd(&connection.raw()), token, Interest::READABLE)?;
                sender.connection = Some(connection);
                self.open += 1;
                self.tally.at_once = self.tally.at_once.max(self.open);
            }
            Err(NoConnection::BacklogFull) => {
                self.tally.backlog_full_tries += 1;
                return Ok(false);
            }
            Err(NoConnection::NoDescriptor(errno)) if self.open == 0 => return Err(errno.into()),
            // Others have taken the descriptors that this process counted on: it makes do with what it has.
            Err(NoConnection::NoDescriptor(_)) => {
                self.room = self.open;
                self.due.push_front(router);
            }
            Err(NoConnection::Unreachable(errno)) if self.tally.decided() == 0 && self.open == 0 => {
                return Err(Stopped::NotReached(errno));
            }
            Err(NoConnection::Unreachable(errno)) => self.decided(router, Fate::Unreachable(errno)),
        }
        Ok(true)
    }

    fn ready(&mut self, Token(at): Token) {
        let connection = self.senders.get_mut(at).and_then(|sender| sender.connection.as_mut());
        if let Some(fate) = connection.and_then(Connection::read)
            && let Ok(router) = u32::try_from(at)
        {
            self.decided(router, fate);
        }
    }

    /// Counts what became of a router's notification, and has it send the next one.
    fn decided(&mut self, router: u32, fate: Fate) {
        let routers = self.routers;
        let Some(sender) = self.sender(router) else { return };
        let took = sender.since.elapsed();
        let was_open = sender.connection.take().is_some();
        sender.change += 1;
        let has_more = routers.notification(router, sender.change).is_some();
        self.open -= usize::from(was_open);
        self.tally.count(fate, took);
        if has_more {
            self.due.push_back(router);
        }
    }

    /// Counts everything that isn't answered as lost.
    fn time_up(&mut self) {
        // Not one by one: there may be a thousand million.
        for sender in &mut self.senders {
            sender.connection = None;
            self.tally.time_up(self.routers.left(sender.change));
            sender.change = u32::MAX;
        }
        self.open = 0;
        self.due.clear();
        self.waiting.clear();
    }

    fn sender(&mut self, router: u32) -> Option<&mut Sender> {
        self.senders.get_mut(usize::try_from(router).ok()?)
    }
}
