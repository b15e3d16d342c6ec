//! The replies: what all of them together show, and whether a peer's bytes come back.

use super::About;
use crate::auditor::{Auditor, Finding, message};
use crate::replies::{FAULTS, Fault, may_be};
use crate::results::{Entry, Outcome};
use crate::stop::Stop;
use crate::target::Finish;
use crate::vectors::{Level, Weakness};

/// Bytes that no server has of its own.
const MARK: &str = "zq7xMARKERxq7z";

pub(super) const ECHO: About = About {
    name: "echo",
    cwe: Weakness::Exceptions,
    title: "a peer's bytes in the reply",
    rule: "RFC 9110 section 17.1",
    risk: "What a peer sends comes back where it is logged or shown.",
    expected: "no byte of the message in its reply",
};
pub(crate) const ALWAYS_A_REPLY: About = About {
    name: "always-a-reply",
    cwe: Weakness::Exceptions,
    title: "no close without a reply",
    rule: "RFC 9112 section 9.6",
    risk: "The shell sender runs under `set -e`: an empty reply ends its router's monitoring for good.",
    expected: "a reply on every connection that sent a byte",
};
/// What all replies together show, beside their framing.
pub(super) const ABOUT_ALL: [&About; 2] = [&ALWAYS_A_REPLY, &NO_TRACEBACK];
pub(crate) const NO_TRACEBACK: About = About {
    name: "no-traceback",
    cwe: Weakness::Exceptions,
    title: "no traceback in a reply",
    rule: "RFC 9110 section 15.6.1",
    risk: "The inside of the server is shown to whoever sends it a malformed message.",
    expected: "replies that tell nothing of the server's inside",
};

/// Sends bytes that would be known again in a reply.
pub(crate) fn echo(auditor: &mut Auditor) -> Result<(), Stop> {
    let good = String::from_utf8_lossy(&message(&auditor.fresh_id(), "backup")).into_owned();
    let places = [
        ("method", good.replacen("POST", MARK, 1)),
        ("target", good.replacen("POST /", &format!("POST /{MARK}"), 1)),
        ("version", good.replacen("HTTP/1.1", MARK, 1)),
        ("name", good.replacen("Accept:", &format!("{MARK} :"), 1)),
        ("value", good.replacen("*/*", &format!("{MARK}\u{1}"), 1)),
        ("host", good.replacen("127.0.0.1", &format!("{MARK}@a"), 1)),
        ("router id", good.replacen("ad17", MARK, 1)),
        ("state", good.replacen("backup", MARK, 1)),
    ];
    let mut echoed = None;
    for (place, sent) in places {
        let exchange = auditor.exchange("probe/echo", sent.as_bytes(), Finish::WhenSilent)?;
        let back = exchange.answer.windows(MARK.len()).any(|window| window == MARK.as_bytes());
        if back && echoed.is_none() {
            let why = format!("the {place} of the message comes back in the reply");
            echoed = Some(Finding::new(Outcome::Fail, why).with(sent.as_bytes(), &exchange.answer));
        }
    }
    auditor.sync()?;
    auditor.note(ECHO.entry(), echoed.unwrap_or_else(|| Finding::new(Outcome::Pass, "nothing comes back")));
    Ok(())
}

/// What all replies together show.
pub(crate) fn conclude(auditor: &mut Auditor) {
    let replies = auditor.seen.replies;
    let silent = auditor.seen.silent().clone();
    let leaks = auditor.seen.leaks().clone();
    auditor.note(ALWAYS_A_REPLY.entry(), concluded(&silent, "closed without a reply", replies));
    auditor.note(NO_TRACEBACK.entry(), concluded(&leaks, "with a traceback", replies));
    for what in FAULTS {
        let fault = auditor.seen.faults().get(what).cloned().unwrap_or_default();
        let mut finding = concluded(&fault, what, replies);
        if may_be(what) && finding.outcome == Outcome::Fail {
            finding.outcome = Outcome::Noted;
        }
        auditor.note(framing(what), finding);
    }
}

/// What is found of all replies, before it is: the fault, and whether a server has a choice.
pub(crate) fn framing(fault: &'static str) -> Entry {
    let dashed = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' };
    let name: String = fault.chars().map(dashed).collect();
    let about = Entry::probe(
        &format!("reply-framing-{}", name.trim_matches('-')),
        Weakness::Standards,
        fault,
        "RFC 9112 section 2.1",
        "A strict sender refuses the reply, and takes an accepted notification for lost.",
        "replies that RFC 9112 allows",
    );
    Entry { level: if may_be(fault) { Level::Choice } else { Level::Must }, ..about }
}

fn concluded(fault: &Fault, what: &str, replies: usize) -> Finding {
    let Fault { count, first, sent, answer } = fault;
    match count {
        0 => Finding::new(Outcome::Pass, format!("not in {replies} replies")),
        _ => Finding::new(Outcome::Fail, format!("{count} times: {what}; first at {first}")).with(sent, answer),
    }
}
