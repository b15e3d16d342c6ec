//! `hanotify hunt`: that it finds nothing in a strict server, and finds, shrinks and keeps what a lenient one does.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::bad::{start, start_when};
use super::{HANOTIFY, audit, report, serve, text};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

fn hunt(args: &[&str]) -> Output {
    Command::new(HANOTIFY).arg("hunt").args(args).env_remove("CLICOLOR_FORCE").output().unwrap()
}

/// What a message says to a server that takes a state in capitals.
fn with_capitals(message: &[u8]) -> Vec<u8> {
    if !message.is_ascii() {
        return message.to_owned();
    }
    let lower = text(message).replace("FAULT", "fault").replace("PRIMARY", "primary").replace("BACKUP", "backup");
    lower.into_bytes()
}

fn is_whole(message: &[u8]) -> bool {
    !matches!(hanotify::decode(&with_capitals(message), &hanotify::Limits::DEFAULT), Ok(hanotify::Status::Incomplete))
}

/// A server that refuses what it has to refuse, but for a state in capitals.
fn takes_capitals(message: &[u8]) -> (&'static [u8], Option<String>) {
    match hanotify::decode(&with_capitals(message), &hanotify::Limits::DEFAULT) {
        Ok(hanotify::Status::Complete { notification: told, .. }) => {
            (OK, Some(format!(r#"{{"router_id":"{}","state":"{}"}}"#, told.router_id, told.state)))
        }
        _ => (BAD, None),
    }
}

/// A folder, and the names of the files with this ending in it.
fn named(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    found.sort();
    found
}

#[test]
fn a_server_of_which_nothing_was_seen_is_not_one_in_which_nothing_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    // The head of its reply says nothing of an end, and none comes.
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        while let Ok((mut peer, _)) = listener.accept() {
            let _ = peer.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            kept.push(peer);
        }
    });
    let at = socket.to_str().unwrap();
    let short = hunt(&["--socket", at, "--for", "5s", "--seed", "1"]);
    assert_eq!(short.status.code(), Some(2), "{}", text(&short.stdout));
    assert!(text(&short.stderr).contains("time limit"), "{}", text(&short.stderr));
    let long = hunt(&["--socket", at, "--for", "20s", "--messages", "64", "--seed", "1"]);
    assert_eq!(long.status.code(), Some(1), "{}{}", text(&long.stdout), text(&long.stderr));
}

#[test]
fn nothing_is_found_in_a_strict_server() {
    let folder = tempfile::tempdir().unwrap();
    let (json, found) = (folder.path().join("a.json"), folder.path().join("found"));
    let (asked, found) = (format!("json={}", json.display()), found.to_str().unwrap());
    let args = [
        "--for",
        "1h",
        "--messages",
        "3000",
        "--seed",
        "5",
        "--events",
        "-",
        "--report",
        &asked,
        "--findings",
        found,
        "--all",
    ];
    let output = hunt(&[&args[..], &["--spawn", &serve()]].concat());
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("nothing found") && said.contains("; seed 5\n"), "{said}");
    let report = report(&json);
    assert_eq!((&report["hunt"]["messages"], &report["hunt"]["seed"]), (&Value::from(3_000), &Value::from(5)));
    assert!(report["hunt"]["kinds"].as_object().unwrap().len() > 20, "{report}");
    assert!(named(Path::new(found), "json").is_empty());
}

#[test]
fn what_a_lenient_server_takes_is_shrunk_to_a_vector() {
    let server = start_when(is_whole, takes_capitals, usize::MAX);
    let folder = tempfile::tempdir().unwrap();
    let found = folder.path().join("found");
    let of_server = ["--socket", server.socket.to_str().unwrap(), "--events", server.events.to_str().unwrap()];
    let args =
        [&of_server[..], &["--for", "1h", "--messages", "6000", "--seed", "1", "--findings", found.to_str().unwrap()]]
            .concat();
    let output = hunt(&args);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let vectors = named(&found, "json");
    let of_state = vectors.iter().find(|path| path.to_str().unwrap().contains("hunt-state-acted-on-"));
    let of_state = of_state.unwrap_or_else(|| panic!("{said}"));
    let bytes = fs::read(of_state.with_extension("http")).unwrap();
    assert_eq!(
        bytes.len(),
        "GET / HTTP/1.1\r\nHost:a\r\nX-Neutron-Router-Id:\r\nX-Neutron-State:FAULT\r\n\r\n".len() + 36
    );
    // The vectors fail on this server, and pass on one that is strict.
    let replayed = ["--only-vectors", "--vectors", found.to_str().unwrap()];
    let failing = audit(&[&of_server[..], &replayed].concat());
    let said = text(&failing.stdout);
    assert_eq!(failing.status.code(), Some(1), "{said}");
    // The command for one of them alone names the folder, too.
    let alone = said.split("alone: hanotify audit ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    let alone: Vec<&str> = alone.split(' ').collect();
    assert_eq!(audit(&[&of_server[..], &alone].concat()).status.code(), Some(1), "{said}");
    let serve = serve();
    let strict = [&replayed[..], &["--events", "-", "--spawn", &serve]].concat();
    assert_eq!(audit(&strict).status.code(), Some(0));
    // What is known fails no more.
    let again = hunt(&[&args[..], &["--known", found.to_str().unwrap()]].concat());
    let said = text(&again.stdout);
    assert_eq!(again.status.code(), Some(0), "{said}");
    assert!(said.contains("nothing found, beside "), "{said}");
}

#[test]
fn a_server_that_crashes_is_started_again_and_its_message_is_found() {
    let strict = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/audit/servers/strict.py");
    let command = format!("exec python3 '{strict}' {{socket}} crashes");
    let folder = tempfile::tempdir().unwrap();
    let found = folder.path().to_str().unwrap();
    let args = [
        "--for",
        "1h",
        "--seed",
        "3",
        "--messages",
        "400",
        "--connections",
        "16",
        "--events",
        "-",
        "--findings",
        found,
        "--all",
    ];
    let output = hunt(&[&args[..], &["--spawn", &command]].concat());
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let broken = named(folder.path(), "http");
    let broken = broken.iter().find(|path| path.to_str().unwrap().contains("-broken-"));
    let bytes = fs::read(broken.unwrap_or_else(|| panic!("{said}"))).unwrap();
    assert!(bytes.contains(&0xff), "{}", bytes.escape_ascii());
    assert!(said.contains("the server ended with exit status: 3; it was started again"), "{said}");
}

#[test]
fn a_signal_ends_a_hunt_that_keeps_what_it_has_found() {
    let server = start(|message| (OK, takes_capitals(message).1), usize::MAX);
    let folder = tempfile::tempdir().unwrap();
    let args = ["--socket", server.socket.to_str().unwrap(), "--events", server.events.to_str().unwrap()];
    let mut command = Command::new(HANOTIFY);
    command.arg("hunt").args(args).args(["--for", "1h", "--findings", folder.path().to_str().unwrap()]);
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while named(folder.path(), "json").is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("the hunt ended early: interrupted"), "{said}");
    // The first may be one that is only noted.
    assert!(said.contains(" finding") || said.contains(" noted"), "{said}");
    assert!(!named(folder.path(), "http").is_empty());
}

#[test]
fn a_disk_that_is_full_is_said_and_leaves_no_half_finding() {
    let server = start_when(is_whole, takes_capitals, usize::MAX);
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &Path| path.to_str().unwrap().to_owned();
    let mut command = Command::new("sh");
    // No file may get any content.
    command.args(["-c", "ulimit -f 0; exec \"$@\"", "sh", HANOTIFY, "hunt", "--for", "1h", "--messages", "2000"]);
    command.args(["--socket", &at(&server.socket), "--events", &at(&server.events), "--seed", "1"]);
    let output = command.args(["--findings", &at(folder.path())]).output().unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(" finding") && said.contains("--findings: ") && said.contains("File too large"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{said}");
}

#[test]
fn a_hunt_ends_in_time_on_a_server_that_never_answers() {
    // It answers the first: a hunt begins with one that has to be accepted.
    let server = start(
        |message| if message.windows(4).any(|part| part == b"ad17") { (OK, None) } else { (b"", None) },
        usize::MAX,
    );
    let begun = Instant::now();
    let output = hunt(&["--socket", server.socket.to_str().unwrap(), "--for", "8s"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}: {said}", begun.elapsed());
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("closed without a reply"), "{said}");
}

#[test]
fn sequences_that_there_was_no_time_for_are_not_ones_that_showed_nothing() {
    let message = "GET / HTTP/1.1\\r\\nHost:a\\r\\nX-Neutron-Router-Id:00000000-0000-4000-8000-000000000001\\r\\n\
        X-Neutron-State:fault\\r\\n\\r\\n";
    let step = r#"{"send":{"connection":0,"bytes":200}},{"reply":{"connection":0}}"#;
    let folder = tempfile::tempdir().unwrap();
    for number in 0..500 {
        let text = format!(r#"{{"version":1,"about":"","messages":["{message}"],"steps":[{step}]}}"#);
        fs::write(folder.path().join(format!("{number}.sequence")), text).unwrap();
    }
    let (all, one) = (folder.path().to_str().unwrap(), folder.path().join("7.sequence"));
    let serve = serve();
    // Where this machine is slow, the time is over before they are read.
    for (path, time, code, said) in [(all, "200ms", 2, "time"), (one.to_str().unwrap(), "1m", 0, "nothing found")] {
        let output = hunt(&["--events", "-", "--spawn", &serve, "--replay", path, "--for", time]);
        let both = text(&output.stdout) + &text(&output.stderr);
        assert_eq!((output.status.code(), both.contains(said)), (Some(code), true), "{both}");
    }
}

#[test]
fn the_time_of_a_hunt_goes_by_while_sequences_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("0.sequence");
    let message = "GET / HTTP/1.1\\r\\nHost:a\\r\\nX-Neutron-Router-Id:00000000-0000-4000-8000-000000000001\\r\\n\
        X-Neutron-State:fault\\r\\n\\r\\n";
    let steps = vec![r#"{"reply":{"connection":0}}"#; 60_000].join(",");
    let text = format!(r#"{{"version":1,"about":"","messages":["{message}"],"steps":[{steps}]}}"#);
    fs::write(&first, text).unwrap();
    for number in 1..30 {
        fs::hard_link(&first, folder.path().join(format!("{number}.sequence"))).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let output = hunt(&["--events", "-", "--spawn", "exit 7", "--replay", path, "--for", "100ms"]);
    let said = super::text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--for: the time was over before the sequences were read"), "{said}");
}

#[test]
fn a_hunt_that_cant_begin_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("socket");
    for (args, wanted) in [
        (vec!["--socket", nowhere.to_str().unwrap()], "the server can't be reached"),
        (vec!["--spawn", "exit 7"], "--spawn: the server ended with exit status: 7"),
        (vec!["--spawn", "exit 7", "--known", nowhere.to_str().unwrap()], "--known: "),
        (vec!["--spawn", "exit 7", "--findings", "/dev/null/a"], "--findings: "),
        (vec!["--spawn", "exit 7", "--events", "-", "--replay", "/dev/null"], "--replay: /dev/null: EOF while parsing"),
        (vec!["--spawn", "exit 7", "--replay", "a"], "--events <PATH>"),
        (vec!["--for", "1ms"], "at most 7d"),
    ] {
        let output = hunt(&args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
    }
}
