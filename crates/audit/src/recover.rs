//! What goes on where the server ends, hangs, or is silent about its events: the case that caused it fails, and the
//! audit goes on with a server that was started again.

use std::thread;
use std::time::Duration;

use super::auditor::{Auditor, Finding};
use super::results::Outcome;
use super::stop::Stop;
use super::vectors::Case;

/// How long a server that ends may take until that is seen.
const ENDING: Duration = Duration::from_millis(100);
/// How many of the cases before the last may have caused what is seen at the last.
pub(crate) const SUSPECTS: usize = 3;
/// How often a server that the audit hasn't started is asked whether it is well again.
const ATTEMPTS: usize = 2;

/// How a case is tried.
pub(crate) type Try = fn(&mut Auditor, &Case) -> Result<Finding, Stop>;

/// What broke the server, where the audit can go on: `case`, at which it was seen, or one of those before it.
pub(crate) fn blame(
    auditor: &mut Auditor,
    stop: Stop,
    case: &Case,
    before: &[&Case],
    attempt: Try,
) -> Result<Finding, Stop> {
    let what = revive(auditor, stop)?;
    let fails = |what: &str| Finding::new(Outcome::Fail, what).with(&case.input, b"");
    // Behind each case an event is waited for, which a server that is broken doesn't write: it was this case.
    if auditor.server.events.is_some() || auditor.server.launch.is_none() {
        return Ok(fails(&what));
    }
    let finding = match try_alone(auditor, case, attempt)? {
        Ok(finding) => finding,
        Err(what) => return Ok(fails(&what)),
    };
    for earlier in before.iter().rev().take(SUSPECTS) {
        if let Err(what) = try_alone(auditor, earlier, attempt)? {
            auditor.convict(&earlier.id, &what);
            return Ok(finding);
        }
    }
    Ok(fails(&format!("{what}; sent again by itself, it did no such thing")))
}

/// Sends a case to a server that is well: what is found, or how it broke the server, which is well again then.
fn try_alone(auditor: &mut Auditor, case: &Case, attempt: Try) -> Result<Result<Finding, String>, Stop> {
    match attempt(auditor, case).and_then(|finding| auditor.settle().map(|()| finding)) {
        Ok(finding) => Ok(Ok(finding)),
        Err(stop) => revive(auditor, stop).map(Err),
    }
}

/// Starts a server that is broken again, and says in words what was wrong; the stop, where there is no going on.
pub(crate) fn revive(auditor: &mut Auditor, stop: Stop) -> Result<String, Stop> {
    let stop = match stop {
        Stop::ServerEnded(_) | Stop::Stuck => stop,
        Stop::Lost(_) | Stop::Refuses(_) | Stop::NoEvent => {
            // A server that ended says more than the connection that it no longer accepts.
            thread::sleep(ENDING);
            auditor.check_may_go_on().err().unwrap_or(stop)
        }
        other => return Err(other),
    };
    let what = match &stop {
        Stop::NoEvent => "behind it no event came any more, though a notification was answered 200".to_owned(),
        other => other.to_string(),
    };
    if auditor.server.launch.is_none() {
        return wait_until_well(auditor, stop).map(|then| format!("{what}; {then}"));
    }
    let watch = auditor.watch.clone();
    auditor.server.restart(&watch, &what)?;
    auditor.settle().map_err(|stop| match stop {
        Stop::Time | Stop::Interrupted => stop,
        stop => Stop::NotRestarted(format!("{what}; started again, {stop}")),
    })?;
    // What the one before it held says nothing of this one.
    auditor.held_before = auditor.server.held();
    Ok(format!("{what}; it was started again"))
}

/// A server that somebody else has started may get well by itself, or go on without its events.
fn wait_until_well(auditor: &mut Auditor, stop: Stop) -> Result<&'static str, Stop> {
    for _ in 0..ATTEMPTS {
        match auditor.settle() {
            Ok(()) => return Ok("later it went on"),
            Err(Stop::Lost(_) | Stop::Refuses(_) | Stop::NoEvent | Stop::Stuck) => {}
            Err(other) => return Err(other),
        }
    }
    match stop {
        // At least one notification has had its event, or the audit would not have begun.
        Stop::NoEvent => {
            auditor.server.events = None;
            auditor.send_control().map(|_| "the audit went on without events")
        }
        other => Err(other),
    }
}
