//! Audits that are compared: whatever stands in the place of their JSON.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{HANOTIFY, audit, serve, text};

#[test]
fn what_is_compared_is_not_waited_for_and_takes_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    let large = folder.path().join("large");
    fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    let over = "the audits have over 64 MiB in all\n";
    for (path, fault) in [(&*fifo, "EOF while parsing"), (&large, over), (Path::new("/dev/zero"), over)] {
        let mut command = Command::new("timeout");
        command.args(["20", "sh", "-c", "ulimit -v 500000; exec \"$0\" audit --compare \"$1\"", HANOTIFY]).arg(path);
        let output = command.output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(fault), "{path:?}: {said}");
    }
}

#[test]
fn an_audit_is_compared_that_comes_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("a.json");
    let report = format!("json={}", json.display());
    let output = audit(&["--only-vectors", "--spawn", &serve(), "--report", &report]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let piped = format!("(sleep 0.3; cat '{}') | '{HANOTIFY}' audit --compare /dev/stdin", json.display());
    let compared = Command::new("sh").args(["-c", &piped]).output().unwrap();
    assert_eq!((compared.status.code(), text(&compared.stdout)), (Some(0), text(&output.stdout)));
}

/// An audit with these outcomes, as JSON in a file.
fn written(folder: &Path, name: &str, complete: bool, outcomes: &[(&str, &str)]) -> String {
    let entry = |(id, outcome): &(&str, &str)| {
        serde_json::json!({
            "id": id, "kind": "vector", "title": "t", "cwe": "CWE-691", "level": "must", "outcome": outcome,
            "why": format!("{name} {id}"), "expected": "e", "sent": "", "answer": "", "events": [], "rule": "r",
            "risk": "s.",
        })
    };
    let entries: Vec<_> = outcomes.iter().map(entry).collect();
    let ended = (!complete).then_some("the server ended");
    let audit = serde_json::json!({
        "format": "hanotify-audit", "version": 1, "hanotify": "0.1.0", "name": name, "socket": "s",
        "started_at": "2026-01-01T00:00:00Z", "seconds": 1.5, "complete": complete, "ended": ended, "events": true,
        "entries": entries,
    });
    let path = folder.join(name);
    fs::write(&path, audit.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_got_worse_is_told_from_what_got_better_and_what_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name, outcomes| written(folder.path(), name, true, outcomes);
    let old = of("old", &[("a/a", "pass"), ("a/b", "fail"), ("a/c", "fail"), ("a/d", "not-seen"), ("a/e", "pass")]);
    let worse = of("worse", &[("a/a", "fail"), ("a/b", "pass"), ("a/c", "fail"), ("a/d", "fail")]);
    let better = of("better", &[("a/a", "noted"), ("a/b", "pass"), ("a/c", "fail"), ("a/d", "fail"), ("a/e", "pass")]);
    let output = audit(&["--compare", &old, &worse]);
    let said = text(&output.stdout);
    let expected = [
        "old old (2026-01-01T00:00:00Z)",
        "new worse (2026-01-01T00:00:00Z)",
        "1 regression, 1 fixed, 1 the same",
        "  regression a/a",
        "    old pass: old a/a",
        "    new fail: worse a/a",
        "  fixed a/b",
        "    old fail: old a/b",
        "    new pass: worse a/b",
        "  not seen before a/d",
        "    old not seen: old a/d",
        "    new fail: worse a/d",
        "  no longer seen a/e",
        "    old pass: old a/e",
        "    new not run",
        "the same: 0 pass, 1 fail, 0 noted, 0 not seen",
        "\n",
    ];
    let expected = expected.join("\n");
    assert_eq!((output.status.code(), &*said, &*text(&output.stderr)), (Some(1), &*expected, ""));
    for (files, exit) in [
        (&[&old, &better][..], 0),
        (&[&old, &old], 0),
        (&[&worse, &worse], 0),
        (&[&old, &better, &worse], 1),
        (&[&worse, &better, &better], 0),
        (&[&worse], 1),
    ] {
        let files: Vec<&str> = files.iter().map(|file| &***file).collect();
        let output = audit(&[&["--compare"], &files[..]].concat());
        assert_eq!(output.status.code(), Some(exit), "{files:?}: {}", text(&output.stdout));
    }
}

#[test]
fn what_neither_audit_has_seen_is_counted_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let old = written(folder.path(), "old", true, &[("a/a", "pass"), ("a/b", "not-seen"), ("a/c", "not-seen")]);
    let new = written(folder.path(), "new", true, &[("a/a", "pass"), ("a/c", "not-seen")]);
    for files in [[&old, &new], [&new, &old]] {
        let said = text(&audit(&["--compare", files[0], files[1]]).stdout);
        assert!(said.contains("\n0 regressions, 0 fixed, 3 the same\n"), "{said}");
        assert!(said.ends_with("\nthe same: 1 pass, 0 fail, 0 noted, 2 not seen\n\n"), "{said}");
    }
}

#[test]
fn an_audit_that_ended_early_hides_no_regression() {
    let folder = tempfile::tempdir().unwrap();
    let whole = written(folder.path(), "whole", true, &[("a/a", "pass"), ("a/b", "pass")]);
    let part = written(folder.path(), "part", false, &[("a/a", "pass")]);
    let output = audit(&["--compare", &whole, &part]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("can't be compared in what it has not seen"), "{}", text(&output.stderr));
    assert_eq!(audit(&["--compare", &part, &part]).status.code(), Some(0));
    assert_eq!(audit(&["--compare", &part, &whole]).status.code(), Some(0));
}

#[test]
fn what_is_said_of_a_file_that_is_no_audit_is_short_and_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let complaint = |content: &str| {
        fs::write(&path, content).unwrap();
        let output = audit(&["--compare", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let said = complaint("{\"\\u001b[2Ja\u{202e}b\u{9b}31m\": 1}");
    assert!(said.contains(r"\u{1b}[2Ja\u{202e}b\u{9b}31m"), "{said:?}");
    assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{said:?}");
    let said = complaint(&format!("\"{}\"", "A".repeat(1 << 20)));
    assert!(said.len() < 1_000 && said.ends_with(" at line 1 column 1048578\n"), "{said}");
}

#[test]
fn a_list_of_somebody_elses_cases_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/version.json");
    let vectors = fs::read_to_string(source).unwrap();
    let (head, rest) = vectors.split_once("\"cases\"").unwrap();
    let cases = rest.replacen("\"title\": \"", "\"title\": \"\\u001b[2J\\u202e", 1);
    assert_ne!(rest, cases);
    fs::write(folder.path().join("version.json"), format!("{head}\"cases\"{cases}")).unwrap();
    let output = audit(&["--socket=a", "--list", "--vectors", folder.path().to_str().unwrap()]);
    let list = text(&output.stdout);
    assert!(list.contains(r"\u{1b}[2J\u{202e}") && !list.contains(['\u{1b}', '\u{202e}']), "{list}");
}
