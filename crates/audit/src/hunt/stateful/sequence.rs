//! A sequence: messages over several connections, step by step, and the file that has one.

use std::fmt;

use hanotify::{Limits, RouterId};
use serde::{Deserialize, Serialize};

use crate::hunt::input::{expected, ids};
use crate::results::quoted;
use crate::vectors::Expected;

/// The longest message of a sequence, and the most of them.
const LONGEST: usize = 20_000;
const MOST: usize = 256;

/// One step. A connection is made by the first step of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Step {
    /// So many more bytes of its message are sent.
    Send { connection: usize, bytes: usize },
    /// Its reply is read.
    Reply { connection: usize },
    /// The sender is gone.
    Close { connection: usize },
}

impl Step {
    pub(super) const fn connection(self) -> usize {
        match self {
            Self::Send { connection, .. } | Self::Reply { connection } | Self::Close { connection } => connection,
        }
    }

    /// The same on another connection.
    pub(super) const fn on(self, connection: usize) -> Self {
        match self {
            Self::Send { bytes, .. } => Self::Send { connection, bytes },
            Self::Reply { .. } => Self::Reply { connection },
            Self::Close { .. } => Self::Close { connection },
        }
    }
}

/// Valid messages, one for each connection, and the steps in which they are sent. In the end whoever is in the midst of
/// a message is gone, and the replies that are due are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub(super) messages: Vec<Message>,
    pub(super) steps: Vec<Step>,
}

/// A valid message. The router ids in it stand for other ones, which are new each time that it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) bytes: Vec<u8>,
    pub(super) router: String,
    pub(super) state: String,
}

impl Message {
    /// `None` where the bytes are no valid message, or more than one.
    pub(super) fn of(bytes: Vec<u8>) -> Option<Self> {
        match expected(&bytes, &Limits::DEFAULT) {
            Expected::Accepted { router_id: router, state, length } if length == bytes.len() => {
                Some(Self { bytes, router, state })
            }
            _ => None,
        }
    }

    /// The shortest message of this router, a number, and this state.
    pub(super) fn short(router: usize, state: &str) -> Option<Self> {
        let id = id(router);
        let text = format!("GET / HTTP/1.1\r\nHost:a\r\nX-Neutron-Router-Id:{id}\r\nX-Neutron-State:{state}\r\n\r\n");
        Self::of(text.into_bytes())
    }

    /// The bytes with this id in the place of each.
    pub(super) fn with_id(&self, id: &str) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for at in ids(&self.bytes) {
            let place = bytes.get_mut(at..at.saturating_add(RouterId::TEXT_LEN));
            if let (Some(place), true) = (place, id.len() == RouterId::TEXT_LEN) {
                place.copy_from_slice(id.as_bytes());
            }
        }
        bytes
    }
}

/// The id that stands for the router of this number.
pub(super) fn id(router: usize) -> String {
    format!("00000000-0000-4000-8000-{:012x}", router.saturating_add(1))
}

impl Sequence {
    /// The routers, in the order in which they are sent first.
    pub(super) fn routers(&self) -> Vec<&str> {
        let mut routers: Vec<&str> = Vec::new();
        for message in &self.messages {
            if !routers.contains(&&*message.router) {
                routers.push(&message.router);
            }
        }
        routers
    }

    /// The number of the router that this message is of.
    pub(super) fn router_of(&self, message: &Message) -> usize {
        self.routers().iter().position(|router| **router == message.router).unwrap_or_default()
    }

    /// How many bytes are sent of one message.
    pub(super) fn sent(&self, connection: usize) -> usize {
        self.all_sent().get(connection).map_or(0, |(sent, _)| *sent)
    }

    /// How many bytes are sent of each message, and in how many pieces. Of a file's many steps, each is looked at once.
    fn all_sent(&self) -> Vec<(usize, usize)> {
        let mut all = vec![(0_usize, 0_usize); self.messages.len()];
        for step in &self.steps {
            if let (Step::Send { bytes, .. }, Some((sent, pieces))) = (step, all.get_mut(step.connection())) {
                (*sent, *pieces) = (sent.saturating_add(*bytes), pieces.saturating_add(1));
            }
        }
        for ((sent, _), message) in all.iter_mut().zip(&self.messages) {
            *sent = message.bytes.len().min(*sent);
        }
        all
    }

    /// Of each message, whether it is sent as a whole.
    pub(in crate::hunt) fn are_whole(&self) -> impl Iterator<Item = bool> {
        self.messages.iter().zip(self.all_sent()).map(|(message, (sent, _))| sent == message.bytes.len())
    }

    /// How many messages there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.messages.len()
    }

    /// How many steps there are.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// What the first message is.
    pub(in crate::hunt) fn first(&self) -> Option<Expected> {
        self.messages.first().map(|message| expected(&message.bytes, &Limits::DEFAULT))
    }

    /// What tells causes apart: of how many routers it is, and whether it takes a message twice, pieces, or a sender
    /// that is gone.
    pub(in crate::hunt) fn shape(&self) -> String {
        let has_twice = self.messages.iter().enumerate().any(|(number, one)| {
            self.messages
                .iter()
                .skip(number.saturating_add(1))
                .any(|two| (&one.router, &one.state) == (&two.router, &two.state))
        });
        let is_split = self.all_sent().iter().any(|(_, pieces)| *pieces > 1);
        let is_gone = self.steps.iter().any(|step| matches!(step, Step::Close { .. }));
        let is_cut = !self.are_whole().all(|is_whole| is_whole);
        let is_alone = self.messages.len() == 1;
        let routers = self.routers().len().min(2);
        format!("{is_alone} {routers} {has_twice} {is_split} {is_gone} {is_cut}")
    }

    /// All bytes of its messages, one behind another.
    pub(in crate::hunt) fn bytes(&self) -> Vec<u8> {
        self.messages.iter().flat_map(|message| message.bytes.iter().copied()).collect()
    }

    /// The text of a file that [`Sequence::read`] reads; `about` is for people.
    #[must_use]
    pub fn text(&self, about: &str) -> String {
        let text = |message: &Message| String::from_utf8_lossy(&message.bytes).into_owned();
        let file = File {
            version: 1,
            about: about.to_owned(),
            messages: self.messages.iter().map(text).collect(),
            steps: self.steps.clone(),
        };
        serde_json::to_string_pretty(&file).map(|json| crate::report::printable_json(&json) + "\n").unwrap_or_default()
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// In printable words, what is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| quoted(&error.to_string()))?;
        if file.version != 1 {
            return Err(format!("its version is {}, and this program knows 1", file.version));
        }
        if file.messages.len() > MOST || file.steps.len() > MOST * MOST {
            return Err(format!("it has over {MOST} messages, or too many steps"));
        }
        let messages = file.messages.into_iter().enumerate().map(|(number, text)| {
            let message = Message::of(text.into_bytes()).filter(|message| message.bytes.len() <= LONGEST);
            message.ok_or_else(|| format!("message {number} is not one valid message"))
        });
        let messages: Vec<Message> = messages.collect::<Result<_, _>>()?;
        match file.steps.iter().find(|step| step.connection() >= messages.len()) {
            Some(step) => Err(format!("a step is of message {}, which is not there", step.connection())),
            None => Ok(Self { messages, steps: file.steps }),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    about: String,
    messages: Vec<String>,
    steps: Vec<Step>,
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut at = vec![0_usize; self.messages.len()];
        let routers = self.routers();
        for (number, step) in self.steps.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { "; " })?;
            let (connection, name) = (step.connection(), step.connection().saturating_add(1));
            let (Some(message), Some(at)) = (self.messages.get(connection), at.get_mut(connection)) else { continue };
            match step {
                Step::Reply { .. } => write!(f, "{name} reads its reply")?,
                Step::Close { .. } => write!(f, "{name} is gone")?,
                Step::Send { bytes, .. } => {
                    let (first, len) = (*at == 0, message.bytes.len());
                    *at = at.saturating_add(*bytes).min(len);
                    let router = routers.iter().position(|router| **router == message.router).unwrap_or_default() + 1;
                    match (first, *at == len) {
                        (true, true) => write!(f, "{name} sends \"{}\" of router {router}", message.state)?,
                        (true, false) => {
                            let state = &message.state;
                            write!(f, "{name} sends {at} of {len} bytes of \"{state}\" of router {router}")?;
                        }
                        (false, true) => write!(f, "{name} sends the rest")?,
                        (false, false) => write!(f, "{name} sends up to byte {at}")?,
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn two() -> Sequence {
        let messages = vec![Message::short(0, "primary").unwrap(), Message::short(1, "backup").unwrap()];
        let steps = vec![
            Step::Send { connection: 0, bytes: 20 },
            Step::Send { connection: 1, bytes: 1_000 },
            Step::Send { connection: 0, bytes: 1_000 },
            Step::Reply { connection: 0 },
            Step::Close { connection: 1 },
        ];
        Sequence { messages, steps }
    }

    #[test]
    fn a_file_has_the_same_sequence() {
        assert_eq!(Sequence::read(&two().text("it was seen")), Ok(two()));
    }

    #[test]
    fn a_file_that_is_none_is_refused_in_words() {
        let text = two().text("");
        for (from, to, why) in [
            ("\"version\": 1", "\"version\": 2", "its version is 2"),
            ("primary", "Primary", "message 0 is not one valid message"),
            ("\"connection\": 1", "\"connection\": 2", "a step is of message 2"),
            ("\"steps\"", "\"leaps\"", "unknown field `leaps`"),
        ] {
            let error = Sequence::read(&text.replace(from, to)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn it_reads_as_a_story() {
        let len = two().messages[0].bytes.len();
        let story = format!(
            "1 sends 20 of {len} bytes of \"primary\" of router 1; 2 sends \"backup\" of router 2; \
             1 sends the rest; 1 reads its reply; 2 is gone"
        );
        assert_eq!(two().to_string(), story);
    }
}
