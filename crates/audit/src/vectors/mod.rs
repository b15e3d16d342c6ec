//! The vectors: the cases that test a server, read from JSON as strictly as `corpus/vectors/schema.json` says.
//!
//! `docs/vectors.md` has the form.

mod embedded;
mod raw;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::results::{printable, printable_text, quoted};

/// How many bytes the vector files of a folder may have together.
const LONGEST_FILES: u64 = 16 << 20;
/// How many bytes the inputs of all cases may have together.
const LONGEST_TOTAL: usize = 64 << 20;

/// One input, and what a receiver makes of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// `group/name`.
    pub id: String,
    /// What it is about, in a few words.
    pub title: String,
    /// The bytes that are sent.
    pub input: Vec<u8>,
    /// How the receiver is configured.
    pub with: With,
    /// A circumstance without which the verdict is another one.
    pub given: Option<Given>,
    /// The many inputs that it stands for, if it stands for more than one.
    pub expand: Option<Expand>,
    /// The verdict.
    pub expected: Expected,
    /// Whether a receiver has a choice.
    pub level: Level,
    /// The section of an RFC that says so.
    pub rule: String,
    /// The weakness that a failure shows.
    pub cwe: Weakness,
    /// What comes of it where a receiver does otherwise: a sentence.
    pub risk: String,
}

impl Case {
    /// Every input that this case stands for, as a reader gets them that takes the input as a whole.
    #[must_use]
    pub fn inputs(&self) -> Vec<&[u8]> {
        match self.expand {
            Some(Expand::Truncations) => (0..self.input.len()).filter_map(|len| self.input.get(..len)).collect(),
            _ => vec![&self.input],
        }
    }

    /// What is expected of the first `len` bytes of the input, as one of [`inputs`](Self::inputs).
    #[must_use]
    pub fn expected_of_prefix(&self, len: usize) -> Expected {
        match (&self.expected, self.expand) {
            (Expected::Refused { error, status, field, .. }, Some(Expand::Truncations)) => {
                Expected::Refused { error: error.clone(), status: *status, offset: len, field: field.clone() }
            }
            (expected, _) => expected.clone(),
        }
    }
}

/// The cases of one file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Group {
    /// The file's name without `.json`.
    pub name: String,
    /// What its cases are about, in a few words.
    pub title: String,
    /// The same in a sentence.
    pub about: String,
    /// The cases, in the file's order.
    pub cases: Vec<Case>,
}

/// What is configured otherwise than by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct With {
    /// The receiver takes the word `master` for `primary`.
    #[serde(default)]
    pub legacy: bool,
    /// The longest body that the receiver takes, in bytes.
    #[serde(default)]
    pub body: usize,
}

impl With {
    /// A receiver that takes the word `master` or not, and bodies of at most `body` bytes.
    #[must_use]
    pub const fn new(legacy: bool, body: usize) -> Self {
        Self { legacy, body }
    }
}

/// A circumstance without which the verdict is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Given {
    /// The input has to be exactly one message, as in a file.
    ExactlyOne,
    /// Nothing follows, and the connection's time passes.
    Deadline,
    /// The peer's user and group are not allowed.
    PeerNotAllowed,
    /// The agent can't take an event now.
    SinkBusy,
    /// The agent fails to take the event.
    SinkFailed,
}

/// The many inputs that a case stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Expand {
    /// The input cut short at every byte.
    Truncations,
    /// The input in two pieces, at every byte.
    Splits,
}

/// How binding a case is for a server that is not hanotify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Level {
    /// Any receiver has to do so.
    Must,
    /// An RFC leaves it to the receiver.
    Choice,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a message is accepted or refused, and nothing else")]
pub enum Expected {
    /// The message is accepted.
    Accepted {
        /// The router's id.
        router_id: String,
        /// The state's word.
        state: String,
        /// The message's length, in bytes.
        length: usize,
    },
    /// The message is refused.
    Refused {
        /// The name of the refusal.
        error: String,
        /// The status of the reply.
        status: u16,
        /// The offset of the byte that makes it unacceptable.
        offset: usize,
        /// The field that the refusal is about, where it names one.
        field: Option<String>,
    },
}

impl Expected {
    /// `accepted`, or the name of the refusal.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Refused { error, .. } => error,
        }
    }

    /// The status of the reply.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Accepted { .. } => 200,
            Self::Refused { status, .. } => *status,
        }
    }
}

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

/// Why there are no vectors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// A file or a folder can't be read.
    #[error("{}: {cause}", printable(.path))]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the kernel said.
        cause: io::Error,
    },
    /// There is no vector file in the folder.
    #[error("{}: there is no vector file (*.json)", printable(.path))]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not JSON of the schema's form.
    #[error("{}: {}", printable_text(.file), quoted(&.cause.to_string()))]
    Json {
        /// The file's name.
        file: String,
        /// What is wrong, and where.
        cause: serde_json::Error,
    },
    /// A case contradicts itself.
    #[error("{}: case \"{}\": {fault}", printable_text(.file), quoted(.id))]
    Case {
        /// The file's name.
        file: String,
        /// The case's id.
        id: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// A file contradicts itself.
    #[error("{}: {fault}", printable_text(.file))]
    File {
        /// The file's name.
        file: String,
        /// What is wrong.
        fault: &'static str,
    },
}

/// The vectors that this crate was built with.
///
/// # Errors
///
/// [`VectorError`], which a test of this crate excludes.
pub fn embedded() -> Result<Vec<Group>, VectorError> {
    all(embedded::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

/// Name and text of every file that makes a folder of the vectors which this crate was built with: the vector files,
/// their schema, a README with readers in Python, Go and JavaScript, and the licences.
pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    embedded::FILES.iter().chain(embedded::BESIDE).copied()
}

/// The vectors in a folder: every `*.json` but the schema.
///
/// # Errors
///
/// [`VectorError`] names the file and the case.
pub fn in_folder(folder: &Path) -> Result<Vec<Group>, VectorError> {
    let mut files = Vec::new();
    let mut room = LONGEST_FILES;
    for entry in fs::read_dir(folder).map_err(|cause| unread(folder, cause))? {
        let path = entry.map_err(|cause| unread(folder, cause))?.path();
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if is_json && path.file_stem().is_some_and(|stem| stem != "schema") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, read(&path, &mut room).map_err(|cause| unread(&path, cause))?));
        }
    }
    if files.is_empty() {
        return Err(VectorError::Empty { path: folder.into() });
    }
    files.sort();
    all(files)
}

/// The text of a file, which takes what it needs of `room`, in bytes. A set of vectors may come from anywhere: what is
/// not a file is not read, and neither is more than there is room for.
fn read(path: &Path, room: &mut u64) -> io::Result<String> {
    let other = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what.to_owned()));
    // A FIFO would be waited for when it is opened.
    if !fs::metadata(path)?.is_file() {
        return other("it is not a file");
    }
    let mut text = String::new();
    let read = File::open(path)?.take(*room + 1).read_to_string(&mut text)?;
    match u64::try_from(read).ok().and_then(|read| room.checked_sub(read)) {
        Some(left) => *room = left,
        None => return other("the vector files have over 16 MiB in all"),
    }
    Ok(text)
}

fn unread(path: &Path, cause: io::Error) -> VectorError {
    VectorError::Read { path: path.into(), cause }
}

fn all(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Group>, VectorError> {
    let mut ids = HashSet::new();
    let mut room = LONGEST_TOTAL;
    let mut groups = Vec::new();
    for (file, text) in files {
        let group = raw::group(&file, &text, &mut room)?;
        if let Some(twice) = group.cases.iter().find(|case| !ids.insert(case.id.clone())) {
            return Err(VectorError::Case { file, id: twice.id.clone(), fault: "this id is there twice" });
        }
        groups.push(group);
    }
    Ok(groups)
}
