//! A kernel with one namespace and one netlink socket, as far as the monitor sees it.
//!
//! It is nastier than a real one only in when it does what: a part of a dump is made at one moment and comes into the
//! queue at another, and between the two everything can happen.

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::netlink::build;

pub(super) const NAMES: [&[u8]; 3] = [b"ha-1", b"ha-2", b"qr-1"];
/// The name that the monitor looks for.
pub(super) const NAME: &[u8] = NAMES[0];
pub(super) const VIP: &str = "169.254.0.7/24";
/// The address itself, and what isn't it: another prefix, another address, another family.
const ADDRESSES: [(&str, u8); 4] = [("169.254.0.7", 24), ("169.254.0.7", 32), ("10.0.0.1", 24), ("::ffff:a9fe:7", 24)];

const NEW_LINK: u16 = 16;
const REMOVED_LINK: u16 = 17;
const NEW_ADDRESS: u16 = 20;
const REMOVED_ADDRESS: u16 = 21;
const MULTI: u16 = 2;
const INTERRUPTED: u16 = 0x10;
const DONE: u16 = 3;
const EBUSY: i32 = 16;

#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    AddLink {
        index: u32,
        name: usize,
    },
    RemoveLink {
        index: u32,
    },
    Rename {
        index: u32,
        name: usize,
    },
    AddAddress {
        index: u32,
        which: usize,
    },
    RemoveAddress {
        index: u32,
        which: usize,
    },
    /// A bridge tells that a port leaves. The interface stays.
    LeaveBridge {
        index: u32,
    },
}

pub(super) enum Received {
    Datagram(Vec<u8>),
    Overrun,
    Nothing,
}

#[derive(Default)]
pub(super) struct Kernel {
    links: Vec<(u32, usize)>,
    addresses: Vec<(u32, usize)>,
    /// Counts changes, so that a dump can tell that something happened between two of its parts.
    generation: u32,
    pub(super) is_subscribed: bool,
    capacity: usize,
    queue: VecDeque<Vec<u8>>,
    is_congested: bool,
    has_overrun: bool,
    dump: Option<Dump>,
    /// After each step of each change: whether the address was on the interface.
    pub(super) history: Vec<bool>,
}

struct Dump {
    is_of_links: bool,
    sequence: u32,
    position: usize,
    generation: Option<u32>,
    made: Option<Vec<u8>>,
    is_done: bool,
}

impl Kernel {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, history: vec![false], ..Self::default() }
    }

    pub(super) fn is_there(&self) -> bool {
        let holds = |index| self.addresses.contains(&(index, 0));
        self.links.iter().any(|&(index, name)| name == 0 && holds(index))
    }

    /// Another namespace of the same name.
    pub(super) fn renew(&mut self) {
        let mut history = std::mem::take(&mut self.history);
        history.push(false);
        *self = Self { history, ..Self::new(self.capacity) };
    }

    pub(super) fn change(&mut self, change: Change) {
        match change {
            Change::AddLink { index, name } => {
                if self.links.iter().all(|&(other, taken)| other != index && taken != name) {
                    self.links.push((index, name));
                    self.tell(NEW_LINK, &build::link(0, index, NAMES[name]));
                }
            }
            Change::RemoveLink { index } => self.remove_link(index),
            Change::Rename { index, name } => {
                let is_free = self.links.iter().all(|&(_, taken)| taken != name);
                if let Some(link) = self.links.iter_mut().find(|link| link.0 == index && is_free) {
                    link.1 = name;
                    self.tell(NEW_LINK, &build::link(0, index, NAMES[name]));
                }
            }
            Change::AddAddress { index, which } => {
                let has_link = self.links.iter().any(|link| link.0 == index);
                if has_link && !self.addresses.contains(&(index, which)) {
                    self.addresses.push((index, which));
                    self.tell(NEW_ADDRESS, &address(index, which));
                }
            }
            Change::RemoveAddress { index, which } => self.remove_address(index, which),
            Change::LeaveBridge { index } => self.tell(REMOVED_LINK, &build::link(7, index, NAME)),
        }
    }

    fn remove_link(&mut self, index: u32) {
        for which in 0..ADDRESSES.len() {
            self.remove_address(index, which);
        }
        if let Some(at) = self.links.iter().position(|link| link.0 == index) {
            let (_, name) = self.links.remove(at);
            self.tell(REMOVED_LINK, &build::link(0, index, NAMES[name]));
        }
    }

    fn remove_address(&mut self, index: u32, which: usize) {
        if let Some(at) = self.addresses.iter().position(|&address| address == (index, which)) {
            self.addresses.remove(at);
            self.tell(REMOVED_ADDRESS, &address(index, which));
        }
    }

    /// Something has changed, and the socket is told, if there is room.
    fn tell(&mut self, kind: u16, payload: &[u8]) {
        self.generation += 1;
        self.history.push(self.is_there());
        if !self.is_subscribed || self.is_congested {
            return;
        }
        if self.queue.len() < self.capacity {
            self.queue.push_back(build::message(kind, 0, 0, payload));
        } else {
            (self.is_congested, self.has_overrun) = (true, true);
        }
    }

    pub(super) fn ask(&mut self, request: &[u8]) {
        let sequence = u32::from_ne_bytes(request[8..12].try_into().unwrap());
        if self.dump.is_some() {
            return self.queue.push_back(build::message(2, 0, sequence, &(-EBUSY).to_ne_bytes()));
        }
        let is_of_links = u16::from_ne_bytes([request[4], request[5]]) == 18;
        let (position, generation, made, is_done) = (0, None, None, false);
        self.dump = Some(Dump { is_of_links, sequence, position, generation, made, is_done });
    }

    pub(super) const fn is_dumping(&self) -> bool {
        self.dump.is_some()
    }

    /// Makes the next part of the dump, of so many messages at most, from what is there now.
    pub(super) fn make_part(&mut self, messages: usize) {
        let Some(dump) = self.dump.as_mut().filter(|dump| dump.made.is_none()) else { return };
        let is_interrupted = dump.generation.is_some_and(|seen| seen != self.generation);
        dump.generation = Some(self.generation);
        let flags = MULTI | if is_interrupted { INTERRUPTED } else { 0 };
        let entries: Vec<_> = if dump.is_of_links {
            self.links.iter().map(|&(index, name)| (NEW_LINK, build::link(0, index, NAMES[name]))).collect()
        } else {
            self.addresses.iter().map(|&(index, which)| (NEW_ADDRESS, address(index, which))).collect()
        };
        let mut made = Vec::new();
        for (kind, payload) in entries.into_iter().skip(dump.position).chain([(DONE, vec![0; 4])]).take(messages) {
            made.extend(build::message(kind, flags, dump.sequence, &payload));
            dump.position += 1;
            dump.is_done = kind == DONE;
        }
        dump.made = Some(made);
    }

    /// Puts the part that was made into the queue. A dump is not subject to the limit that events are.
    pub(super) fn queue_part(&mut self) -> bool {
        let Some(dump) = &mut self.dump else { return false };
        let Some(part) = dump.made.take() else { return false };
        self.queue.push_back(part);
        if dump.is_done {
            self.dump = None;
        }
        true
    }

    pub(super) fn receive(&mut self) -> Received {
        if std::mem::take(&mut self.has_overrun) {
            return Received::Overrun;
        }
        let datagram = self.queue.pop_front();
        if self.queue.is_empty() {
            self.is_congested = false;
        }
        datagram.map_or(Received::Nothing, Received::Datagram)
    }
}

fn address(index: u32, which: usize) -> Vec<u8> {
    let (text, prefix_len) = ADDRESSES[which];
    let ip: IpAddr = text.parse().unwrap();
    build::address(index, ip, prefix_len)
}
