//! A sink that fails: only a server whose agent is told to fail for one router can show what comes of it.

use super::{About, Bounds};
use crate::auditor::{Auditor, Finding, message};
use crate::judge::no_reply;
use crate::results::{NEEDS_FAILING_ID, Outcome};
use crate::stop::Stop;
use crate::target::Finish;
use crate::vectors::Weakness;

pub(super) const SINK_FAILS: About = About {
    name: "sink-fails",
    cwe: Weakness::Exceptions,
    title: "an agent that fails to take an event",
    rule: "RFC 9110 section 15.6.1",
    risk: "The sender is told nothing, or that an event was taken which is lost.",
    expected: "500 or 503, and the next sender is served",
};

pub(crate) fn run(auditor: &mut Auditor, bounds: &Bounds) -> Result<(), Stop> {
    let Some(id) = &bounds.failing_id else {
        auditor.note(SINK_FAILS.entry(), Finding::new(Outcome::NotSeen, NEEDS_FAILING_ID));
        return Ok(());
    };
    let sent = message(id, "primary");
    let exchange = auditor.exchange("probe/sink-fails", &sent, Finish::WhenSilent)?;
    let next = auditor.send_control().err().map(|stop| format!("the next sender isn't served: {stop}"));
    let failure = match exchange.status() {
        Some(500..=599) => next,
        Some(status) => Some(format!("answered {status}: the event is lost, and its sender doesn't know")),
        None => Some(no_reply(&exchange)),
    };
    let status = exchange.status().unwrap_or_default();
    auditor
        .note(SINK_FAILS.entry(), Finding::check(failure, format!("answered {status}")).with(&sent, &exchange.answer));
    auditor.sync()?;
    Ok(())
}
