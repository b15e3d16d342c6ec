//! The stateful hunt: sequences of valid messages over several connections, and what the agent hears of each router,
//! judged by the order that the replies have fixed.

mod finding;
mod generate;
mod model;
mod play;
mod sequence;
mod shrink;

use std::time::{Duration, Instant};

use hanotify_mutate::Random;

use self::finding::Chain;
use self::model::Request;
use self::play::{Played, play};
pub use self::sequence::Sequence;
use self::shrink::shrink;
use super::HuntObserver;
use super::campaign::Campaign;
use super::fault::Fault;
use crate::events::Event;
use crate::recover::revive;
use crate::stop::Stop;
use crate::way::Way;

/// One batch in so many is of sequences.
pub(super) const ONE_BATCH_IN: u64 = 16;
/// After so many replies that somebody else's silence held up, no sender is silent any more.
const MOST_STALLS: u32 = 3;
/// How often a suspect is sent by itself, and a smaller one while it is shrunk: what is a race shows now and then.
const ATTEMPTS: u32 = 5;
const ATTEMPTS_TO_SHRINK: u32 = 4;
/// How often a smaller one has to show it: what shows it by chance leads nowhere.
const SHOWN: u32 = 2;
/// How many of one way are shrunk.
const SHRUNK_ALIKE: u32 = 3;
/// How many of one way are looked into that are never seen again.
const SEEN_ONCE: u32 = 10;
/// How long one is shrunk, and by how many others.
const SHRINK: Duration = Duration::from_secs(6);
const TRIES: u32 = 200;
/// How often one is sent again in the end, and how often one from a file is sent.
const CHECKS: u32 = 3;
const REPLAYS: u32 = 20;

/// What makes sequences.
pub(super) struct Sequences {
    random: Random,
    stalls: u32,
}

impl Sequences {
    pub(super) fn new(seed: u64) -> Self {
        // Not the numbers of the other messages.
        Self { random: Random::from_seed(!seed), stalls: 0 }
    }

    /// As many as have this number of messages together.
    fn next(&mut self, messages: usize) -> Vec<Sequence> {
        let mut made = Vec::new();
        let mut left = messages;
        while left > 0 {
            let sequence = generate::sequence(&mut self.random, self.stalls >= MOST_STALLS, left);
            left = left.saturating_sub(sequence.connections().max(1));
            made.push(sequence);
        }
        made
    }
}

impl Campaign<'_> {
    /// Sends sequences that have this many messages together, and looks into each that may show a fault.
    pub(super) fn drive(&mut self, messages: usize, observer: &mut dyn HuntObserver) -> Result<(), Stop> {
        let sequences = self.sequences.next(messages);
        let came = self.play_all(&sequences);
        if !matches!(came, Err(Stop::Time)) {
            for sequence in &sequences {
                self.tally.count_sequence(sequence);
            }
        }
        let faults = match came {
            Ok(faults) => faults,
            Err(stop) => {
                observer.restarted(&revive(self.auditor, stop)?);
                sequences.iter().map(|_| vec![Fault::broken(String::new())]).collect()
            }
        };
        self.is_in_doubt = faults.iter().any(|faults| !faults.is_empty());
        for (sequence, faults) in sequences.iter().zip(faults) {
            if faults.iter().any(|fault| !self.is_old_way(fault)) {
                self.examine_sequence(sequence, &faults, observer)?;
            }
        }
        self.is_in_doubt = false;
        Ok(())
    }

    /// Sends these sequences again and again, as they are.
    pub(super) fn replay(&mut self, sequences: &[Sequence], observer: &mut dyn HuntObserver) -> Result<(), Stop> {
        for sequence in sequences {
            for _ in 0..REPLAYS {
                self.tally.count_sequence(sequence);
                for fault in self.sequence_alone(sequence)? {
                    self.check_sequence(sequence.clone(), fault, observer)?;
                }
                observer.sent(&self.tally);
            }
        }
        Ok(())
    }

    fn is_old_way(&self, fault: &Fault) -> bool {
        let seen = |mark: &str| self.marks.get(mark).copied().unwrap_or(0);
        seen(&of_way(fault)) >= SHRUNK_ALIKE || seen(&once(fault)) >= SEEN_ONCE
    }

    /// Plays these one after another: of each, what is wrong.
    fn play_all(&mut self, sequences: &[Sequence]) -> Result<Vec<Vec<Fault>>, Stop> {
        self.auditor.check_may_go_on()?;
        let before = self.generator.routers();
        let mut all = Vec::new();
        for sequence in sequences {
            let routers: Vec<String> = sequence.routers().iter().map(|_| self.generator.fresh_router()).collect();
            let played = play(&self.auditor.server.target, sequence, &routers)?;
            self.auditor.check_may_go_on()?;
            self.sequences.stalls += u32::from(played.has_stalled);
            all.push((routers, played));
        }
        let events = self.auditor.sync()?;
        self.auditor.check_may_go_on()?;
        let is_late = |event: &&Event| event.router_id.as_deref().is_some_and(|id| self.generator.has_made(id, before));
        let is_own = |event: &&Event| {
            all.iter().any(|(routers, _)| routers.iter().any(|id| Some(id) == event.router_id.as_ref()))
        };
        let stray = events.iter().flatten().find(|event| !is_own(event) && !is_late(event));
        let stray =
            stray.map(|event| Fault::seen(Way::OtherEvent, format!("the agent heard what nobody sent: {event}")));
        let judged = all.iter().map(|(routers, played)| faults(routers, played, events.as_deref()));
        Ok(judged
            .map(|mut faults| {
                faults.extend(stray.clone());
                faults
            })
            .collect())
    }

    /// What is wrong with how the server meets one sequence.
    fn sequence_alone(&mut self, sequence: &Sequence) -> Result<Vec<Fault>, Stop> {
        self.tally.repeated += sequence.connections() as u64;
        match self.play_all(std::slice::from_ref(sequence)) {
            Ok(faults) => Ok(faults.into_iter().next().unwrap_or_default()),
            Err(stop) => Ok(vec![Fault::broken(revive(self.auditor, stop)?)]),
        }
    }

    /// Sends a suspect by itself until it shows something, and shrinks that. What it has shown once is put down, too:
    /// whose events they were was not in doubt.
    fn examine_sequence(
        &mut self,
        sequence: &Sequence,
        faults: &[Fault],
        observer: &mut dyn HuntObserver,
    ) -> Result<(), Stop> {
        for _ in 0..ATTEMPTS {
            let faults = self.sequence_alone(sequence)?;
            let new: Vec<Fault> = faults.iter().filter(|fault| !self.is_old_way(fault)).cloned().collect();
            for fault in &new {
                self.pursue_sequence(sequence, fault, observer)?;
            }
            if !faults.is_empty() {
                return Ok(());
            }
        }
        self.tally.unrepeated += 1;
        for fault in faults.iter().filter(|fault| fault.way == Way::NoEvent || fault.way == Way::Reordered) {
            self.put_down_sequence(sequence.clone(), fault.clone(), (ATTEMPTS, 0), observer);
        }
        Ok(())
    }

    fn pursue_sequence(
        &mut self,
        sequence: &Sequence,
        fault: &Fault,
        observer: &mut dyn HuntObserver,
    ) -> Result<(), Stop> {
        let (until, mut tries, mut last) = (Instant::now() + SHRINK, 0, fault.clone());
        let mut shows = |smaller: &Sequence| {
            let (mut left, mut shown) = (ATTEMPTS_TO_SHRINK, 0);
            while shown + left >= SHOWN {
                if tries >= TRIES || Instant::now() > until {
                    return Ok(None);
                }
                (tries, left) = (tries + 1, left - 1);
                if let Some(same) = self.sequence_alone(smaller)?.into_iter().find(|other| other.is_like(fault)) {
                    (last, shown) = (same, shown + 1);
                }
                if shown == SHOWN {
                    return Ok(Some(true));
                }
            }
            Ok(Some(false))
        };
        let (smallest, stop) = shrink(sequence.clone(), &mut shows);
        match stop {
            None => self.check_sequence(smallest, last, observer),
            Some(stop) => {
                self.put_down_sequence(smallest, last, (0, 0), observer);
                Err(stop)
            }
        }
    }

    fn check_sequence(
        &mut self,
        sequence: Sequence,
        fault: Fault,
        observer: &mut dyn HuntObserver,
    ) -> Result<(), Stop> {
        let mut held = 0;
        for _ in 0..CHECKS {
            held += u32::from(self.sequence_alone(&sequence)?.iter().any(|other| other.is_like(&fault)));
        }
        self.put_down_sequence(sequence, fault, (CHECKS, held), observer);
        Ok(())
    }

    fn put_down_sequence(
        &mut self,
        sequence: Sequence,
        fault: Fault,
        checks: (u32, u32),
        observer: &mut dyn HuntObserver,
    ) {
        let mark = if checks.1 > 0 { of_way(&fault) } else { once(&fault) };
        *self.marks.entry(mark).or_default() += 1;
        let (configured, known) = (self.configured, self.known);
        if let Some(finding) = (Chain { sequence, fault: &fault, checks, configured, known }).finding() {
            self.report(finding, fault, observer);
        }
    }
}

fn of_way(fault: &Fault) -> String {
    format!("sequence {}", fault.way.name())
}

fn once(fault: &Fault) -> String {
    format!("sequence once {}", fault.way.name())
}

/// What is wrong with a sequence whose routers had these ids.
fn faults(routers: &[String], played: &Played, events: Option<&[Event]>) -> Vec<Fault> {
    let mut found: Vec<Fault> = Vec::new();
    found.extend(played.wrong.clone().map(|(way, why)| Fault::seen(way, why)));
    for (number, id) in routers.iter().enumerate() {
        let Some(events) = events else { continue };
        let own = |event: &&Event| event.router_id.as_ref() == Some(id);
        let heard: Vec<&str> =
            events.iter().filter(own).map(|event| event.state.as_deref().unwrap_or("null")).collect();
        let requests: Vec<&Request> = played.requests.iter().filter(|request| request.router == number).collect();
        if let Some((way, why)) = model::wrong(&requests, &heard) {
            let events = events.iter().filter(own).map(ToString::to_string).collect();
            let fault = Fault { events, ..Fault::seen(way, format!("of router {}, {why}", number + 1)) };
            if !found.iter().any(|other| other.is_like(&fault)) {
                found.push(fault);
            }
        }
    }
    found
}
