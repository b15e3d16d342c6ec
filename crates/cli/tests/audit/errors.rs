//! Bad input to the audit itself: a clear error, and exit 2.

use std::fs;

use super::{audit, serve, text};

fn complaint(args: &[&str]) -> String {
    let output = audit(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn arguments_that_make_no_sense_are_an_error_of_usage() {
    for args in [
        &["--socket=a", "--burst=0"][..],
        &["--socket=a", "--burst=10001"],
        &["--socket=a", "--deadline=1"],
        &["--socket=a", "--deadline=2h"],
        &["--socket=a", "--failing-id=x"],
        &["--socket=a", "--report=json"],
        &["--socket=a", "--report=json="],
        &["--socket=a", "--report=pdf=a"],
        &["--socket=a", "--compare", "b"],
        &["--compare"],
        &["--compare", "a", "b", "--select=state/*"],
        &["--socket=a", "--select=CWE-79"],
        &["--socket=a", "--skip=a b"],
        &["--socket=a", "--strict-known"],
    ] {
        assert!(complaint(args).starts_with("error: "), "{args:?}");
    }
}

#[test]
fn a_socket_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("none");
    let said = complaint(&["--socket", socket.to_str().unwrap()]);
    assert!(said.contains("/none: the server can't be reached: No such file or directory"), "{said}");
}

#[test]
fn a_vector_file_that_breaks_the_schema_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), "{\"version\": 1,\n \"group\": 7}").unwrap();
    let said = complaint(&["--socket=a", "--vectors", folder.path().to_str().unwrap()]);
    assert_eq!(said, "hanotify: vectors: a.json: invalid type: integer `7`, expected a string at line 2 column 11\n");
}

#[test]
fn a_folder_of_ones_own_vectors_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/version.json");
    fs::copy(source, folder.path().join("version.json")).unwrap();
    let output = audit(&["--only-vectors", "--spawn", &serve(), "--vectors", folder.path().to_str().unwrap()]);
    let table = text(&output.stdout);
    // The ten of that file, and what all replies together show.
    assert!(table.contains("\n24 passed, 0 failed, 0 noted, 0 not seen"), "{table}");
}

#[test]
fn a_server_that_does_not_start_is_quoted_in_printable_characters() {
    let said = complaint(&["--spawn", "printf 'no \\033[31msuch thing\\n' >&2; exit 3"]);
    assert_eq!(
        said,
        "hanotify: --spawn: the server ended with exit status: 3; its last words: no \\x1b[31msuch thing\n"
    );
}

#[test]
fn events_that_are_another_servers_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other");
    fs::write(&other, "").unwrap();
    let said = complaint(&["--only-vectors", "--spawn", &serve(), "--events", other.to_str().unwrap()]);
    assert!(said.contains("no event came for a notification that was answered 200"), "{said}");
    let said = complaint(&["--only-vectors", "--spawn", &serve(), "--events", "/nonexistent"]);
    assert_eq!(said, "hanotify: --events: No such file or directory (os error 2)\n");
}

#[test]
fn a_report_that_cannot_be_written_is_named() {
    // It is known before anything is sent, and no other report is left behind.
    let folder = tempfile::tempdir().unwrap();
    let fine = format!("--report=json={}", folder.path().join("fine").display());
    let begun = std::time::Instant::now();
    for args in [&["--spawn=sleep 31536005"][..], &["--compare", "/nonexistent/b"]] {
        let said = complaint(&[args, &[&fine, "--report=junit=/nonexistent/a"]].concat());
        assert_eq!(said, "hanotify: /nonexistent/a: No such file or directory (os error 2)\n");
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // What was there stays, where the audit can't begin.
    fs::write(folder.path().join("fine"), "before").unwrap();
    complaint(&["--socket=/nonexistent/s", &fine]);
    assert_eq!(fs::read_to_string(folder.path().join("fine")).unwrap(), "before");
}

#[test]
fn what_is_no_audit_is_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    for (content, said) in
        [("", "it is no audit: EOF"), ("{}", "it is no audit: missing field"), ("[]", "it is no audit")]
    {
        fs::write(&path, content).unwrap();
        let complaint = complaint(&["--compare", path.to_str().unwrap()]);
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn a_report_that_may_not_grow_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/version.json");
    fs::copy(source, folder.path().join("version.json")).unwrap();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", r#"ulimit -f 1; exec "$0" "$@""#, super::HANOTIFY, "audit", "--only-vectors"]);
    command.args(["--spawn", &serve(), "--vectors", ".", "--report", "json=report"]).current_dir(folder.path());
    let output = command.output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("report: File too large"), "{stderr}");
    assert!(text(&output.stdout).contains("24 passed"), "the table is missing");
}
