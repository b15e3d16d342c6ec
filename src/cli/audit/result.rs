//! What an audit finds: one entry for each case and probe, and the whole as a JSON document.

use serde::{Deserialize, Serialize};

use super::vectors::{Level, Weakness};

/// How a server does on a case or a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Pass,
    Fail,
    /// It does otherwise than hanotify, as it may.
    Noted,
    NotSeen,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Vector,
    Probe,
}

/// A case or a probe, and how the server did. Bytes are escaped, so that nothing in it steers a terminal or a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) cwe: Weakness,
    pub(crate) level: Level,
    pub(crate) outcome: Outcome,
    pub(crate) why: String,
    pub(crate) expected: String,
    pub(crate) sent: String,
    pub(crate) answer: String,
    pub(crate) events: Vec<String>,
    pub(crate) rule: String,
    pub(crate) risk: String,
}

/// An audit of one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Audit {
    pub(crate) format: String,
    pub(crate) version: u32,
    pub(crate) hanotify: String,
    pub(crate) name: String,
    pub(crate) socket: String,
    pub(crate) started_at: String,
    pub(crate) seconds: f64,
    /// Whether every case and probe had its turn; if not, `ended` says why.
    pub(crate) complete: bool,
    pub(crate) ended: Option<String>,
    /// Whether the server's events were read.
    pub(crate) events: bool,
    pub(crate) entries: Vec<Entry>,
}

/// What the member `format` says.
pub(super) const FORMAT: &str = "hanotify-audit";

impl Audit {
    /// The entries of one weakness with one outcome.
    pub(super) fn of(&self, cwe: Weakness, outcome: Outcome) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.cwe == cwe && entry.outcome == outcome)
    }

    pub(super) fn count(&self, outcome: Outcome) -> usize {
        self.entries.iter().filter(|entry| entry.outcome == outcome).count()
    }
}

/// Bytes as printable ASCII, cut where there are many.
pub(super) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 1_200;
    match bytes.split_at_checked(MOST) {
        Some((first, rest)) if !rest.is_empty() => format!("{}… ({} bytes)", first.escape_ascii(), bytes.len()),
        _ => bytes.escape_ascii().to_string(),
    }
}
