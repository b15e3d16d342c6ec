//! `hanotify monitor --list`: what a running monitor of all routers watches.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use hanotify::HaState;
use serde::Serialize;

use super::options::Monitor;
use super::shown::{Report, Router, VERSION};
use crate::output::{self, Format, Printable, PrintableJson, datable};
use crate::status::{NEEDS_A_PERSON, ask, chain};
use crate::{FAILED, place};

const GOOD: Style = AnsiColor::Green.on_default();
const IDLE: Style = AnsiColor::Cyan.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Asks once, and says what there is.
pub(super) fn run(args: &Monitor) -> ExitCode {
    let path = place::monitor_of(&args.agent);
    let at = path.display().to_string();
    let report: Report = match ask::ask(path, VERSION, "hanotify monitor --all --status") {
        Ok(report) => report,
        Err(error) => {
            output::complain(Printable(&chain(&error)));
            return ExitCode::from(FAILED);
        }
    };
    let written = match args.format.unwrap_or_else(Format::for_stdout) {
        Format::Json => write_json(&report),
        Format::Text => write_text(&report, &at, &mut output::coloured_stdout()),
    };
    match written {
        Err(error) => output::failed(&error),
        Ok(()) if report.routers.iter().all(|router| router.troubles.is_empty()) => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(NEEDS_A_PERSON),
    }
}

fn write_json(report: &Report) -> io::Result<()> {
    let mut out = output::stdout();
    report.serialize(&mut serde_json::Serializer::with_formatter(&mut out, PrintableJson))?;
    out.write_all(b"\n")?;
    out.flush()
}

fn write_text(report: &Report, at: &str, out: &mut dyn Write) -> io::Result<()> {
    let Report { routers, hanotify, .. } = report;
    writeln!(out, "hanotify {} monitors for {}, {}", Printable(hanotify), Printable(at), datable(report.at))?;
    let count = |counts: &dyn Fn(&Router) -> bool| routers.iter().filter(|router| counts(router)).count();
    let of = |state| count(&|router| router.state == state);
    let [primary, backup, unknown] = [Some(HaState::Primary), Some(HaState::Backup), None].map(of);
    let untold = count(&|router| !router.told);
    let routers_there = if routers.len() == 1 { "1 router".into() } else { format!("{} routers", routers.len()) };
    writeln!(out, "{routers_there}: {primary} primary, {backup} backup, {unknown} not known yet; {untold} not told")?;
    match count(&|router| !router.troubles.is_empty()) {
        0 => writeln!(out, "{GOOD}nothing needs a person{GOOD:#}")?,
        1 => writeln!(out, "{BAD}1 router has trouble{BAD:#}")?,
        troubled => writeln!(out, "{BAD}{troubled} routers have trouble{BAD:#}")?,
    }
    if !routers.is_empty() {
        let head = ("router", "state", "since", "told", "retries", "trouble");
        let (router, state, since, told, retries, trouble) = head;
        writeln!(out, "\n{DIM}{router:<36}  {state:<8}  {since:<24}  {told:<4}  {retries:>7}  {trouble}{DIM:#}")?;
    }
    routers.iter().try_for_each(|router| line(router, out))?;
    out.flush()
}

fn line(router: &Router, out: &mut dyn Write) -> io::Result<()> {
    let (style, state) = match router.state {
        Some(state @ HaState::Primary) => (GOOD, state.as_str()),
        Some(state) => (IDLE, state.as_str()),
        None => (BAD, "-"),
    };
    let (id, since, retries) = (router.router_id, datable(router.since), router.retries);
    let told = if router.told { "yes" } else { "no" };
    let troubles: Vec<_> = router.troubles.iter().map(|trouble| trouble.name()).collect();
    let troubles = troubles.join(", ");
    writeln!(out, "{id}  {style}{state:<8}{style:#}  {since}  {told:<4}  {retries:>7}  {BAD}{troubles}{BAD:#}")
}
