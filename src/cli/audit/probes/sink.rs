//! A sink that fails: only a server whose agent is told to fail for one router can show what comes of it.

use super::super::auditor::{About, Auditor, Finding, Stop, message};
use super::super::judge::no_reply;
use super::super::result::Outcome;
use super::super::target::Finish;
use super::super::vectors::Weakness;
use super::Bounds;

pub(super) fn run(auditor: &mut Auditor, bounds: &Bounds) -> Result<(), Stop> {
    let about = About::probe(
        "sink-fails",
        Weakness::Exceptions,
        "an agent that fails to take an event",
        "RFC 9110 section 15.6.1",
        "The sender is told nothing, or that an event was taken which is lost.",
        "500 or 503, and the next sender is served",
    );
    let Some(id) = &bounds.failing_id else {
        auditor
            .note(about, Finding::new(Outcome::NotSeen, "it takes a router for which the agent fails (--failing-id)"));
        return Ok(());
    };
    let sent = message(id, "primary");
    let exchange = auditor.exchange("probe/sink-fails", &sent, Finish::WhenSilent)?;
    let next = auditor.take_part().err().map(|stop| format!("the next sender isn't served: {stop}"));
    let failure = match exchange.status() {
        Some(500..=599) => next,
        Some(status) => Some(format!("answered {status}: the event is lost, and its sender doesn't know")),
        None => Some(no_reply(&exchange)),
    };
    let status = exchange.status().unwrap_or_default();
    auditor.note(about, Finding::check(failure, format!("answered {status}")).with(&sent, &exchange.answer));
    auditor.sync()?;
    Ok(())
}
