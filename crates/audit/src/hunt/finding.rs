//! A finding: a message that is as small as it was found to be, what it shows, and the rule that says otherwise.

use super::fault::Fault;
use super::input::{Delivery, Input, place};
use super::stateful::Sequence;
use crate::auditor;
use crate::judge;
use crate::probes::replies;
use crate::remedy;
use crate::results::{Entry, Outcome};
use crate::vectors::{Case, Expand, Expected, Level, With};
use crate::way::Way;

/// The longest input that a vector sends in every two pieces.
const LONGEST_SPLIT: usize = 16 << 10;

/// What a hunt has found, one for each cause.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The name, which the same cause has in every hunt: of its files, and of its vector's group.
    pub name: String,
    /// What the server does otherwise than it should.
    pub way: Way,
    /// The bytes that are sent, as few as were found to show it.
    pub input: Vec<u8>,
    /// How they are sent.
    pub delivery: Delivery,
    /// Why it is a finding, in words.
    pub why: String,
    /// How often it was sent again in the end.
    pub checks: u32,
    /// How often it showed the same again.
    pub held: u32,
    /// Whether the server may do so.
    pub is_noted: bool,
    /// Whether it is one of those that were known.
    pub is_known: bool,
    /// The steps, where it takes several connections; `input` has the bytes of all of them then.
    pub sequence: Option<Sequence>,
    pub(super) case: Case,
    /// The published case or the probe that is most like it.
    pub(super) like: String,
}

impl Finding {
    /// The entry that a report has of it.
    pub(super) fn entry(&self) -> Entry {
        let known = self.is_known.then(|| "it was found before".to_owned());
        match self.sequence {
            None => Entry { known, ..judge::about(&self.case) },
            Some(_) => {
                Entry { known, ..Entry::vector(&self.case, "each 200 is heard once, in the order of the replies") }
            }
        }
    }

    /// What is put down of it.
    pub(super) fn put_down(&self, fault: Fault) -> auditor::Finding {
        let outcome = if self.is_noted { Outcome::Noted } else { Outcome::Fail };
        let finding = auditor::Finding::new(outcome, self.why.clone());
        let finding = match &self.sequence {
            None => finding.with(&self.input, &fault.answer),
            Some(sequence) => auditor::Finding { sent: sequence.to_string(), ..finding },
        };
        auditor::Finding { events: fault.events, latency: fault.latency, ..finding }
    }
}

/// How many findings have this verdict. A fault of all replies says nothing of the kind with which it was seen.
pub(super) fn found_of(findings: &[Finding], expected: &Expected) -> usize {
    let of_messages = findings.iter().filter(|finding| !finding.way.is_of_all_replies());
    of_messages.filter(|finding| finding.case.expected.name() == expected.name()).count()
}

/// What a finding is made of.
pub(super) struct Found<'h> {
    pub(super) mark: &'h str,
    pub(super) input: Input,
    pub(super) expected: Expected,
    pub(super) fault: &'h Fault,
    /// How often it was sent again, and how often it showed the same.
    pub(super) checks: (u32, u32),
    pub(super) configured: With,
    pub(super) known: &'h [String],
}

impl Found<'_> {
    /// The finding, with the rule and the risk of the case that is most like it.
    pub(super) fn finding(self, cases: &[Case]) -> Option<Finding> {
        let Input { bytes, delivery } = &self.input;
        let (fault, (checks, held)) = (self.fault, self.checks);
        let like = most_like(cases, bytes, *delivery, &self.expected)?;
        let name = name(fault.way, self.expected.name(), self.mark);
        // What is about no message has the rule of a probe.
        let probe = probe(fault);
        let case = self.case(&name, like, probe.as_ref());
        // A machine that is busy makes a reply late now and then.
        let is_gone = checks > 0 && (held == 0 || (fault.way == Way::Late && held < checks));
        let how = if *delivery == Delivery::Whole { String::new() } else { format!(" ({})", delivery.name()) };
        Some(Finding {
            way: fault.way,
            why: format!("{}{how}{}", fault.why, flaky(checks, held)),
            checks,
            held,
            is_noted: is_gone || (!fault.grave && case.level == Level::Choice),
            is_known: self.known.contains(&name),
            sequence: None,
            like: probe.map_or_else(|| like.id.clone(), |probe| probe.id),
            name,
            case,
            delivery: *delivery,
            input: self.input.bytes,
        })
    }

    /// The case that its vector has.
    fn case(&self, name: &str, like: &Case, probe: Option<&Entry>) -> Case {
        let Input { bytes, delivery } = &self.input;
        let is_split = matches!(delivery, Delivery::Split(_) | Delivery::ByteByByte) && bytes.len() <= LONGEST_SPLIT;
        Case {
            id: format!("{name}/shrunk"),
            title: format!("{}: {}", self.expected.name(), self.fault.way.title()),
            input: bytes.clone(),
            with: self.configured,
            given: None,
            expand: is_split.then_some(Expand::Splits),
            expected: self.expected.clone(),
            level: probe.map_or(like.level, |probe| probe.level),
            rule: probe.map_or_else(|| like.rule.clone(), |probe| probe.rule.clone()),
            cwe: probe.map_or(like.cwe, |probe| probe.cwe),
            risk: probe.map_or_else(|| like.risk.clone(), |probe| probe.risk.clone()),
        }
    }
}

/// The name of a finding, the same in every hunt.
fn name(way: Way, error: &str, mark: &str) -> String {
    match way {
        way if way.is_of_all_replies() => format!("hunt-{}-{:08x}", way.name(), hash(mark)),
        way => format!("hunt-{error}-{}-{:08x}", way.name(), hash(mark)),
    }
}

/// What there is to say of so many checks, of which so many showed it again.
pub(super) fn flaky(checks: u32, held: u32) -> String {
    match checks {
        0 => "; the hunt ended before it was checked".to_owned(),
        checks if held < checks => format!("; flaky: sent again {checks} times, it did so {held} times"),
        _ => String::new(),
    }
}

/// The probe whose rule is broken, where that is no rule of the message.
fn probe(fault: &Fault) -> Option<Entry> {
    match fault.way {
        Way::Malformed => Some(replies::framing(fault.detail)),
        Way::Leaked => Some(replies::NO_TRACEBACK.entry()),
        Way::NoReply | Way::Broken => Some(replies::ALWAYS_A_REPLY.entry()),
        _ => None,
    }
}

/// The published case whose rule is that of this input.
fn most_like<'c>(cases: &'c [Case], bytes: &[u8], delivery: Delivery, expected: &Expected) -> Option<&'c Case> {
    let score = |case: &&Case| match (&case.expected, expected) {
        (
            Expected::Refused { error, offset, field, .. },
            Expected::Refused { error: wanted, offset: at, field: about, .. },
        ) => {
            let (there, here) = (place(&case.input, *offset), place(bytes, *at));
            let is_special = ["precedence/", "splits/", "conditions/"].iter().any(|group| case.id.starts_with(group));
            let is_same_byte = case.input.get(*offset) == bytes.get(*at);
            i32::from(error == wanted) * 64
                + i32::from(field == about) * 16
                + i32::from(there == here) * 8
                + i32::from(there.0 == here.0) * 4
                + i32::from(is_same_byte) * 2
                + i32::from(!is_special) * 32
                + i32::from(case.id.split('/').next() == Some(wanted)) * 3
        }
        (Expected::Accepted { .. }, Expected::Accepted { length, .. }) => {
            let group = match delivery {
                Delivery::Split(_) | Delivery::ByteByByte => "splits/",
                _ if bytes.len() > *length => "accepted-at-the-limit/behind",
                _ if bytes.len() > 900 => "accepted-at-the-limit/f",
                _ => "captures/",
            };
            i32::from(case.id.starts_with(group))
        }
        _ => -1,
    };
    // The first of those that are alike.
    cases.iter().rev().max_by_key(score).filter(|case| score(case) >= 0)
}

/// What to change in the server.
pub(super) fn remedy(finding: &Finding) -> Option<String> {
    remedy::of(&finding.like).filter(|_| !finding.is_noted).map(str::to_owned)
}

/// FNV-1a: the same in every build.
pub(super) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use hanotify::Limits;

    use super::*;
    use crate::hunt::input::expected;
    use crate::vectors::{embedded, in_folder};

    fn found(bytes: &[u8], delivery: Delivery, way: Way) -> Finding {
        let cases: Vec<Case> = embedded().unwrap().into_iter().flat_map(|group| group.cases).collect();
        let fault = Fault { way, grave: false, ..Fault::broken("it was seen".to_owned()) };
        let input = Input { bytes: bytes.to_vec(), delivery };
        let expected = expected(bytes, &Limits::DEFAULT);
        let (mark, known, configured) = ("mark", [], With::default());
        let found = Found { mark, input, expected, fault: &fault, checks: (3, 3), configured, known: &known };
        found.finding(&cases).unwrap()
    }

    const VALID: &str = "GET / HTTP/1.1\r\nHost:a\r\nX-Neutron-Router-Id:9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
        X-Neutron-State:fault\r\n\r\n";

    #[test]
    fn the_file_of_a_finding_is_a_vector_with_the_same_bytes() {
        for (bytes, delivery, way) in [
            (VALID.as_bytes().to_vec(), Delivery::Split(9), Way::Lost),
            (VALID.replace("fault", "Fault").into_bytes(), Delivery::Whole, Way::ActedOn),
            ([VALID.as_bytes(), b"\xff\0"].concat(), Delivery::HalfClosed, Way::NoEvent),
            (VALID.replace(":a", ":\u{e9}").into_bytes(), Delivery::Whole, Way::ActedOn),
            (VALID.as_bytes()[..20].to_vec(), Delivery::Whole, Way::NoReply),
        ] {
            let finding = found(&bytes, delivery, way);
            let folder = tempfile::tempdir().unwrap();
            let text = finding.vector().unwrap();
            std::fs::write(folder.path().join(format!("{}.json", finding.name)), text).unwrap();
            let groups = in_folder(folder.path()).unwrap();
            let [case] = &*groups[0].cases else { panic!("{groups:?}") };
            assert_eq!((&case.input, &case.expected), (&bytes, &finding.case.expected));
            assert_eq!(case.expand.is_some(), matches!(delivery, Delivery::Split(_)));
        }
        assert_eq!(found(&VALID.as_bytes()[..20], Delivery::Gone, Way::ActedOn).vector(), None);
    }

    #[test]
    fn a_malformed_reply_is_no_finding_of_the_kind_with_which_it_was_seen() {
        let ways = [Way::ActedOn, Way::Malformed, Way::Late, Way::NoReply];
        let message = VALID.replace("GET", "PUT");
        let all = ways.map(|way| found(message.as_bytes(), Delivery::Whole, way));
        let of = |text: &str| found_of(&all, &expected(text.as_bytes(), &Limits::DEFAULT));
        assert_eq!((of(&message), of(VALID)), (2, 0));
    }

    #[test]
    fn what_is_of_no_message_has_the_rule_of_a_probe() {
        let finding = found(VALID.as_bytes(), Delivery::Whole, Way::NoReply);
        assert_eq!((&*finding.case.rule, &*finding.like), ("RFC 9112 section 9.6", "probe/always-a-reply"));
        assert!(remedy(&finding).is_some());
    }

    #[test]
    fn the_rule_is_that_of_the_case_that_is_most_like_it() {
        for (from, to, rule, level) in [
            ("fault", "Fault", "RFC 9110 section 5.5", Level::Must),
            ("Host:a\r\n", "Host:a\n", "RFC 9112 section 2.2", Level::Choice),
            ("Host:a\r\n", "Host:a\0\r\n", "RFC 9110 section 5.5", Level::Must),
            ("fault", "fault\u{a0}", "RFC 9110 section 5.5", Level::Must),
            ("9b3a", "9B3a", "RFC 9562 section 4", Level::Choice),
            ("GET", "PUT", "RFC 9110 section 15.5.6", Level::Must),
            ("Host:a\r\n", "", "RFC 9112 section 3.2", Level::Must),
            ("Host", "Transfer-Encoding:chunked\r\nHost", "RFC 9112 section 6.1", Level::Choice),
        ] {
            let finding = found(VALID.replace(from, to).as_bytes(), Delivery::Whole, Way::ActedOn);
            assert_eq!((&*finding.case.rule, finding.case.level), (rule, level), "{from:?} to {to:?}: {finding:?}");
            assert_eq!(finding.is_noted, level == Level::Choice);
        }
    }
}
