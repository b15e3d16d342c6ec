//! Which of the messages that were sent at once have to be sent again by themselves.

use super::fault::{Fault, Seen, of};
use super::input::{Delivery, Input};
use crate::auditor::is;
use crate::events::Event;
use crate::results::Latency;
use crate::target::Exchange;
use crate::vectors::Expected;

/// The numbers of those that may show a fault which is not an old one. What the agent was told is sorted by the router
/// ids, which differ: what belongs to none makes a suspect of each that is most like it.
pub(super) fn suspects(
    batch: &[(&Input, Expected)],
    seen: Vec<Seen>,
    events: Option<Vec<Event>>,
    is_old: impl Fn(&Fault, &Input, &Expected) -> bool,
) -> Vec<usize> {
    let has_events = events.is_some();
    let (mut own, strays) = sorted(batch, events.unwrap_or_default());
    for stray in strays {
        if let Some(of) = own.get_mut(likely(batch, &stray)) {
            of.push(stray);
        }
    }
    let all = batch.iter().zip(seen).zip(own).enumerate();
    let suspicious = all.filter(|(_, (((input, expected), seen), own))| {
        // Which of its events are another's is not known for sure, so this decides nothing but what is sent again.
        let exchange = seen.exchange.as_ref().map(copied);
        let seen = Seen { exchange, events: has_events.then(|| own.clone()) };
        of(input, expected, &seen).iter().any(|fault| !is_old(fault, input, expected))
    });
    suspicious.map(|(number, _)| number).collect()
}

fn copied(exchange: &Exchange) -> Exchange {
    // How late it is in a batch says more of the batch than of the server.
    let took = if exchange.took.as_secs() > 2 { exchange.took } else { std::time::Duration::ZERO };
    Exchange { answer: exchange.answer.clone(), end: exchange.end, took }
}

/// The events that each message should have caused, and those that none should.
fn sorted(batch: &[(&Input, Expected)], events: Vec<Event>) -> (Vec<Vec<Event>>, Vec<Event>) {
    let mut own: Vec<Vec<Event>> = batch.iter().map(|_| Vec::new()).collect();
    let mut strays = Vec::new();
    for event in events {
        let is_its = |(_, expected): &(&Input, Expected)| match expected {
            Expected::Accepted { router_id, state, .. } => is(&event, router_id, state),
            Expected::Refused { .. } => false,
        };
        match batch.iter().position(is_its).and_then(|number| own.get_mut(number)) {
            Some(own) => own.push(event),
            None => strays.push(event),
        }
    }
    (own, strays)
}

/// The message that has most of what an event has.
fn likely(batch: &[(&Input, Expected)], event: &Event) -> usize {
    let id = event.router_id.as_deref().unwrap_or_default().to_ascii_lowercase();
    let shared = |(input, expected): &(&Input, Expected)| {
        let bytes = input.bytes.to_ascii_lowercase();
        let has = |part: &&[u8]| bytes.windows(part.len()).any(|window| window == *part);
        let parts = id.as_bytes().windows(6).filter(has).count();
        (parts, matches!(expected, Expected::Refused { .. }))
    };
    batch.iter().enumerate().max_by_key(|(_, one)| shared(one)).map_or(0, |(number, _)| number)
}

/// The class of an answer, by which new ones are told: the verdict here, the status, the end, and how late it is.
pub(super) fn answered(input: &Input, expected: &Expected, seen: &Seen) -> String {
    let verdict = expected.name();
    let delivery = if input.delivery == Delivery::Gone { "gone" } else { "" };
    match &seen.exchange {
        None => format!("{verdict} {delivery}"),
        Some(exchange) => {
            let is_late = Latency::of(exchange.took) == Latency::VeryLate;
            let fields = exchange.answer.split(|&byte| byte == b'\n').count();
            format!("{verdict} {:?} {:?} {fields} {is_late}", exchange.status(), exchange.end)
        }
    }
}
