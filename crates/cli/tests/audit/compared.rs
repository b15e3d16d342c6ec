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
