//! The connections that are held, and when the deadline of each comes.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::time::Instant;
use std::vec::Vec;

use slab::Slab;

use super::connection::Connection;
use crate::sink::Peer;

/// A connection, its socket, and who is at the other end.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) fd: OwnedFd,
    pub(super) peer: Option<Peer>,
    pub(super) connection: Connection,
}

/// The held connections by their key, and their deadlines in order.
#[derive(Debug, Default)]
pub(super) struct Slots {
    held: Slab<(Held, Instant)>,
    deadlines: BTreeSet<(Instant, usize)>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Holds a connection, under a key that is free again when the connection is taken out.
    pub(super) fn insert(&mut self, held: Held) -> usize {
        let deadline = held.connection.deadline();
        let key = self.held.insert((held, deadline));
        self.deadlines.insert((deadline, key));
        key
    }

    /// The connection under `key`, if one is held.
    pub(super) fn get_mut(&mut self, key: usize) -> Option<&mut Held> {
        self.held.get_mut(key).map(|(held, _)| held)
    }

    /// Takes note that the connection under `key` may have a new deadline.
    pub(super) fn reschedule(&mut self, key: usize) {
        if let Some((held, scheduled)) = self.held.get_mut(key) {
            let deadline = held.connection.deadline();
            if deadline != *scheduled {
                self.deadlines.remove(&(*scheduled, key));
                self.deadlines.insert((deadline, key));
                *scheduled = deadline;
            }
        }
    }

    /// Takes a connection out, which closes its socket.
    pub(super) fn remove(&mut self, key: usize) {
        if let Some((_, scheduled)) = self.held.try_remove(key) {
            self.deadlines.remove(&(scheduled, key));
        }
    }

    /// When the next deadline comes.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// A connection whose deadline has come at the time `now`.
    pub(super) fn expired(&self, now: Instant) -> Option<usize> {
        self.deadlines.first().filter(|(deadline, _)| *deadline <= now).map(|&(_, key)| key)
    }

    /// Brings every deadline forward to at most `deadline`.
    pub(super) fn hurry(&mut self, deadline: Instant) {
        let keys: Vec<usize> = self.held.iter().map(|(key, _)| key).collect();
        for key in keys {
            if let Some(held) = self.get_mut(key) {
                held.connection.hurry(deadline);
            }
            self.reschedule(key);
        }
    }
}
