//! Lists of known failures, and what they make of results.

use super::*;
use crate::results::{Entry, FORMAT};
use crate::vectors::Weakness;

fn results(outcomes: &[(&str, Outcome)]) -> Results {
    let entry = |(id, outcome): &(&str, Outcome)| Entry {
        id: (*id).to_owned(),
        outcome: *outcome,
        why: "answered\n200".to_owned(),
        ..Entry::probe("", Weakness::Access, "", "", "", "")
    };
    Results { entries: outcomes.iter().map(entry).collect(), format: FORMAT.to_owned(), ..Results::empty() }
}

#[test]
fn a_line_is_an_id_and_its_reason() {
    let known: KnownFailures = "# a comment\n\n a/b  # because # of\r\nc/*#x\n".parse().unwrap();
    let lines: Vec<_> = known.lines().iter().map(|line| (line.line, line.ids.to_string(), &*line.reason)).collect();
    assert_eq!(lines, [(3, "a/b".to_owned(), "because # of"), (4, "c/*".to_owned(), "x")]);
}

#[test]
fn a_fault_is_told_with_its_line() {
    for (text, said) in [
        ("a/b\n", "line 1: no reason: write behind a # why this failure is accepted"),
        ("\n# x\na/b #  \n", "line 3: no reason: write behind a # why this failure is accepted"),
        ("a/b c # x", "line 1: one id is on a line, and the reason behind a #"),
        ("a/b # x\n[a]/b # x", "line 2: no id has the character '[': * stands for any characters, and ? for one"),
    ] {
        assert_eq!(text.parse::<KnownFailures>().unwrap_err().to_string(), said, "{text:?}");
    }
}

#[test]
fn a_failure_is_known_by_its_id_or_a_glob_and_nothing_else_is() {
    let known: KnownFailures = "a/b # one\na/* # two\n".parse().unwrap();
    let outcomes = [("a/b", Outcome::Fail), ("a/c", Outcome::Fail), ("a/d", Outcome::Pass), ("b/a", Outcome::Fail)];
    let mut results = results(&outcomes);
    assert_eq!(known.mark(&mut results), Stale::default());
    let marks: Vec<_> = results.entries.iter().map(|entry| entry.known.as_deref()).collect();
    assert_eq!(marks, [Some("one"), Some("two"), None, None]);
    assert_eq!(results.new_failures().map(|entry| &*entry.id).collect::<Vec<_>>(), ["b/a"]);
    // A list is no judge of what it was made for before.
    assert_eq!(KnownFailures::default().mark(&mut results), Stale::default());
    assert_eq!(results.new_failures().count(), 3);
}

#[test]
fn what_is_known_and_passes_is_told_from_what_was_not_seen_or_not_audited() {
    let known: KnownFailures = "a/b # r\na/c # r\na/d # r\nb/* # r\nc/* # r\n".parse().unwrap();
    let outcomes = [
        ("a/b", Outcome::Pass),
        ("a/c", Outcome::NotSeen),
        ("a/d", Outcome::Noted),
        ("b/a", Outcome::Pass),
        ("b/b", Outcome::Fail),
    ];
    let stale = known.mark(&mut results(&outcomes));
    let ids = |lines: &[KnownFailure]| lines.iter().map(|line| line.ids.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (ids(&stale.passing), ids(&stale.unmatched)),
        (vec!["a/b".into(), "a/d".into()], vec!["c/*".to_owned()])
    );
}

#[test]
fn what_is_written_is_read_back_and_keeps_its_reasons() {
    let mut results = results(&[("a/b", Outcome::Fail), ("a/c", Outcome::Pass), ("a/d", Outcome::Fail)]);
    "a/d # by hand".parse::<KnownFailures>().unwrap().mark(&mut results);
    let known = KnownFailures::of(&results);
    let text = known.to_string();
    assert!(text.ends_with("\na/b  # answered\\n200\na/d  # by hand\n"), "{text}");
    assert_eq!(text.parse::<KnownFailures>().unwrap(), known);
    known.mark(&mut results);
    assert_eq!(results.new_failures().count(), 0);
}
