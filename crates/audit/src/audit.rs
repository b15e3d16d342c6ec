//! What an audit is to do, and what comes of it.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hanotify::RouterId;
use rustix::process::Pid;

use super::error::AuditError;
use super::observer::Observer;
use super::results::{Entry, Results};
use super::run;
use super::selection::{Selection, Selector};
use super::stop::Stop;
use super::vectors::{Case, With};

/// The longest time for a peer: what is reckoned with it is in the reach of every clock.
const LONGEST_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the events of the server's agent come from: lines of JSON with the members `router_id` and `state`.
#[non_exhaustive]
pub enum EventSource {
    /// A file, which is followed from its present end on, or a FIFO.
    File(PathBuf),
    /// The standard output of the server that the audit starts.
    ServerOutput,
    /// Any other stream.
    Stream(Box<dyn Read + Send>),
}

impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::ServerOutput => f.write_str("ServerOutput"),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// What came of an audit that could begin.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// What was found.
    pub results: Results,
    /// Why the audit ended before all of it was done; `None` if all was done.
    pub ended: Option<Stop>,
    /// What is left of the server that was started; `None` if nothing is.
    pub left_behind: Option<LeftBehind>,
}

/// What is left of a server that an audit has started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftBehind {
    /// The folder that was made for its socket, where it could not be removed.
    pub folder: Option<PathBuf>,
    /// The id of its process, where that could not be ended.
    pub process: Option<u32>,
}

/// An audit of one server: what it is to do.
#[derive(Debug)]
pub struct Audit {
    pub(crate) socket: Option<PathBuf>,
    pub(crate) command: Option<String>,
    pub(crate) events: Option<EventSource>,
    pub(crate) cases: Option<Vec<Case>>,
    pub(crate) configured: With,
    pub(crate) selection: Selection,
    pub(crate) probes: bool,
    pub(crate) burst: usize,
    pub(crate) deadline: Duration,
    pub(crate) failing_id: Option<RouterId>,
    pub(crate) max_time: Duration,
    pub(crate) process: Option<Pid>,
    pub(crate) name: Option<String>,
    pub(crate) stop: Arc<AtomicBool>,
}

impl Audit {
    /// How many senders notify at once in the burst, unless another number is set.
    pub const BURST: u16 = 250;
    /// By when the server has to have given up on a silent peer, unless another time is set.
    pub const DEADLINE: Duration = Duration::from_secs(15);
    /// How long a whole audit may take, unless another time is set.
    pub const MAX_TIME: Duration = Duration::from_secs(600);

    /// An audit of the server that listens at this socket.
    #[must_use]
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { socket: Some(socket.into()), ..Self::of_nothing() }
    }

    /// An audit that starts its server with this shell command, and stops it at the end. `{socket}` in the command
    /// becomes the path of the socket, which is in a private folder unless [`with_socket`](Self::with_socket) names
    /// one.
    #[must_use]
    pub fn spawning(command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..Self::of_nothing() }
    }

    fn of_nothing() -> Self {
        Self {
            socket: None,
            command: None,
            events: None,
            cases: None,
            configured: With::default(),
            selection: Selection::default(),
            probes: true,
            burst: Self::BURST.into(),
            deadline: Self::DEADLINE,
            failing_id: None,
            max_time: Self::MAX_TIME,
            process: None,
            name: None,
            stop: Arc::default(),
        }
    }

    /// Uses this socket for the server that the audit starts.
    #[must_use]
    pub fn with_socket(self, socket: impl Into<PathBuf>) -> Self {
        Self { socket: Some(socket.into()), ..self }
    }

    /// Reads what the server's agent is told. Without events, a 200 for a malformed message fails in any case, and
    /// whether the agent acted on it is not seen.
    #[must_use]
    pub fn with_events(self, events: EventSource) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Uses these cases in place of the published ones that this crate was built with.
    #[must_use]
    pub fn with_cases(self, cases: Vec<Case>) -> Self {
        Self { cases: Some(cases), ..self }
    }

    /// Says how the server is configured: only the cases for such a server are seen. By default it takes neither the
    /// word `master` nor a body.
    #[must_use]
    pub fn with_configuration(self, configured: With) -> Self {
        Self { configured, ..self }
    }

    /// Audits these cases and probes alone, and whatever else is named so. The default is all of them.
    #[must_use]
    pub fn with_selected(mut self, which: Selector) -> Self {
        self.selection.select.push(which);
        self
    }

    /// Leaves these cases and probes out, though they are selected too.
    #[must_use]
    pub fn with_skipped(mut self, which: Selector) -> Self {
        self.selection.skip.push(which);
        self
    }

    /// Leaves out the probes, which take longer than the cases.
    #[must_use]
    pub fn without_probes(self) -> Self {
        Self { probes: false, ..self }
    }

    /// Sets how many senders notify at once in the burst. The default is [`BURST`](Self::BURST).
    #[must_use]
    pub fn with_burst(self, senders: u16) -> Self {
        Self { burst: senders.max(1).into(), ..self }
    }

    /// Sets by when the server has to have given up on a peer that is silent or slow: at most a day. The default is
    /// [`DEADLINE`](Self::DEADLINE).
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline: deadline.min(LONGEST_DEADLINE), ..self }
    }

    /// Names a router for which the server's agent fails to take events, to see what comes of that.
    #[must_use]
    pub fn with_failing_id(self, id: RouterId) -> Self {
        Self { failing_id: Some(id), ..self }
    }

    /// Sets how long the whole audit may take. The default is [`MAX_TIME`](Self::MAX_TIME).
    #[must_use]
    pub fn with_max_time(self, time: Duration) -> Self {
        Self { max_time: time, ..self }
    }

    /// Names the process of a server that the audit doesn't start: what it and its children hold is looked at before
    /// and after. A number that no process can have is none.
    #[must_use]
    pub fn with_process(self, id: u32) -> Self {
        Self { process: i32::try_from(id).ok().and_then(Pid::from_raw), ..self }
    }

    /// Sets what the server is called in the results. The default is its command or its socket.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Ends the audit soon after this becomes true. A signal handler or another thread may set it.
    #[must_use]
    pub fn with_stop(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// What would be audited: the entries of the cases and of the probes, before anything is found. Nothing is sent,
    /// and no server is started. Of these cases, one whose server is to be configured in another way ends as not seen.
    ///
    /// # Errors
    ///
    /// [`AuditError::NothingSelected`] and [`AuditError::NothingLeft`], as in an audit.
    pub fn list(self) -> Result<Vec<Entry>, AuditError> {
        run::list(self)
    }

    /// Audits the server.
    ///
    /// # Errors
    ///
    /// [`AuditError`], when the audit can't begin. When it can't go on, [`Finished::ended`] says why.
    pub fn run(self, observer: &mut dyn Observer) -> Result<Finished, AuditError> {
        run::run(self, observer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Watch;

    #[test]
    fn no_time_is_out_of_the_reach_of_a_clock() {
        for time in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(u64::MAX), Duration::MAX] {
            let audit = Audit::new("socket").with_deadline(time).with_max_time(time);
            // What the probes reckon with it.
            assert!(std::time::Instant::now().checked_add(audit.deadline * 2).is_some(), "{time:?}");
            let _ = Watch::new(Arc::default(), audit.max_time).check();
        }
    }
}
