//! What was found: how many messages were decided in which way, and those on which the two disagree.

use hanotify::{Error, Status};

/// Disagreements that are told in full, one of each sort; the others are counted.
const SHOWN: usize = 20;

/// The counts of one neighbourhood, or of one thread's part of it.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) messages: u64,
    pub(crate) accepted: u64,
    pub(crate) incomplete: u64,
    /// By the name of the refusal, in the order in which they were met.
    pub(crate) refused: Vec<(&'static str, u64)>,
    pub(crate) disagreements: u64,
    pub(crate) shown: Vec<Disagreement>,
}

/// A message, and what either says of it.
pub(crate) struct Disagreement {
    pub(crate) message: String,
    pub(crate) parser: String,
    pub(crate) reference: String,
}

type Verdict<'a> = Result<Status<'a>, Error>;

impl Tally {
    /// Counts a message.
    pub(crate) fn add(&mut self, message: &[u8], parser: Verdict<'_>, reference: Verdict<'_>) {
        self.messages += 1;
        match reference {
            Ok(Status::Complete { .. }) => self.accepted += 1,
            Ok(Status::Incomplete) => self.incomplete += 1,
            Err(refused) => self.add_refused(refused.kind.name(), 1),
        }
        if parser != reference {
            self.disagree(message, parser, reference);
        }
    }

    fn add_refused(&mut self, name: &'static str, count: u64) {
        match self.refused.iter_mut().find(|(known, _)| std::ptr::eq(*known, name) || *known == name) {
            Some((_, known)) => *known += count,
            None => self.refused.push((name, count)),
        }
    }

    #[cold]
    fn disagree(&mut self, message: &[u8], parser: Verdict<'_>, reference: Verdict<'_>) {
        self.disagreements += 1;
        let (parser, reference) = (format!("{parser:?}"), format!("{reference:?}"));
        let is_new = self.shown.iter().all(|shown| (&shown.parser, &shown.reference) != (&parser, &reference));
        if is_new && self.shown.len() < SHOWN {
            self.shown.push(Disagreement { message: message.escape_ascii().to_string(), parser, reference });
        }
    }

    /// Both together.
    pub(crate) fn plus(mut self, other: Self) -> Self {
        self.messages += other.messages;
        self.accepted += other.accepted;
        self.incomplete += other.incomplete;
        self.disagreements += other.disagreements;
        for (name, count) in other.refused {
            self.add_refused(name, count);
        }
        self.shown.extend(other.shown);
        self.shown.truncate(SHOWN);
        self
    }
}
