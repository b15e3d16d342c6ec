//! Two audits, entry by entry: what got worse, what got better, and what is the same.

use std::collections::HashMap;

use super::results::{Entry, Outcome, Results};

/// How a case or a probe went in an older audit and in a newer one.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Change<'r> {
    /// Its entry in the older audit, where it is in there.
    pub old: Option<&'r Entry>,
    /// Its entry in the newer audit, where it is in there.
    pub new: Option<&'r Entry>,
}

impl<'r> Change<'r> {
    /// The id, as both have it.
    #[must_use]
    pub fn id(&self) -> &'r str {
        self.new.or(self.old).map_or("", |entry| &entry.id)
    }

    /// What has become of it.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        let outcome = |entry: Option<&Entry>| entry.map_or(Outcome::NotSeen, |entry| entry.outcome);
        match (outcome(self.old), outcome(self.new)) {
            (old, new) if old == new => ChangeKind::Same,
            (Outcome::Pass | Outcome::Noted, Outcome::Fail) if self.new.is_some_and(|new| new.known.is_none()) => {
                ChangeKind::Regression
            }
            (Outcome::Fail, Outcome::Pass | Outcome::Noted) => ChangeKind::Fix,
            (Outcome::NotSeen, _) => ChangeKind::FirstSeen,
            (_, Outcome::NotSeen) => ChangeKind::NoLongerSeen,
            _ => ChangeKind::Other,
        }
    }
}

/// What has become of a case or a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It didn't fail, and fails now; the failure is not a known one.
    Regression,
    /// It failed, and doesn't any more.
    Fix,
    /// The older audit hasn't seen it; whether it fails now says nothing of before.
    FirstSeen,
    /// The newer audit hasn't seen it.
    NoLongerSeen,
    /// It passed and is noted now, or the other way round, or it fails as a known failure.
    Other,
    /// The outcome is the same.
    Same,
}

/// Compares an older audit with a newer one: a change for each id, in the order of the newer one, and then what that
/// one lacks.
#[must_use]
pub fn compare<'r>(old: &'r Results, new: &'r Results) -> Vec<Change<'r>> {
    let mut olds: HashMap<&str, &Entry> = old.entries.iter().map(|entry| (&*entry.id, entry)).collect();
    let mut changes: Vec<_> =
        new.entries.iter().map(|entry| Change { old: olds.remove(&*entry.id), new: Some(entry) }).collect();
    let is_left = |entry: &&Entry| olds.contains_key(&*entry.id);
    changes.extend(old.entries.iter().filter(is_left).map(|entry| Change { old: Some(entry), new: None }));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Weakness;

    fn results(outcomes: &[(&str, Outcome)]) -> Results {
        let entry = |(id, outcome): &(&str, Outcome)| Entry {
            id: (*id).to_owned(),
            outcome: *outcome,
            ..Entry::probe("", Weakness::Access, "", "", "", "")
        };
        Results { entries: outcomes.iter().map(entry).collect(), ..Results::empty() }
    }

    #[test]
    fn each_pair_of_outcomes_is_a_change() {
        use ChangeKind::{FirstSeen, Fix, NoLongerSeen, Other, Regression, Same};
        use Outcome::{Fail, NotSeen, Noted, Pass};
        for (old, new, kind) in [
            (Some(Pass), Some(Fail), Regression),
            (Some(Noted), Some(Fail), Regression),
            (Some(Fail), Some(Pass), Fix),
            (Some(Fail), Some(Noted), Fix),
            (Some(Fail), Some(Fail), Same),
            (Some(Pass), Some(Noted), Other),
            (Some(NotSeen), Some(Fail), FirstSeen),
            (None, Some(Fail), FirstSeen),
            (Some(Fail), Some(NotSeen), NoLongerSeen),
            (Some(Pass), None, NoLongerSeen),
            (None, Some(NotSeen), Same),
        ] {
            let of = |outcome: Option<Outcome>| {
                results(&outcome.map(|outcome| ("a/b", outcome)).into_iter().collect::<Vec<_>>())
            };
            let (old, new) = (of(old), of(new));
            let changes = compare(&old, &new);
            assert_eq!((changes.len(), changes[0].kind(), changes[0].id()), (1, kind, "a/b"));
        }
    }

    #[test]
    fn a_known_failure_is_no_regression() {
        let (old, mut new) = (results(&[("a/b", Outcome::Pass)]), results(&[("a/b", Outcome::Fail)]));
        new.entries[0].known = Some("for now".to_owned());
        assert_eq!(compare(&old, &new)[0].kind(), ChangeKind::Other);
    }

    #[test]
    fn what_the_newer_one_lacks_comes_last() {
        let old = results(&[("a", Outcome::Pass), ("b", Outcome::Pass), ("c", Outcome::Pass)]);
        let new = results(&[("c", Outcome::Pass), ("d", Outcome::Pass)]);
        assert_eq!(compare(&old, &new).iter().map(Change::id).collect::<Vec<_>>(), ["c", "d", "a", "b"]);
    }
}
