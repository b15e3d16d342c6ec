//! The vectors: the cases that a server is held against, read from JSON as strictly as `corpus/vectors/schema.json` says.
//!
//! The program and the crate's tests read them with this same code.

mod embedded;
mod raw;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One input, and what a receiver makes of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) input: Vec<u8>,
    pub(crate) with: With,
    pub(crate) given: Option<Given>,
    pub(crate) expand: Option<Expand>,
    pub(crate) expected: Expected,
    pub(crate) level: Level,
    pub(crate) rule: String,
    pub(crate) cwe: Weakness,
    pub(crate) risk: String,
}

/// The cases of one file.
#[derive(Debug)]
#[allow(dead_code, reason = "docs/coverage.md has the words, and a test writes that")]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) cases: Vec<Case>,
}

/// What is configured otherwise than by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct With {
    #[serde(default)]
    pub(crate) legacy: bool,
    #[serde(default)]
    pub(crate) body: usize,
}

/// A circumstance without which the verdict is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Given {
    ExactlyOne,
    Deadline,
    PeerNotAllowed,
    SinkBusy,
    SinkFailed,
}

/// The many inputs that a case stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expand {
    Truncations,
    Splits,
}

/// How binding a case is for a server that is not hanotify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    Must,
    Choice,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Accepted { router_id: String, state: String, length: usize },
    Refused { error: String, status: u16, offset: usize, field: Option<String> },
}

impl Expected {
    #[allow(dead_code, reason = "the tests compare it")]
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Accepted { .. } => 200,
            Self::Refused { status, .. } => *status,
        }
    }
}

/// The eight weaknesses that cases and probes are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Weakness {
    #[serde(rename = "CWE-284")]
    Access,
    #[serde(rename = "CWE-435")]
    Concurrency,
    #[serde(rename = "CWE-664")]
    Lifetime,
    #[serde(rename = "CWE-682")]
    Backlog,
    #[serde(rename = "CWE-691")]
    ControlFlow,
    #[serde(rename = "CWE-693")]
    Protection,
    #[serde(rename = "CWE-703")]
    Exceptions,
    #[serde(rename = "CWE-710")]
    Standards,
}

impl Weakness {
    pub(crate) const ALL: [Self; 8] = [
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
    pub(crate) fn code_and_title(self) -> (&'static str, &'static str) {
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

/// Why there are no vectors.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VectorError {
    #[error("{}: {cause}", .path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("{}: there is no vector file (*.json)", .path.display())]
    Empty { path: PathBuf },
    #[error("{file}: {cause}")]
    Json { file: String, cause: serde_json::Error },
    #[error("{file}: case {id:?}: {fault}")]
    Case { file: String, id: String, fault: &'static str },
    #[error("{file}: {fault}")]
    File { file: String, fault: &'static str },
}

/// The vectors that this program was built with.
pub(crate) fn embedded() -> Result<Vec<Group>, VectorError> {
    all(embedded::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

/// The vectors in a folder: every `*.json` but the schema.
pub(crate) fn in_folder(folder: &Path) -> Result<Vec<Group>, VectorError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|cause| unread(folder, cause))? {
        let path = entry.map_err(|cause| unread(folder, cause))?.path();
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if is_json && path.file_stem().is_some_and(|stem| stem != "schema") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, fs::read_to_string(&path).map_err(|cause| unread(&path, cause))?));
        }
    }
    if files.is_empty() {
        return Err(VectorError::Empty { path: folder.into() });
    }
    files.sort();
    all(files)
}

fn unread(path: &Path, cause: io::Error) -> VectorError {
    VectorError::Read { path: path.into(), cause }
}

fn all(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Group>, VectorError> {
    let mut ids = HashSet::new();
    let mut groups = Vec::new();
    for (file, text) in files {
        let group = raw::group(&file, &text)?;
        if let Some(twice) = group.cases.iter().find(|case| !ids.insert(case.id.clone())) {
            return Err(VectorError::Case { file, id: twice.id.clone(), fault: "this id is there twice" });
        }
        groups.push(group);
    }
    Ok(groups)
}
