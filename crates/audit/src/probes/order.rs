//! Order and isolation: several clients that notify of one router.

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::About;
use crate::auditor::{Auditor, Finding, message};
use crate::events::Event;
use crate::judge::no_reply;
use crate::results::{NEEDS_EVENTS, Outcome};
use crate::stop::Stop;
use crate::target::{Exchange, Finish, PATIENCE};
use crate::vectors::Weakness;

const STATES: [&str; 3] = ["primary", "backup", "fault"];
/// Notifications in the sequence.
const SEQUENCE: usize = 60;
/// Clients at once.
const CLIENTS: usize = 24;
const RULE: &str = "RFC 9112 section 9.3";

pub(crate) const ORDER: About = About {
    name: "order",
    cwe: Weakness::Concurrency,
    title: "one router's notifications, each sent when the last was answered",
    rule: RULE,
    risk: "The last state that the agent is told is not the one that the router has.",
    expected: "the events in the order of the replies",
};
pub(crate) const SAME_ROUTER: About = About {
    name: "same-router-at-once",
    cwe: Weakness::Concurrency,
    title: "many clients that notify of one router at the same time",
    rule: RULE,
    risk: "Concurrent senders overwrite or repeat one another's events.",
    expected: "one event for each 200, each exactly as sent",
};
pub(crate) const INTERLEAVED: About = About {
    name: "interleaved",
    cwe: Weakness::Concurrency,
    title: "two clients whose messages arrive in turns, piece by piece",
    rule: RULE,
    risk: "One client's bytes end up in another's message.",
    expected: "200 and the right event for both",
};

fn states_of<'a>(events: &'a [Event], id: &str) -> Vec<&'a str> {
    let own = events.iter().filter(|event| event.router_id.as_deref() == Some(id));
    own.map(|event| event.state.as_deref().unwrap_or("null")).collect()
}

pub(super) fn sequence(auditor: &mut Auditor) -> Result<(), Stop> {
    let id = auditor.fresh_id();
    let sent: Vec<_> = (0..SEQUENCE).filter_map(|at| STATES.get(at % STATES.len()).copied()).collect();
    let mut failure = None;
    for state in &sent {
        let exchange = auditor.exchange("probe/order", &message(&id, state), Finish::WhenSilent)?;
        if exchange.status() != Some(200) {
            failure = failure.or(Some(answered(&exchange)));
        }
    }
    let finding = match auditor.sync()? {
        _ if failure.is_some() => Finding::check(failure, ""),
        None => Finding::new(Outcome::NotSeen, NEEDS_EVENTS),
        Some(events) => {
            let told = states_of(&events, &id);
            let wrong = (told != sent).then(|| match told.len() {
                SEQUENCE => "the events came in another order".to_owned(),
                count => format!("{count} events came of {SEQUENCE} notifications"),
            });
            Finding::check(wrong, format!("{SEQUENCE} of {SEQUENCE}, in order"))
        }
    };
    auditor.note(ORDER.entry(), finding);
    Ok(())
}

pub(super) fn at_once(auditor: &mut Auditor) -> Result<(), Stop> {
    let id = auditor.fresh_id();
    let target = &auditor.server.target;
    let exchanges: Vec<Result<Exchange, Stop>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|at| {
                let sent = message(&id, STATES.get(at % STATES.len()).copied().unwrap_or_default());
                thread::Builder::new().spawn_scoped(scope, move || target.exchange(&sent, Finish::WhenSilent))
            })
            .collect();
        let joined = |client: ScopedJoinHandle<'_, _>| client.join().unwrap_or(Err(Stop::Interrupted));
        clients.into_iter().map(|client| client.map_err(Stop::Thread).and_then(joined)).collect()
    });
    let exchanges = exchanges.into_iter().collect::<Result<Vec<_>, _>>()?;
    let taken = exchanges.iter().filter(|exchange| exchange.status() == Some(200)).count();
    let finding = match auditor.sync()? {
        _ if taken < CLIENTS => Finding::new(Outcome::Fail, format!("{taken} of {CLIENTS} were answered with 200")),
        None => Finding::new(Outcome::NotSeen, NEEDS_EVENTS),
        Some(events) => {
            let told = states_of(&events, &id);
            let each = |state| told.iter().filter(|&&other| other == state).count() == CLIENTS / STATES.len();
            let right = told.len() == CLIENTS && events.len() == CLIENTS && STATES.into_iter().all(each);
            let failure =
                (!right).then(|| format!("{} events came of {CLIENTS} notifications: {told:?}", events.len()));
            Finding::check(failure, format!("{CLIENTS} of {CLIENTS}, each once"))
        }
    };
    auditor.note(SAME_ROUTER.entry(), finding);
    Ok(())
}

pub(super) fn interleaved(auditor: &mut Auditor) -> Result<(), Stop> {
    let ids = [auditor.fresh_id(), auditor.fresh_id()];
    let messages = [message(&ids[0], "primary"), message(&ids[1], "backup")];
    let mut talks = [auditor.server.target.connect()?, auditor.server.target.connect()?];
    for at in (0..messages[0].len()).step_by(40) {
        for (talk, message) in talks.iter_mut().zip(&messages) {
            talk.send(message.get(at..message.len().min(at + 40)).unwrap_or_default());
            thread::sleep(Duration::from_millis(4));
        }
    }
    let exchanges = talks.map(|talk| talk.answer(Finish::WhenSilent, PATIENCE));
    for (exchange, sent) in exchanges.iter().zip(&messages) {
        auditor.seen.note("probe/interleaved", sent, exchange);
    }
    let statuses = exchanges.each_ref().map(Exchange::status);
    let events = auditor.sync()?;
    let right = events.as_ref().is_none_or(|events| {
        events.len() == 2 && states_of(events, &ids[0]) == ["primary"] && states_of(events, &ids[1]) == ["backup"]
    });
    let failure = if statuses == [Some(200); 2] {
        let told = || events.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        (!right).then(|| format!("answered 200 twice, but the events are: {}", told()))
    } else {
        let [first, second] = exchanges.each_ref().map(answered);
        Some(format!("the first was {first}, the second {second}"))
    };
    let [first, _] = exchanges;
    auditor.note(INTERLEAVED.entry(), Finding::check(failure, "both were taken").with(&messages[0], &first.answer));
    Ok(())
}

fn answered(exchange: &Exchange) -> String {
    exchange.status().map_or_else(|| no_reply(exchange), |status| format!("answered with {status}"))
}
