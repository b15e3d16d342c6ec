//! Random faults: connections that are cut, split, half closed, abandoned and full of garbage. A model of the server
//! and the server have to agree on every verdict, and nothing may stay behind.

mod model;
mod peer;
mod plan;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Scale;
use super::bars::{at_least, below, equal, figure};
use super::random::Random;
use super::serving::{Place, Serving, own};

use self::model::Verdict;
use self::plan::Plan;

/// Connections at once.
const WAVE: usize = 500;
/// Every so many waves, some senders stall until the server's deadline.
const STALLING: usize = 40;
const DEADLINE_MS: &str = "total-ms=2000";
/// The first waves let the server reach the size that it has from then on.
const WARM_UP: usize = 4;

pub(crate) fn step(scale: Scale) {
    let connections = if scale.short { 20_000 } else { 1_000_000 };
    let seed = std::env::var("SOAK_SEED").map_or(1, |seed| seed.parse().unwrap());
    figure("seed (SOAK_SEED)", seed);
    let place = Place::new();
    let server = Serving::start(&place, own(&place, &[DEADLINE_MS]));
    let mut random = Random::new(seed);
    let mut told = Told::open(&place);
    let mut counts = Counts::default();
    let (start, descriptors, mut resident) = (Instant::now(), server.descriptors(), 0);
    let mut waves = 0;
    while counts.connections < connections || Instant::now() < scale.until {
        let plans = plan::wave(&mut random, WAVE, waves % STALLING == STALLING - 1);
        wave(&place, &plans, &mut told, &mut counts);
        waves += 1;
        if waves == WARM_UP {
            resident = server.resident_kib();
        }
    }
    figure("connections per second", counts.connections as u64 / start.elapsed().as_secs().max(1));
    at_least("connections", counts.connections, connections);
    equal("verdicts that the model doesn't have", counts.unexpected, 0);
    equal("verdicts that the server didn't give", counts.missing, 0);
    equal("replies that are not the verdict's", counts.wrong_replies, 0);
    figure("replies read", counts.replies);
    for (verdict, count) in &counts.verdicts {
        figure(verdict, count);
    }
    equal("descriptors, as at the start", server.descriptors_settled_at(descriptors), descriptors);
    figure("resident memory after the warm-up, in KiB", resident);
    below("resident memory at the end, in KiB", server.resident_kib(), resident + 512);
    equal("stopped cleanly", server.stop(), true);
}

#[derive(Default)]
struct Counts {
    connections: usize,
    replies: usize,
    wrong_replies: usize,
    unexpected: usize,
    missing: usize,
    verdicts: BTreeMap<String, usize>,
}

/// Plays the plans at once, and holds replies and events against the model's verdicts.
fn wave(place: &Place, plans: &[Plan], told: &mut Told, counts: &mut Counts) {
    let mut expected: BTreeMap<Verdict, isize> = BTreeMap::new();
    let verdicts: Vec<Verdict> = plans.iter().map(model::verdict).collect();
    for verdict in &verdicts {
        *expected.entry(verdict.clone()).or_default() += 1;
        *counts.verdicts.entry(verdict.name()).or_default() += 1;
    }
    for (at, answer) in peer::play(&place.socket(), plans).into_iter().enumerate() {
        let Some(answer) = answer else { continue };
        counts.replies += 1;
        if answer != verdicts[at].reply() {
            counts.wrong_replies += 1;
            println!("        {:?} was answered {:?}: {:?}", verdicts[at], String::from_utf8_lossy(&answer), plans[at]);
        }
    }
    counts.connections += plans.len();
    for verdict in told.next(plans.len()) {
        *expected.entry(verdict).or_default() -= 1;
    }
    for (verdict, count) in expected.into_iter().filter(|(_, count)| *count != 0) {
        println!("        {verdict:?}: the model has {count} more than the server");
        *if count < 0 { &mut counts.unexpected } else { &mut counts.missing } += count.unsigned_abs();
    }
}

/// The verdicts that the server has written, in their order.
struct Told {
    events: BufReader<File>,
}

impl Told {
    fn open(place: &Place) -> Self {
        Self { events: BufReader::new(File::open(place.events()).unwrap()) }
    }

    /// The next verdicts: so many, or fewer if no more come for a while.
    fn next(&mut self, count: usize) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let (mut line, mut last) = (String::new(), Instant::now());
        while verdicts.len() < count && last.elapsed() < Duration::from_secs(5) {
            if self.events.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                sleep(Duration::from_millis(1));
                continue;
            }
            let event: Value = serde_json::from_str(&line).unwrap();
            verdicts.extend(Verdict::told(&event));
            line.clear();
            last = Instant::now();
        }
        verdicts
    }
}
