//! What `hanotify audit` can be told.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use hanotify::RouterId;
use hanotify_audit::Selector;
use humantime::Duration as Time;

use super::asked::Server;

#[derive(Args)]
#[command(after_long_help = "\
Exit status:
  0  nothing failed, or nothing but known failures
  1  at least one case or probe failed that is not known to; with --strict-known,
     or a known failure passes; with --compare, something didn't fail in the first
     audit, and fails in another
  2  the arguments make no sense, a vector file is malformed, the server can't be
     reached or ended midway, the audit was interrupted or its time was over, or
     output failed (what was found is still reported)

Events:
  --events reads JSON lines with the members `router_id` and `state`, as
  `hanotify serve --format json` writes them; what else a line has, and other
  lines, are ignored. null stands for a value that the agent was told is absent.
  Without events, a 200 for a malformed message fails in any case, and whether
  the agent acted on it is not seen.

Examples:
  hanotify audit --socket /run/agent/keepalived-state-change
  hanotify audit --events - --spawn 'hanotify serve --socket {socket} --format json'
  hanotify audit --socket ./s --events agent.log --report json=a.json --report junit=a.xml
  hanotify audit --socket ./s --write-known-failures known.txt
  hanotify audit --socket ./s --known-failures known.txt
  hanotify audit --socket ./s --only state/list --only 'router-id/*'
  hanotify audit --list --only CWE-664
  hanotify audit --compare old.json new.json --report html=compared.html")]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(super) server: Server,

    /// Use the vectors of this folder (*.json) instead of those in the program
    #[arg(long, value_name = "DIR")]
    pub(super) vectors: Option<PathBuf>,

    /// Audit only the cases and probes that this names: an id, a glob of ids, a weakness (CWE-664), or a level (must,
    /// choice); may be given more than once
    #[arg(long, visible_alias = "only", value_name = "WHICH")]
    pub(super) select: Vec<Selector>,

    /// Leave out the cases and probes that this names, as --select does; may be given more than once
    #[arg(long, value_name = "WHICH")]
    pub(super) skip: Vec<Selector>,

    /// List what would be audited, and send nothing: on each line an id, its level, its weakness and its title, with
    /// tabs between them
    #[arg(long, conflicts_with_all = ["report", "read", "write"])]
    pub(super) list: bool,

    #[command(flatten)]
    pub(super) known: KnownFiles,

    /// Send only the vectors, and leave out the probes, which take longer
    #[arg(long)]
    pub(super) only_vectors: bool,

    /// How many senders notify at once in the burst: 1 to 10,000
    #[arg(
        long,
        value_name = "N",
        default_value_t = hanotify_audit::Audit::BURST,
        value_parser = clap::value_parser!(u16).range(1..=10_000)
    )]
    pub(super) burst: u16,

    /// How long the server may keep a peer that is silent or slow
    #[arg(long, value_name = "DURATION", default_value_t = hanotify_audit::Audit::DEADLINE.into(), value_parser = time)]
    pub(super) deadline: Time,

    /// A router for which the server's agent fails: the audit sees what its sender gets
    #[arg(long, value_name = "ID")]
    pub(super) failing_id: Option<RouterId>,

    /// The process of the server, where the audit doesn't start it: it looks at its descriptors, threads, memory and
    /// children before and after
    #[arg(long, value_name = "PID", conflicts_with = "spawn", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) pid: Option<u32>,

    /// How long the whole audit may take
    #[arg(long, value_name = "DURATION", default_value_t = hanotify_audit::Audit::MAX_TIME.into(), value_parser = time)]
    pub(super) max_time: Time,

    /// List every failing case, not only the first few of each weakness
    #[arg(long)]
    pub(super) all: bool,

    /// Write a report: json=FILE, junit=FILE, sarif=FILE or html=FILE; may be given more than once
    #[arg(long, value_name = "KIND=FILE")]
    pub(super) report: Vec<ReportFile>,

    /// Compare audits that were reported as JSON, instead of auditing: an old one and a new one, or the first with each
    /// of several; one by itself is shown as it was
    #[arg(long, value_name = "FILE", num_args = 1..)]
    #[arg(conflicts_with_all = [
        "socket", "spawn", "events", "vectors", "name", "select", "skip", "list", "read", "write"
    ])]
    pub(super) compare: Vec<PathBuf>,
}

// The lists of known failures. In a doc comment this would be what the command is about.
#[derive(Args)]
pub(super) struct KnownFiles {
    /// Failures that are known, and don't fail the audit: on each line an id or a glob of ids, and the reason
    /// behind a #
    #[arg(long = "known-failures", visible_alias = "baseline", value_name = "FILE")]
    pub(super) read: Option<PathBuf>,

    /// Write what fails to this file, as known failures from now on; the reasons of those that were known stay
    #[arg(long = "write-known-failures", visible_alias = "write-baseline", value_name = "FILE")]
    pub(super) write: Option<PathBuf>,

    /// Fail where a known failure passes, so that the list doesn't grow old
    #[arg(long = "strict-known", requires = "read")]
    pub(super) strict: bool,
}

/// What is asked for.
pub(super) enum Mode<'a> {
    Live,
    List,
    Compare(&'a [PathBuf]),
}

impl Audit {
    pub(super) fn mode(&self) -> Mode<'_> {
        match &*self.compare {
            [] if self.list => Mode::List,
            [] => Mode::Live,
            files => Mode::Compare(files),
        }
    }
}

/// A report, and where it goes.
#[derive(Clone)]
pub(crate) struct ReportFile {
    pub(super) kind: ReportKind,
    pub(super) path: PathBuf,
}

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportKind {
    Json,
    Junit,
    Sarif,
    Html,
}

impl FromStr for ReportFile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected json=FILE, junit=FILE, sarif=FILE or html=FILE";
        let (kind, path) = text.split_once('=').ok_or(expected)?;
        let kind = ReportKind::from_str(kind, false).map_err(|_| expected)?;
        if path.is_empty() { Err(expected) } else { Ok(Self { kind, path: path.into() }) }
    }
}

/// From a tenth of a second to an hour.
fn time(text: &str) -> Result<Time, &'static str> {
    match text.parse::<Time>() {
        Ok(time) if *time >= Duration::from_millis(100) && *time <= Duration::from_secs(3_600) => Ok(time),
        _ => Err("expected a number with a unit, such as 15s or 5m; at least 100ms, and at most 1h"),
    }
}
