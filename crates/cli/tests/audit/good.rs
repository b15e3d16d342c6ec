//! hanotify's own server passes.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use hanotify::sink::{Event, SinkError};

use super::{HANOTIFY, audit, entry, report, serve, text};
use hanotify_testing::running::Running;

#[test]
fn hanotify_passes_every_vector_that_its_configuration_lets_be_seen() {
    for events in [&["--events", "-"][..], &[]] {
        let output = audit(&[&["--only-vectors", "--spawn", &serve()], events].concat());
        let table = text(&output.stdout);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{table}");
        assert!(table.contains(" passed, 0 failed, 0 noted, 32 not seen"), "{table}");
        assert_eq!(table.contains("because there were no events"), events.is_empty());
    }
}

/// What the server under test lets a peer's silence last, and the audit's patience: in the long form
/// (`HANOTIFY_LONG=1`), the defaults.
fn times() -> [&'static str; 2] {
    if std::env::var_os("HANOTIFY_LONG").is_some() { ["10s", "15s"] } else { ["1s", "3s"] }
}

#[test]
fn hanotify_passes_every_probe() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("a.json");
    let asked = format!("json={}", json.display());
    let [total, deadline] = times();
    let command = format!("{} --total-time {total}", serve());
    let output =
        audit(&["--events=-", "--burst=1000", "--deadline", deadline, "--spawn", &command, "--report", &asked]);
    let report = report(&json);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(report["complete"], true);
    let entries = report["entries"].as_array().unwrap();
    let probes = entries.iter().filter(|entry| entry["kind"] == "probe");
    assert!(probes.clone().count() >= 22, "{}", probes.count());
    for probe in probes {
        let unseen = probe["id"] == "probe/sink-fails";
        assert_eq!(probe["outcome"], if unseen { "not-seen" } else { "pass" }, "{probe}");
    }
    assert!(entry(&report, "probe/burst")["why"].as_str().unwrap().starts_with("1000 of 1000 answered with 200; "));
    assert_eq!(entry(&report, "conditions/deadline-value")["why"], "answered 408");
}

#[test]
fn a_server_that_waits_for_longer_than_the_audit_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/conditions.json");
    std::fs::copy(source, folder.path().join("conditions.json")).unwrap();
    let vectors = folder.path().to_str().unwrap();
    let output = audit(&["--events=-", "--deadline=1s", "--all", "--spawn", &serve(), "--vectors", vectors]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}");
    for id in ["probe/silence", "probe/drip", "conditions/deadline-value"] {
        let line = table.lines().find(|line| line.contains(&format!("fail {id}: ")));
        assert!(line.is_some_and(|line| line.ends_with("still open after 1 s")), "{id}: {table}");
    }
}

#[test]
fn a_server_that_is_configured_otherwise_is_held_against_the_cases_for_it() {
    for (flags, seen) in [(&["--legacy"][..], 12), (&["--max-body-len=5"], 9)] {
        let command = format!("{} {}", serve(), flags.join(" "));
        let output = audit(&[&["--only-vectors", "--events=-", "--spawn", &command], flags].concat());
        let table = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{table}");
        // Fourteen of them are what all replies together show.
        assert!(table.contains(&format!("\n{} passed, 0 failed, 0 noted, ", seen + 14)), "{table}");
    }
}

#[test]
fn another_users_notification_is_refused_where_the_file_lets_it_in() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: it takes root to connect as another user");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let socket = folder.path().join("socket");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/conditions.json");
    let vectors = folder.path().join("vectors");
    std::fs::create_dir(&vectors).unwrap();
    std::fs::copy(source, vectors.join("conditions.json")).unwrap();
    let json = folder.path().join("a.json");
    let [asked, socket, vectors] =
        [format!("json={}", json.display()), socket.display().to_string(), vectors.display().to_string()];
    let command = format!("{} --socket-mode 0666 --total-time 1s", serve());
    let args = ["--deadline=3s", "--events=-", "--socket", &socket, "--spawn", &command, "--vectors", &vectors];
    audit(&[&args, &["--report", &asked][..]].concat());
    let report = report(&json);
    assert_eq!(entry(&report, "conditions/peer-primary")["why"], "answered 403");
    assert_eq!(entry(&report, "probe/socket-mode")["outcome"], "fail");
}

#[test]
fn a_sink_that_fails_or_panics_is_answered_and_the_next_sender_is_served() {
    const FAILING: &str = "fa17fa17-fa17-4a17-8a17-fa17fa17fa17";
    for panics in [false, true] {
        let server = Running::start(
            |config| config.with_total_time(Duration::from_secs(1)),
            move |event: Event<'_>| match event.notification.router_id.to_string() == FAILING {
                true if panics => panic!("the sink panics, as this test wants it to"),
                true => Err(SinkError::failed("it always does")),
                false => Ok(()),
            },
        );
        let folder = tempfile::tempdir().unwrap();
        let asked = format!("json={}", folder.path().join("a.json").display());
        let (socket, source) = (server.socket.to_str().unwrap(), folder.path().join("version.json"));
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/version.json"), source).unwrap();
        let vectors = folder.path().to_str().unwrap();
        let args =
            ["--socket", socket, "--failing-id", FAILING, "--deadline=3s", "--vectors", vectors, "--report", &asked];
        let output = audit(&args);
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
        let report = report(&folder.path().join("a.json"));
        assert_eq!(entry(&report, "probe/sink-fails")["why"], "answered 500");
        // Here the deadline is short, so that the probes of time pass as well.
        assert_eq!(entry(&report, "probe/silence")["outcome"], "pass");
        assert_eq!(entry(&report, "probe/drip")["outcome"], "pass");
    }
}

#[test]
fn nothing_is_left_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(HANOTIFY);
    command.args(["audit", "--only-vectors", "--max-time=100ms", "--spawn", &format!("{} & wait", serve())]);
    let output = command.env("TMPDIR", temporary.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
