//! `hanotify status`: the node at a glance, and whether anything needs a person.

pub(crate) mod ask;
mod attention;
mod folder;
pub(crate) mod report;
mod table;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use hanotify::RouterId;
use serde::Serialize;

use self::attention::{Attention, attention};
use self::report::Report;
use self::table::Screen;
use super::output::{self, Format, Printable, PrintableJson};
use super::{FAILED, place, send};

/// Something needs a person.
pub(crate) const NEEDS_A_PERSON: u8 = 1;

#[derive(Args)]
#[command(after_long_help = "\
Exit status:
  0  nothing needs a person
  1  something does: a router flaps or is in fault, a peer was refused, the
     server was overloaded or could not pass an event on in the last hour,
     its socket's file is gone, it keeps the states of too few routers, or
     routers of Neutron's folder are left out
  2  the arguments make no sense, the node could not be looked at, or output
     failed

Output:
  With --format json there is one line:
  {\"version\":1,\"source\":\"server\",\"at\":\"…\",\"routers\":[{\"router_id\":\"…\",
   \"state\":\"…\",\"settled\":\"…\",\"since\":\"…\",\"changes\":N,
   \"changes_last_hour\":N,\"confirmed\":true,
   \"sender\":{\"pid\":N,\"uid\":N,\"gid\":N}}],\"incomplete\":false,
   \"server\":{\"hanotify\":\"…\",\"socket\":\"…\",
   \"refused\":[{\"error\":\"…\",\"last_hour\":N,\"total\":N}],
   \"limits\":[{\"name\":\"…\",\"now\":N,\"highest\":N,\"most\":N}],
   \"socket_lost\":false,\"routers_not_kept\":N},
   \"attention\":[{\"what\":\"…\",\"text\":\"…\"}]}
  in which `source` is `folder` and `server` null with --ha-confs, `settled`
  is null where no state has settled yet, and `sender` null where only a file
  says the state. Another version has another form. The last hour is rounded
  down by up to 5 minutes.

Examples:
  hanotify status
  hanotify status --watch --socket /var/lib/neutron/keepalived-state-change
  hanotify status --ha-confs /var/lib/neutron/ha_confs --format json")]
pub(crate) struct Status {
    /// The socket of the server, which runs with --status [default: where `hanotify serve` of the same user listens]
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(send::socket))]
    socket: Option<PathBuf>,

    /// Look at Neutron's folder of HA routers and at no server: this has the states alone, as the files say them
    #[arg(long, value_name = "DIR", conflicts_with = "socket")]
    ha_confs: Option<PathBuf>,

    /// How to write it [default: text on a terminal, json otherwise]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Look again and again, with this many seconds between, until interrupted [default: once; 2 without a number]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2",
        value_parser = seconds)]
    watch: Option<u32>,

    /// First have the server forget this router, which has been deleted; a later event of it begins anew
    #[arg(long, value_name = "ROUTER_ID", conflicts_with_all = ["ha_confs", "watch"])]
    forget: Option<RouterId>,

    /// How many changes of a router in an hour need a person
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..))]
    flapping: u32,
}

/// From a second to a day.
fn seconds(text: &str) -> Result<u32, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.ok_or("expected a whole number of seconds, from 1 to 86400")
}

/// Looks, and says what there is.
pub(crate) fn run(status: &Status) -> ExitCode {
    loop {
        let code = look(status);
        let Some(seconds) = status.watch else { return code.unwrap_or_else(|cause| output::failed(&cause)) };
        if let Err(cause) = code {
            return output::failed(&cause);
        }
        thread::sleep(Duration::from_secs(seconds.into()));
    }
}

/// Looks once: what the exit code is by that, or why nothing could be written.
fn look(status: &Status) -> io::Result<ExitCode> {
    let report = match report(status) {
        Ok(report) => report,
        Err(cause) => {
            output::complain(Printable(&chain(cause.as_ref())));
            return Ok(ExitCode::from(FAILED));
        }
    };
    let attention = attention(&report, status.flapping);
    match status.format.unwrap_or_else(Format::for_stdout) {
        Format::Json => write_json(&report, &attention)?,
        Format::Text => write_text(status, &report, &attention)?,
    }
    Ok(if attention.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NEEDS_A_PERSON) })
}

fn report(status: &Status) -> Result<Report, Box<dyn Error>> {
    if let Some(folder) = &status.ha_confs {
        return folder::look(folder);
    }
    let socket = place::find(status.socket.as_deref())?;
    if status.socket.is_none() {
        place::check(&socket).map_err(|cause| format!("no server at {}: {cause}", socket.display()))?;
    }
    if let Some(router_id) = status.forget {
        ask::forget(&socket, router_id)?;
    }
    Ok(ask::ask(place::status_of(&socket), report::VERSION, ask::SERVER)?)
}

fn write_json(report: &Report, attention: &[Attention]) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        report: &'a Report,
        attention: &'a [Attention],
    }
    let mut out = output::stdout();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, PrintableJson);
    Line { report, attention }.serialize(&mut serializer)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn write_text(status: &Status, report: &Report, attention: &[Attention]) -> io::Result<()> {
    let mut out = output::coloured_stdout();
    // Where a terminal is drawn again, no more is written than it shows.
    let redraws = status.watch.is_some() && io::stdout().is_terminal();
    let size = redraws.then(|| rustix::termios::tcgetwinsize(io::stdout()).ok()).flatten();
    let screen = size.map(|size| Screen { rows: size.ws_row.into(), columns: size.ws_col.into() });
    if redraws {
        out.write_all(b"\x1b[H\x1b[2J")?;
    }
    table::write(report, attention, screen.filter(|screen| screen.rows > 0 && screen.columns > 0), &mut out)
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
