//! Failures that are known: a list of them in a text file, and what an audit makes of it.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use super::glob::{Glob, GlobError};
use super::results::{Outcome, Results, printable_text};

/// The most characters of a reason that are written.
const LONGEST_REASON: usize = 160;
/// What a written list begins with.
const HEAD: &str = "\
# Known failures of an audit by hanotify. A line has the id of a case or a probe, or a glob of ids
# (* is any characters, ? is one), and behind a # the reason why the failure is accepted.
";

/// Failures that are known, and accepted for now. Its text has a line for each:
///
/// ```text
/// # A line that begins with a # is a comment; an empty line says nothing.
/// state/list                 # the agent ignores it: bug 1234
/// router-id/*  # ids are checked by the agent
/// ```
///
/// The first word is the id of a case or a probe, or a [`Glob`] of ids; behind the first `#` is the reason, which has
/// to be there. The text is UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFailures {
    lines: Vec<KnownFailure>,
}

/// One line of a list of known failures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownFailure {
    /// The number of the line, from 1.
    pub line: usize,
    /// Which ids it is about.
    pub ids: Glob,
    /// Why the failure is accepted.
    pub reason: String,
}

/// Why a text is no list of known failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
#[non_exhaustive]
pub struct KnownError {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: KnownFault,
}

/// What is wrong with a line of a list of known failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KnownFault {
    /// It doesn't begin with a glob of ids.
    #[error(transparent)]
    Id(#[from] GlobError),
    /// The failure is accepted without a reason.
    #[error("no reason: write behind a # why this failure is accepted")]
    NoReason,
    /// There are two words before the reason.
    #[error("one id is on a line, and the reason behind a #")]
    TwoWords,
}

/// What a list of known failures makes of an audit, beside the marks in its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale {
    /// Lines whose cases and probes were all seen, and of which none fails any more.
    pub passing: Vec<KnownFailure>,
    /// Lines that name nothing that was audited.
    pub unmatched: Vec<KnownFailure>,
}

impl FromStr for KnownFailures {
    type Err = KnownError;

    fn from_str(text: &str) -> Result<Self, KnownError> {
        let mut lines = Vec::new();
        for (at, text) in text.lines().enumerate() {
            let line = at + 1;
            if let Some((ids, reason)) = read(text).map_err(|fault| KnownError { line, fault })? {
                lines.push(KnownFailure { line, ids, reason });
            }
        }
        Ok(Self { lines })
    }
}

fn read(line: &str) -> Result<Option<(Glob, String)>, KnownFault> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (ids, reason) = line.split_once('#').unwrap_or((line, ""));
    let (ids, reason) = (ids.trim_end(), reason.trim());
    if ids.contains(char::is_whitespace) {
        return Err(KnownFault::TwoWords);
    }
    let ids = ids.parse()?;
    if reason.is_empty() { Err(KnownFault::NoReason) } else { Ok(Some((ids, reason.to_owned()))) }
}

/// The text, which can be read back.
impl fmt::Display for KnownFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        self.lines.iter().try_for_each(|KnownFailure { ids, reason, .. }| writeln!(f, "{ids}  # {reason}"))
    }
}

impl KnownFailures {
    /// The failures that are listed, in the order of their lines.
    #[must_use]
    pub fn lines(&self) -> &[KnownFailure] {
        &self.lines
    }

    /// The list of everything that fails in these results. A failure that is marked as known keeps its reason; the
    /// reason of another one is what the audit found.
    #[must_use]
    pub fn of(results: &Results) -> Self {
        let head = HEAD.lines().count();
        let failing = results.entries.iter().filter(|entry| entry.outcome == Outcome::Fail);
        let listed = failing.filter_map(|entry| {
            let reason = entry.known.clone().unwrap_or_else(|| one_line(&entry.why));
            Some((Glob::of_id(&entry.id)?, reason))
        });
        let numbered = listed.enumerate();
        let lines = numbered.map(|(at, (ids, reason))| KnownFailure { line: head + at + 1, ids, reason }).collect();
        Self { lines }
    }

    /// Marks the failures of these results that are known with their reasons, the first that fits. What it returns is
    /// known and doesn't fail.
    pub fn mark(&self, results: &mut Results) -> Stale {
        for entry in &mut results.entries {
            let line = self.lines.iter().find(|line| line.ids.matches(&entry.id));
            entry.known = line.filter(|_| entry.outcome == Outcome::Fail).map(|line| line.reason.clone());
        }
        let mut stale = Stale::default();
        for line in &self.lines {
            let named = || results.entries.iter().filter(|entry| line.ids.matches(&entry.id));
            let is_still_open = |outcome| matches!(outcome, Outcome::Fail | Outcome::NotSeen);
            if named().next().is_none() {
                stale.unmatched.push(line.clone());
            } else if !named().any(|entry| is_still_open(entry.outcome)) {
                stale.passing.push(line.clone());
            }
        }
        stale
    }
}

/// A reason in one line, in which nothing is a comment's end.
fn one_line(why: &str) -> String {
    let mut reason = String::new();
    for char in printable_text(why).chars().take(LONGEST_REASON) {
        let _ = reason.write_char(char);
    }
    if reason.trim().is_empty() { "it fails".to_owned() } else { reason.trim().to_owned() }
}

#[cfg(test)]
mod tests;
