//! The shell: what the machines of all routers ask for is done here, by one thread that never waits for one of them.

mod call;
mod delivery;
mod event;
mod namespace;
mod spec;
mod timers;
mod watched;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hanotify::{HaState, RouterId};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

pub use event::{Event, NotifyError};
pub use spec::Spec;

use self::namespace::Home;
use self::timers::Timers;
use self::watched::{Around, Role, Watched};
use crate::KernelSocket;

/// Bytes of the buffer for datagrams, of which there is one for all routers. It is longer than any needs: the allocator
/// maps an area of this size by itself, and of that only the pages that were written to are resident.
const BUFFER: usize = 8 * KernelSocket::BUFFER;

/// The kernel's list of mounts: a namespace gets its name by one.
const MOUNTS: usize = usize::MAX;
/// The first of the descriptors of whoever runs it; the others are below it.
const OTHERS: usize = usize::MAX - 1;
/// How many descriptors of theirs there may be.
const MOST_OTHERS: usize = 64;
/// How many descriptors are looked at in one turn.
const EVENTS: usize = 256;

/// Watches routers, keeps their state files, and tells the agent.
///
/// It does what [`Router`](crate::Router) says, for many of them on one thread. Nothing that one router waits for
/// delays another. Where nothing happens, it sleeps.
///
/// Dropping it ends nothing that conntrackd has begun.
pub struct Monitor<O> {
    poll: Poll,
    events: Events,
    home: Home,
    mounts: File,
    agent: PathBuf,
    observe: O,
    routers: Slab<Watched>,
    timers: Timers,
    /// Those that found the agent's backlog full, in their order.
    waiting: VecDeque<usize>,
    /// Those whose events were not read to the end.
    unfinished: Vec<usize>,
    buffer: Vec<u8>,
}

impl<O: FnMut(RouterId, Event<'_>)> Monitor<O> {
    /// A monitor of no router yet, which tells the agent at this socket. `observe` is called with all that happens, and
    /// should not wait for anything.
    ///
    /// # Errors
    ///
    /// As the system has it.
    pub fn new(agent: impl Into<PathBuf>, observe: O) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mounts = File::open("/proc/self/mountinfo")?;
        poll.registry().register(&mut SourceFd(&mounts.as_raw_fd()), Token(MOUNTS), Interest::PRIORITY)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            home: Home::here()?,
            mounts,
            agent: agent.into(),
            observe,
            routers: Slab::new(),
            timers: Timers::default(),
            waiting: VecDeque::new(),
            unfinished: Vec::new(),
            buffer: vec![0; BUFFER],
        })
    }

    /// Watches this router from now on. The number is for [`remove`](Self::remove).
    pub fn add(&mut self, spec: Spec) -> usize {
        let place = self.routers.vacant_entry();
        let key = place.key();
        place.insert(Watched::new(key, spec));
        self.with(key, Instant::now(), Watched::look);
        key
    }

    /// Watches this router no more. Its state file stays as it is.
    pub fn remove(&mut self, key: usize) {
        if let Some(router) = self.routers.try_remove(key) {
            self.timers.set(key, None);
            router.abandon();
        }
    }

    /// Writes this router's state file again, if its state is certain: whoever has made the router's folder anew has
    /// removed it.
    pub fn rewrite(&mut self, key: usize) {
        self.with(key, Instant::now(), Watched::rewrite);
    }

    /// Each router with its number, and its state where that is certain.
    pub fn routers(&self) -> impl Iterator<Item = (usize, &Spec, Option<HaState>)> {
        self.routers.iter().map(|(key, router)| (key, router.spec(), router.state()))
    }

    /// Has [`turn`](Self::turn) wake up when this descriptor is readable, and give this number, of at most 63. It has
    /// to be read until nothing is left.
    ///
    /// # Errors
    ///
    /// As the system has it, and for a number that is too high.
    pub fn watch(&self, descriptor: BorrowedFd<'_>, number: usize) -> io::Result<()> {
        if number >= MOST_OTHERS {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let token = Token(OTHERS - number);
        self.poll.registry().register(&mut SourceFd(&descriptor.as_raw_fd()), token, Interest::READABLE)
    }

    /// Waits until something happens or until this time, and does what is to be done then. Gives the numbers of the
    /// descriptors that are readable. It is [`wait`](Self::wait) and [`work`](Self::work).
    ///
    /// # Errors
    ///
    /// As the system has it, when it can't wait.
    pub fn turn(&mut self, until: Option<Instant>) -> io::Result<Vec<usize>> {
        let others = self.wait(until)?;
        self.work();
        Ok(others)
    }

    /// Waits until something happens or until this time. Gives the numbers of the descriptors that are readable.
    ///
    /// # Errors
    ///
    /// As the system has it, when it can't wait.
    pub fn wait(&mut self, until: Option<Instant>) -> io::Result<Vec<usize>> {
        let due = until.into_iter().chain(self.timers.next()).min();
        let timeout = due.map(|due| due.saturating_duration_since(Instant::now()));
        let timeout = if self.unfinished.is_empty() { timeout } else { Some(Duration::ZERO) };
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.events.clear(),
            outcome => outcome?,
        }
        let tokens = self.events.iter().map(|event| event.token().0);
        let others = tokens.filter(|token| is_of_others(*token)).map(|token| OTHERS - token);
        Ok(others.collect())
    }

    /// Does what is to be done after [`wait`](Self::wait). In between, whoever runs it may add and remove routers.
    pub fn work(&mut self) {
        let now = Instant::now();
        let tokens: Vec<_> = self.events.iter().map(|event| event.token().0).collect();
        let mut room = 0;
        for key in std::mem::take(&mut self.unfinished) {
            self.receive_events(key, now);
        }
        for token in tokens.into_iter().filter(|token| !is_of_others(*token)) {
            match token {
                MOUNTS => self.look_at_all(now),
                token => room += self.heed(token, now),
            }
        }
        while let Some(key) = self.timers.take_due(now) {
            self.with(key, now, Watched::look);
        }
        self.give_room(room, now);
    }

    /// Does what a router's descriptor asks for. How many connections have ended by that.
    fn heed(&mut self, token: usize, now: Instant) -> usize {
        let (key, role) = Role::of(token);
        match role {
            Role::Kernel => self.receive_events(key, now),
            Role::Delivery => {
                let ended = self.with(key, now, Watched::receive_reply);
                return usize::from(ended == Some(true));
            }
            Role::Rest => drop(self.with(key, now, |router, _| router.drain_rest())),
            Role::Command => drop(self.with(key, now, Watched::end_command)),
        }
        0
    }

    fn receive_events(&mut self, key: usize, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        if self.with(key, now, |router, around| router.receive_events(&mut buffer, around)) == Some(true) {
            self.unfinished.push(key);
        }
        self.buffer = buffer;
    }

    fn look_at_all(&mut self, now: Instant) {
        let keys: Vec<_> = self.routers.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.with(key, now, Watched::look);
        }
    }

    /// Lets as many routers try again as connections have ended.
    fn give_room(&mut self, room: usize, now: Instant) {
        for _ in 0..room {
            // Some were let in meanwhile, or are gone.
            while let Some(key) = self.waiting.pop_front() {
                if self.with(key, now, Watched::end_pause) == Some(true) {
                    break;
                }
            }
        }
    }

    /// Does this with a router, and what is to be done after it.
    fn with<T>(
        &mut self,
        key: usize,
        now: Instant,
        work: impl FnOnce(&mut Watched, &mut Around<'_>) -> T,
    ) -> Option<T> {
        let router = self.routers.get_mut(key)?;
        let (registry, observe) = (self.poll.registry(), &mut self.observe);
        let mut around = Around { registry, home: &self.home, agent: &self.agent, observe, now };
        let done = work(router, &mut around);
        router.act(&mut around);
        self.timers.set(key, router.deadline(now));
        if router.waits_for_room && !std::mem::replace(&mut router.is_queued, true) {
            self.waiting.push_back(key);
        }
        Some(done)
    }
}

/// Whether it is a descriptor of whoever runs it.
const fn is_of_others(token: usize) -> bool {
    token <= OTHERS && token > OTHERS - MOST_OTHERS
}

impl<O> std::fmt::Debug for Monitor<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { agent, routers, mounts, .. } = self;
        f.debug_struct("Monitor")
            .field("agent", agent)
            .field("routers", &routers.len())
            .field("mounts", mounts)
            .finish_non_exhaustive()
    }
}
