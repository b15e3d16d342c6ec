//! What the server holds after the audit and didn't before, and what it does while nobody asks it for anything.

use std::thread;
use std::time::{Duration, Instant};

use super::About;
use crate::auditor::{Auditor, Finding};
use crate::process::Held;
use crate::results::{NEEDS_PROCESS, Outcome};
use crate::stop::Stop;
use crate::vectors::Weakness;

/// How much more of each there may be: a pool grows, and a leak in one of the many cases grows further.
const MORE_DESCRIPTORS: u64 = 40;
const MORE_THREADS: u64 = 40;
const MORE_PROCESSES: u64 = 8;
const MORE_MEMORY: u64 = 64 << 10;
/// How long what was used may take to be given back.
const SETTLES: Duration = Duration::from_secs(3);
/// How long the server is left alone.
const IDLE: Duration = Duration::from_secs(1);
/// How many ticks it may use then: a tick is a hundredth of a second.
const IDLE_TICKS: u64 = 20;
const RULE: &str = "proc(5)";
const RISK: &str = "A peer that sends malformed messages takes what the whole node needs.";

const fn about(name: &'static str, title: &'static str, risk: &'static str, expected: &'static str) -> About {
    About { name, cwe: Weakness::Exceptions, title, rule: RULE, risk, expected }
}

const SAME: &str = "about as many as before";
pub(super) const DESCRIPTORS: About = about("descriptors", "the server's descriptors before and after", RISK, SAME);
pub(super) const THREADS: About = about("threads", "the server's threads before and after", RISK, SAME);
pub(super) const CHILDREN: About = about("children", "the server's processes before and after", RISK, SAME);
pub(super) const MEMORY: About =
    about("memory", "the server's memory before and after", RISK, "at most 64 MiB more than before");
pub(super) const IDLE_TIME: About = about(
    "idle-time",
    "the server's processor time while nothing is sent",
    "The server spins, and takes a processor of its node.",
    "at most a fifth of a second in a second",
);

pub(crate) fn run(auditor: &mut Auditor) -> Result<(), Stop> {
    let (Some(before), Some(after)) = (auditor.held_before, given_back(auditor)?) else {
        for about in [&DESCRIPTORS, &THREADS, &CHILDREN, &MEMORY, &IDLE_TIME] {
            auditor.note(about.entry(), Finding::new(Outcome::NotSeen, NEEDS_PROCESS));
        }
        return Ok(());
    };
    let grown = |before: u64, after: u64, most: u64, what: &str| {
        let said = format!("{before} {what} before, {after} after");
        Finding::check((after > before.saturating_add(most)).then(|| said.clone()), said)
    };
    let finding = grown(before.descriptors, after.descriptors, MORE_DESCRIPTORS, "descriptors");
    auditor.note(DESCRIPTORS.entry(), finding);
    auditor.note(THREADS.entry(), grown(before.threads, after.threads, MORE_THREADS, "threads"));
    auditor.note(CHILDREN.entry(), grown(before.processes, after.processes, MORE_PROCESSES, "processes"));
    auditor.note(MEMORY.entry(), grown(before.memory, after.memory, MORE_MEMORY, "KiB"));
    idle(auditor)
}

/// What is held when it has been given back, or when the time for that is over.
fn given_back(auditor: &mut Auditor) -> Result<Option<Held>, Stop> {
    let Some(before) = auditor.held_before else { return Ok(None) };
    let deadline = Instant::now() + SETTLES;
    loop {
        auditor.check_may_go_on()?;
        let held = auditor.server.held();
        let is_back = held.is_none_or(|held| {
            held.descriptors <= before.descriptors + MORE_DESCRIPTORS && held.threads <= before.threads + MORE_THREADS
        });
        if is_back || Instant::now() > deadline {
            return Ok(held);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn idle(auditor: &mut Auditor) -> Result<(), Stop> {
    let before = auditor.server.held();
    let deadline = Instant::now() + IDLE;
    while let Some(wait) = auditor.watch.glance(deadline) {
        thread::sleep(wait);
    }
    auditor.check_may_go_on()?;
    let finding = match (before, auditor.server.held()) {
        (Some(before), Some(after)) => {
            let ticks = after.ticks.saturating_sub(before.ticks);
            let said = format!("{} ms of a second", ticks * 10);
            Finding::check((ticks > IDLE_TICKS).then(|| said.clone()), said)
        }
        _ => Finding::new(Outcome::NotSeen, NEEDS_PROCESS),
    };
    auditor.note(IDLE_TIME.entry(), finding);
    Ok(())
}
