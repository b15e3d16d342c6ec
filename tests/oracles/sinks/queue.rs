//! What a queue took is delivered by its thread: in order, once, however often the inner sink has to be asked.

use std::time::Duration;

use arbitrary::{Result, Unstructured};
use hanotify::sink::{Queue, QueueOptions, Tee};

use super::flaky::{Flaky, Log, feed};
use super::{Outcome, entries, outcomes};

pub(super) fn delivers(source: &mut Unstructured<'_>) -> Result<()> {
    let (entries, outcomes) = (entries(source)?, outcomes(source)?);
    let capacity = source.int_in_range(1..=30)?;
    let attempts: Option<u32> = if source.arbitrary()? { Some(source.int_in_range(1..=4)?) } else { None };
    let mut options = options(capacity);
    if let Some(attempts) = attempts {
        options = options.with_attempts(attempts);
    }
    let inner = Flaky::new(&outcomes);
    let mut queue = Queue::with_options(options, inner.clone()).expect("a thread");
    let taken = feed(&mut queue, &entries);
    let counts = queue.close();
    let model = Model::run(&taken, &outcomes, attempts);
    assert_eq!(inner.taken(), model.delivered, "{entries:?} {outcomes:?} {attempts:?}");
    let seen = [counts.taken, counts.busy, counts.delivered, counts.lost, counts.failures, counts.panics, counts.depth];
    let (taken, delivered) = (taken.len() as u64, model.delivered.len() as u64);
    let busy = entries.len() as u64 - taken;
    assert_eq!(seen, [taken, busy, delivered, taken - delivered, model.failures, model.panics, 0]);
    assert!(counts.highest_depth <= capacity as u64 && taken.min(1) <= counts.highest_depth);
    assert!(busy == 0 || entries.len() > capacity, "there was room");
    Ok(())
}

/// Two sinks behind a queue: an event that one has taken and the other has not comes again, but not to both.
pub(super) fn delivers_to_both(source: &mut Unstructured<'_>) -> Result<()> {
    let entries = entries(source)?;
    let (first, second) = (Flaky::new(&outcomes(source)?), Flaky::new(&outcomes(source)?));
    let mut queue = Queue::with_options(options(8), Tee::new(first.clone(), second.clone())).expect("a thread");
    let taken = feed(&mut queue, &entries);
    assert_eq!(queue.close().delivered, taken.len() as u64);
    assert_eq!((first.taken(), second.taken()), (taken.clone(), taken));
    Ok(())
}

fn options(capacity: usize) -> QueueOptions {
    QueueOptions::new(capacity).with_pause(Duration::ZERO).with_grace(Duration::from_secs(60))
}

/// What becomes of events that are offered one after the other, each until it is taken or given up.
#[derive(Default)]
struct Model {
    delivered: Log,
    failures: u64,
    panics: u64,
}

impl Model {
    fn run(taken: &Log, outcomes: &[Outcome], attempts: Option<u32>) -> Self {
        let mut model = Self::default();
        let mut outcomes = outcomes.iter().copied();
        for &entry in taken {
            for attempt in 1.. {
                let outcome = outcomes.next().unwrap_or(Outcome::Take);
                if outcome == Outcome::Take {
                    model.delivered.push(entry);
                    break;
                }
                model.failures += 1;
                model.panics += u64::from(outcome == Outcome::Panic);
                if attempts == Some(attempt) {
                    break;
                }
            }
        }
        model
    }
}
