//! `hanotify burst`: many routers fail over at once, and what became of their notifications.

mod connection;
mod flood;
mod report;
mod routers;
mod tally;

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use rustix::net::SocketAddrUnix;

use self::flood::{Flood, Patience, Stopped};
use self::report::Report;
use self::routers::Routers;
use super::bar::Bar;
use super::output::{self, Format, Printable, complain};
use super::{NOT_REACHED, place, send};

#[derive(Args)]
#[command(after_long_help = "\
Exit status:
  0  every notification was accepted (status 200)
  1  some were not
  2  the arguments make no sense, or input or output failed
  3  the receiver was not reached: not one notification was answered

Examples:
  hanotify burst --socket /run/hanotify/keepalived-state-change --routers 1000
  hanotify burst --socket ./notify --routers 10000 --flaps 2 --no-wait --format json")]
pub(crate) struct Burst {
    /// The receiver's socket: a path of at most 107 bytes [default: where `hanotify serve` of the same user listens]
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(send::socket))]
    socket: Option<PathBuf>,

    /// How many routers fail over, 1 to 1000000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    routers: u32,

    /// How many more times each router changes its state, up to 1000; it sends the next state when the last was
    /// answered
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000))]
    flaps: u32,

    /// When to stop, even if something is unanswered: a number with a unit, such as 60s or 500ms
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = send::timeout)]
    timeout: Duration,

    /// Count a notification that meets a full backlog as lost, as it is with curl; without this it waits as
    /// `hanotify send` does
    #[arg(long)]
    no_wait: bool,

    /// What the router ids are made from: the same number gives the same ids [default: a random one, which the report
    /// states]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// How to write the report [default: text on a terminal, json otherwise]
    #[arg(long)]
    format: Option<Format>,
}

/// Sends the burst, and reports.
pub(crate) fn run(args: &Burst) -> ExitCode {
    // Short enough to be typed again, and to be a number in every reader of JSON.
    let seed = args.seed.unwrap_or_else(|| RandomState::new().hash_one(()) >> 32);
    let given = args.socket.as_deref();
    let socket = match place::find(given) {
        Ok(socket) => socket,
        Err(error) => {
            complain(error);
            return ExitCode::from(NOT_REACHED);
        }
    };
    let report = match flood(args, &socket, seed) {
        Ok(report) => report,
        Err(Stopped::NotReached(errno)) => {
            complain(format_args!(
                "{}: not reached: {errno}: is the agent running, and is this its socket?{}",
                Printable(&socket.to_string_lossy()),
                place::advice(given)
            ));
            return ExitCode::from(NOT_REACHED);
        }
        Err(Stopped::Failed(error)) => {
            complain(format_args!("can't go on: {error}"));
            return ExitCode::from(super::FAILED);
        }
    };
    let written = match args.format.unwrap_or_else(Format::for_stdout) {
        Format::Json => report.write_json(&mut output::stdout()),
        Format::Text => report.write_text(&mut output::coloured_stdout()),
    };
    match written {
        Ok(()) => ExitCode::from(report.exit()),
        Err(error) => output::failed(&error),
    }
}

fn flood(args: &Burst, socket: &Path, seed: u64) -> Result<Report, Stopped> {
    let total = u64::from(args.routers) * (u64::from(args.flaps) + 1);
    let room = super::descriptors::room_for(args.routers);
    if room < args.routers {
        complain(format_args!(
            "at most {room} connections at once, because of the hard limit on open files: the routers go in waves \
            (raise it with `ulimit -Hn`)"
        ));
    }
    let address = SocketAddrUnix::new(socket).map_err(|errno| Stopped::Failed(errno.into()))?;
    let patience = Patience { until: Instant::now() + args.timeout, at_full_backlog: !args.no_wait };
    let bar = Bar::start(total, "{bar:40} {pos}/{len} {elapsed} {per_sec}");
    let start = Instant::now();
    let flood = Flood::new(address, Routers::new(args.routers, args.flaps, seed), room, patience)?;
    let tally = flood.run(|tally| bar.set_position(tally.decided()))?;
    let took = start.elapsed();
    drop(bar);
    Ok(Report { routers: args.routers, flaps: args.flaps, seed, total, room, took, tally })
}
