//! A queue before a sink that dawdles: it takes what it has room for and nothing else, and what it took is delivered in
//! order, once, however often and however late the inner sink has to be asked.

mod model;

use std::time::Duration;

use arbitrary::{Result, Unstructured};
use hanotify::sink::{EventSink, Queue, QueueOptions, Tee, TimedSink};

use super::flaky::{Flaky, event, offer};
use super::gate::{Gate, Sign, gate};
use super::{Entry, Outcome, outcomes};
use model::Model;

pub(super) fn delivers(source: &mut Unstructured<'_>) -> Result<()> {
    let (steps, outcomes) = (steps(source)?, outcomes(source)?);
    let capacity = source.int_in_range(1..=12)?;
    let attempts: Option<u32> = if source.arbitrary()? { Some(source.int_in_range(1..=4)?) } else { None };
    let mut options = options(capacity);
    if let Some(attempts) = attempts {
        options = options.with_attempts(attempts);
    }
    let inner = Flaky::new(&outcomes);
    let model = run(options, inner.clone(), &steps, Model::new(capacity, attempts, outcomes.into_iter()));
    assert_eq!((inner.taken(), inner.unknown()), (model.delivered, model.unknown), "{steps:?}");
    Ok(())
}

/// Two sinks behind a queue: an event that one has taken and the other has not comes again, but not to both.
pub(super) fn delivers_to_both(source: &mut Unstructured<'_>) -> Result<()> {
    let (steps, outcomes) = (steps(source)?, [outcomes(source)?, outcomes(source)?]);
    let (first, second) = (Flaky::new(&outcomes[0]), Flaky::new(&outcomes[1]));
    let model = Model::new(8, None, of_both(outcomes));
    let model = run(options(8), Tee::new(first.clone(), second.clone()), &steps, model);
    for sink in [first, second] {
        assert_eq!((&sink.taken(), &sink.unknown()), (&model.delivered, &model.unknown), "{steps:?}");
    }
    Ok(())
}

fn options(capacity: usize) -> QueueOptions {
    QueueOptions::new(capacity).with_pause(Duration::ZERO).with_grace(Duration::from_secs(60))
}

/// What two sinks answer together, each of which is asked until it has taken the event.
fn of_both(outcomes: [Vec<Outcome>; 2]) -> impl Iterator<Item = Outcome> {
    let [mut first, mut second] = outcomes.map(|outcomes| outcomes.into_iter().chain(std::iter::repeat(Outcome::Take)));
    let mut half_taken = false;
    std::iter::from_fn(move || {
        if !half_taken {
            let outcome = first.next()?;
            half_taken = outcome == Outcome::Take;
            if !half_taken {
                return Some(outcome);
            }
        }
        let outcome = second.next()?;
        half_taken = outcome != Outcome::Take;
        Some(outcome)
    })
}

/// What happens at the queue's two ends.
#[derive(Clone, Copy, Debug)]
enum Step {
    Notified(Entry),
    Unknown(Entry),
    /// The call that the inner sink dawdles over goes on, if there is one.
    GoesOn,
}

fn steps(source: &mut Unstructured<'_>) -> Result<Vec<Step>> {
    let len = source.int_in_range(1..=40)?;
    let step = |source: &mut Unstructured<'_>| {
        let entry = (source.int_in_range(0..=3)?, source.arbitrary()?);
        Ok(match source.int_in_range(0..=7)? {
            0..=3 => Step::Notified(entry),
            4 => Step::Unknown(entry),
            _ => Step::GoesOn,
        })
    };
    (0..len).map(|_| step(source)).collect()
}

/// The queue does what the model does, at each step and when it is closed.
fn run<O: Iterator<Item = Outcome>>(
    options: QueueOptions,
    inner: impl TimedSink + Send + 'static,
    steps: &[Step],
    model: Model<O>,
) -> Model<O> {
    let (gate, inner) = gate(inner);
    let mut run = Run { gate, queue: Queue::with_options(options, inner).expect("a thread"), model };
    for (number, &step) in (1..).zip(steps) {
        run.takes(number, step);
        assert_eq!(run.queue.handle().counts(), run.model.counts, "{number} of {steps:?}");
    }
    let Run { gate, queue, mut model } = run;
    drop(gate);
    while !model.is_idle() {
        model.goes_on();
    }
    assert_eq!(queue.close(), model.counts, "{steps:?}");
    model
}

struct Run<O> {
    /// Dropped before the queue, which waits for the sink.
    gate: Gate,
    queue: Queue,
    model: Model<O>,
}

impl<O: Iterator<Item = Outcome>> Run<O> {
    /// Afterwards a call waits at the gate, or the queue is idle.
    fn takes(&mut self, number: u64, step: Step) {
        let was_idle = self.model.is_idle();
        match step {
            Step::Notified(entry) => {
                let is_taken = offer(&mut self.queue, event(entry, number));
                assert_eq!(is_taken, self.model.offered(number, entry), "{number}: {step:?}");
            }
            Step::Unknown(entry) => {
                self.queue.unknown(event(entry, number));
                self.model.told(number, entry);
            }
            Step::GoesOn if was_idle => {}
            Step::GoesOn => {
                self.gate.open();
                if self.model.goes_on() {
                    self.gate.awaits(Sign::Idle);
                }
            }
        }
        let waits_anew = was_idle || matches!(step, Step::GoesOn);
        if waits_anew && !self.model.is_idle() {
            self.gate.awaits(Sign::Waits);
        }
    }
}
