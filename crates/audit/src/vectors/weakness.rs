//! The weaknesses that cases and probes are grouped by.

use serde::{Deserialize, Serialize};

/// The eight weaknesses that cases and probes are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(clippy::exhaustive_enums, reason = "every case and probe belongs to one of these eight")]
pub enum Weakness {
    /// Who may notify.
    #[serde(rename = "CWE-284")]
    Access,
    /// Concurrent senders: order and isolation.
    #[serde(rename = "CWE-435")]
    Concurrency,
    /// The router id: a value that is one.
    #[serde(rename = "CWE-664")]
    Lifetime,
    /// The backlog: many senders at once.
    #[serde(rename = "CWE-682")]
    Backlog,
    /// Fields: missing, twice, malformed.
    #[serde(rename = "CWE-691")]
    ControlFlow,
    /// The stream: split, late, long, cut off.
    #[serde(rename = "CWE-693")]
    Protection,
    /// Failures: an answer in every case.
    #[serde(rename = "CWE-703")]
    Exceptions,
    /// The protocol: request lines and replies.
    #[serde(rename = "CWE-710")]
    Standards,
}

impl Weakness {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Access,
        Self::Concurrency,
        Self::Lifetime,
        Self::Backlog,
        Self::ControlFlow,
        Self::Protection,
        Self::Exceptions,
        Self::Standards,
    ];

    /// The number in the Common Weakness Enumeration, and what it means for a server of notifications.
    #[must_use]
    pub fn code_and_title(self) -> (&'static str, &'static str) {
        match self {
            Self::Access => ("CWE-284", "access control: who may notify"),
            Self::Concurrency => ("CWE-435", "concurrent senders: order and isolation"),
            Self::Lifetime => ("CWE-664", "the router id: a value that is one"),
            Self::Backlog => ("CWE-682", "the backlog: many senders at once"),
            Self::ControlFlow => ("CWE-691", "fields: missing, twice, malformed"),
            Self::Protection => ("CWE-693", "the stream: split, late, long, cut off"),
            Self::Exceptions => ("CWE-703", "failures: an answer in every case"),
            Self::Standards => ("CWE-710", "the protocol: request lines and replies"),
        }
    }
}
