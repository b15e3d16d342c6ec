//! What is known of one namespace from the kernel's messages: whether the address is on the interface.
//!
//! The rule is "subscribe, then dump, and believe the dump only if nothing happened meanwhile". Each part of it has its
//! reason in how the kernel works:
//!
//! - A change between a dump and a subscription would be missed. So the subscription comes first.
//! - A part of a dump may be older than an event that stands before it in the queue. So an event in the time of a dump
//!   makes the dump worthless.
//! - A dump goes by positions. Where an entry before it is removed, the next entry is left out, and the flag of an
//!   interrupted dump is all that tells of it.
//! - After an overrun the kernel drops events, without another report, until the queue is empty. So the queue is read
//!   to its end before the dump is asked for.
//! - An interface that is renamed keeps its addresses, and no event says so. So interfaces are followed by index.

use std::time::{Duration, Instant};

use hanotify::HaState;

use crate::netlink::{Address, Envelope, Header, Link, Message, Request, messages};
use crate::vip::{Interface, Vip};

/// How long to wait after the kernel has refused a dump, or sent what can't be read.
const PAUSE: Duration = Duration::from_millis(100);

/// One namespace, as far as one router's address goes.
#[derive(Clone, Debug)]
pub struct View {
    vip: Vip,
    interface: Interface,
    phase: Phase,
    /// The number of the newest request.
    sequence: u32,
    /// Whether something happened since the first of the two dumps was asked for.
    is_disturbed: bool,
    /// The index of the interface that has the name.
    link: Option<u32>,
    /// The indices of the interfaces that have the address.
    holders: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing is known yet.
    Unknown,
    /// There is no namespace, and so no address.
    Gone,
    /// Events were lost, and the queue is not yet empty.
    Draining,
    /// The kernel has failed; a new try comes at this time.
    Pausing(Instant),
    /// A dump is to be asked for.
    Asking(Dump),
    /// A dump was asked for.
    Dumping(Dump),
    /// Events are all that is needed.
    InStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dump {
    Links,
    Addresses,
}

impl View {
    /// Looks for this address on this interface.
    #[must_use]
    pub const fn new(vip: Vip, interface: Interface) -> Self {
        let phase = Phase::Unknown;
        Self { vip, interface, phase, sequence: 0, is_disturbed: false, link: None, holders: Vec::new() }
    }

    /// The router's state: primary where the address is on the interface. `None` while that isn't certain.
    #[must_use]
    pub fn state(&self) -> Option<HaState> {
        match self.phase {
            Phase::InStep if self.link.is_some_and(|link| self.holders.contains(&link)) => Some(HaState::Primary),
            Phase::InStep | Phase::Gone => Some(HaState::Backup),
            _ => None,
        }
    }

    /// A socket in the namespace gets the events of links and addresses from now on. It is a new one, with an empty
    /// queue.
    pub fn subscribe(&mut self) {
        self.begin();
    }

    /// The namespace is gone, or another one has its name: the socket was closed.
    pub fn lose_namespace(&mut self) {
        self.phase = Phase::Gone;
        self.forget();
    }

    /// The kernel dropped events (`ENOBUFS`), or a datagram was longer than the buffer it was read into.
    pub const fn lose_events(&mut self) {
        if !matches!(self.phase, Phase::Unknown | Phase::Gone) {
            self.phase = Phase::Draining;
        }
    }

    /// The queue was read to its end (`EAGAIN`).
    pub fn drain(&mut self) {
        if self.phase == Phase::Draining {
            self.begin();
        }
    }

    /// A request could not be sent.
    pub fn fail_request(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Dumping(_)) {
            self.pause(now);
        }
    }

    /// Reads a datagram of the kernel's: its sender has the port zero.
    pub fn read(&mut self, datagram: &[u8], now: Instant) {
        for envelope in messages(datagram) {
            if !matches!(self.phase, Phase::Asking(_) | Phase::Dumping(_) | Phase::InStep) {
                // A dump will tell all of this anew.
                return;
            }
            match envelope {
                Ok(Envelope { header, message }) => self.take(header, message, now),
                Err(_) => self.pause(now),
            }
        }
    }

    /// The request that is to be sent now. It counts as sent.
    pub fn next_request(&mut self, now: Instant) -> Option<Request> {
        if matches!(self.phase, Phase::Pausing(until) if until <= now) {
            self.begin();
        }
        let Phase::Asking(dump) = self.phase else { return None };
        self.sequence = self.sequence.wrapping_add(1);
        self.phase = Phase::Dumping(dump);
        Some(match dump {
            Dump::Links => Request::links(self.sequence),
            Dump::Addresses => Request::addresses(self.sequence, self.vip.address()),
        })
    }

    /// When [`next_request`](Self::next_request) is to be called without any other cause.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Pausing(until) => Some(until),
            _ => None,
        }
    }

    fn begin(&mut self) {
        self.phase = Phase::Asking(Dump::Links);
        self.is_disturbed = false;
        self.forget();
    }

    fn pause(&mut self, now: Instant) {
        self.phase = Phase::Pausing(now + PAUSE);
    }

    fn forget(&mut self) {
        self.link = None;
        self.holders.clear();
    }

    fn take(&mut self, header: Header, message: Message<'_>, now: Instant) {
        let is_answer = header.sequence == self.sequence && matches!(self.phase, Phase::Dumping(_));
        match message {
            Message::Overrun => self.lose_events(),
            Message::Done(error) | Message::Error(error) if is_answer && error < 0 => self.pause(now),
            Message::Done(_) if is_answer => {
                self.is_disturbed |= header.is_interrupted();
                self.end_dump();
            }
            Message::NewLink(link) if header.is_of_dump() => {
                self.is_disturbed |= is_answer && header.is_interrupted();
                if is_answer {
                    self.put_link(link);
                }
            }
            Message::NewAddress(address) if header.is_of_dump() => {
                self.is_disturbed |= is_answer && header.is_interrupted();
                if is_answer {
                    self.put_address(&address);
                }
            }
            Message::NewLink(_) | Message::RemovedLink(_) if self.phase != Phase::InStep => self.is_disturbed = true,
            Message::NewAddress(address) | Message::RemovedAddress(address) if self.phase != Phase::InStep => {
                self.is_disturbed |= self.vip.matches(&address);
            }
            Message::NewLink(link) => self.put_link(link),
            Message::RemovedLink(link) => self.remove_link(link.index),
            Message::NewAddress(address) => self.put_address(&address),
            Message::RemovedAddress(address) => self.remove_address(&address),
            Message::Done(_) | Message::Error(_) | Message::Other => {}
        }
    }

    fn end_dump(&mut self) {
        match self.phase {
            _ if self.is_disturbed => self.begin(),
            Phase::Dumping(Dump::Links) => self.phase = Phase::Asking(Dump::Addresses),
            _ => self.phase = Phase::InStep,
        }
    }

    fn put_link(&mut self, link: Link<'_>) {
        if link.name == self.interface.as_bytes() {
            self.link = Some(link.index);
        } else if self.link == Some(link.index) {
            self.link = None;
        }
    }

    fn remove_link(&mut self, index: u32) {
        // The number may be given to another interface later.
        self.holders.retain(|holder| *holder != index);
        self.link = self.link.filter(|link| *link != index);
    }

    fn put_address(&mut self, address: &Address) {
        if self.vip.matches(address) && !self.holders.contains(&address.index) {
            self.holders.push(address.index);
        }
    }

    fn remove_address(&mut self, address: &Address) {
        if self.vip.matches(address) {
            self.holders.retain(|holder| *holder != address.index);
        }
    }
}
