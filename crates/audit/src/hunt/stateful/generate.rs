//! Sequences of any shape: of one router or of several, duplicates, pieces in turns, senders that are silent in the
//! midst of a message, and ones that are gone.

use hanotify_mutate::Random;

use super::sequence::{Message, Sequence, Step, id};
use crate::hunt::generate::SENDERS;
use crate::hunt::input::with_ids;

const STATES: [&str; 3] = ["primary", "backup", "fault"];

/// A sequence of two to eight messages, but of no more than `most`. Where the server takes one connection at a time, no
/// sender keeps another waiting.
pub(super) fn sequence(random: &mut Random, is_serial: bool, most: usize) -> Sequence {
    let routers = random.choose(&[1, 1, 1, 2, 2, 3]);
    let mut messages: Vec<Message> = Vec::new();
    for _ in 0..most.min(2 + random.below(7)) {
        let made = message(random, routers, &messages);
        messages.extend(made);
    }
    let mut parts: Vec<Vec<Step>> = messages
        .iter()
        .enumerate()
        .map(|(connection, message)| steps(random, connection, message.bytes.len(), is_serial))
        .collect();
    let mut steps = Vec::new();
    // A step of the same connection follows as often as not; with one connection at a time, until it has no more.
    let mut current = 0;
    while let most @ 1.. = parts.iter().filter(|steps| !steps.is_empty()).count() {
        let is_over = parts.get(current).is_none_or(Vec::is_empty);
        if is_over || (!is_serial && random.one_in(2)) {
            let number = if is_serial { 0 } else { random.below(most) };
            current =
                parts.iter().enumerate().filter(|(_, steps)| !steps.is_empty()).nth(number).map_or(0, |(at, _)| at);
        }
        if let Some(steps_of_it) = parts.get_mut(current).filter(|steps| !steps.is_empty()) {
            steps.push(steps_of_it.remove(0));
        }
    }
    Sequence { messages, steps }
}

/// One of any of the routers; in one of three, what the router's last one said.
fn message(random: &mut Random, routers: usize, before: &[Message]) -> Option<Message> {
    let router = random.below(routers);
    let last = before.iter().rfind(|message| message.router == id(router)).filter(|_| random.one_in(3));
    let state = last.map_or_else(|| random.choose(&STATES).to_owned(), |last| last.state.clone());
    let short = Message::short(router, &state);
    if random.one_in(2) {
        return short;
    }
    let template = random.choose(&SENDERS);
    let told = STATES.iter().find(|state| template.contains(&format!(": {state}\r\n"))).copied().unwrap_or_default();
    let text = template.replace(&format!(": {told}\r\n"), &format!(": {state}\r\n"));
    Message::of(with_ids(text.as_bytes(), || id(router))).or(short)
}

/// What one sender does.
fn steps(random: &mut Random, connection: usize, len: usize, is_serial: bool) -> Vec<Step> {
    let send = |bytes| Step::Send { connection, bytes };
    let (reply, close) = (Step::Reply { connection }, Step::Close { connection });
    let cut = 1 + random.below(len.saturating_sub(2));
    match random.below(20) {
        // Its reply is read in the end.
        0..3 if !is_serial => vec![send(len)],
        3..6 => vec![send(cut), send(len - cut), reply],
        6 if cut < len / 2 => vec![send(cut), send(cut), send(len), reply],
        // Silent in the midst of its message, until all others are done.
        7 if !is_serial => vec![send(cut)],
        8 | 9 => vec![send(cut), close],
        10 => vec![send(len), close],
        _ => vec![send(len), reply],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(seed: u64, is_serial: bool) -> Vec<Sequence> {
        let mut random = Random::from_seed(seed);
        (0..500).map(|_| sequence(&mut random, is_serial, 8)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_sequences() {
        assert_eq!(made(1, false), made(1, false));
        assert_ne!(made(1, false), made(2, false));
    }

    #[test]
    fn every_shape_is_met() {
        let of = |is_it: fn(&Sequence) -> bool| made(3, false).iter().filter(|&one| is_it(one)).count();
        let is_cut = |one: &Sequence, number| one.sent(number) < one.messages[number].bytes.len();
        assert!(of(|one| one.routers().len() == 1) > 100);
        assert!(of(|one| one.routers().len() == 3) > 20);
        assert!(of(|one| one.messages.windows(2).any(|two| two[0] == two[1])) > 20);
        assert!(of(|one| one.steps.iter().any(|step| matches!(step, Step::Close { .. }))) > 100);
        let cut = made(3, false).iter().filter(|one| (0..one.connections()).any(|number| is_cut(one, number))).count();
        assert!(cut > 100, "{cut}");
        assert!(of(|one| one.steps.windows(2).any(|two| two[0].connection() > two[1].connection())) > 100);
    }

    #[test]
    fn one_connection_at_a_time_keeps_nobody_waiting() {
        for sequence in made(4, true) {
            let order: Vec<_> = sequence.steps.iter().map(|step| step.connection()).collect();
            assert!(order.is_sorted(), "{sequence}");
            for connection in 0..sequence.connections() {
                let last = sequence.steps.iter().rfind(|step| step.connection() == connection);
                assert!(!matches!(last, Some(Step::Send { .. })), "{sequence}");
            }
        }
    }
}
