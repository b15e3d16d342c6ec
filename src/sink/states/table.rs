//! What is known of each router: a machine without clock or lock.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::{Duration, Instant, SystemTime};
use std::vec::Vec;

use super::hour::Hour;
use super::{RouterState, StateSource};
use crate::clock::LONGEST;
use crate::notification::{HaState, RouterId};
use crate::sink::Peer;

/// The routers and their states, of at most so many routers.
pub(super) struct Table {
    routers: HashMap<RouterId, Kept>,
    /// How many of them are known by a file alone.
    by_file: usize,
    capacity: usize,
    /// How long a router must have had each state before that is the settled one.
    windows: [Duration; HaState::ALL.len()],
    /// What the slots of an hour are counted from.
    start: Instant,
}

/// A state that a router was found in.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) router_id: RouterId,
    pub(super) state: HaState,
    pub(super) since: SystemTime,
    /// Who sent the event; `None` where a file says so.
    pub(super) peer: Option<Peer>,
}

/// What is known of one router.
#[derive(Clone, Copy)]
struct Kept {
    state: HaState,
    since: SystemTime,
    /// When it came into its state; `None` where that is long ago, so that the state has settled.
    entered: Option<Instant>,
    /// The state that had settled before the present one.
    settled: Option<HaState>,
    changes: u64,
    hour: Hour,
    peer: Option<Peer>,
}

impl Table {
    pub(super) fn new(capacity: usize, start: Instant) -> Self {
        let windows = HaState::ALL.map(|state| Duration::from_secs(if state == HaState::Primary { 2 } else { 0 }));
        Self { routers: HashMap::new(), by_file: 0, capacity, windows, start }
    }

    pub(super) fn set_window(&mut self, state: HaState, window: Duration) {
        for (_, slot) in HaState::ALL.iter().zip(&mut self.windows).filter(|(of, _)| **of == state) {
            *slot = window.min(LONGEST);
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn len(&self) -> usize {
        self.routers.len()
    }

    /// Takes note of what was found at the time `now`: whether there was room for it. What a file says counts for
    /// nothing where an event has come.
    pub(super) fn note(&mut self, found: Found, now: Instant) -> bool {
        let Found { router_id, state, since, peer } = found;
        if peer.is_some() {
            self.make_room(router_id);
        }
        let is_full = self.routers.len() >= self.capacity;
        let at = now.saturating_duration_since(self.start);
        match self.routers.entry(router_id) {
            Entry::Vacant(_) if is_full => return false,
            Entry::Vacant(vacant) => {
                let (settled, entered) = settled_at(peer, None, now);
                self.by_file += usize::from(peer.is_none());
                vacant.insert(Kept { state, since, entered, settled, changes: 0, hour: Hour::default(), peer });
            }
            Entry::Occupied(entry) if peer.is_none() && entry.get().peer.is_some() => {}
            Entry::Occupied(mut entry) => {
                let kept = entry.get_mut();
                if kept.state != state {
                    let before = kept.settled(&self.windows, now);
                    (kept.settled, kept.entered) = settled_at(peer, before, now);
                    kept.since = since;
                    kept.changes += 1;
                    kept.hour.count(at);
                }
                self.by_file -= usize::from(kept.peer.is_none() && peer.is_some());
                (kept.state, kept.peer) = (state, peer);
            }
        }
        true
    }

    /// Makes room for an event of this router, where there is none and a router is known by its file alone: of such,
    /// the one that came into its state first is given up.
    fn make_room(&mut self, router_id: RouterId) {
        if self.by_file == 0 || self.routers.len() < self.capacity || self.routers.contains_key(&router_id) {
            return;
        }
        let by_file = self.routers.iter().filter(|(_, kept)| kept.peer.is_none());
        if let Some(first) = by_file.min_by_key(|(id, kept)| (kept.since, **id)).map(|(id, _)| *id) {
            self.forget(first);
        }
    }

    /// Whether the router was known.
    pub(super) fn forget(&mut self, router_id: RouterId) -> bool {
        let forgotten = self.routers.remove(&router_id);
        self.by_file -= usize::from(forgotten.is_some_and(|kept| kept.peer.is_none()));
        forgotten.is_some()
    }

    /// All routers as they are at the time `now`, in no order.
    pub(super) fn routers(&self, now: Instant) -> Vec<RouterState> {
        let at = now.saturating_duration_since(self.start);
        let state = |(router_id, kept): (&RouterId, &Kept)| RouterState {
            router_id: *router_id,
            state: kept.state,
            settled: kept.settled(&self.windows, now),
            since: kept.since,
            changes: kept.changes,
            changes_in_hour: kept.hour.sum(at),
            source: if kept.peer.is_some() { StateSource::Event } else { StateSource::File },
            peer: kept.peer,
        };
        self.routers.iter().map(state).collect()
    }
}

/// The settled state before the one that begins `now`, and when that began: one of a file has settled already.
fn settled_at(peer: Option<Peer>, before: Option<HaState>, now: Instant) -> (Option<HaState>, Option<Instant>) {
    (before, peer.map(|_| now))
}

impl Kept {
    /// The state that has lasted for its window; the one before where the present one hasn't.
    fn settled(&self, windows: &[Duration], now: Instant) -> Option<HaState> {
        let window = HaState::ALL.iter().zip(windows).find(|(of, _)| **of == self.state).map(|(_, window)| *window);
        match self.entered {
            Some(entered) if now.saturating_duration_since(entered) < window.unwrap_or_default() => self.settled,
            _ => Some(self.state),
        }
    }
}
