//! A finding of a sequence, and the probe whose rule says otherwise.

use super::sequence::Sequence;
use crate::hunt::fault::Fault;
use crate::hunt::finding::{Finding, flaky, hash};
use crate::hunt::input::Delivery;
use crate::probes::{order, replies};
use crate::vectors::{Case, Level, With};
use crate::way::Way;

/// What a finding of a sequence is made of.
pub(super) struct Chain<'h> {
    pub(super) sequence: Sequence,
    pub(super) fault: &'h Fault,
    /// How often it was sent again, and how often it showed the same.
    pub(super) checks: (u32, u32),
    pub(super) configured: With,
    pub(super) known: &'h [String],
}

impl Chain<'_> {
    /// The finding, with the rule and the risk of the probe that is most like it.
    pub(super) fn finding(self) -> Option<Finding> {
        let Self { sequence, fault, checks: (checks, held), configured, known } = self;
        let way = fault.way;
        let probe = match way {
            Way::Reordered => order::ORDER.entry(),
            Way::NoReply | Way::Broken => replies::ALWAYS_A_REPLY.entry(),
            Way::OtherEvent | Way::Lost => order::INTERLEAVED.entry(),
            _ => order::SAME_ROUTER.entry(),
        };
        let name = format!("hunt-sequence-{}-{:08x}", way.name(), hash(&sequence.shape()));
        let case = Case {
            id: format!("{name}/sequence"),
            title: format!("a sequence: {}", way.title()),
            input: sequence.bytes(),
            with: configured,
            given: None,
            expand: None,
            expected: sequence.first()?,
            level: Level::Must,
            rule: probe.rule,
            cwe: probe.cwe,
            risk: probe.risk,
        };
        Some(Finding {
            way,
            input: case.input.clone(),
            delivery: Delivery::Whole,
            why: format!("{}{}", fault.why, flaky(checks, held)),
            checks,
            held,
            is_noted: checks > 0 && held == 0,
            is_known: known.contains(&name),
            sequence: Some(sequence),
            name,
            case,
            like: probe.id,
        })
    }
}
