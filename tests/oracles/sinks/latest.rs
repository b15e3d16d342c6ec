//! The newest state of each router: never full, none lost, none twice, and the router that has waited longest comes first.

use arbitrary::{Result, Unstructured};
use hanotify::sink::{Change, EventSink, OwnedEvent, latest};

use super::Entry;
use super::flaky::{Log, event};

pub(super) fn keeps_the_newest(source: &mut Unstructured<'_>) -> Result<()> {
    let (mut sink, mut changes) = latest();
    let handle = sink.handle();
    let (mut waiting, mut taken, mut delivered, mut most) = (Log::new(), 0, 0, 0);
    let mut in_hand: Vec<OwnedEvent> = Vec::new();
    for sequence in 1..=source.int_in_range(0..=40)? {
        match source.int_in_range(0..=4)? {
            0 => {
                let expected = if waiting.is_empty() { None } else { Some(waiting.remove(0)) };
                let next = changes.try_next();
                assert_eq!(next, expected.map_or(Change::NoneYet, |(number, entry)| owned(entry, number)));
                if let Change::Newest(event) = next {
                    in_hand.push(event);
                    delivered += 1;
                }
            }
            1 if !in_hand.is_empty() => {
                let event = in_hand.remove(source.int_in_range(0..=in_hand.len() - 1)?);
                let entry =
                    (event.sequence, (event.notification.router_id.to_bytes()[0] - 1, event.notification.state));
                changes.give_back(event);
                delivered -= 1;
                if waiting.iter().all(|&(_, (n, _))| n != entry.1.0) {
                    waiting.push(entry);
                }
            }
            _ => {
                let entry: Entry = (source.int_in_range(0..=3)?, source.arbitrary()?);
                sink.notified(event(entry, sequence)).expect("it is never full");
                taken += 1;
                match waiting.iter_mut().find(|(_, (n, _))| *n == entry.0) {
                    Some(place) => *place = (sequence, entry),
                    None => waiting.push((sequence, entry)),
                }
            }
        }
        most = most.max(waiting.len() as u64);
        let counts = handle.counts();
        let superseded = taken - delivered - waiting.len() as u64;
        let seen = [counts.taken, counts.delivered, counts.superseded, counts.waiting, counts.most_waiting];
        assert_eq!(seen, [taken, delivered, superseded, waiting.len() as u64, most]);
    }
    drop(sink);
    let rest: Vec<OwnedEvent> = changes.collect();
    assert!(rest.iter().map(|event| event.sequence).eq(waiting.iter().map(|&(number, _)| number)), "{rest:?}");
    Ok(())
}

fn owned(entry: Entry, sequence: u64) -> Change {
    Change::Newest(OwnedEvent::from(event(entry, sequence)))
}
