//! hanotify's own server passes.

use std::time::Duration;

use hanotify::sink::{Event, SinkError};

use super::running::Running;
use super::{audit, entry, report, serve, text};

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

/// How long the server under test lets a peer be silent, and the audit's patience: more than that in the long form
/// (`HANOTIFY_LONG=1`), and less in the short one, in which the probes of time have to find so.
fn deadline() -> (&'static str, &'static str) {
    if std::env::var_os("HANOTIFY_LONG").is_some() { ("15s", "pass") } else { ("1s", "fail") }
}

#[test]
fn hanotify_passes_every_probe() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("a.json");
    let asked = format!("json={}", json.display());
    let (deadline, in_time) = deadline();
    let output =
        audit(&["--events=-", "--burst=1000", "--deadline", deadline, "--spawn", &serve(), "--report", &asked]);
    let report = report(&json);
    assert_eq!(report["complete"], true, "{}{}", text(&output.stdout), text(&output.stderr));
    let mut probes = 0;
    for entry in report["entries"].as_array().unwrap() {
        let id = entry["id"].as_str().unwrap();
        let expected = match id {
            "probe/sink-fails" => "not-seen",
            "probe/silence" | "probe/drip" => in_time,
            // The one with a Transfer-Encoding as well, though it is already known how it will be refused.
            _ if id.starts_with("conditions/deadline-") && id != "conditions/deadline-body" => in_time,
            _ if entry["kind"] == "probe" => "pass",
            _ => continue,
        };
        probes += 1;
        assert_eq!(entry["outcome"], expected, "{entry}");
    }
    assert!(probes >= 27, "{probes}");
    assert!(entry(&report, "probe/burst")["why"].as_str().unwrap().starts_with("1000 of 1000 answered with 200; "));
}

#[test]
fn a_sink_that_fails_or_panics_is_answered_and_the_next_sender_is_served() {
    const FAILING: &str = "fa17fa17-fa17-4a17-8a17-fa17fa17fa17";
    for panics in [false, true] {
        let server = Running::start(
            |config| config.with_total_time(Duration::from_millis(300)),
            move |event: Event<'_>| match event.notification.router_id.to_string() == FAILING {
                true if panics => panic!("the sink panics, as this test wants it to"),
                true => Err(SinkError::failed("it always does")),
                false => Ok(()),
            },
        );
        let folder = tempfile::tempdir().unwrap();
        let asked = format!("json={}", folder.path().join("a.json").display());
        let (socket, source) = (server.socket.to_str().unwrap(), folder.path().join("version.json"));
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/vectors/version.json"), source).unwrap();
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
    let before = || std::fs::read_dir(std::env::temp_dir()).unwrap().flatten().map(|entry| entry.file_name());
    let output = audit(&["--only-vectors", "--max-time=100ms", "--spawn", &format!("{} & wait", serve())]);
    assert_eq!(output.status.code(), Some(2));
    let own = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("hanotify-audit-");
    let running = std::process::Command::new("pgrep").args(["-f", "serve --socket /tmp/hanotify-audit-"]).output();
    // Other tests of this program run at the same time, each with a folder of its own that is gone when it ends.
    let stale = before().filter(own).filter(|name| {
        let pid = name.to_string_lossy().rsplit('-').next().unwrap().to_owned();
        !std::path::Path::new("/proc").join(pid).exists()
    });
    assert_eq!(stale.count(), 0, "{running:?}");
}
