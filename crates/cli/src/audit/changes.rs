//! What `--compare OLD NEW` says: what got worse, what got better, and what is the same.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use hanotify_audit::{Change, ChangeKind, Entry, Outcome, Results, compare};

use crate::output::Printable;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
/// How many changes of a kind are listed that are neither regressions nor fixes, unless all are asked for.
const FEW: usize = 8;

/// Whether something got worse.
pub(super) fn has_regressions(old: &Results, new: &Results) -> bool {
    compare(old, new).iter().any(|change| change.kind() == ChangeKind::Regression)
}

/// Whether the newer audit ended before it had seen what the older one has.
pub(super) fn is_cut_short(old: &Results, new: &Results) -> bool {
    !new.complete && compare(old, new).iter().any(|change| change.new.is_none())
}

pub(super) fn write(old: &Results, new: &Results, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let changes = compare(old, new);
    let of = |kind| changes.iter().filter(move |change| change.kind() == kind);
    let named = |audit: &Results| format!("{} ({})", Printable(&audit.name), Printable(&audit.started_at));
    writeln!(out, "{STRONG}old{STRONG:#} {}\n{STRONG}new{STRONG:#} {}", named(old), named(new))?;
    let (worse, better) = (of(ChangeKind::Regression).count(), of(ChangeKind::Fix).count());
    let (style, regressions) = if worse == 1 { (BAD, "regression") } else { (BAD, "regressions") };
    let style = if worse > 0 { style } else { GOOD };
    // What the older one has not seen and the newer one has not run is not seen in both.
    let same: Vec<&Entry> = of(ChangeKind::Same).filter_map(|change| change.new.or(change.old)).collect();
    writeln!(out, "{style}{worse} {regressions}{style:#}, {better} fixed, {} the same", same.len())?;
    for change in of(ChangeKind::Regression) {
        line(change, BAD, "regression", out)?;
    }
    for change in of(ChangeKind::Fix) {
        line(change, GOOD, "fixed", out)?;
    }
    for (kind, word) in [
        (ChangeKind::FirstSeen, "not seen before"),
        (ChangeKind::NoLongerSeen, "no longer seen"),
        (ChangeKind::Other, "otherwise"),
    ] {
        let listed = if all { usize::MAX } else { FEW };
        of(kind).take(listed).try_for_each(|change| line(change, STRONG, word, out))?;
        match of(kind).count().saturating_sub(listed) {
            0 => {}
            more => writeln!(out, "  {DIM}and {more} more {word}: --all lists them{DIM:#}")?,
        }
    }
    the_same(&same, all, out)?;
    for (audit, which) in [(old, "old"), (new, "new")] {
        if let Some(ended) = &audit.ended {
            writeln!(out, "{BAD}incomplete{BAD:#}: the {which} one: {}", Printable(ended))?;
        }
    }
    writeln!(out)
}

fn line(change: &Change<'_>, style: Style, word: &str, out: &mut dyn Write) -> io::Result<()> {
    let said = |entry: Option<&Entry>| match entry {
        Some(entry) => format!("{}: {}", of(entry), Printable(&entry.why)),
        None => "not run".to_owned(),
    };
    let (id, old, new) = (Printable(change.id()), said(change.old), said(change.new));
    writeln!(out, "  {style}{word}{style:#} {id}\n    {DIM}old{DIM:#} {old}\n    {DIM}new{DIM:#} {new}")
}

fn of(entry: &Entry) -> &'static str {
    match entry.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail if entry.known.is_some() => "fail, known",
        Outcome::Fail => "fail",
        Outcome::Noted => "noted",
        Outcome::NotSeen => "not seen",
    }
}

fn the_same(entries: &[&Entry], all: bool, out: &mut dyn Write) -> io::Result<()> {
    let count = |outcome| entries.iter().filter(|entry| entry.outcome == outcome).count();
    let (pass, fail) = (count(Outcome::Pass), count(Outcome::Fail));
    let (noted, not_seen) = (count(Outcome::Noted), count(Outcome::NotSeen));
    writeln!(out, "the same: {pass} pass, {fail} fail, {noted} noted, {not_seen} not seen")?;
    for entry in entries.iter().filter(|entry| all && entry.outcome == Outcome::Fail) {
        writeln!(out, "  {DIM}still fails{DIM:#} {}: {}", Printable(&entry.id), Printable(&entry.why))?;
    }
    Ok(())
}
