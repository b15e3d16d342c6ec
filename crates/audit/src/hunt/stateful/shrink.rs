//! A sequence that shows a fault, with fewer messages, fewer steps, fewer routers and plainer messages, as long as it
//! still shows it.

use super::sequence::{Message, Sequence, Step};
use crate::stop::Stop;

/// Whether a sequence still shows the fault: `None` where nothing more is to be tried.
pub(super) type Shows<'s> = &'s mut dyn FnMut(&Sequence) -> Result<Option<bool>, Stop>;

const STATES: [&str; 3] = ["primary", "backup", "fault"];

/// The smallest that was found, and why that was all, where the hunt may not go on.
pub(super) fn shrink(sequence: Sequence, shows: Shows<'_>) -> (Sequence, Option<Stop>) {
    let mut shrinking = Shrinking { best: sequence, shows, is_over: false };
    let stop = shrinking.all().err();
    (shrinking.best, stop)
}

struct Shrinking<'s> {
    best: Sequence,
    shows: Shows<'s>,
    is_over: bool,
}

impl Shrinking<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        for _ in 0..2 {
            let before = self.best.clone();
            self.drop_connections()?;
            self.join_pieces()?;
            self.drop_steps()?;
            self.tell_plainly()?;
            if self.best == before || self.is_over {
                break;
            }
        }
        Ok(())
    }

    fn attempt(&mut self, other: Sequence) -> Result<bool, Stop> {
        if self.is_over || other == self.best {
            return Ok(false);
        }
        match (self.shows)(&other)? {
            None => self.is_over = true,
            Some(false) => {}
            Some(true) => {
                self.best = other;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn drop_connections(&mut self) -> Result<(), Stop> {
        for number in (0..self.best.messages.len()).rev() {
            if self.best.messages.len() > 1 {
                self.attempt(without(&self.best, number))?;
            }
        }
        Ok(())
    }

    /// Sends a whole message at the first of its pieces, or at the last.
    fn join_pieces(&mut self) -> Result<(), Stop> {
        for number in 0..self.best.messages.len() {
            let is_piece = |(at, step): (usize, &Step)| sends(*step, number).then_some(at);
            let pieces: Vec<usize> = self.best.steps.iter().enumerate().filter_map(is_piece).collect();
            let (Some(&first), Some(&last)) = (pieces.first(), pieces.last()) else { continue };
            if first == last {
                continue;
            }
            let whole = Step::Send { connection: number, bytes: self.best.sent(number) };
            for kept in [last, first] {
                let steps = self.best.steps.iter().enumerate().filter_map(|(at, step)| match at {
                    at if at == kept => Some(whole),
                    _ => Some(*step).filter(|step| !sends(*step, number)),
                });
                let other = Sequence { messages: self.best.messages.clone(), steps: steps.collect() };
                if self.attempt(other)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Steps other than those that send: a reply is read in the end then, and a sender stays.
    fn drop_steps(&mut self) -> Result<(), Stop> {
        for at in (0..self.best.steps.len()).rev() {
            if !matches!(self.best.steps.get(at), None | Some(Step::Send { .. })) {
                let mut other = self.best.clone();
                other.steps.remove(at);
                self.attempt(other)?;
            }
        }
        Ok(())
    }

    /// The shortest messages, of one router, with a state that differs from the one before.
    fn tell_plainly(&mut self) -> Result<(), Stop> {
        let one_router = self.respelled(|_, message, _| Message::short(0, &message.state));
        self.attempt(one_router)?;
        let shorter = self.respelled(|_, message, router| Message::short(router, &message.state));
        self.attempt(shorter)?;
        let other_states = self.respelled(|number, _, router| Message::short(router, STATES.get(number % 3)?));
        self.attempt(other_states)?;
        Ok(())
    }

    /// The same steps with other messages: pieces stay as long as they were, but the last, which is the rest.
    fn respelled(&self, respell: impl Fn(usize, &Message, usize) -> Option<Message>) -> Sequence {
        let mut other = self.best.clone();
        for (number, message) in self.best.messages.iter().enumerate() {
            let router = self.best.router_of(message);
            let (Some(new), Some(place)) = (respell(number, message, router), other.messages.get_mut(number)) else {
                continue;
            };
            let is_whole = self.best.sent(number) == message.bytes.len();
            let len = new.bytes.len();
            *place = new;
            resize(&mut other.steps, number, len, is_whole);
        }
        other
    }
}

/// Makes the pieces of a message fit into one of this length: the last one has the rest, where it was sent as a whole.
fn resize(steps: &mut [Step], number: usize, len: usize, is_whole: bool) {
    let mut left = if is_whole { len } else { len.saturating_sub(1) };
    let last = steps.iter().rposition(|step| sends(*step, number));
    for (at, step) in steps.iter_mut().enumerate() {
        if let Step::Send { connection, bytes } = step {
            if *connection != number {
                continue;
            }
            *bytes = match Some(at) == last {
                true if is_whole => left,
                true => (*bytes).min(left),
                // Something is left for each piece behind it.
                false => (*bytes).min(left / 2),
            };
            left = left.saturating_sub(*bytes);
        }
    }
}

fn sends(step: Step, number: usize) -> bool {
    matches!(step, Step::Send { connection, .. } if connection == number)
}

/// The same without one message and its steps.
fn without(sequence: &Sequence, number: usize) -> Sequence {
    let mut other = sequence.clone();
    other.messages.remove(number);
    other.steps.retain(|step| step.connection() != number);
    for step in &mut other.steps {
        let connection = step.connection();
        *step = step.on(if connection > number { connection - 1 } else { connection });
    }
    other
}

#[cfg(test)]
mod tests {
    use hanotify_mutate::Random;

    use super::*;
    use crate::hunt::stateful::generate;

    /// Two of one router, the first of which was answered before the second was sent.
    fn is_of_one_router_in_order(sequence: &Sequence) -> bool {
        let read = |step: &Step| match step {
            Step::Reply { connection } => Some(*connection),
            _ => None,
        };
        let mut answered = sequence.steps.iter().enumerate().filter_map(|(at, step)| Some((at, read(step)?)));
        answered.any(|(at, one)| {
            let router = &sequence.messages[one].router;
            let later = sequence.steps.iter().skip(at).filter(|step| matches!(step, Step::Send { .. }));
            let mut later = later.map(|step| step.connection()).filter(|&other| other != one);
            later.any(|other| sequence.messages[other].router == *router)
        })
    }

    #[test]
    fn what_is_left_is_two_messages_and_three_steps() {
        let mut random = Random::from_seed(1);
        let mut count = 0;
        for _ in 0..200 {
            let sequence = generate::sequence(&mut random, false, 8);
            if is_of_one_router_in_order(&sequence) {
                let (smallest, stop) = shrink(sequence, &mut |one| Ok(Some(is_of_one_router_in_order(one))));
                assert!(stop.is_none() && is_of_one_router_in_order(&smallest));
                assert_eq!((smallest.messages.len(), smallest.steps.len()), (2, 3), "{smallest}");
                assert!(smallest.messages.iter().all(|message| message.bytes.len() < 120), "{smallest}");
                count += 1;
            }
        }
        assert!(count > 50, "{count}");
    }

    #[test]
    fn a_message_that_is_cut_short_stays_so_and_a_whole_one_whole() {
        let mut random = Random::from_seed(2);
        for _ in 0..200 {
            let sequence = generate::sequence(&mut random, false, 8);
            let is_whole = |one: &Sequence, number: usize| one.sent(number) == one.messages[number].bytes.len();
            let before: Vec<bool> = (0..sequence.connections()).map(|number| is_whole(&sequence, number)).collect();
            let mut tried = |other: &Sequence| {
                if other.connections() == before.len() {
                    let after: Vec<bool> = (0..other.connections()).map(|number| is_whole(other, number)).collect();
                    assert_eq!(before, after, "{other}");
                }
                Ok(Some(false))
            };
            shrink(sequence, &mut tried);
        }
    }
}
