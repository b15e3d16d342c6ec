//! Servers that an audit breaks: the case that did it fails, and the audit goes on.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{audit, entry, outcome, report, text};

/// Whether there is a Python for the servers here; says so if not.
fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: it takes python3");
    }
    found
}

fn command(how: &str) -> String {
    format!("exec python3 '{}/tests/audit/fragile.py' {how} {{socket}}", env!("CARGO_MANIFEST_DIR"))
}

/// The exit status, the report, and what is said of an audit of a server that breaks so.
fn broken(how: &str, args: &[&str]) -> (Option<i32>, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("a.json");
    let (command, asked) = (command(how), format!("json={}", json.display()));
    let output = audit(&[&["--spawn", &command, "--report", &asked], args].concat());
    (output.status.code(), report(&json), text(&output.stdout) + &text(&output.stderr))
}

const VALUES: [&str; 2] = ["--only-vectors", "--select=field-value/*"];

#[test]
fn a_crash_is_a_failure_of_the_case_that_caused_it() {
    if !has_python() {
        return;
    }
    for (how, status) in [("crash", "signal: 11 (SIGSEGV)"), ("exit", "exit status: 3")] {
        for events in [&["--events=-"][..], &[]] {
            let (exit, report, said) = broken(how, &[&VALUES, events].concat());
            assert_eq!((exit, &report["complete"]), (Some(1), &Value::Bool(true)), "{said}");
            for id in ["field-value/unknown-ff", "field-value/host-high"] {
                let entry = entry(&report, id);
                let why = entry["why"].as_str().unwrap();
                let words = format!(
                    "the server ended with {status}; its last words: it can't be read / \\x1b[31mas text; it was"
                );
                assert!(entry["outcome"] == "fail" && why.replace("\\'", "'").contains(&words), "{why}");
                assert!(entry["sent"].as_str().unwrap().contains("\\xff"), "{entry}");
            }
            let crashes = report["entries"].as_array().unwrap().iter();
            assert_eq!(crashes.filter(|entry| entry["why"].as_str().unwrap().contains("ended with")).count(), 2);
            assert!(said.contains("the server was started again "), "{said}");
        }
    }
}

#[test]
fn a_crash_that_is_seen_later_is_of_the_case_that_caused_it() {
    if !has_python() {
        return;
    }
    // Without events, nothing is sent behind a case but the next one.
    let (exit, report, said) = broken("late", &VALUES);
    assert_eq!((exit, &report["complete"]), (Some(1), &Value::Bool(true)), "{said}");
    let crashed = |id| entry(&report, id)["why"].as_str().unwrap().contains("SIGSEGV");
    assert!(crashed("field-value/unknown-ff") && crashed("field-value/host-high"), "{said}");
    assert!(!crashed("field-value/unknown-e9") && !crashed("field-value/utf-8"), "{said}");
}

#[test]
fn events_that_stop_are_a_failure_of_the_case_that_stopped_them() {
    if !has_python() {
        return;
    }
    let (exit, report, said) = broken("mute", &[&VALUES, &["--events=-"][..]].concat());
    assert_eq!((exit, &report["complete"]), (Some(1), &Value::Bool(true)), "{said}");
    let stopped = |id| entry(&report, id)["why"].as_str().unwrap().contains("no event came any more");
    assert!(stopped("field-value/unknown-ff") && stopped("field-value/host-high"), "{said}");
    assert_eq!(report["restarts"], 2);
}

#[test]
fn a_server_that_hangs_is_started_again() {
    if !has_python() {
        return;
    }
    let (exit, report, said) = broken("hang", &["--only-vectors", "--select=field-value/unknown-*", "--events=-"]);
    assert_eq!((exit, &report["complete"]), (Some(1), &Value::Bool(true)), "{said}");
    let why = entry(&report, "field-value/unknown-ff")["why"].as_str().unwrap();
    assert!(why.contains("no reply within 3 s; it was started again"), "{why}");
}

#[test]
fn a_probe_that_breaks_the_server_fails_and_the_others_go_on() {
    if !has_python() {
        return;
    }
    let args = ["--select=probe/half-close", "--select=probe/echo", "--select=probe/endless-head"];
    let (exit, report, said) = broken("long", &args);
    assert_eq!((exit, &report["complete"]), (Some(1), &Value::Bool(true)), "{said}");
    let why = entry(&report, "probe/endless-head")["why"].as_str().unwrap();
    assert!(why.contains("the server ended with signal: 11 (SIGSEGV)"), "{why}");
    assert_eq!(outcome(&report, "probe/half-close"), "pass");
    assert_eq!(outcome(&report, "probe/echo"), "pass");
}

#[test]
fn an_audit_gives_up_a_server_that_breaks_again_and_again() {
    if !has_python() {
        return;
    }
    let vectors = tempfile::tempdir().unwrap();
    let case = |at: usize| {
        serde_json::json!({
            "id": format!("bad/{at}"), "title": "t", "input": [{"base64": "/w=="}], "verdict": "refused", "status": 400,
            "error": "request-line", "offset": 0, "level": "must", "rule": "RFC 9112 section 3", "cwe": "CWE-691",
            "risk": "r.",
        })
    };
    let cases: Vec<_> = (0..50).map(case).collect();
    let file = serde_json::json!({"version": 1, "group": "bad", "title": "t", "about": "a", "cases": cases});
    fs::write(vectors.path().join("bad.json"), file.to_string()).unwrap();
    let begun = Instant::now();
    let vectors = vectors.path().to_str().unwrap();
    let (exit, report, said) = broken("crash", &["--only-vectors", "--events=-", "--vectors", vectors]);
    assert_eq!((exit, &report["complete"], &report["restarts"]), (Some(2), &Value::Bool(false), &40.into()), "{said}");
    assert!(said.contains("the server was started again 40 times, and the audit gives up; at last: "), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn what_a_server_keeps_of_each_message_is_seen() {
    if !has_python() {
        return;
    }
    let probes = ["descriptors", "threads", "children", "memory", "idle-time"];
    let select = probes.map(|probe| format!("--select=probe/{probe}"));
    let mut args = vec!["--select=state/*", "--skip=state/*-tail"];
    args.extend(select.iter().map(String::as_str));
    for how in probes.into_iter().chain(["nothing"]) {
        let (_, report, said) = broken(how, &args);
        let failing: Vec<_> =
            probes.into_iter().filter(|probe| outcome(&report, &format!("probe/{probe}")) == "fail").collect();
        let expected: &[&str] = if how == "nothing" { &[] } else { &[how] };
        assert_eq!(failing, expected, "{said}");
    }
    // The answers are fast enough to be told from those that wait for the end of the input, on any machine.
    let (_, report, said) = broken("nothing", &["--only=state/list"]);
    assert!(["at-once", "soon"].contains(&entry(&report, "state/list")["latency"].as_str().unwrap()), "{said}");
}

#[test]
fn the_process_of_a_server_is_looked_at_that_the_audit_has_not_started() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (socket, json) = (folder.path().join("socket"), folder.path().join("a.json"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/fragile.py");
    let mut server = Command::new("python3");
    let mut server =
        server.args([script, "descriptors"]).arg(&socket).stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !socket.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(10));
    }
    let (socket, asked) = (socket.display().to_string(), format!("json={}", json.display()));
    let args = ["--select=state/*", "--select=probe/descriptors", "--report", &asked, "--socket", &socket];
    audit(&args);
    assert_eq!(outcome(&report(&json), "probe/descriptors"), "not-seen");
    let pid = server.id().to_string();
    audit(&[&args[..], &["--pid", &pid]].concat());
    server.kill().unwrap();
    server.wait().unwrap();
    let report = report(&json);
    let why = entry(&report, "probe/descriptors")["why"].as_str().unwrap();
    assert!(outcome(&report, "probe/descriptors") == "fail" && why.contains(" descriptors before, "), "{why}");
}
