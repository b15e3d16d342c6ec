//! What a probe is about: what an entry of it says before anything is found.

use crate::results::Entry;
use crate::vectors::Weakness;

/// What a probe is about.
pub(crate) struct About {
    /// The id without `probe/`.
    pub(crate) name: &'static str,
    pub(crate) cwe: Weakness,
    pub(crate) title: &'static str,
    pub(crate) rule: &'static str,
    /// A sentence.
    pub(crate) risk: &'static str,
    pub(crate) expected: &'static str,
}

impl About {
    pub(crate) fn entry(&self) -> Entry {
        Entry::probe(self.name, self.cwe, self.title, self.rule, self.risk, self.expected)
    }
}
