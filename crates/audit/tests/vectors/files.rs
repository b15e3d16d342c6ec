//! The files themselves: enough of them, all in the program, and refused by name where they are spoiled.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hanotify::ErrorKind;

use super::{Expected, cases};
use hanotify_audit::vectors::{Group, Weakness, embedded, in_folder};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors"))
}

#[test]
fn the_program_has_every_file() {
    let ids = |groups: Vec<Group>| -> Vec<_> {
        groups.into_iter().flat_map(|group| group.cases).map(|case| case.id).collect()
    };
    assert_eq!(ids(embedded().unwrap()), ids(in_folder(folder()).unwrap()));
}

#[test]
fn there_are_enough_cases_and_one_for_every_rule_and_weakness() {
    let cases = cases();
    assert!(cases.len() >= 400, "{}", cases.len());
    assert!(cases.iter().filter(|case| case.expected.status() == 200).count() >= 40);
    let told: BTreeSet<_> = cases
        .iter()
        .filter_map(|case| match &case.expected {
            Expected::Refused { error, .. } => Some(error.as_str()),
            Expected::Accepted { .. } => None,
        })
        .collect();
    assert_eq!(told, ErrorKind::ALL.iter().map(ErrorKind::name).collect());
    let weaknesses: BTreeSet<_> = cases.iter().map(|case| case.cwe).collect();
    // Concurrent senders and the backlog show in what many connections do, which is for the audit's probes.
    let behaviour = [Weakness::Concurrency, Weakness::Backlog];
    assert_eq!(weaknesses, Weakness::ALL.into_iter().filter(|cwe| !behaviour.contains(cwe)).collect());
}

/// What is said of a folder with one file, which is a good one but for this change.
fn spoiled(from: &str, to: &str) -> String {
    let text = fs::read_to_string(folder().join("version.json")).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed, "{from}");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("version.json"), changed).unwrap();
    in_folder(folder.path()).unwrap_err().to_string()
}

#[test]
fn a_spoiled_file_is_refused_by_name_and_place() {
    for (from, to, said) in [
        ("\"version\": 1", "\"version\": 2", "version.json: only version 1"),
        ("\"group\": \"version\"", "\"group\": \"other\"", "version.json: the group is not the file's name"),
        ("\"cases\": [", "\"cases\": [],\n\"more\": [", "version.json: unknown field `more`"),
        ("\"id\": \"version/1-0\"", "\"id\": \"other/1-0\"", "version.json: case \"other/1-0\": the id"),
        (
            "\"id\": \"version/1-0\"",
            "\"id\": \"version/2-0\"",
            "version.json: case \"version/2-0\": this id is there twice",
        ),
        ("\"verdict\": \"refused\"", "\"verdict\": \"maybe\"", "version.json: unknown variant `maybe`"),
        ("\"verdict\": \"refused\"", "\"verdict\": \"accepted\"", "an accepted case needs"),
        ("\"status\": 505", "\"status\": 200", "a refused case needs an error and a status"),
        ("\"offset\": 6", "\"offset\": 6000", "a refused case needs an offset within its input"),
        ("\"offset\": 6", "\"length\": 6", "a refused case needs an error and a status"),
        ("\"rule\": \"RFC 9110 section 15.6.6\"", "\"rule\": \"folklore\"", "the rule is no section"),
        ("\"GET / HTTP/1.0", "\"GÉT / HTTP/1.0", "text is ASCII"),
        ("\"cwe\": \"CWE-710\"", "\"cwe\": \"CWE-79\"", "version.json: unknown variant `CWE-79`"),
        ("\"input\": [", "\"input\": [{\"base64\": \"=\"},", "malformed base64"),
        ("\"input\": [", "\"input\": [{\"repeat\": \"aa\", \"times\": 4000000},", "the input is too long"),
        ("]\n}", "", "version.json: EOF while parsing"),
    ] {
        let message = spoiled(from, to);
        assert!(message.contains(said), "{to}: {message}");
    }
}

/// A vector file may come from anywhere, and its name too.
#[test]
fn what_is_said_of_a_vector_file_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a\x1b[2J\u{202e}\n");
    let said = || in_folder(&inner).unwrap_err().to_string();
    let mut messages = vec![said()];
    fs::create_dir(&inner).unwrap();
    messages.push(said());
    for text in [r#"{"\u001b[2J\n": 1}"#, r#"{"version": "\u001b[2J"}"#, r#"{"version": 2, "\u009b\u202e": 1}"#] {
        fs::write(inner.join("b\x1b[2J\n.json"), text).unwrap();
        messages.push(said());
    }
    for message in messages {
        assert!(message.chars().all(|char| matches!(char, ' '..='~')), "{message:?}");
        assert!(message.contains("[2J") && message.contains("\\u{"), "{message}");
    }
}

#[test]
fn a_folder_without_vectors_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(in_folder(folder.path()).unwrap_err().to_string().ends_with("there is no vector file (*.json)"));
    assert!(in_folder(&folder.path().join("missing")).unwrap_err().to_string().contains("No such file"));
}
