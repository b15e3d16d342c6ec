//! A hunt as it goes: batches of messages, the suspects among them one by one, and each cause shrunk and checked once.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use hanotify::Limits;

use super::HuntObserver;
use super::exchange::converse;
use super::fault::{Fault, Seen, general, mark, mark_of_delivery, of};
use super::finding::{Finding, found_of};
use super::generate::Generator;
use super::input::{Input, expected};
use super::stateful::{ONE_BATCH_IN, Sequences};
use super::suspects::{answered, suspects};
use super::tally::Tally;
use crate::auditor::Auditor;
use crate::judge::PAUSE;
use crate::recover::revive;
use crate::stop::Stop;
use crate::vectors::{Case, Expected, With};
use crate::way::Way;

/// How many classes of answers are told apart, which a server could make more of for ever.
const MOST_CLASSES: usize = 100_000;
/// How many faults of accepted messages are shrunk: before that, nothing tells their causes apart.
const SHRUNK_ALIKE: u32 = 6;

/// The pause between two pieces is so many times what a notification takes, but no less than this.
const ROUNDS: u32 = 4;
const LEAST_PAUSE: Duration = Duration::from_millis(1);

/// How many findings of one batch are shrunk before those of a kind that was found already wait for another batch.
const MOST_OF_A_BATCH: usize = 2;

/// A hunt.
pub(super) struct Campaign<'h> {
    pub(super) auditor: &'h mut Auditor,
    pub(super) generator: Generator,
    pub(super) sequences: Sequences,
    batches: u64,
    /// How long a notification and its event took last.
    round: Duration,
    pub(super) limits: Limits,
    pub(super) configured: With,
    pub(super) connections: usize,
    pub(super) messages: u64,
    pub(super) known: &'h [String],
    pub(super) cases: &'h [Case],
    pub(super) tally: Tally,
    /// Whether something looked wrong, and was not tried by itself yet.
    pub(super) is_in_doubt: bool,
    pub(super) findings: Vec<Finding>,
    /// What was answered already, in the classes that are told apart.
    novel: HashSet<String>,
    /// The marks of what was found, and how often each was seen.
    pub(super) marks: HashMap<String, u32>,
}

impl<'h> Campaign<'h> {
    pub(super) fn new(
        auditor: &'h mut Auditor,
        generator: Generator,
        cases: &'h [Case],
        known: &'h [String],
        configured: With,
        seed: u64,
    ) -> Self {
        Self {
            auditor,
            generator,
            sequences: Sequences::new(seed),
            batches: 0,
            round: PAUSE,
            limits: super::input::limits(configured),
            configured,
            connections: 1,
            messages: u64::MAX,
            known,
            cases,
            tally: Tally { seed, ..Tally::default() },
            is_in_doubt: false,
            findings: Vec::new(),
            novel: HashSet::new(),
            marks: HashMap::new(),
        }
    }

    /// Sends batches until the time or the number of messages is reached.
    pub(super) fn run(&mut self, observer: &mut dyn HuntObserver) -> Result<(), Stop> {
        while self.tally.messages < self.messages {
            let left = usize::try_from(self.messages - self.tally.messages).unwrap_or(usize::MAX);
            self.auditor.check_may_go_on()?;
            let size = self.connections.min(left);
            self.batches += 1;
            // Nothing but the events shows what a sequence does.
            if self.batches.is_multiple_of(ONE_BATCH_IN) && self.auditor.server.events.is_some() {
                self.drive(size, observer)?;
                observer.sent(&self.tally);
                continue;
            }
            let mut batch = self.generator.batch(size);
            batch.retain(|input| !self.is_known_to_break(input));
            self.send(&batch, observer)?;
            observer.sent(&self.tally);
        }
        Ok(())
    }

    fn send(&mut self, batch: &[Input], observer: &mut dyn HuntObserver) -> Result<(), Stop> {
        let batch: Vec<_> = batch.iter().map(|input| (input, expected(&input.bytes, &self.limits))).collect();
        let came = self.observe(&batch);
        // What the end of the time has cut off was not judged.
        for (input, expected) in batch.iter().filter(|_| !matches!(came, Err(Stop::Time))) {
            self.tally.count(input, expected);
        }
        let is_broken = came.is_err();
        let suspects = match came {
            Ok((seen, events)) => {
                self.learn(&batch, &seen);
                suspects(&batch, seen, events, |fault, input, expected| self.is_old(fault, input, expected))
            }
            Err(stop) => {
                let why = revive(self.auditor, stop)?;
                observer.restarted(&why);
                (0..batch.len()).collect::<Vec<_>>()
            }
        };
        let is_alone = suspects.len() == 1;
        self.is_in_doubt = !suspects.is_empty();
        let before = self.findings.len();
        for number in self.in_turn(&batch, suspects) {
            let is_one_of_many = !is_broken && self.findings.len() >= before + MOST_OF_A_BATCH;
            // What is left comes again, and other kinds come first.
            if is_one_of_many && batch.get(number).is_some_and(|(_, expected)| self.found_of(expected) > 0) {
                continue;
            }
            if let Some((input, expected)) = batch.get(number).filter(|(input, _)| !self.is_known_to_break(input)) {
                let is_repeated = self.examine(input, expected, observer)?;
                self.tally.unrepeated += u64::from(is_alone && !is_repeated);
            }
        }
        self.is_in_doubt = false;
        Ok(())
    }

    /// The same suspects, those first of whose kind the fewest were found.
    fn in_turn(&self, batch: &[(&Input, Expected)], mut suspects: Vec<usize>) -> Vec<usize> {
        suspects.sort_by_key(|&number| batch.get(number).map(|(_, expected)| self.found_of(expected)));
        suspects
    }

    fn found_of(&self, expected: &Expected) -> usize {
        found_of(&self.findings, expected)
    }

    /// What came of all of these at once: of each its exchange, and the events of all.
    #[allow(clippy::type_complexity, reason = "the two belong together here alone")]
    fn observe(
        &mut self,
        batch: &[(&Input, Expected)],
    ) -> Result<(Vec<Seen>, Option<Vec<crate::events::Event>>), Stop> {
        self.auditor.check_may_go_on()?;
        let inputs: Vec<_> = batch.iter().map(|(input, expected)| (*input, input.is_finished(expected))).collect();
        let exchanges = converse(&self.auditor.server.target, &inputs, self.pause(batch.len()))?;
        self.auditor.check_may_go_on()?;
        let begun = Instant::now();
        let events = match self.auditor.sync()? {
            None => self.auditor.check_may_go_on().map(|()| None)?,
            events => events,
        };
        self.round = begun.elapsed();
        let seen = exchanges.into_iter().map(|exchange| Seen { exchange, events: None }).collect();
        Ok((seen, events))
    }

    /// How long a server gets to read the first of two pieces: what it takes for a few notifications. Where one message
    /// is tried by itself, it gets longer.
    fn pause(&self, messages: usize) -> Duration {
        if messages == 1 { PAUSE } else { self.round.saturating_mul(ROUNDS).clamp(LEAST_PAUSE, PAUSE) }
    }

    /// Keeps what is answered in a way that none was before.
    fn learn(&mut self, batch: &[(&Input, Expected)], seen: &[Seen]) {
        for ((input, expected), seen) in batch.iter().zip(seen) {
            if self.novel.len() < MOST_CLASSES && self.novel.insert(answered(input, expected, seen)) {
                self.generator.keep(&input.bytes);
            }
        }
    }

    /// Whether a fault is one of those that were found.
    fn is_old(&self, fault: &Fault, input: &Input, expected: &Expected) -> bool {
        let mark = mark(input, expected, fault, "");
        let is_old = |mark: &str| self.marks.get(mark).copied().unwrap_or(0) >= most_alike(expected, fault);
        // What is found in a whole message needs no other delivery.
        let is_general =
            matches!(expected, Expected::Refused { .. }) && general(&mark).is_some_and(|mark| is_old(&mark));
        is_general || is_old(&mark) || is_old(&mark_of_delivery(input, &mark))
    }

    /// Whether an input is like one that has broken the server: each would cost a start of it, and shows nothing new.
    fn is_known_to_break(&self, input: &Input) -> bool {
        self.findings.iter().any(|finding| finding.way == Way::Broken) && {
            let expected = expected(&input.bytes, &self.limits);
            self.is_old(&Fault::broken(String::new()), input, &expected)
        }
    }

    /// Sends one input by itself, and shrinks what it shows and was not found yet: whether it shows anything.
    fn examine(&mut self, input: &Input, expected: &Expected, observer: &mut dyn HuntObserver) -> Result<bool, Stop> {
        let faults = self.alone(input, expected)?;
        for fault in &faults {
            if !self.is_old(fault, input, expected) {
                let mark = mark_of_delivery(input, &mark(input, expected, fault, ""));
                *self.marks.entry(mark).or_default() += 1;
                self.pursue(input, fault, observer)?;
            }
        }
        Ok(!faults.is_empty())
    }

    /// What is wrong with how the server meets one input.
    pub(super) fn alone(&mut self, input: &Input, expected: &Expected) -> Result<Vec<Fault>, Stop> {
        self.tally.repeated += 1;
        let batch = [(input, expected.clone())];
        match self.observe(&batch) {
            Ok((seen, events)) => {
                let seen = seen.into_iter().next().map(|seen| Seen { events, ..seen });
                Ok(seen.map(|seen| of(input, expected, &seen)).unwrap_or_default())
            }
            Err(stop) => Ok(vec![Fault::broken(revive(self.auditor, stop)?)]),
        }
    }
}

/// How many faults of one mark are pursued.
fn most_alike(expected: &Expected, fault: &Fault) -> u32 {
    if matches!(expected, Expected::Accepted { .. }) && !fault.way.is_of_all_replies() { SHRUNK_ALIKE } else { 1 }
}
