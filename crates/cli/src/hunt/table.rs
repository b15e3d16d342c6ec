//! What was found, for people at a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use hanotify::ErrorKind;
use hanotify_audit::hunt::{Finding, Hunted, Tally};
use hanotify_audit::report::link_of_rule;
use hanotify_audit::{Entry, Outcome, Results};

use crate::output::Printable;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
/// How many findings are listed, unless all are asked for.
const FEW: usize = 20;

/// Writes it.
pub(super) fn write(hunted: &Hunted, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let results = &hunted.results;
    let failures: Vec<&Entry> = results.new_failures().collect();
    let style = if failures.is_empty() { GOOD } else { BAD };
    writeln!(out, "{STRONG}{}{STRONG:#}", Printable(&results.name))?;
    writeln!(out, "{style}{}{style:#}", verdict(results))?;
    let listed = if all { failures.len() } else { FEW };
    for entry in failures.iter().take(listed) {
        let finding = hunted.findings.iter().find(|finding| entry.id.starts_with(&finding.name));
        one(entry, finding, out)?;
    }
    if let more @ 1.. = failures.len().saturating_sub(listed) {
        writeln!(out, "  {DIM}and {more} more: --all lists them{DIM:#}")?;
    }
    for entry in results.entries.iter().filter(|entry| entry.outcome == Outcome::Noted && all) {
        writeln!(out, "  {DIM}noted {}: {}{DIM:#}", Printable(&entry.id), Printable(&entry.why))?;
    }
    for entry in results.entries.iter().filter(|entry| entry.known.is_some() && all) {
        writeln!(out, "  {DIM}known {}: {}{DIM:#}", Printable(&entry.id), Printable(&entry.why))?;
    }
    if !results.events {
        writeln!(out, "{DIM}not seen: what the agent was told, because there were no events (--events){DIM:#}")?;
    }
    if let Some(tally) = &results.hunt {
        sent(tally, results, all, out)?;
    }
    if let Some(ended) = &results.ended {
        writeln!(out, "{BAD}incomplete{BAD:#}: {}", Printable(ended))?;
    }
    out.flush()
}

/// How it went, in one line.
fn verdict(results: &Results) -> String {
    let new = results.new_failures().count();
    let known = results.count(Outcome::Fail) - new;
    let noted = results.count(Outcome::Noted);
    let beside = if known > 0 { format!(", beside {known} known") } else { String::new() };
    let may = if noted > 0 { format!("; {noted} noted, which the RFCs leave to a server") } else { String::new() };
    match new {
        0 => format!("nothing found{beside}{may}"),
        1 => format!("1 finding{beside}{may}"),
        new => format!("{new} findings{beside}{may}"),
    }
}

fn one(entry: &Entry, finding: Option<&Finding>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {BAD}fail{BAD:#} {}: {}", Printable(&entry.id), Printable(&entry.why))?;
    if let Some(finding) = finding {
        match &finding.sequence {
            None => writeln!(out, "    sent: {} ({} bytes)", entry.sent, finding.input.len())?,
            Some(sequence) => writeln!(out, "    sent: {} ({} steps)", Printable(&entry.sent), sequence.steps())?,
        }
        writeln!(out, "    expected: {}", Printable(&entry.expected))?;
    }
    if let Some(remedy) = &entry.remedy {
        writeln!(out, "    to change: {}", Printable(remedy))?;
    }
    let address = link_of_rule(&entry.rule).map(|address| format!(", {address}")).unwrap_or_default();
    writeln!(out, "    {DIM}rule: {}{address}; {}{DIM:#}", Printable(&entry.rule), entry.cwe.code_and_title().0)
}

/// How much was sent, and of what.
fn sent(tally: &Tally, results: &Results, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let kinds = tally.kinds.keys().filter(|kind| *kind != "accepted").count();
    let total = tally.messages + tally.repeated;
    #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
    let rate = total as f64 / results.seconds.max(0.001);
    writeln!(
        out,
        "{} messages of {kinds} of the {} refusal kinds and {} sent again, in {:.0} s: {rate:.0} a second; seed {}",
        tally.messages,
        ErrorKind::ALL.len(),
        tally.repeated,
        results.seconds,
        tally.seed,
    )?;
    if tally.unrepeated > 0 {
        writeln!(out, "{DIM}{} suspects did nothing when they were sent by themselves{DIM:#}", tally.unrepeated)?;
    }
    if results.restarts > 0 {
        writeln!(out, "the server was started again {} times, as what was sent had broken it", results.restarts)?;
    }
    if all { kinds_by_delivery(tally, out) } else { Ok(()) }
}

fn kinds_by_delivery(tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
    const DELIVERIES: [&str; 6] = ["whole", "half-closed", "split", "byte-by-byte", "gone", "sequence"];
    let [whole, half, split, bytes, gone, chain] = DELIVERIES;
    writeln!(out, "{:<24}{whole:>10}{half:>13}{split:>10}{bytes:>14}{gone:>8}{chain:>10}", "messages of")?;
    for (kind, counts) in &tally.kinds {
        let [whole, half, split, bytes, gone, chain] = DELIVERIES.map(|name| counts.get(name).copied().unwrap_or(0));
        writeln!(out, "{:<24}{whole:>10}{half:>13}{split:>10}{bytes:>14}{gone:>8}{chain:>10}", Printable(kind))?;
    }
    Ok(())
}
