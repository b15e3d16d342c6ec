//! The newest state of each router: never full, none lost, none twice, and the router that has waited longest comes
//! first.

use arbitrary::{Result, Unstructured};
use hanotify::sink::{Change, EventSink, OwnedEvent, latest};

use super::Entry;
use super::flaky::{Log, event};

pub(super) fn keeps_the_newest(source: &mut Unstructured<'_>) -> Result<()> {
    let (mut sink, mut changes) = latest();
    let handle = sink.handle();
    let mut model = Model::default();
    let mut in_hand: Vec<OwnedEvent> = Vec::new();
    for sequence in 1..=source.int_in_range(0..=40)? {
        match source.int_in_range(0..=4)? {
            0 => {
                let next = changes.try_next();
                assert_eq!(next, model.next());
                if let Change::Newest(event) = next {
                    in_hand.push(event);
                }
            }
            1 if !in_hand.is_empty() => {
                let event = in_hand.remove(source.int_in_range(0..=in_hand.len() - 1)?);
                model.given_back(&event);
                changes.give_back(event);
            }
            _ => {
                let entry: Entry = (source.int_in_range(0..=3)?, source.arbitrary()?);
                sink.notified(event(entry, sequence)).expect("it is never full");
                model.notified(entry, sequence);
            }
        }
        let counts = handle.counts();
        let seen = [counts.taken, counts.delivered, counts.superseded, counts.waiting, counts.most_waiting];
        assert_eq!(seen, model.counts());
    }
    drop(sink);
    let rest: Vec<OwnedEvent> = changes.collect();
    assert!(rest.iter().map(|event| event.sequence).eq(model.waiting.iter().map(|&(number, _)| number)), "{rest:?}");
    Ok(())
}

/// A list of what waits, in order, and what has been counted.
#[derive(Default)]
struct Model {
    waiting: Log,
    taken: u64,
    delivered: u64,
    most: u64,
}

impl Model {
    fn next(&mut self) -> Change {
        if self.waiting.is_empty() {
            return Change::NoneYet;
        }
        self.delivered += 1;
        let (sequence, entry) = self.waiting.remove(0);
        Change::Newest(OwnedEvent::from(event(entry, sequence)))
    }

    /// A newer state that has come meanwhile stays.
    fn given_back(&mut self, event: &OwnedEvent) {
        let entry = (event.notification.router_id.to_bytes()[0] - 1, event.notification.state);
        self.delivered -= 1;
        if self.waiting.iter().all(|&(_, (n, _))| n != entry.0) {
            self.waiting.push((event.sequence, entry));
        }
    }

    /// It takes the place of the one before.
    fn notified(&mut self, entry: Entry, sequence: u64) {
        self.taken += 1;
        match self.waiting.iter_mut().find(|(_, (n, _))| *n == entry.0) {
            Some(place) => *place = (sequence, entry),
            None => self.waiting.push((sequence, entry)),
        }
    }

    /// Taken, delivered, superseded, waiting, and the most that have ever waited.
    fn counts(&mut self) -> [u64; 5] {
        let waiting = self.waiting.len() as u64;
        self.most = self.most.max(waiting);
        [self.taken, self.delivered, self.taken - self.delivered - waiting, waiting, self.most]
    }
}
