//! Failures of one cause: those of one group that went wrong in one way.

use super::results::{Entry, Outcome, Results};

/// Failures that likely have one cause, so that one change of the server mends all of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Cause<'r> {
    /// The failures, in the order in which they were found; at least one.
    pub failures: Vec<&'r Entry>,
}

impl<'r> Cause<'r> {
    /// The first of the failures.
    #[must_use]
    pub fn first(&self) -> Option<&'r Entry> {
        self.failures.first().copied()
    }

    /// What its cases have in common: the group of a case, or the id of a probe.
    #[must_use]
    pub fn name(&self) -> &'r str {
        self.first().map_or("", |entry| group(&entry.id))
    }
}

impl Results {
    /// The failures that are not known, by their cause: the probes first, and then the causes with the most failures.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause<'_>> {
        let mut causes: Vec<Cause<'_>> = Vec::new();
        for entry in self.new_failures() {
            let is_of = |cause: &&mut Cause<'_>| {
                cause.first().is_some_and(|first| group(&first.id) == group(&entry.id) && way(first) == way(entry))
            };
            match causes.iter_mut().find(is_of) {
                Some(cause) => cause.failures.push(entry),
                None => causes.push(Cause { failures: vec![entry] }),
            }
        }
        let rank = |cause: &Cause<'_>| (!cause.name().starts_with("probe/"), usize::MAX - cause.failures.len());
        causes.sort_by_key(rank);
        causes
    }

    /// How the server did, in one line.
    #[must_use]
    pub fn verdict(&self) -> String {
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let (new, causes) = (self.new_failures().count(), self.causes().len());
        let known = self.count(Outcome::Fail) - new;
        let accepted = if known > 0 { format!(", beside {}", count(known, "known failure")) } else { String::new() };
        let of = format!("{} cases and probes", self.entries.len());
        let begun = if self.complete { String::new() } else { ", and it ended early".to_owned() };
        if new == 0 {
            return format!("no failure in {of}{accepted}{begun}");
        }
        format!("{} of {} in {of}{accepted}{begun}", count(new, "failure"), count(causes, "cause"))
    }
}

/// The group of a case, or the id of a probe.
fn group(id: &str) -> &str {
    match id.split_once('/') {
        Some((group, _)) if group != "probe" => group,
        _ => id,
    }
}

/// How it went wrong, without what is of one case alone.
fn way(entry: &Entry) -> &str {
    entry.why.split([':', ';', '(', '"']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Weakness;

    fn results(whys: &[(&str, &str)]) -> Results {
        let entry = |(id, why): &(&str, &str)| Entry {
            id: (*id).to_owned(),
            why: (*why).to_owned(),
            outcome: Outcome::Fail,
            ..Entry::probe("", Weakness::Access, "", "", "", "")
        };
        Results { entries: whys.iter().map(entry).collect(), ..Results::empty() }
    }

    #[test]
    fn failures_of_one_group_and_one_way_are_one_cause() {
        let results = results(&[
            ("state/one", "answered 200"),
            ("router-id/nil", "acted on (answered 200): the event has router_id \"0\", state \"primary\""),
            ("router-id/urn", "acted on (answered 200): the event has router_id \"urn:1\", state \"primary\""),
            ("router-id/x", "closed without a reply"),
            ("probe/burst", "1 of 2 answered with 200"),
            ("probe/echo", "the method of the message comes back in the reply"),
        ]);
        let causes = results.causes();
        let said: Vec<_> = causes.iter().map(|cause| (cause.name(), cause.failures.len())).collect();
        assert_eq!(said, [("probe/burst", 1), ("probe/echo", 1), ("router-id", 2), ("state", 1), ("router-id", 1)]);
        assert_eq!(results.verdict(), "6 failures of 5 causes in 6 cases and probes");
    }

    #[test]
    fn a_verdict_says_what_is_known_and_what_was_not_seen() {
        let mut results = results(&[("a/b", "x")]);
        results.complete = false;
        assert_eq!(results.verdict(), "1 failure of 1 cause in 1 cases and probes, and it ended early");
        results.complete = true;
        results.entries[0].known = Some("r".to_owned());
        assert_eq!(results.verdict(), "no failure in 1 cases and probes, beside 1 known failure");
        results.entries.clear();
        assert_eq!(results.verdict(), "no failure in 0 cases and probes");
    }
}
