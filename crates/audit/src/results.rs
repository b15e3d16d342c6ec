//! What an audit finds: one entry for each case and probe, and the whole as a JSON document.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hunt::Tally;
use super::vectors::{Case, Level, Weakness};

/// How a server does on a case or a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::exhaustive_enums, reason = "the table has a column for each")]
pub enum Outcome {
    /// It does as it should.
    Pass,
    /// It does what it must not.
    Fail,
    /// It does otherwise than hanotify, as it may.
    Noted,
    /// Nothing could be seen of it; the entry says why.
    NotSeen,
}

/// How soon the first byte of an answer came. The classes are wide, as a machine may be busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Latency {
    /// Within 25 ms.
    AtOnce,
    /// Within 250 ms.
    Soon,
    /// Later, as when the server waits until its peer has finished: that is 300 ms.
    Late,
    /// After a second or more.
    VeryLate,
}

impl Latency {
    pub(crate) fn of(took: Duration) -> Self {
        match took.as_millis() {
            ..25 => Self::AtOnce,
            25..250 => Self::Soon,
            250..1_000 => Self::Late,
            _ => Self::VeryLate,
        }
    }
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// A published case.
    Vector,
    /// A probe of behaviour.
    Probe,
}

/// A case or a probe, and how the server did. Bytes are escaped, so that nothing in it steers a terminal or a page.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Entry {
    /// The name of the case or the probe: `group/name` or `probe/name`.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// What it is about, in a few words.
    pub title: String,
    /// The weakness that a failure shows.
    pub cwe: Weakness,
    /// Whether a server has a choice.
    pub level: Level,
    /// How the server does.
    pub outcome: Outcome,
    /// Why, in words.
    pub why: String,
    /// What was to be seen.
    pub expected: String,
    /// What was sent.
    pub sent: String,
    /// What was answered.
    pub answer: String,
    /// What the agent was told.
    pub events: Vec<String>,
    /// The section of an RFC, or the manual page, that says so.
    pub rule: String,
    /// What comes of it where a server does otherwise.
    pub risk: String,
    /// What to change in the server, where it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The shell command that sends the same bytes, where it fails and they are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// How soon the answer to a case began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// How long it took since the entry before, in seconds.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub seconds: f64,
    /// Why a failure is accepted, where it is a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

impl Entry {
    /// The entry of a probe of behaviour, by its name, before anything is found.
    pub(crate) fn probe(name: &str, cwe: Weakness, title: &str, rule: &str, risk: &str, expected: &str) -> Self {
        Self {
            id: format!("probe/{name}"),
            kind: Kind::Probe,
            title: title.to_owned(),
            cwe,
            level: Level::Must,
            expected: expected.to_owned(),
            rule: rule.to_owned(),
            risk: risk.to_owned(),
            outcome: Outcome::NotSeen,
            why: String::new(),
            sent: String::new(),
            answer: String::new(),
            events: Vec::new(),
            remedy: None,
            again: None,
            latency: None,
            seconds: 0.0,
            known: None,
        }
    }

    /// The entry of a case, before anything is found.
    pub(crate) fn vector(case: &Case, expected: &str) -> Self {
        Self {
            id: case.id.clone(),
            kind: Kind::Vector,
            level: case.level,
            ..Self::probe("", case.cwe, &case.title, &case.rule, &case.risk, expected)
        }
    }
}

/// What an audit of one server has found.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Results {
    /// `hanotify-audit`.
    pub format: String,
    /// The version of this form: 1.
    pub version: u32,
    /// The version of the crate that has audited.
    pub hanotify: String,
    /// What the server is called.
    pub name: String,
    /// Its socket, in printable characters.
    pub socket: String,
    /// When the audit began, in UTC (RFC 3339).
    pub started_at: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Whether every case and probe had its turn; if not, `ended` says why.
    pub complete: bool,
    /// Why it ended early, in words.
    pub ended: Option<String>,
    /// Whether the server's events were read.
    pub events: bool,
    /// How often the server was started again, because a case had broken it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub restarts: u32,
    /// How many lines among the events are no JSON.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stray_lines: u64,
    /// The first of them, in printable characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_stray_line: Option<String>,
    /// The folder of the vectors (`--vectors`), in printable characters; `None` if they were the published ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<String>,
    /// What a hunt has sent; `None` if it was an audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunt: Option<Tally>,
    /// What was found, in the order in which it was.
    pub entries: Vec<Entry>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_zero<N: Copy + Into<u128>>(number: &N) -> bool {
    (*number).into() == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives it so")]
fn is_nought(seconds: &f64) -> bool {
    *seconds <= 0.0
}

/// What the member `format` says.
pub(crate) const FORMAT: &str = "hanotify-audit";

impl Results {
    /// How many entries have this outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.entries.iter().filter(|entry| entry.outcome == outcome).count()
    }

    /// The failures that are not known ones.
    pub fn new_failures(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.outcome == Outcome::Fail && entry.known.is_none())
    }

    /// Results without an entry.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        let text = r#"{"format": "hanotify-audit", "version": 1, "hanotify": "", "name": "", "socket": "",
            "started_at": "", "seconds": 0, "complete": true, "ended": null, "events": false, "entries": []}"#;
        serde_json::from_str(text).unwrap()
    }
}

/// Why an entry was not seen where the audit reads no events.
pub const NEEDS_EVENTS: &str = "it needs the server's events";
/// Why an entry was not seen where no router is named for which the agent fails.
pub const NEEDS_FAILING_ID: &str = "it needs a router for which the agent fails";
/// Why an entry was not seen where the server's process is not known.
pub const NEEDS_PROCESS: &str = "it needs the server's process";

/// Bytes as printable ASCII, cut where there are many.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 1_200;
    match bytes.split_at_checked(MOST) {
        Some((first, rest)) if !rest.is_empty() => format!("{}… ({} bytes)", first.escape_ascii(), bytes.len()),
        _ => bytes.escape_ascii().to_string(),
    }
}

/// The shell command that sends these bytes to a socket; `None` where they are many.
pub(crate) fn sending(bytes: &[u8], socket: &str) -> Option<String> {
    const MOST: usize = 1_200;
    let shown = |byte: &u8| match byte {
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b'%' => "%%".to_owned(),
        b' '..=b'~' if *byte != b'\'' => char::from(*byte).to_string(),
        // Octal, which every shell's printf knows.
        _ => format!("\\{byte:03o}"),
    };
    let is_sent = !bytes.is_empty() && bytes.len() <= MOST;
    is_sent.then(|| format!("printf '{}' | nc -U {socket}", bytes.iter().map(shown).collect::<String>()))
}

/// Whether a character shows as itself, and neither steers a terminal nor changes the order of what is around it.
pub(crate) fn is_plain(char: char) -> bool {
    matches!(char, ' '..='~') || (!char.is_ascii() && char.escape_debug().len() == 1)
}

/// A path in printable characters, so that a file's name can't steer a terminal.
pub(crate) fn printable(path: &Path) -> String {
    printable_text(&path.to_string_lossy())
}

/// What a parser says of a file, in printable characters; of a long one without the middle, as the place comes last.
pub(crate) fn quoted(message: &str) -> String {
    let (most, tail) = (200, 60);
    let cut = message.chars().count().checked_sub(most + tail).filter(|&cut| cut > 0);
    let Some(cut) = cut else { return printable_text(message) };
    let (head, tail): (String, String) =
        (message.chars().take(most).collect(), message.chars().skip(most + cut).collect());
    format!("{}… {}", printable_text(&head), printable_text(&tail))
}

/// A text in printable characters: it may quote what comes from outside.
pub(crate) fn printable_text(text: &str) -> String {
    let escaped = |char: char| match char {
        '"' | '\'' => char.to_string(),
        _ => char.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_short_and_has_its_end() {
        assert_eq!(quoted("a\u{1b}[2J\u{202e}\u{9b}"), r"a\u{1b}[2J\u{202e}\u{9b}");
        for (length, is_cut) in [(260, false), (261, true)] {
            let said = quoted(&("é".repeat(length - 2) + "\n7"));
            assert_eq!(said.contains('…'), is_cut, "{length}");
            assert!(said.ends_with("\\n7"), "{said}");
        }
        assert!(quoted(&"\u{1b}".repeat(1 << 20)).len() < 3_000);
    }
}
