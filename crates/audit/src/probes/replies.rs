//! The replies: what all of them together show, and whether a peer's bytes come back.

use crate::auditor::{Auditor, Finding, message};
use crate::replies::{Fault, may_be};
use crate::results::{Entry, Outcome};
use crate::stop::Stop;
use crate::target::Finish;
use crate::vectors::{Level, Weakness};

/// Bytes that no server has of its own.
const MARK: &str = "zq7xMARKERxq7z";

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
    let about = Entry::probe(
        "echo",
        Weakness::Exceptions,
        "a peer's bytes in the reply",
        "RFC 9110 section 17.1",
        "What a peer sends comes back where it is logged or shown.",
        "no byte of the message in its reply",
    );
    auditor.note(about, echoed.unwrap_or_else(|| Finding::new(Outcome::Pass, "nothing comes back")));
    Ok(())
}

/// What all replies together show.
pub(crate) fn conclude(auditor: &mut Auditor) {
    let replies = auditor.seen.replies;
    let silent = auditor.seen.silent().clone();
    let leaks = auditor.seen.leaks().clone();
    let faults: Vec<_> = auditor.seen.faults().iter().map(|(what, fault)| (*what, fault.clone())).collect();
    let about = Entry::probe(
        "always-a-reply",
        Weakness::Exceptions,
        "no close without a reply",
        "RFC 9112 section 9.6",
        "The shell sender runs under `set -e`: an empty reply ends its router's monitoring for good.",
        "a reply on every connection that sent a byte",
    );
    auditor.note(about, concluded(&silent, "closed without a reply", replies));
    let about = Entry::probe(
        "no-traceback",
        Weakness::Exceptions,
        "no traceback in a reply",
        "RFC 9110 section 15.6.1",
        "The inside of the server is shown to whoever sends it a malformed message.",
        "replies that tell nothing of the server's inside",
    );
    auditor.note(about, concluded(&leaks, "with a traceback", replies));
    framing(auditor, replies, &faults);
}

fn framing(auditor: &mut Auditor, replies: usize, faults: &[(&'static str, Fault)]) {
    let about = |name: &str, title: &str| {
        Entry::probe(
            name,
            Weakness::Standards,
            title,
            "RFC 9112 section 2.1",
            "A strict sender refuses the reply, and takes an accepted notification for lost.",
            "replies that RFC 9112 allows",
        )
    };
    if faults.is_empty() {
        let passed = Finding::new(Outcome::Pass, format!("all {replies} replies"));
        auditor.note(about("reply-framing", "replies that RFC 9112 allows"), passed);
    }
    for (what, fault) in faults {
        let name: String = what
            .chars()
            .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
            .collect();
        let mut finding = concluded(fault, what, replies);
        let mut about = about(&format!("reply-framing-{}", name.trim_matches('-')), what);
        if may_be(what) {
            (finding.outcome, about.level) = (Outcome::Noted, Level::Choice);
        }
        auditor.note(about, finding);
    }
}

fn concluded(fault: &Fault, what: &str, replies: usize) -> Finding {
    let Fault { count, first, sent, answer } = fault;
    match count {
        0 => Finding::new(Outcome::Pass, format!("not in {replies} replies")),
        _ => Finding::new(Outcome::Fail, format!("{count} times: {what}; first at {first}")).with(sent, answer),
    }
}
