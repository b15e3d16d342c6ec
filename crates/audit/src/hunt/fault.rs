//! What is wrong with how a server has met one input.

use std::time::Duration;

use super::input::{Delivery, Input, place};
use crate::auditor::Observed;
use crate::events::Event;
use crate::judge::verdict;
use crate::replies::{faults, leaks, may_be};
use crate::results::Latency;
use crate::target::{End, Exchange};
use crate::vectors::Expected;
use crate::way::Way;

/// What came of an input.
pub(super) struct Seen {
    /// `None` where the sender was gone.
    pub(super) exchange: Option<Exchange>,
    /// `None` where events aren't read.
    pub(super) events: Option<Vec<Event>>,
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) way: Way,
    /// What is wrong with a reply, which tells faults of one way apart.
    pub(super) detail: &'static str,
    pub(super) why: String,
    /// Whether it is wrong whatever a server may choose to accept.
    pub(super) grave: bool,
    pub(super) answer: Vec<u8>,
    pub(super) events: Vec<String>,
    pub(super) latency: Option<Latency>,
}

impl Fault {
    /// A server that was broken by an input, and how.
    pub(super) fn broken(why: String) -> Self {
        Self { grave: true, ..Self::new(Way::Broken, "", why) }
    }

    /// What was seen of a sequence.
    pub(super) fn seen(way: Way, why: String) -> Self {
        Self::new(way, "", why)
    }

    fn new(way: Way, detail: &'static str, why: String) -> Self {
        Self { way, detail, why, grave: true, answer: Vec::new(), events: Vec::new(), latency: None }
    }

    /// Whether it shows the same thing.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.way, self.detail) == (other.way, other.detail)
    }
}

/// Everything that is wrong, the verdict first.
pub(super) fn of(input: &Input, expected: &Expected, seen: &Seen) -> Vec<Fault> {
    let gone = Exchange { answer: Vec::new(), end: End::Closed, took: Duration::ZERO };
    let exchange = seen.exchange.as_ref().unwrap_or(&gone);
    let observed = Observed { sent: &input.bytes, exchange, events: seen.events.clone() };
    let mut found = Vec::new();
    match verdict(expected, &observed) {
        // Of a sender that is gone, only what the agent is told is seen.
        Err(wrong) if input.delivery != Delivery::Gone || wrong.way == Way::ActedOn => {
            found.push(Fault { grave: wrong.grave, ..Fault::new(wrong.way, "", wrong.why) });
        }
        _ => {}
    }
    if !exchange.answer.is_empty() {
        if leaks(&exchange.answer) {
            let why = "the reply shows a traceback: it is the server's own".to_owned();
            found.push(Fault::new(Way::Leaked, "", why));
        }
        for fault in faults(exchange) {
            let why = format!("the reply is malformed: {fault}");
            found.push(Fault { grave: !may_be(fault), ..Fault::new(Way::Malformed, fault, why) });
        }
        if Latency::of(exchange.took) == Latency::VeryLate {
            let why = format!("the reply came after {} ms", exchange.took.as_millis());
            found.push(Fault::new(Way::Late, "", why));
        }
    }
    let events: Vec<_> = seen.events.iter().flatten().map(ToString::to_string).collect();
    let latency = (!exchange.answer.is_empty()).then(|| Latency::of(exchange.took));
    for fault in &mut found {
        fault.answer.clone_from(&exchange.answer);
        fault.events.clone_from(&events);
        fault.latency = latency;
    }
    found
}

/// What tells causes apart: two faults with the same mark are taken for one, and `text` is what an accepted message
/// looks like, where it is shrunk.
pub(super) fn mark(input: &Input, expected: &Expected, fault: &Fault, text: &str) -> String {
    let way = fault.way.name();
    match (fault.way, expected) {
        // These are of all replies, or of no one message.
        _ if fault.way.is_of_all_replies() => format!("{way} {}", fault.detail),
        (_, Expected::Refused { error, offset, field, .. }) => {
            let (part, sort) = place(&input.bytes, *offset);
            let field = field.as_deref().unwrap_or_default();
            format!("{way} {error} {field} {part} {sort}")
        }
        (_, Expected::Accepted { .. }) => format!("{way} accepted {text}"),
    }
}

/// The mark of those that differ in the printable byte alone, in whose place any other would do; `None` where it is no
/// such byte.
pub(super) fn general(mark: &str) -> Option<String> {
    let (rest, sort) = mark.rsplit_once(' ')?;
    let is_printable = ["lower", "upper", "digit", ANY].contains(&sort) || (sort.len() == 1 && !sort.is_empty());
    is_printable.then(|| format!("{rest} {ANY}"))
}

const ANY: &str = "any";

/// The same, and how the bytes came, where that is of the fault.
pub(super) fn mark_of_delivery(input: &Input, mark: &str) -> String {
    match input.delivery {
        Delivery::Whole => mark.to_owned(),
        Delivery::Split(_) | Delivery::ByteByByte => format!("{mark} in pieces"),
        Delivery::HalfClosed => format!("{mark} half-closed"),
        Delivery::Gone => format!("{mark} gone"),
    }
}
