//! What a hunt has sent.

use std::collections::BTreeMap;

use hanotify::ErrorKind;
use serde::{Deserialize, Serialize};

use super::Sequence;
use super::input::Input;
use crate::vectors::Expected;

/// What a hunt has sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Tally {
    /// The seed with which the messages can be made again.
    pub seed: u64,
    /// How many messages were made and sent.
    pub messages: u64,
    /// How many were sent again: suspects, and what findings were shrunk by.
    pub repeated: u64,
    /// How many suspects showed nothing when they were sent by themselves.
    pub unrepeated: u64,
    /// How many messages there were of each verdict (`accepted`, or the name of the refusal) and each delivery.
    pub kinds: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Tally {
    pub(super) fn count(&mut self, input: &Input, expected: &Expected) {
        self.add(expected.name(), input.delivery.name());
    }

    /// The messages of a sequence, of which some are cut short.
    pub(super) fn count_sequence(&mut self, sequence: &Sequence) {
        for is_whole in sequence.are_whole() {
            self.add(if is_whole { "accepted" } else { ErrorKind::Truncated.name() }, "sequence");
        }
    }

    fn add(&mut self, verdict: &str, delivery: &str) {
        self.messages += 1;
        if !self.kinds.contains_key(verdict) {
            self.kinds.insert(verdict.to_owned(), BTreeMap::new());
        }
        if let Some(deliveries) = self.kinds.get_mut(verdict) {
            *deliveries.entry(delivery.to_owned()).or_default() += 1;
        }
    }
}
