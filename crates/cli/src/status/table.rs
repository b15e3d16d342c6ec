//! A report for a person.

use std::cmp::Reverse;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use hanotify::HaState;

use super::attention::Attention;
use super::report::{Report, Router, Sender, Server};
use crate::output::{Printable, datable};

const GOOD: Style = AnsiColor::Green.on_default();
const IDLE: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Of how much of a limit on it is near, in hundredths.
const NEAR: u64 = 80;

/// What a terminal can show: both numbers are above zero.
#[derive(Clone, Copy)]
pub(super) struct Screen {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// Writes the report: first what needs a person, last the routers, of which the one that changed last comes first; and
/// of all this no more than the screen shows, where there is one.
pub(super) fn write(
    report: &Report,
    attention: &[Attention],
    screen: Option<Screen>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Vec::new();
    // What needs a person leaves room for what may be the reason.
    summary(report, attention, screen.map_or(usize::MAX, |screen| (screen.rows / 3).max(1)), &mut text)?;
    if let Some(server) = &report.server {
        of_server(server, &mut text)?;
    }
    let used = String::from_utf8_lossy(&text).lines().count();
    // Four more: the heading with an empty line, a line that says how many are left out, and the one of the cursor.
    routers(report, screen.map(|screen| screen.rows.saturating_sub(used + 4)), &mut text)?;
    match screen {
        None => out.write_all(&text)?,
        Some(Screen { rows, columns }) => {
            for line in String::from_utf8_lossy(&text).lines().take(rows - 1) {
                writeln!(out, "{}", cut(line, columns))?;
            }
        }
    }
    out.flush()
}

/// As much of a line as so many columns show. Its colours take none; what is not ASCII may take two.
fn cut(line: &str, columns: usize) -> String {
    let mut left = columns;
    let mut is_colour = false;
    let mut shown: String = line
        .chars()
        .take_while(|char| {
            is_colour |= *char == '\x1b';
            if is_colour {
                is_colour = *char != 'm';
                return true;
            }
            let width = if char.is_ascii() { 1 } else { 2 };
            let fits = width <= left;
            left = left.saturating_sub(width);
            fits
        })
        .collect();
    if shown.len() < line.len() {
        shown.push_str("\x1b[0m");
    }
    shown
}

fn summary(report: &Report, attention: &[Attention], most: usize, out: &mut dyn Write) -> io::Result<()> {
    let at = datable(report.at);
    match &report.server {
        Some(server) => {
            let (version, socket) = (Printable(&server.hanotify), Printable(&server.socket));
            writeln!(out, "hanotify {version} at {socket}, {at}")?;
        }
        None => writeln!(out, "by the files alone, {at}")?,
    }
    let count = |state| report.routers.iter().filter(|router| router.state == state).count();
    let [primary, backup, fault] = [HaState::Primary, HaState::Backup, HaState::Fault].map(count);
    let (count, noun) = (report.routers.len(), if report.routers.len() == 1 { "router" } else { "routers" });
    write!(out, "{count} {noun}: {primary} primary, {backup} backup, {fault} fault")?;
    match report.routers.iter().filter(|router| !router.confirmed).count() {
        0 => writeln!(out)?,
        unconfirmed => writeln!(out, "; {unconfirmed} of them by their files alone")?,
    }
    if attention.is_empty() {
        return writeln!(out, "{GOOD}nothing needs a person{GOOD:#}");
    }
    for Attention { what, text } in attention.iter().take(most) {
        writeln!(out, "{BAD}{what}{BAD:#}: {text}")?;
    }
    match attention.len().saturating_sub(most) {
        0 => Ok(()),
        more => writeln!(out, "{BAD}and {more} more{BAD:#}"),
    }
}

fn of_server(server: &Server, out: &mut dyn Write) -> io::Result<()> {
    if !server.refused.is_empty() {
        writeln!(out, "\n{DIM}{:<28} {:>10} {:>10}{DIM:#}", "refused", "last hour", "in all")?;
    }
    for refused in &server.refused {
        // A width counts for what is written at once.
        let error = Printable(&refused.error).to_string();
        writeln!(out, "{error:<28} {:>10} {:>10}", refused.last_hour, refused.total)?;
    }
    writeln!(out, "\n{DIM}{:<17} {:>10} {:>10} {:>10}{DIM:#}", "limit", "now", "highest", "most")?;
    for limit in &server.limits {
        let name = Printable(&limit.name).to_string();
        let is_near = limit.highest.saturating_mul(100) >= limit.most.saturating_mul(NEAR);
        let near = if is_near { format!("  {BAD}near{BAD:#}") } else { String::new() };
        writeln!(out, "{name:<17} {:>10} {:>10} {:>10}{near}", limit.now, limit.highest, limit.most)?;
    }
    Ok(())
}

fn routers(report: &Report, most: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    if report.routers.is_empty() {
        return Ok(());
    }
    let mut routers: Vec<_> = report.routers.iter().collect();
    routers.sort_by_key(|router| Reverse(router.since));
    let head = ("router", "state", "since", "changes/h", "last sender");
    writeln!(out, "\n{DIM}{:<36}  {:<9}  {:<24}  {:>9}  {}{DIM:#}", head.0, head.1, head.2, head.3, head.4)?;
    let shown = most.unwrap_or(usize::MAX);
    for router in routers.iter().take(shown) {
        line(router, out)?;
    }
    match routers.len().saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "{DIM}and {more} more{DIM:#}"),
    }
}

fn line(router: &Router, out: &mut dyn Write) -> io::Result<()> {
    let style = match router.state {
        HaState::Primary => GOOD,
        HaState::Backup => IDLE,
        HaState::Fault => BAD,
    };
    let (id, since, changes) = (router.router_id, datable(router.since), router.changes_last_hour);
    // A state that has not lasted for its window yet.
    let settling = if router.settled == Some(router.state) { "" } else { "?" };
    let state = format!("{}{settling}", router.state);
    let sender = match router.sender {
        Some(Sender { pid: Some(pid), uid, gid }) => format!("pid {pid} uid {uid} gid {gid}"),
        Some(Sender { pid: None, uid, gid }) => format!("uid {uid} gid {gid}"),
        None => "none yet: by its file".into(),
    };
    writeln!(out, "{id}  {style}{state:<9}{style:#}  {since}  {changes:>9}  {DIM}{sender}{DIM:#}")
}
