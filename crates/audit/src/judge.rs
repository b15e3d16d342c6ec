//! The vectors, sent to the server one after another, and what its answers and events make of each.

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::auditor::{Auditor, Finding, Observed, is};
use super::observer::Observer;
use super::recover::blame;
use super::results::{Entry, Latency, Outcome};
use super::stop::Stop;
use super::target::{End, Exchange, Finish, PATIENCE, Talk};
use super::vectors::{Case, Expand, Expected, Given, Level, With};
use super::way::Way;

/// How many connections of one case are open at once.
const AT_ONCE: usize = 24;
/// Between two pieces: long enough that the first is read by itself.
pub(crate) const PAUSE: Duration = Duration::from_millis(8);

/// Tests the server with every case that can be tested from outside.
pub(crate) fn run(
    auditor: &mut Auditor,
    observer: &mut dyn Observer,
    cases: &[Case],
    configured: With,
) -> Result<(), Stop> {
    observer.at("the vectors");
    let mut sent: Vec<&Case> = Vec::new();
    for case in cases {
        observer.step();
        if is_of_files(case) || is_of_probes(case, configured) {
            continue;
        }
        let finding = match unseen(case, configured) {
            Some(why) => Finding::new(Outcome::NotSeen, why),
            None => match send(auditor, case) {
                Ok(finding) => finding,
                Err(stop) => blamed(auditor, observer, stop, case, &sent)?,
            },
        };
        if finding.outcome != Outcome::NotSeen {
            sent.push(case);
        }
        auditor.note(about(case), finding);
    }
    // What the last ones have caused is seen behind them.
    if let (Err(stop), Some(last)) = (auditor.settle(), sent.pop()) {
        let finding = blamed(auditor, observer, stop, last, &sent)?;
        if finding.outcome == Outcome::Fail {
            auditor.convict(&last.id, &finding.why);
        }
    }
    Ok(())
}

/// Whether the probes of time and of peers take their turn with it.
fn is_of_probes(case: &Case, configured: With) -> bool {
    case.with == configured && matches!(case.given, Some(Given::Deadline | Given::PeerNotAllowed))
}

/// Why nothing can be seen of a case, if nothing can.
fn unseen(case: &Case, configured: With) -> Option<&'static str> {
    match case.given {
        Some(Given::SinkBusy | Given::SinkFailed) => {
            Some("it needs a sink that is busy or fails, which can't be caused from outside")
        }
        _ => (case.with != configured).then_some("it needs a server with another configuration"),
    }
}

/// What is found of a case after which the server was not well.
fn blamed(
    auditor: &mut Auditor,
    observer: &mut dyn Observer,
    stop: Stop,
    case: &Case,
    sent: &[&Case],
) -> Result<Finding, Stop> {
    let finding = blame(auditor, stop, case, sent, send)?;
    observer.restarted(&finding.why);
    Ok(finding)
}

/// Whether it is about what a reader of files does; a server has a connection.
pub(crate) fn is_of_files(case: &Case) -> bool {
    case.given == Some(Given::ExactlyOne)
}

fn send(auditor: &mut Auditor, case: &Case) -> Result<Finding, Stop> {
    match case.expand {
        Some(expand) => many(auditor, case, expand),
        None => one(auditor, case),
    }
}

pub(crate) fn about(case: &Case) -> Entry {
    let expected = match &case.expected {
        Expected::Accepted { router_id, state, .. } => {
            format!("200, and the event router_id {router_id}, state {state}")
        }
        Expected::Refused { error, status, .. } => format!("{status} ({error}), and no event"),
    };
    Entry::vector(case, &expected)
}

fn one(auditor: &mut Auditor, case: &Case) -> Result<Finding, Stop> {
    let ends = matches!(&case.expected, Expected::Refused { error, .. } if error == "truncated");
    let finish = if ends { Finish::Now } else { Finish::WhenSilent };
    let exchange = auditor.exchange(&case.id, &case.input, finish)?;
    let events = auditor.sync()?;
    Ok(judge(case, &Observed { sent: &case.input, exchange: &exchange, events }))
}

/// A case that stands for many: the first input that goes wrong, and how many do.
fn many(auditor: &mut Auditor, case: &Case, expand: Expand) -> Result<Finding, Stop> {
    let pairs: Vec<(&[u8], &[u8])> = match expand {
        Expand::Truncations => {
            (0..case.input.len()).filter_map(|len| Some((case.input.get(..len)?, &[][..]))).collect()
        }
        Expand::Splits => (1..case.input.len()).filter_map(|at| case.input.split_at_checked(at)).collect(),
    };
    let mut first = None;
    let mut wrong = 0;
    for some in pairs.chunks(AT_ONCE) {
        auditor.check_may_go_on()?;
        let (found, failed) = batch(auditor, case, expand, some)?;
        wrong += failed;
        first = first.or(found);
    }
    let total = pairs.len();
    Ok(match first {
        None => Finding::new(Outcome::Pass, format!("all {total} of them")).with(&case.input, b""),
        Some(finding) => Finding { why: format!("{wrong} of {total}; first: {}", finding.why), ..finding },
    })
}

/// Sends these inputs in their two pieces, all at once.
fn converse(auditor: &Auditor, expand: Expand, some: &[(&[u8], &[u8])]) -> Result<Vec<Exchange>, Stop> {
    let mut talks = Vec::new();
    for (first, _) in some {
        let mut talk = auditor.server.target.connect()?;
        talk.send(first);
        talks.push(talk);
    }
    if expand == Expand::Splits {
        thread::sleep(PAUSE);
        for (talk, (_, second)) in talks.iter_mut().zip(some) {
            talk.send(second);
        }
    }
    let finish = if expand == Expand::Truncations { Finish::Now } else { Finish::WhenSilent };
    answers(talks.into_iter().map(|talk| (talk, finish)).collect())
}

/// The answers to all of these, each waited for beside the others: a server that keeps its connections, or waits for
/// more, would cost its time for each.
pub(crate) fn answers(talks: Vec<(Talk, Finish)>) -> Result<Vec<Exchange>, Stop> {
    thread::scope(|scope| {
        let wait = |(talk, finish): (Talk, Finish)| {
            thread::Builder::new().spawn_scoped(scope, move || talk.answer(finish, PATIENCE))
        };
        let waiting: Vec<_> = talks.into_iter().map(wait).collect();
        let joined = |thread: ScopedJoinHandle<'_, Exchange>| thread.join().map_err(|_| Stop::Interrupted);
        waiting.into_iter().map(|thread| thread.map_err(Stop::Thread).and_then(joined)).collect()
    })
}

/// Sends these inputs in their two pieces, and judges each: the first that goes wrong, and how many do.
fn batch(
    auditor: &mut Auditor,
    case: &Case,
    expand: Expand,
    some: &[(&[u8], &[u8])],
) -> Result<(Option<Finding>, usize), Stop> {
    let exchanges = converse(auditor, expand, some)?;
    auditor.check_may_go_on()?;
    let events = auditor.sync()?;
    let mut events = events.map(Vec::into_iter);
    let (mut found, mut failed) = (None, 0);
    for (exchange, (first, second)) in exchanges.iter().zip(some) {
        let sent = [*first, *second].concat();
        auditor.seen.note(&case.id, &sent, exchange);
        // All of them expect the same, so which event belongs to which reply makes no difference to the count.
        let took = exchange.status() == Some(200);
        let own = events.as_mut().map(|events| if took { events.next().into_iter().collect() } else { Vec::new() });
        let finding = judge(case, &Observed { sent: &sent, exchange, events: own });
        if finding.outcome != Outcome::Pass {
            failed += 1;
            let why = match expand {
                Expand::Truncations => format!("cut to {} bytes: {}", first.len(), finding.why),
                Expand::Splits => format!("split after byte {}: {}", first.len(), finding.why),
            };
            found = found.or(Some(Finding { why, ..finding }));
        }
    }
    let more = events.map(Iterator::count).unwrap_or_default();
    if more > 0 && found.is_none() {
        found = Some(Finding::new(Outcome::Fail, format!("{more} more events than replies with 200")));
        failed += more;
    }
    Ok((found, failed))
}

/// What an answer and its events make of a case.
pub(crate) fn judge(case: &Case, observed: &Observed<'_>) -> Finding {
    let verdict = verdict(&case.expected, observed);
    let outcome = match &verdict {
        Ok(_) => Outcome::Pass,
        Err(Wrong { grave: false, .. }) if case.level == Level::Choice => Outcome::Noted,
        Err(_) => Outcome::Fail,
    };
    let why = verdict.unwrap_or_else(|wrong| wrong.why);
    let events = observed.events.iter().flatten().map(ToString::to_string).collect();
    let latency = (!observed.exchange.answer.is_empty()).then(|| Latency::of(observed.exchange.took));
    Finding { events, latency, ..Finding::new(outcome, why) }.with(observed.sent, &observed.exchange.answer)
}

/// What is wrong, in which way, and whether it is so whatever a server chooses to accept.
pub(crate) struct Wrong {
    pub(crate) way: Way,
    pub(crate) why: String,
    pub(crate) grave: bool,
}

/// What an answer and its events make of what is expected.
pub(crate) fn verdict(expected: &Expected, observed: &Observed<'_>) -> Result<String, Wrong> {
    match expected {
        Expected::Accepted { router_id, state, .. } => taken(observed, router_id, state),
        Expected::Refused { status, .. } => refused(observed, *status),
    }
}

fn wrong<T>(way: Way, why: impl Into<String>) -> Result<T, Wrong> {
    let grave = matches!(way, Way::NoReply | Way::OtherEvent | Way::NoEvent);
    Err(Wrong { way, why: why.into(), grave })
}

fn taken(observed: &Observed<'_>, router_id: &str, state: &str) -> Result<String, Wrong> {
    match observed.exchange.status() {
        None => return wrong(Way::NoReply, no_reply(observed.exchange)),
        Some(200) => {}
        Some(status) => return wrong(Way::Lost, format!("answered {status}: a correct notification is lost")),
    }
    match observed.events.as_deref() {
        None => Ok("answered 200".to_owned()),
        Some([event]) if is(event, router_id, state) => Ok("answered 200, and the event is right".to_owned()),
        Some([event]) => wrong(Way::OtherEvent, format!("answered 200, and the event is another: {event}")),
        Some([]) => wrong(Way::NoEvent, "answered 200, but no event came of it"),
        Some(events) => wrong(Way::ManyEvents, format!("{} events came of one message", events.len())),
    }
}

fn refused(observed: &Observed<'_>, expected: u16) -> Result<String, Wrong> {
    let status = observed.exchange.status();
    if let Some(event) = observed.events.iter().flatten().next() {
        let answered = status.map_or("not answered".to_owned(), |status| format!("answered {status}"));
        return wrong(Way::ActedOn, format!("acted on ({answered}): the event has {event}"));
    }
    match (status, &observed.events) {
        (None, _) if observed.sent.is_empty() && observed.exchange.end == End::Closed => {
            Ok("closed, as nothing was sent".to_owned())
        }
        (None, _) => wrong(Way::NoReply, no_reply(observed.exchange)),
        (Some(200), Some(_)) => wrong(Way::Answered, "answered 200, though no event came of it"),
        (Some(200), None) => wrong(Way::Answered, "answered 200"),
        (Some(status), _) if status == expected => Ok(format!("answered {status}")),
        (Some(status), _) => Ok(format!("answered {status} instead of {expected}")),
    }
}

pub(crate) fn no_reply(exchange: &Exchange) -> String {
    let partial = if exchange.answer.is_empty() { "" } else { " that is one" };
    match exchange.end {
        End::Closed | End::Kept => format!("closed without a reply{partial}"),
        End::Reset => format!("the connection broke without a reply{partial}"),
        End::Silent => format!("no reply{partial} within {} s", PATIENCE.as_secs()),
    }
}

#[cfg(test)]
mod tests;
