//! What became of the notifications, counted.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use rustix::io::Errno;

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It got a reply with this status.
    Answered(u16),
    /// There was no connection to send it on.
    Unreachable(Errno),
    /// Nobody can tell whether the receiver knows of it.
    Lost(Loss),
}

/// How a notification was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// The receiver's backlog was full, and the sender doesn't wait.
    BacklogFull,
    /// The connection broke before the reply.
    Broken,
    /// The connection was closed without a reply.
    NoReply,
    /// The connection was closed in the middle of the reply.
    CutOff,
    /// What came was no reply.
    Malformed,
    /// The time was up before the reply.
    TimeUp,
}

impl Loss {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BacklogFull => "backlog-full",
            Self::Broken => "broken",
            Self::NoReply => "no-reply",
            Self::CutOff => "cut-off",
            Self::Malformed => "malformed",
            Self::TimeUp => "time-up",
        }
    }
}

/// The counts of a burst.
pub(super) struct Tally {
    pub(super) accepted: u64,
    /// Replies other than 200, by their status.
    pub(super) refused: BTreeMap<u16, u64>,
    pub(super) lost: BTreeMap<Loss, u64>,
    /// Connections that could not be made, by what the kernel said.
    pub(super) unreachable: BTreeMap<String, u64>,
    /// Notifications whose first try met a full backlog.
    pub(super) backlog_full: u64,
    /// Tries, first or not, that met a full backlog.
    pub(super) backlog_full_tries: u64,
    /// The highest number of open connections.
    pub(super) at_once: usize,
    /// Microseconds from the first try to connect to the whole reply, of every notification that was answered.
    pub(super) latency: Histogram<u64>,
}

impl Tally {
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self {
            accepted: 0,
            refused: BTreeMap::new(),
            lost: BTreeMap::new(),
            unreachable: BTreeMap::new(),
            backlog_full: 0,
            backlog_full_tries: 0,
            at_once: 0,
            // Three digits are as exact as anybody reads, and a day is as long as a burst may take.
            latency: Histogram::new_with_bounds(1, 24 * 60 * 60 * 1_000_000, 3)?,
        })
    }

    /// Counts a notification whose fate is decided, after `took`.
    pub(super) fn count(&mut self, fate: Fate, took: Duration) {
        match fate {
            Fate::Answered(200) => self.accepted += 1,
            Fate::Answered(status) => *self.refused.entry(status).or_default() += 1,
            Fate::Unreachable(errno) => *self.unreachable.entry(errno.to_string()).or_default() += 1,
            Fate::Lost(loss) => *self.lost.entry(loss).or_default() += 1,
        }
        if matches!(fate, Fate::Answered(_)) {
            self.latency.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Counts so many notifications that the time was too short for.
    pub(super) fn time_up(&mut self, many: u64) {
        if many > 0 {
            *self.lost.entry(Loss::TimeUp).or_default() += many;
        }
    }

    /// Number of notifications that got a reply, whatever it was.
    pub(super) fn answered(&self) -> u64 {
        self.accepted + self.refused_in_all()
    }

    pub(super) fn refused_in_all(&self) -> u64 {
        self.refused.values().sum()
    }

    pub(super) fn lost_in_all(&self) -> u64 {
        self.lost.values().sum()
    }

    pub(super) fn unreachable_in_all(&self) -> u64 {
        self.unreachable.values().sum()
    }

    /// Number of notifications whose fate is known.
    pub(super) fn decided(&self) -> u64 {
        self.answered() + self.lost_in_all() + self.unreachable_in_all()
    }
}
