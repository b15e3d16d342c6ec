//! Servers with faults, each of which has to be found.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use super::{audit, entry, outcome, report, text};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A server that answers as it is told, and writes the events that it is told.
pub(super) struct Bad {
    folder: tempfile::TempDir,
    pub(super) socket: PathBuf,
    pub(super) events: PathBuf,
}

/// What a server does with the bytes that it has read: the answer, and the event.
pub(super) type Behaviour = fn(&[u8]) -> (&'static [u8], Option<String>);

/// A server that takes what comes with one read for a message.
pub(super) fn start(behaviour: Behaviour, stop_after: usize) -> Bad {
    start_when(|_| true, behaviour, stop_after)
}

/// A server that reads until this is enough, or nothing more comes.
pub(super) fn start_when(is_enough: fn(&[u8]) -> bool, behaviour: Behaviour, stop_after: usize) -> Bad {
    let folder = tempfile::tempdir().unwrap();
    let (socket, events) = (folder.path().join("socket"), folder.path().join("events"));
    let listener = UnixListener::bind(&socket).unwrap();
    let file = Arc::new(Mutex::new(std::fs::File::create(&events).unwrap()));
    thread::spawn(move || {
        for client in listener.incoming().take(stop_after) {
            let (client, file) = (client.unwrap(), Arc::clone(&file));
            thread::spawn(move || serve(client, is_enough, behaviour, &file));
        }
    });
    Bad { folder, socket, events }
}

fn serve(mut client: UnixStream, is_enough: fn(&[u8]) -> bool, behaviour: Behaviour, file: &Mutex<std::fs::File>) {
    let (mut buffer, mut bytes) = (vec![0; 65_536], Vec::new());
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..read]);
        if is_enough(&bytes) {
            break;
        }
    }
    if bytes.is_empty() {
        return;
    }
    let (answer, event) = behaviour(&bytes);
    if let Some(event) = event {
        file.lock().unwrap().write_all((event + "\n").as_bytes()).unwrap();
    }
    let _ = client.write_all(answer);
}

impl Bad {
    fn audit(&self, more: &[&str]) -> (Option<i32>, Value, String) {
        let json = self.folder.path().join("a.json");
        let (socket, events) = (self.socket.to_str().unwrap(), self.events.to_str().unwrap());
        let asked = format!("json={}", json.display());
        let args = ["--only-vectors", "--socket", socket, "--events", events, "--report", &asked];
        let output = audit(&[&args, more].concat());
        (output.status.code(), report(&json), text(&output.stdout) + &text(&output.stderr))
    }
}

fn value<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Takes whatever names a router and a state, after one read, as the servers of the field do.
pub(super) fn lenient(bytes: &[u8]) -> (&'static [u8], Option<String>) {
    let message = String::from_utf8_lossy(bytes);
    let (id, state) = (value(&message, "X-Neutron-Router-Id"), value(&message, "X-Neutron-State"));
    (OK, Some(serde_json::json!({ "router_id": id, "state": state }).to_string()))
}

/// The same, though it says 400 to what is not whole: and hands it on all the same.
fn two_faced(bytes: &[u8]) -> (&'static [u8], Option<String>) {
    let (answer, event) = lenient(bytes);
    if hanotify::decode_exact(bytes, &hanotify::Limits::DEFAULT).is_ok() {
        return (answer, event);
    }
    (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", event)
}

/// Right, but for what it says: nothing to what is wrong, and a malformed reply to what is right.
fn taciturn(bytes: &[u8]) -> (&'static [u8], Option<String>) {
    if hanotify::decode(bytes, &hanotify::Limits::DEFAULT).is_err() {
        return (b"", None);
    }
    match hanotify::decode_exact(bytes, &hanotify::Limits::DEFAULT) {
        Ok(_) => (b"HTTP/1.1 200 OK\nConnection: close\nTraceback (most recent call last)': x", lenient(bytes).1),
        Err(_) => (b"", None),
    }
}

#[test]
fn a_server_that_takes_everything_fails_with_its_events_as_proof() {
    let (exit, report, table) = start(lenient, usize::MAX).audit(&["--all"]);
    assert_eq!(exit, Some(1), "{table}");
    assert_eq!(outcome(&report, "captures/curl-post"), "pass");
    assert_eq!(outcome(&report, "missing-field/state"), "fail");
    let missing = entry(&report, "missing-field/state");
    assert_eq!(missing["events"][0], r#"router_id "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", state null"#);
    assert_eq!(missing["cwe"], "CWE-691");
    // What another server may do is not held against it.
    assert_eq!(outcome(&report, "version/1-0"), "noted");
    assert_eq!(outcome(&report, "splits/curl-post"), "fail");
    assert!(table.contains("fail splits/curl-post: "), "{table}");
}

/// Takes everything, and writes each event behind another object on the line, and behind a line that is no JSON.
fn untidy(bytes: &[u8]) -> (&'static [u8], Option<String>) {
    let (answer, event) = lenient(bytes);
    (answer, event.map(|event| format!("router_id is\n{{}}{event} {{}}")))
}

#[test]
fn events_that_share_a_line_are_read_and_lines_that_are_none_are_told() {
    let (_, report, table) = start(untidy, usize::MAX).audit(&["--select=captures/*"]);
    assert_eq!(outcome(&report, "captures/curl-post"), "pass", "{table}");
    assert!(report["stray_lines"].as_u64().unwrap() > 5, "{table}");
    assert_eq!(report["first_stray_line"], "router_id is");
    assert!(table.contains(" lines are no JSON; the first: router_id is\n"), "{table}");
    assert!(table.contains("write it, with its line's end, at once"), "{table}");
}

#[test]
fn a_failure_says_what_to_change_and_how_to_send_it_again() {
    let server = start(lenient, usize::MAX);
    let (_, report, table) = server.audit(&["--select=state/*", "--select=router-id/*"]);
    let lines: Vec<&str> = table.lines().collect();
    let (count, rest) = lines[1].split_once(" failures of 2 causes in ").unwrap_or_else(|| panic!("{table}"));
    assert!(count.parse::<usize>().unwrap() > 100 && rest.ends_with(" cases and probes"), "{table}");
    assert!(lines[2].starts_with("  fail router-id/empty: acted on "), "{table}");
    assert!(lines[3].ends_with(" more of router-id in the same way"), "{table}");
    assert!(lines[4].starts_with("    to change: Compare the id with the 36 characters "), "{table}");
    let rule = "    rule: RFC 9562 section 4, https://www.rfc-editor.org/rfc/rfc9562#section-4; CWE-664; ";
    assert_eq!(lines[5], format!("{rule}alone: hanotify audit --only router-id/empty"));
    // The command that is shown sends the same bytes.
    let list = entry(&report, "state/zero-width");
    let printf = list["again"].as_str().unwrap().strip_suffix(" | nc -U \"$SOCKET\"").unwrap();
    let output = std::process::Command::new("sh").args(["-c", printf]).output().unwrap();
    assert_eq!(output.stdout.escape_ascii().to_string(), list["sent"].as_str().unwrap());
}

#[test]
fn a_refusal_that_is_acted_on_is_seen() {
    let (exit, report, table) = start(two_faced, usize::MAX).audit(&[]);
    assert_eq!(exit, Some(1), "{table}");
    let refused = entry(&report, "state/capital");
    assert_eq!(refused["outcome"], "fail");
    assert!(refused["why"].as_str().unwrap().starts_with("acted on (answered 400)"), "{refused}");
}

#[test]
fn silence_and_malformed_replies_are_seen() {
    let (exit, report, table) = start(taciturn, usize::MAX).audit(&["--all"]);
    assert_eq!(exit, Some(1), "{table}");
    assert_eq!(outcome(&report, "captures/curl-post"), "pass");
    assert_eq!(entry(&report, "state/capital")["why"], "closed without a reply");
    for id in [
        "always-a-reply",
        "no-traceback",
        "reply-framing-lines-end-in-a-bare-lf",
        "reply-framing-no-blank-line-ends-the-head",
    ] {
        assert_eq!(outcome(&report, &format!("probe/{id}")), "fail", "{id}");
        assert!(table.contains(&format!("fail probe/{id}: ")), "{table}");
    }
}

#[test]
fn a_server_that_dies_midway_leaves_a_partial_report() {
    let (exit, report, table) = start(lenient, 100).audit(&[]);
    assert_eq!(exit, Some(2), "{table}");
    assert_eq!(report["complete"], false);
    // The last connection that it has not accepted breaks, unless it came later; or its time ends before, on a machine
    // that has much else to do.
    let ended = report["ended"].as_str().unwrap();
    assert!(
        ["can't be reached", "broke without a reply", "no reply within"].iter().any(|why| ended.contains(why)),
        "{ended}"
    );
    let count = report["entries"].as_array().unwrap().len();
    assert!((20..100).contains(&count), "{count}");
    assert!(table.contains("hanotify: the audit ended early: "), "{table}");
}

#[test]
fn what_has_to_be_waited_for_is_waited_for_together() {
    // It answers what is no control notification when its peer has finished, as one does that wants a body.
    let (socket, _folder) = super::hostile::server(|mut stream: UnixStream| {
        let mut message = vec![0; 4_096];
        let read = stream.read(&mut message).unwrap_or_default();
        if !message[..read].windows(8).any(|window| window == b"ad170000") {
            let _ = stream.read_to_end(&mut message);
        }
        let _ = stream.write_all(OK);
    });
    let begun = std::time::Instant::now();
    let output = audit(&["--only-vectors", "--only=splits/curl-post", "--socket", socket.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    // One after another, its 177 connections take 0.3 s each.
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}
