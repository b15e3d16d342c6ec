//! All that is counted, each with its name.

use std::hint::black_box;

use hanotify::{Limits, decode, decode_exact};

use super::contestants::{
    Anew, Contestant, Hanotify, Httparse, HttparseChecked, LIMITS, Looked, Map, Memchr, Memcpy, NaiveNom, Nothing,
    Resumed,
};
use super::growth::{Growth, growths_of_corpus, growths_of_shapes};
use super::messages::{CURL, many_fields, workloads};
use super::refusals::{Refusal, refusals};

/// Something to be counted.
pub(crate) struct Job {
    #[allow(dead_code, reason = "whoever counts needs no name, and whoever reads the counts needs nothing else")]
    pub(crate) subject: String,
    #[allow(dead_code, reason = "see above")]
    pub(crate) of: &'static str,
    #[allow(dead_code, reason = "see above")]
    pub(crate) take: fn(&[Vec<u8>]) -> bool,
    /// What it is done with, one after the other. Made only where it is counted.
    #[allow(dead_code, reason = "see above")]
    pub(crate) messages: Box<dyn Fn() -> Vec<Vec<u8>>>,
}

pub(crate) fn jobs() -> Vec<Job> {
    [acceptances(), decisions(), arrivals(), lengths()].into_iter().flatten().collect()
}

fn acceptances() -> Vec<Job> {
    fn of<C: Contestant>(workload: usize, name: &str) -> Job {
        let messages = move || workloads().swap_remove(workload).messages;
        Job { subject: name.to_owned(), of: C::NAME, take: each::<C>, messages: Box::new(messages) }
    }
    let all = workloads();
    let of_workload = |(at, name)| {
        [
            of::<Hanotify>(at, name),
            of::<Httparse>(at, name),
            of::<HttparseChecked>(at, name),
            of::<Map>(at, name),
            of::<NaiveNom>(at, name),
            of::<Memchr>(at, name),
            of::<Memcpy>(at, name),
            of::<Nothing>(at, name),
        ]
    };
    all.iter().map(|workload| workload.name).enumerate().flat_map(of_workload).collect()
}

/// For each kind of refusal, what it costs and what accepting costs.
fn decisions() -> Vec<Job> {
    let of = |refusal: Refusal| {
        let take: fn(&[Vec<u8>]) -> bool = if refusal.is_of_exactly_one() { decided_exactly } else { decided };
        let job = |of, message: Vec<u8>| Job {
            subject: format!("refusal: {}", refusal.kind),
            of,
            take,
            messages: Box::new(move || vec![message.clone()]),
        };
        [job("refused", refusal.refused.clone()), job("accepted", refusal.accepted.clone())]
    };
    refusals().into_iter().flat_map(of).collect()
}

fn arrivals() -> Vec<Job> {
    fn of<C: Contestant>(name: &str, message: &[u8]) -> Job {
        let message = message.to_vec();
        Job {
            subject: name.to_owned(),
            of: C::NAME,
            take: each::<C>,
            messages: Box::new(move || vec![message.clone()]),
        }
    }
    let all = [("curl's message, byte by byte", CURL.to_vec()), ("64 fields, byte by byte", many_fields())];
    let of_message = |(name, message): (&str, Vec<u8>)| {
        [
            of::<Hanotify>(name, &message),
            of::<Resumed>(name, &message),
            of::<Anew>(name, &message),
            of::<Looked>(name, &message),
        ]
    };
    all.into_iter().flat_map(of_message).collect()
}

/// For each shape of input, what it costs and what twice as much of it costs.
fn lengths() -> Vec<Job> {
    fn of(growth: &Growth, arrival: &str, take: fn(&[Vec<u8>]) -> bool) -> [Job; 2] {
        let job = |of, message: Vec<u8>| Job {
            subject: format!("growth: {}{arrival}", growth.shape),
            of,
            take,
            messages: Box::new(move || vec![message.clone()]),
        };
        [job("once", growth.once.clone()), job("twice", growth.twice.clone())]
    }
    let whole = growths_of_corpus().into_iter().chain(growths_of_shapes());
    let whole = whole.flat_map(|growth| of(&growth, "", decided_unlimited));
    let split = growths_of_shapes().into_iter().flat_map(|growth| of(&growth, ", byte by byte", each::<Resumed>));
    whole.chain(split).collect()
}

fn each<C: Contestant>(messages: &[Vec<u8>]) -> bool {
    let mut all = true;
    for message in messages {
        all &= C::take(message);
    }
    all
}

fn decided(messages: &[Vec<u8>]) -> bool {
    messages.iter().all(|message| black_box(decode(message, black_box(&Limits::DEFAULT))).is_ok())
}

fn decided_exactly(messages: &[Vec<u8>]) -> bool {
    messages.iter().all(|message| black_box(decode_exact(message, black_box(&Limits::DEFAULT))).is_ok())
}

fn decided_unlimited(messages: &[Vec<u8>]) -> bool {
    messages.iter().all(|message| black_box(decode_exact(message, black_box(&LIMITS))).is_ok())
}
