//! The table by weakness, for people at a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use hanotify_audit::report::link_of_rule;
use hanotify_audit::vectors::Weakness;
use hanotify_audit::{Cause, Entry, Kind, Latency, NEEDS_EVENTS, NEEDS_FAILING_ID, NEEDS_PROCESS, Outcome, Results};

use crate::output::Printable;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
/// How many causes of failures are listed, unless all are asked for.
const FEW: usize = 12;

/// Writes a table for each of these.
pub(super) fn write_all(audits: &[Results], all: bool, out: &mut dyn Write) -> io::Result<()> {
    for audit in audits {
        write(audit, all, out)?;
    }
    out.flush()
}

fn write(audit: &Results, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let verdict = if audit.new_failures().next().is_some() { BAD } else { GOOD };
    writeln!(out, "{STRONG}{}{STRONG:#}", Printable(&audit.name))?;
    writeln!(out, "{verdict}{}{verdict:#}", audit.verdict())?;
    causes(audit, all, out)?;
    writeln!(out, "{:<58} {:>5} {:>5} {:>6} {:>9}", "weakness", "pass", "fail", "noted", "not seen")?;
    for cwe in Weakness::ALL {
        let (code, title) = cwe.code_and_title();
        let count = |outcome| of(audit, cwe, outcome).count();
        let (pass, fail) = (count(Outcome::Pass), count(Outcome::Fail));
        let is_new = of(audit, cwe, Outcome::Fail).any(|entry| entry.known.is_none());
        let style = if is_new { BAD } else { GOOD };
        let (noted, not_seen) = (count(Outcome::Noted), count(Outcome::NotSeen));
        writeln!(
            out,
            "{style}{code}{style:#} {title:<50} {pass:>5} {style}{fail:>5}{style:#} {noted:>6} {not_seen:>9}"
        )?;
    }
    unseen(audit, out)?;
    latencies(audit, out)?;
    strays(audit, out)?;
    totals(audit, out)?;
    writeln!(out)
}

/// How many there are of each outcome, and how it went.
fn totals(audit: &Results, out: &mut dyn Write) -> io::Result<()> {
    let total = |outcome| audit.count(outcome);
    let (pass, fail) = (total(Outcome::Pass), total(Outcome::Fail));
    let (noted, not_seen) = (total(Outcome::Noted), total(Outcome::NotSeen));
    let known = match fail.saturating_sub(audit.new_failures().count()) {
        0 => String::new(),
        known => format!(" ({known} known)"),
    };
    writeln!(
        out,
        "{pass} passed, {fail} failed{known}, {noted} noted, {not_seen} not seen, in {:.0} s",
        audit.seconds
    )?;
    if audit.restarts > 0 {
        writeln!(out, "the server was started again {} times, as what was sent had broken it", audit.restarts)?;
    }
    if let Some(ended) = &audit.ended {
        writeln!(out, "{BAD}incomplete{BAD:#}: {}", Printable(ended))?;
    }
    Ok(())
}

/// The entries of one weakness with one outcome.
fn of(audit: &Results, cwe: Weakness, outcome: Outcome) -> impl Iterator<Item = &Entry> {
    audit.entries.iter().filter(move |entry| entry.cwe == cwe && entry.outcome == outcome)
}

/// The failures by their cause, each with what to change, and those that are known where all are asked for.
fn causes(audit: &Results, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let causes = audit.causes();
    let listed = if all { causes.len() } else { FEW };
    for cause in causes.iter().take(listed) {
        one_cause(audit, cause, all, out)?;
    }
    match causes.len().saturating_sub(listed) {
        0 => {}
        more => writeln!(out, "  {DIM}and {more} more causes: --all lists them{DIM:#}")?,
    }
    for entry in audit.entries.iter().filter(|entry| all && entry.known.is_some()) {
        let reason = entry.known.as_deref().unwrap_or_default();
        writeln!(
            out,
            "  {DIM}known {}: {} ({}){DIM:#}",
            Printable(&entry.id),
            Printable(&entry.why),
            Printable(reason)
        )?;
    }
    Ok(())
}

fn one_cause(audit: &Results, cause: &Cause<'_>, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let listed = if all { cause.failures.len() } else { 1 };
    for entry in cause.failures.iter().take(listed) {
        writeln!(out, "  {BAD}fail{BAD:#} {}: {}", Printable(&entry.id), Printable(&entry.why))?;
    }
    let Some(first) = cause.first() else { return Ok(()) };
    match cause.failures.len().saturating_sub(listed) {
        0 => {}
        more => writeln!(out, "    {DIM}and {more} more of {} in the same way{DIM:#}", Printable(cause.name()))?,
    }
    if let Some(remedy) = &first.remedy {
        writeln!(out, "    to change: {}", Printable(remedy))?;
    }
    let address = link_of_rule(&first.rule).map(|address| format!(", {address}")).unwrap_or_default();
    let (rule, id) = (Printable(&first.rule), Printable(&first.id));
    let (cwe, vectors) = (first.cwe.code_and_title().0, vectors_of(audit, first));
    writeln!(out, "    {DIM}rule: {rule}{address}; {cwe}; alone: hanotify audit{vectors} --only {id}{DIM:#}")
}

/// A case of a folder of somebody's is known with that folder only: the switch, for a shell.
fn vectors_of(audit: &Results, entry: &Entry) -> String {
    let Some(path) = audit.vectors.as_deref().filter(|_| entry.kind == Kind::Vector) else { return String::new() };
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let path = Printable(path);
    if is_plain {
        format!(" --vectors {path}")
    } else {
        format!(" --vectors '{}'", path.to_string().replace('\'', r"'\''"))
    }
}

fn unseen(audit: &Results, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for entry in audit.entries.iter().filter(|entry| entry.outcome == Outcome::NotSeen) {
        match reasons.iter_mut().find(|(why, _)| *why == entry.why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((&entry.why, 1)),
        }
    }
    for (why, count) in reasons {
        writeln!(out, "{DIM}not seen, {count}: {}{}{DIM:#}", Printable(why), switch_for(why))?;
    }
    if !audit.events {
        writeln!(out, "{DIM}not seen: what the agent was told, because there were no events (--events){DIM:#}")?;
    }
    Ok(())
}

/// How soon refusals were answered.
fn latencies(audit: &Results, out: &mut dyn Write) -> io::Result<()> {
    let count = |latency| audit.entries.iter().filter(|entry| entry.latency == Some(latency)).count();
    let classes = [
        (Latency::AtOnce, "at once"),
        (Latency::Soon, "within 250 ms"),
        (Latency::Late, "within a second"),
        (Latency::VeryLate, "later"),
    ];
    let said = classes.map(|(latency, word)| (count(latency), word)).into_iter().filter(|(count, _)| *count > 0);
    match said.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ") {
        said if said.is_empty() => Ok(()),
        said => writeln!(out, "{DIM}answers to cases: {said}{DIM:#}"),
    }
}

/// What came among the events and is none: often an event in pieces.
fn strays(audit: &Results, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = &audit.first_stray_line else { return Ok(()) };
    writeln!(
        out,
        "{DIM}among the events, {} lines are no JSON; the first: {}{DIM:#}",
        audit.stray_lines,
        Printable(first)
    )?;
    if first.contains("router_id") {
        writeln!(out, "{DIM}an event in pieces gets mixed with others: write it, with its line's end, at once{DIM:#}")?;
    }
    Ok(())
}

/// The switch of this command that lets it be seen.
fn switch_for(why: &str) -> &'static str {
    match why {
        NEEDS_EVENTS => " (--events)",
        NEEDS_FAILING_ID => " (--failing-id)",
        NEEDS_PROCESS => " (--spawn or --pid)",
        _ => "",
    }
}
