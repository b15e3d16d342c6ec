//! What to send next: valid notifications as each sender writes them, near misses of every kind, spellings that a
//! lenient reader takes, and mutations of what was answered in a new way. The same for the same seed and answers.

use std::collections::HashMap;
use std::fmt::Write as _;

use arbitrary::Unstructured;
use hanotify::{Limits, Status, decode};
use hanotify_mutate::message::Message;
use hanotify_mutate::{Random, mutated, near_miss, spelled};

use super::input::{Delivery, Input, verdict, with_ids};

/// The longest message that is made.
const LONGEST: usize = 20_000;
/// How many messages that were answered in a new way are kept.
const POOL: usize = 512;
/// One batch in so many is delivered in other ways than whole.
const SPLIT_BATCHES: u64 = 6;
/// The first so many messages are each chosen among this many.
const FAIR: usize = 1_024;
const CHOICES: usize = 8;
/// Messages of the known senders.
pub(super) const SENDERS: [&str; 4] = [
    "POST / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\
     X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-neutron-router-id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
     x-neutron-state: backup\r\nconnection: close\r\naccept-encoding: gzip, deflate\r\n\
     user-agent: Python-httplib2/0.22.0 (gzip)\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\nContent-Length: 0\r\n\
     X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: fault\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
     X-Neutron-State: primary\r\n\r\n",
];

/// Makes messages.
pub(super) struct Generator {
    random: Random,
    seed: u64,
    ids: u64,
    batches: u64,
    limits: Limits,
    /// The inputs of the vectors, where they are seeds.
    seeds: Vec<Vec<u8>>,
    pool: Vec<Vec<u8>>,
    /// How many messages there were of each verdict, among the first.
    made: HashMap<&'static str, usize>,
}

impl Generator {
    /// The generator that belongs to a seed; it mutates `seeds` too.
    pub(super) fn new(seed: u64, limits: Limits, seeds: Vec<Vec<u8>>) -> Self {
        let random = Random::from_seed(seed);
        Self { random, seed, ids: 0, batches: 0, limits, seeds, pool: Vec::new(), made: HashMap::new() }
    }

    /// Messages that are sent at once.
    pub(super) fn batch(&mut self, size: usize) -> Vec<Input> {
        self.batches += 1;
        let is_whole = !self.batches.is_multiple_of(SPLIT_BATCHES);
        let mut input = || {
            let bytes = if self.made.values().sum::<usize>() < FAIR { self.rarest() } else { self.message() };
            if is_whole { Input { bytes, delivery: Delivery::Whole } } else { self.delivered(bytes) }
        };
        (0..size).map(|_| input()).collect()
    }

    /// Of several messages, the first whose verdict had the fewest so far: no kind of refusal is left for later.
    fn rarest(&mut self) -> Vec<u8> {
        let mut best: Option<(usize, &'static str, Vec<u8>)> = None;
        for _ in 0..CHOICES {
            let bytes = self.message();
            let verdict = verdict(&bytes, &self.limits);
            let count = self.made.get(verdict).copied().unwrap_or(0);
            if best.as_ref().is_none_or(|(least, ..)| count < *least) {
                best = Some((count, verdict, bytes));
            }
        }
        let Some((_, verdict, bytes)) = best else { return Vec::new() };
        *self.made.entry(verdict).or_default() += 1;
        bytes
    }

    /// Keeps what was answered in a new way, to be mutated.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        if self.pool.len() < POOL {
            self.pool.push(bytes.to_vec());
        } else {
            let at = self.random.below(POOL);
            if let Some(place) = self.pool.get_mut(at) {
                *place = bytes.to_vec();
            }
        }
    }

    fn message(&mut self) -> Vec<u8> {
        match self.random.below(100) {
            0..6 => self.valid(),
            6..9 => self.long(),
            9..30 => self.near_miss(),
            30..60 => self.spelled(1),
            60..68 => self.spelled(2),
            68..80 => self.mutated(),
            80..92 => self.kept(),
            _ => self.seeded(),
        }
    }

    fn fresh(&mut self, bytes: &[u8]) -> Vec<u8> {
        with_ids(bytes, || self.fresh_router())
    }

    /// The id of a router that was not sent yet.
    pub(super) fn fresh_router(&mut self) -> String {
        self.ids += 1;
        format!("{}{:012x}", self.prefix(), self.ids)
    }

    /// How many routers were sent.
    pub(super) const fn routers(&self) -> u64 {
        self.ids
    }

    /// Whether an id is one of the first so many.
    pub(super) fn has_made(&self, id: &str, first: u64) -> bool {
        let number = id.strip_prefix(&self.prefix()).and_then(|number| u64::from_str_radix(number, 16).ok());
        number.is_some_and(|number| number <= first)
    }

    fn prefix(&self) -> String {
        format!("4a170000-{:04x}-4000-8000-", self.seed & 0xffff)
    }

    /// A message of a known sender, or one of a recipe.
    fn valid(&mut self) -> Vec<u8> {
        let bytes = if self.random.one_in(3) {
            let recipe = self.recipe();
            let message = Message::from_recipe(&mut Unstructured::new(&recipe));
            message.map(|(_, message)| message.to_bytes()).unwrap_or_default()
        } else {
            self.random.choose(&SENDERS).as_bytes().to_vec()
        };
        self.fresh(&bytes)
    }

    /// A message that no small buffer holds: often right at the limit of a head, or at the size of a page of memory.
    fn long(&mut self) -> Vec<u8> {
        let message = self.valid();
        let wanted = match self.random.below(3) {
            0 => self.random.below(10_000),
            1 => 4_095 + self.random.below(3),
            _ => self.limits.head().saturating_sub(1) + self.random.below(3),
        };
        let mut lines = String::new();
        while let Some(missing) = wanted.checked_sub(message.len() + lines.len()).filter(|&missing| missing > 4) {
            let _ = write!(lines, "A:{}\r\n", "a".repeat((missing - 4).min(1_000)));
        }
        let end = message.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let (start, rest) = message.split_at_checked(end).unwrap_or((&message, &[]));
        [start, lines.as_bytes(), rest].concat()
    }

    fn recipe(&mut self) -> Vec<u8> {
        let len = self.random.below(240);
        (0..len).map(|_| self.random.byte()).collect()
    }

    fn near_miss(&mut self) -> Vec<u8> {
        let recipe = self.recipe();
        match near_miss::from_recipe(&mut Unstructured::new(&recipe)) {
            Ok(Some(miss)) => self.fresh(&miss.defective.bytes),
            _ => self.spelled(1),
        }
    }

    fn spelled(&mut self, times: usize) -> Vec<u8> {
        let message = self.valid();
        (0..times).fold(message, |message, _| spelled(&message, LONGEST, &mut self.random))
    }

    fn mutated(&mut self) -> Vec<u8> {
        let message = self.valid();
        mutated(&message, LONGEST, &mut self.random)
    }

    fn changed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let bytes = self.fresh(bytes);
        match self.random.below(5) {
            0 => bytes,
            1 | 2 => mutated(&bytes, LONGEST, &mut self.random),
            _ => spelled(&bytes, LONGEST, &mut self.random),
        }
    }

    fn kept(&mut self) -> Vec<u8> {
        let at = self.random.below(self.pool.len());
        match self.pool.get(at).cloned() {
            Some(bytes) => self.changed(&bytes),
            None => self.spelled(1),
        }
    }

    fn seeded(&mut self) -> Vec<u8> {
        let at = self.random.below(self.seeds.len());
        match self.seeds.get(at).cloned() {
            Some(bytes) => self.changed(&bytes),
            None => self.spelled(1),
        }
    }

    fn delivered(&mut self, bytes: Vec<u8>) -> Input {
        let len = bytes.len();
        let split = Delivery::Split(1 + self.random.below(len.saturating_sub(1)));
        let delivery = match self.random.below(20) {
            _ if len < 2 => Delivery::Whole,
            // So many writes cost as much as a batch of others.
            9 if len <= 600 => Delivery::ByteByByte,
            12..16 => Delivery::HalfClosed,
            16..19 => return self.gone(bytes),
            _ => split,
        };
        Input { bytes, delivery }
    }

    /// A sender that is gone in the midst of a message: as much of it as nobody can act on.
    fn gone(&mut self, mut bytes: Vec<u8>) -> Input {
        bytes.truncate(self.random.below(bytes.len()));
        let is_cut = decode(&bytes, &self.limits) == Ok(Status::Incomplete);
        Input { bytes, delivery: if is_cut { Delivery::Gone } else { Delivery::Whole } }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::hunt::input::expected;
    use crate::vectors::Expected;

    fn made(seed: u64) -> Vec<Input> {
        let mut generator = Generator::new(seed, Limits::DEFAULT, vec![b"GET / HTTP/1.1\r\n\r\n".to_vec()]);
        (0..300).flat_map(|_| generator.batch(16)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_messages() {
        assert_eq!(made(7), made(7));
        let (one, other): (HashSet<_>, HashSet<_>) = (made(7).into_iter().collect(), made(8).into_iter().collect());
        assert!(one.intersection(&other).count() < one.len() / 10);
    }

    #[test]
    fn every_refusal_that_bytes_can_cause_is_met() {
        let error = |input: &Input| match expected(&input.bytes, &Limits::DEFAULT) {
            Expected::Refused { error, .. } => error,
            Expected::Accepted { .. } => "accepted".to_owned(),
        };
        let met: HashSet<String> = made(1).iter().chain(&made(2)).map(error).collect();
        // Of the 29 kinds, `trailing-bytes` is for files, and four are the server's.
        assert_eq!(met.len(), 25, "{met:?}");
    }

    #[test]
    fn each_kind_of_refusal_is_among_the_first_messages_several_times() {
        for seed in 1..3 {
            let mut generator = Generator::new(seed, Limits::DEFAULT, Vec::new());
            let mut counts: HashMap<&str, usize> = HashMap::new();
            for input in generator.batch(FAIR) {
                *counts.entry(verdict(&input.bytes, &Limits::DEFAULT)).or_default() += 1;
            }
            assert!(counts.len() >= 25 && counts.values().all(|&count| count >= 3), "{seed}: {counts:?}");
        }
    }

    #[test]
    fn nobody_can_act_on_what_a_sender_left_behind_that_is_gone() {
        let gone = made(3).into_iter().filter(|input| input.delivery == Delivery::Gone);
        let mut count = 0;
        for input in gone {
            assert_eq!(decode(&input.bytes, &Limits::DEFAULT), Ok(Status::Incomplete));
            count += 1;
        }
        assert!(count > 50, "{count}");
    }
}
