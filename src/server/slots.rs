//! The connections that are held, and when the deadline of each comes.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};
use std::vec::Vec;

use slab::Slab;

use super::connection::Connection;
use crate::sink::Peer;

/// Bits of a [`Due`] that are the key; the rest are milliseconds, enough for 34 years.
const KEY_BITS: u32 = 24;

/// So many connections can be held at the most.
pub(super) const MOST: usize = 1 << KEY_BITS;

/// A connection, its socket, and who is at the other end.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) fd: OwnedFd,
    pub(super) peer: Option<Peer>,
    pub(super) connection: Connection,
}

/// What a connection is after it was driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driven {
    /// It waits for its socket.
    Waiting,
    /// It is over: its socket is to be closed.
    Over,
}

/// A deadline and the key of its connection, in an order by deadline. A number in place of the two, because there is
/// one for each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due(u64);

/// The held connections by their key, their deadlines in order, and their number for each user.
#[derive(Debug)]
pub(super) struct Slots {
    clients: Slab<Client>,
    deadlines: BTreeSet<Due>,
    by_uid: BTreeMap<u32, usize>,
    epoch: Instant,
}

impl Slots {
    pub(super) fn new(now: Instant) -> Self {
        Self { clients: Slab::new(), deadlines: BTreeSet::new(), by_uid: BTreeMap::new(), epoch: now }
    }

    pub(super) fn len(&self) -> usize {
        self.clients.len()
    }

    /// How many of the connections are those of the user `uid`.
    pub(super) fn count_of(&self, uid: u32) -> usize {
        self.by_uid.get(&uid).copied().unwrap_or_default()
    }

    /// Holds a connection, under a key that is free again when the connection is over. There may be [`MOST`] of them.
    pub(super) fn insert(&mut self, client: Client) -> usize {
        let deadline = client.connection.deadline();
        if let Some(peer) = client.peer {
            *self.by_uid.entry(peer.uid).or_default() += 1;
        }
        let key = self.clients.insert(client);
        self.deadlines.insert(self.due(deadline, key));
        key
    }

    /// Lets `drive` move the connection under `key` on, if there is one. One that is over is dropped, which closes its
    /// socket.
    pub(super) fn drive(&mut self, key: usize, drive: impl FnOnce(&mut Client) -> Driven) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let before = client.connection.deadline();
        let driven = drive(client);
        let after = client.connection.deadline();
        if driven == Driven::Over || after != before {
            self.deadlines.remove(&self.due(before, key));
        }
        match driven {
            Driven::Over => self.remove(key),
            Driven::Waiting if after != before => {
                self.deadlines.insert(self.due(after, key));
            }
            Driven::Waiting => {}
        }
    }

    /// When the next deadline comes.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|due| self.epoch + due.since_epoch())
    }

    /// The connection whose deadline comes first.
    pub(super) fn first(&self) -> Option<usize> {
        self.deadlines.first().map(|due| due.key())
    }

    /// A connection whose deadline has come at the time `now`.
    pub(super) fn expired(&self, now: Instant) -> Option<usize> {
        self.next_deadline().filter(|deadline| *deadline <= now).and_then(|_| self.first())
    }

    /// The keys of all connections.
    pub(super) fn keys(&self) -> Vec<usize> {
        self.clients.iter().map(|(key, _)| key).collect()
    }

    fn remove(&mut self, key: usize) {
        let peer = self.clients.try_remove(key).and_then(|client| client.peer);
        if let Some(Peer { uid, .. }) = peer
            && let Some(count) = self.by_uid.get_mut(&uid)
        {
            *count -= 1;
            if *count == 0 {
                self.by_uid.remove(&uid);
            }
        }
    }

    fn due(&self, deadline: Instant, key: usize) -> Due {
        // Rounded up: a deadline that seems to have come has come.
        let millis = deadline.saturating_duration_since(self.epoch).as_micros().div_ceil(1_000);
        Due(u64::try_from(millis).unwrap_or(u64::MAX) << KEY_BITS | key as u64)
    }
}

impl Due {
    const fn since_epoch(self) -> Duration {
        Duration::from_millis(self.0 >> KEY_BITS)
    }

    fn key(self) -> usize {
        // A key comes from a `usize`, and has no more bits than this.
        usize::try_from(self.0 & ((1 << KEY_BITS) - 1)).unwrap_or_default()
    }
}
