//! Messages on their way, many at once, and what came of each.

use std::thread;
use std::time::{Duration, Instant};

use super::input::{Delivery, Input};
use crate::judge::answers;
use crate::stop::Stop;
use crate::target::{Exchange, Finish, PATIENCE, Talk, Target};

/// How long answers are waited for one after another, before each is waited for beside the others.
const PROMPT: Duration = Duration::from_millis(40);

/// How long an answer of those may take to its end, before the others are waited for at once.
const SLOW: Duration = Duration::from_millis(200);

/// A message that is sent, and whether its sender says that nothing follows.
pub(super) struct Sent {
    talk: Option<Talk>,
    is_finished: bool,
}

/// Sends all of these, each on a connection of its own: what came of each; `None` where the sender is gone.
/// Between two pieces there is this pause.
pub(super) fn converse(
    target: &Target,
    inputs: &[(&Input, bool)],
    pause: Duration,
) -> Result<Vec<Option<Exchange>>, Stop> {
    let mut sent = Vec::with_capacity(inputs.len());
    for (input, is_finished) in inputs {
        sent.push(begin(target, input, *is_finished)?);
    }
    if inputs.iter().any(|(input, _)| matches!(input.delivery, Delivery::Split(_))) {
        thread::sleep(pause);
    }
    go_on(&mut sent, inputs);
    receive(target, sent)
}

/// Connects, and sends what is to be sent at once.
fn begin(target: &Target, input: &Input, is_finished: bool) -> Result<Sent, Stop> {
    let mut talk = target.connect()?;
    let first = match input.delivery {
        Delivery::Whole | Delivery::HalfClosed | Delivery::Gone => &input.bytes,
        Delivery::Split(at) => input.bytes.get(..at).unwrap_or(&input.bytes),
        Delivery::ByteByByte => &[][..],
    };
    talk.send(first);
    let is_whole = first.len() == input.bytes.len();
    if is_finished && is_whole && input.delivery != Delivery::Gone {
        talk.finish();
    }
    Ok(Sent { talk: (input.delivery != Delivery::Gone).then_some(talk), is_finished })
}

/// Sends the rest of what is sent in pieces.
fn go_on(sent: &mut [Sent], inputs: &[(&Input, bool)]) {
    let longest = |(input, _): &(&Input, bool)| match input.delivery {
        Delivery::ByteByByte => input.bytes.len(),
        _ => 0,
    };
    for at in 0..inputs.iter().map(longest).max().unwrap_or(0) {
        for (sent, (input, _)) in sent.iter_mut().zip(inputs) {
            if let (Delivery::ByteByByte, Some(talk), Some(byte)) =
                (input.delivery, &mut sent.talk, input.bytes.get(at..=at))
            {
                talk.send(byte);
            }
        }
        // The server shall read in between, but a processor that is given up at each byte comes back late.
        if at % 32 == 31 {
            thread::yield_now();
        }
    }
    for (sent, (input, is_finished)) in sent.iter_mut().zip(inputs) {
        let Some(talk) = &mut sent.talk else { continue };
        if let Delivery::Split(at) = input.delivery {
            talk.send(input.bytes.get(at..).unwrap_or_default());
        }
        if *is_finished && matches!(input.delivery, Delivery::Split(_) | Delivery::ByteByByte) {
            talk.finish();
        }
    }
}

/// The answers: those that come soon one after another, and the rest at once, as each may take its time.
fn receive(target: &Target, sent: Vec<Sent>) -> Result<Vec<Option<Exchange>>, Stop> {
    let (deadline, mut is_slow) = (Instant::now() + PROMPT, false);
    let mut exchanges = Vec::with_capacity(sent.len());
    let mut late: Vec<(usize, (Talk, Finish))> = Vec::new();
    for (number, Sent { talk, is_finished }) in sent.into_iter().enumerate() {
        let finish = if is_finished { Finish::Now } else { Finish::WhenSilent };
        let mut talk = talk;
        if let Some(talk) = talk.take_if(|talk| !is_slow && talk.is_ready(deadline)) {
            // Nothing is learned from one more connection that is kept.
            let finish = if target.keeps() { Finish::Never } else { finish };
            let begun = Instant::now();
            exchanges.push(Some(talk.answer(finish, PATIENCE)));
            is_slow = begun.elapsed() > SLOW;
        } else {
            late.extend(talk.map(|talk| (number, (talk, finish))));
            exchanges.push(None);
        }
    }
    // All at once: a server that has one connection at a time answers the others when this one is given up.
    let (numbers, talks): (Vec<_>, Vec<_>) = late.into_iter().unzip();
    for (number, exchange) in numbers.into_iter().zip(answers(talks)?) {
        if let Some(place) = exchanges.get_mut(number) {
            *place = Some(exchange);
        }
    }
    Ok(exchanges)
}
