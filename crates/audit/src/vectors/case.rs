//! A case: what is sent, and the verdict on it.

use serde::{Deserialize, Serialize};

use super::Weakness;

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
