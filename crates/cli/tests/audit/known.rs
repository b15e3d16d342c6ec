//! Known failures: the exit status is that of what is new.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bad::{lenient, start};
use super::{HANOTIFY, audit, entry, report, serve, text};

/// An audit of a server that takes everything: its exit status, and what it says.
fn bad(args: &[&str]) -> (Option<i32>, String) {
    let server = start(lenient, usize::MAX);
    let (socket, events) = (server.socket.to_str().unwrap(), server.events.to_str().unwrap());
    let output =
        audit(&[&["--socket", socket, "--events", events, "--only-vectors", "--select=state/*"], args].concat());
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn file(folder: &tempfile::TempDir, content: &str) -> PathBuf {
    let path = folder.path().join("known");
    fs::write(&path, content).unwrap();
    path
}

fn option(name: &str, path: &Path) -> String {
    format!("--{name}={}", path.display())
}

#[test]
fn what_is_known_is_green_and_what_is_new_is_red() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(bad(&[]).0, Some(1));
    let all = file(&folder, "state/* # our server takes everything, bug 7\n");
    let reports = ["json", "junit"].map(|kind| format!("{kind}={}", folder.path().join(kind).display()));
    let [json, junit] = reports.each_ref();
    let (exit, table) = bad(&[&option("known-failures", &all), "--report", json, "--report", junit, "--all"]);
    assert_eq!(exit, Some(0), "{table}");
    assert!(table.contains(" known), ") && !table.contains("\n  fail "), "{table}");
    assert!(table.contains("known state/list: ") && table.contains("(our server takes everything, bug 7)"), "{table}");
    let json = report(&folder.path().join("json"));
    assert_eq!(entry(&json, "state/list")["known"], "our server takes everything, bug 7");
    assert_eq!(entry(&json, "state/list")["outcome"], "fail");
    let junit = fs::read_to_string(folder.path().join("junit")).unwrap();
    assert!(!junit.contains("<failure") && junit.contains("<skipped message=\"known: our server takes"), "{junit}");
    let one = file(&folder, "state/list # the agent ignores it\n");
    let (exit, table) = bad(&[&option("baseline", &one)]);
    assert_eq!(exit, Some(1), "{table}");
    assert!(table.contains("  fail state/empty: ") && !table.contains("fail state/list: "), "{table}");
}

#[test]
fn what_is_known_and_passes_is_told_and_fails_where_the_list_is_strict() {
    let folder = tempfile::tempdir().unwrap();
    let known = option("known-failures", &file(&folder, "\nstate/list # it did once\nstate/gone # never\n"));
    for (more, exit) in [(&[][..], 0), (&["--strict-known"], 1)] {
        let serve = serve();
        let args = [&["--only-vectors", "--spawn", &serve, &known, "--select=state/*"], more].concat();
        let output = audit(&args);
        let table = text(&output.stdout);
        assert_eq!(output.status.code(), Some(exit), "{table}");
        let line = "known state/list, line 2, passes now: remove it from the list (it did once)\n";
        assert!(table.contains(line), "{table}");
        // Not everything was audited.
        assert!(!table.contains("state/gone"), "{table}");
    }
}

#[test]
fn a_list_that_is_written_is_read_and_keeps_the_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let known = file(&folder, "state/list # by hand\n");
    let (read, write) = (option("known-failures", &known), option("write-known-failures", &known));
    let (exit, table) = bad(&[&read, &write]);
    assert_eq!(exit, Some(0), "{table}");
    let list = fs::read_to_string(&known).unwrap();
    assert!(list.contains("\nstate/list  # by hand\n") && list.contains("\nstate/capital  # "), "{list}");
    let (exit, table) = bad(&[&read, "--strict-known"]);
    assert_eq!(exit, Some(0), "{table}");
    // No other file is left beside it.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_list_that_is_malformed_or_cannot_be_written_ends_the_audit_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "# fine\nstate/list\n");
    let output = audit(&["--spawn=sleep 9", &option("known-failures", &path)]);
    let said =
        format!("hanotify: {}: line 2: no reason: write behind a # why this failure is accepted\n", path.display());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), said));
    fs::write(&path, b"\xff").unwrap();
    assert!(
        text(&audit(&["--socket=a", &option("known-failures", &path)]).stderr).ends_with("known: it is not UTF-8\n")
    );
    let output = audit(&["--spawn=sleep 9", "--write-known-failures=/nonexistent/known"]);
    let said = "hanotify: /nonexistent/known: No such file or directory (os error 2)\n";
    assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(2), said));
}

#[test]
fn an_audit_that_ended_early_writes_no_list() {
    let folder = tempfile::tempdir().unwrap();
    let known = file(&folder, "state/list # before\n");
    let (exit, said) = {
        let server = start(lenient, 20);
        let socket = option("socket", &server.socket);
        let output = audit(&[&socket, "--only-vectors", &option("write-baseline", &known)]);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(exit, Some(2), "{said}");
    assert!(said.contains("the known failures are not written: an audit that ended early"), "{said}");
    assert_eq!(fs::read_to_string(&known).unwrap(), "state/list # before\n");
}

#[test]
fn a_list_steers_no_terminal_and_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let known = option("known-failures", &file(&folder, "state/list # a\u{1b}[2J\u{202e}b\n"));
    let (exit, table) = bad(&[&known, "--all"]);
    assert_eq!(exit, Some(1));
    assert!(table.contains(r"(a\u{1b}[2J\u{202e}b)") && !table.contains(['\u{1b}', '\u{202e}']), "{table}");
    let mut command = Command::new("timeout");
    command.args(["20", "sh", "-c", "ulimit -v 500000; exec \"$0\" \"$@\"", HANOTIFY, "audit", "--socket=a"]);
    let output = command.arg("--known-failures=/dev/zero").output().unwrap();
    assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(2), "hanotify: /dev/zero: it has over 4 MiB\n"));
}

#[test]
fn nothing_is_beside_a_list_while_the_audit_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let list = |name: &str| option("write-known-failures", &folder.path().join(name));
    let spawn = format!("--spawn=ls -A '{}' >&2; exit 3", folder.path().display());
    let said = text(&audit(&[&spawn, &list("known")]).stderr);
    assert_eq!(said, "hanotify: --spawn: the server ended with exit status: 3\n");
    std::os::unix::fs::symlink("none", folder.path().join("link")).unwrap();
    let output = audit(&[&spawn, &list("link")]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.ends_with("/link: it is a link that leads to no file\n"), "{said}");
}
