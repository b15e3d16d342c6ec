//! What `hanotify hunt` can be told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use humantime::Duration as Time;

use crate::audit::{ReportFile, Server};

#[derive(Args)]
#[command(after_long_help = "\
Exit status:
  0  nothing was found, or nothing but what was known
  1  at least one fault was found that was not known
  2  the arguments make no sense, the server can't be reached or ended midway, the
     hunt was interrupted, or output failed (what was found is still reported)

Findings:
  Each finding is a message that was shrunk while it showed the same, and was sent
  three times again. With --findings it becomes two files of one name: NAME.json, a
  vector that `hanotify audit --vectors` reads, and NAME.http, the bytes to send
  with nc. A cause has the same name in every hunt. What takes several connections
  becomes NAME.sequence, which --replay sends again.

Examples:
  hanotify hunt --events - --spawn './agent --listen {socket}' --for 5m --findings found
  hanotify audit --events - --spawn './agent --listen {socket}' --vectors found
  hanotify hunt --events - --spawn './agent --listen {socket}' --replay found
  hanotify hunt --socket ./s --events agent.log --known found --report junit=hunt.xml")]
pub(crate) struct Hunt {
    #[command(flatten)]
    pub(super) server: Server,

    /// How long to hunt
    #[arg(long = "for", value_name = "DURATION", default_value = "1m", value_parser = time)]
    pub(super) time: Time,

    /// End after so many messages, beside those that are sent again
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) messages: Option<u64>,

    /// Make the messages of this seed again [default: a random one, which is printed]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,

    /// How many connections are open at once: 1 to 256
    #[arg(
        long,
        value_name = "N",
        default_value_t = hanotify_audit::hunt::Hunt::CONNECTIONS,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(hanotify_audit::hunt::Hunt::MOST_CONNECTIONS))
    )]
    pub(super) connections: u16,

    /// Write each finding to this folder, which is made where it is not there: as a vector, and as the bytes alone
    #[arg(long, value_name = "DIR")]
    pub(super) findings: Option<PathBuf>,

    /// The findings of an earlier hunt, which don't fail this one
    #[arg(long, value_name = "DIR")]
    pub(super) known: Option<PathBuf>,

    /// Send the sequences of a folder of findings, or the one of a file, twenty times each, in the place of a hunt; it
    /// needs --events
    #[arg(long, value_name = "PATH", requires = "events", conflicts_with_all = ["messages", "without_vectors"])]
    pub(super) replay: Option<PathBuf>,

    /// Make no use of the published cases, which are mutated otherwise
    #[arg(long)]
    pub(super) without_vectors: bool,

    /// List every finding, and how many messages there were of each verdict and delivery
    #[arg(long)]
    pub(super) all: bool,

    /// Write a report: json=FILE, junit=FILE, sarif=FILE or html=FILE, in the form of an audit's; may be given more
    /// than once
    #[arg(long, value_name = "KIND=FILE")]
    pub(super) report: Vec<ReportFile>,
}

/// From a tenth of a second to a week.
fn time(text: &str) -> Result<Time, &'static str> {
    match text.parse::<Time>() {
        Ok(time) if *time >= Duration::from_millis(100) && *time <= Duration::from_secs(7 * 86_400) => Ok(time),
        _ => Err("expected a number with a unit, such as 30s or 5m; at least 100ms, and at most 7d"),
    }
}
