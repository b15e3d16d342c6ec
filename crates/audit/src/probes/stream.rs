//! The stream: one that ends, breaks, drips in pieces or goes on for long.

use std::thread;
use std::time::Duration;

use super::About;
use crate::auditor::{Auditor, Finding, is, message};
use crate::judge::no_reply;
use crate::results::Outcome;
use crate::stop::Stop;
use crate::target::{Exchange, Finish, PATIENCE};
use crate::vectors::Weakness;

const MEGABYTE: usize = 1 << 20;
const STREAM: &str = "RFC 9112 section 2.2";
const END: &str = "RFC 9112 section 6.3";

pub(super) const HALF_CLOSE: About = About {
    name: "half-close",
    cwe: Weakness::Protection,
    title: "a sender that shuts down its sending side behind the message",
    rule: "RFC 9112 section 9.6",
    risk: "A sender that says that it has finished gets no answer, and takes its notification for lost.",
    expected: "200 and its event",
};
pub(super) const BYTE_BY_BYTE: About = About {
    name: "byte-by-byte",
    cwe: Weakness::Protection,
    title: "a message that arrives byte by byte",
    rule: STREAM,
    risk: "A stream has no message boundaries: what reads once and takes that for the whole misreads it.",
    expected: "200 and its event",
};
pub(super) const TWO_MESSAGES: About = About {
    name: "two-messages",
    cwe: Weakness::Protection,
    title: "two messages on one connection, in one write",
    rule: END,
    risk: "A connection carries one request and one reply: the second is answered by nobody, or acted on unseen.",
    expected: "200 and the event of the first message alone",
};
pub(super) const MEGABYTE_BODY: About = About {
    name: "megabyte-body",
    cwe: Weakness::Protection,
    title: "a body of a megabyte",
    rule: "RFC 9110 section 15.5.14",
    risk: "The sender is still writing when the server closes, and never sees the reply.",
    expected: "a reply, whatever it says",
};
pub(super) const ENDLESS_HEAD: About = About {
    name: "endless-head",
    cwe: Weakness::Protection,
    title: "a head of four megabytes that doesn't end",
    rule: "RFC 6585 section 5",
    risk: "A peer fills the server's memory with one field.",
    expected: "a refusal before all of it is read",
};
pub(super) const RESET: About = About {
    name: "reset",
    cwe: Weakness::Protection,
    title: "fifty peers that vanish in the middle of a message",
    rule: "RFC 9112 section 9.5",
    risk: "A peer that vanishes takes a thread, or the server, with it.",
    expected: "the next sender gets its 200",
};
pub(super) const GONE_BEFORE_REPLY: About = About {
    name: "gone-before-reply",
    cwe: Weakness::Exceptions,
    title: "fifty senders that don't wait for the reply",
    rule: "RFC 9112 section 9.5",
    risk: "A reply that nobody reads stops the server (SIGPIPE), or costs the next sender its answer.",
    expected: "the next sender gets its 200",
};

/// What is wrong with what came of an acceptable message.
fn not_taken(auditor: &mut Auditor, exchange: &Exchange, id: &str, state: &str) -> Result<Option<String>, Stop> {
    let events = auditor.sync()?;
    Ok(match (exchange.status(), events.as_deref()) {
        (None, _) => Some(no_reply(exchange)),
        (Some(200), Some([event])) if is(event, id, state) => None,
        (Some(200), None) => None,
        (Some(200), Some([])) => Some("answered 200, but no event came of it".to_owned()),
        (Some(200), Some([event])) => Some(format!("answered 200, and the event is another: {event}")),
        (Some(200), Some(events)) => Some(format!("{} events came of one message", events.len())),
        (Some(status), _) => Some(format!("answered {status}: a correct notification is lost")),
    })
}

pub(super) fn half_close(auditor: &mut Auditor) -> Result<(), Stop> {
    let id = auditor.fresh_id();
    let sent = message(&id, "fault");
    let exchange = auditor.exchange("probe/half-close", &sent, Finish::Now)?;
    let failure = not_taken(auditor, &exchange, &id, "fault")?;
    auditor.note(HALF_CLOSE.entry(), Finding::check(failure, "answered 200").with(&sent, &exchange.answer));
    Ok(())
}

pub(super) fn byte_by_byte(auditor: &mut Auditor) -> Result<(), Stop> {
    let id = auditor.fresh_id();
    let sent = message(&id, "primary");
    let mut talk = auditor.server.target.connect()?;
    for byte in sent.chunks(1) {
        talk.send(byte);
        thread::sleep(Duration::from_millis(1));
    }
    let exchange = talk.answer(Finish::WhenSilent, PATIENCE);
    auditor.seen.note("probe/byte-by-byte", &sent, &exchange);
    let failure = not_taken(auditor, &exchange, &id, "primary")?;
    auditor.note(BYTE_BY_BYTE.entry(), Finding::check(failure, "answered 200").with(&sent, &exchange.answer));
    Ok(())
}

pub(super) fn bytes_behind(auditor: &mut Auditor) -> Result<(), Stop> {
    let (first, second) = (auditor.fresh_id(), auditor.fresh_id());
    let sent = [message(&first, "primary"), message(&second, "backup")].concat();
    let exchange = auditor.exchange("probe/two-messages", &sent, Finish::WhenSilent)?;
    let failure = not_taken(auditor, &exchange, &first, "primary")?;
    auditor.note(
        TWO_MESSAGES.entry(),
        Finding::check(failure, "the first was taken, the second was not").with(&sent, &exchange.answer),
    );
    Ok(())
}

pub(super) fn body_sent(auditor: &mut Auditor) -> Result<(), Stop> {
    let id = auditor.fresh_id();
    let head = message(&id, "primary");
    let head = [head.get(..head.len() - 2).unwrap_or_default(), b"Content-Length: 1048576\r\n\r\n"].concat();
    let sent = [&head[..], &vec![b'z'; MEGABYTE]].concat();
    let exchange = auditor.exchange("probe/megabyte-body", &sent, Finish::WhenSilent)?;
    auditor.sync()?;
    let failure = exchange.status().is_none().then(|| no_reply(&exchange));
    let status = exchange.status().unwrap_or_default();
    auditor.note(
        MEGABYTE_BODY.entry(),
        Finding::check(failure, format!("answered {status}")).with(&sent, &exchange.answer),
    );
    Ok(())
}

pub(super) fn endless_head(auditor: &mut Auditor) -> Result<(), Stop> {
    let sent = [b"POST / HTTP/1.1\r\nHost: a\r\nA: ", &vec![b'z'; 4 * MEGABYTE][..]].concat();
    let exchange = auditor.exchange("probe/endless-head", &sent, Finish::WhenSilent)?;
    auditor.sync()?;
    let failure = match exchange.status() {
        None => Some(no_reply(&exchange)),
        Some(200) => Some("answered 200".to_owned()),
        Some(_) => None,
    };
    let status = exchange.status().unwrap_or_default();
    auditor.note(
        ENDLESS_HEAD.entry(),
        Finding::check(failure, format!("answered {status}")).with(&sent, &exchange.answer),
    );
    Ok(())
}

pub(super) fn reset(auditor: &mut Auditor) -> Result<(), Stop> {
    for at in 0..50_usize {
        auditor.check_may_go_on()?;
        let id = auditor.fresh_id();
        let sent = message(&id, "primary");
        auditor.server.target.connect()?.send(sent.get(..at % 16 * 8).unwrap_or_default());
    }
    let next = auditor.send_control();
    // A beginning of a message is none: its event would come before that of the next sender.
    let events = if next.is_ok() { auditor.sync()? } else { None };
    let acted = events.iter().flatten().filter(|event| event.state.as_deref() != Some("backup")).count();
    let failure = match next {
        Err(stop) => Some(stop.to_string()),
        Ok(_) if acted > 0 => Some(format!("{acted} of them were acted on")),
        Ok(_) => None,
    };
    auditor.note(RESET.entry(), Finding::check(failure, "the next sender was served"));
    Ok(())
}

pub(super) fn gone(auditor: &mut Auditor) -> Result<(), Stop> {
    for _ in 0..50 {
        auditor.check_may_go_on()?;
        let id = auditor.fresh_id();
        auditor.server.target.connect()?.send(&message(&id, "backup"));
    }
    let failure = auditor.send_control().err().map(|stop| stop.to_string());
    // Their own events may come or not; whichever do are out of the way behind this.
    let finding = Finding::check(failure, "the next sender was served");
    if finding.outcome == Outcome::Pass {
        auditor.sync()?;
    }
    auditor.note(GONE_BEFORE_REPLY.entry(), finding);
    Ok(())
}
