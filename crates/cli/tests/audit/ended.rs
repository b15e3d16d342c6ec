//! How an audit ends by a signal or its time limit, and what it leaves then: also while nobody reads what it says.

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{FlowArg, tcflow};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};

use super::hostile::{ACCEPTED, server};
use super::{HANOTIFY, serve, text};

/// What is told to end has to be over by then.
const SOON: Duration = Duration::from_secs(10);

/// An audit of a server that it starts, with its folder in `temporary`.
fn audit(temporary: &tempfile::TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(HANOTIFY);
    command.args(["audit", "--spawn", &serve()]).args(args).env("TMPDIR", temporary.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn end_of(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > 2 * SOON {
            child.kill().unwrap();
            panic!("it has not ended");
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process listens at a socket in this folder, or the folder is there.
fn is_left(temporary: &tempfile::TempDir) -> bool {
    let word = temporary.path().to_str().unwrap();
    fs::read_to_string("/proc/net/unix").unwrap().contains(word) || fs::read_dir(temporary.path()).unwrap().count() > 0
}

fn wait_until(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < SOON);
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether whoever runs the tests, as nohup(1), has them ignore that their terminal hangs up: the audit does so then.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1
}

#[test]
fn no_signal_leaves_the_server_behind() {
    for (stop, ends) in [
        (Signal::HUP, !is_hangup_ignored()),
        (Signal::QUIT, true),
        (Signal::XCPU, true),
        (Signal::USR1, false),
        (Signal::USR2, false),
        (Signal::ALARM, false),
        (Signal::VTALARM, false),
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = audit(&temporary, &["--max-time=3s"]).stderr(Stdio::piped()).spawn().unwrap();
        wait_until(|| fs::read_to_string("/proc/net/unix").unwrap().contains(temporary.path().to_str().unwrap()));
        signal(&child, stop);
        assert_eq!(end_of(&mut child).code(), Some(2), "{stop:?}");
        let said = io::read_to_string(child.stderr.take().unwrap()).unwrap();
        assert_eq!(said.contains("interrupted"), ends, "{stop:?}: {said}");
        assert!(!is_left(&temporary), "{stop:?}");
    }
}

/// A pipe with no room left.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = io::pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while writer.write(&[0; 4_096]).is_ok() {}
    fcntl_setfl(&writer, flags).unwrap();
    (reader, writer)
}

#[test]
fn a_table_that_nobody_reads_can_be_given_up() {
    for stop in [Signal::TERM, Signal::INT] {
        let temporary = tempfile::tempdir().unwrap();
        let report = temporary.path().join("report");
        let (_reader, writer) = full_pipe();
        let asked = format!("json={}", report.display());
        let args = ["--only-vectors", "--max-time=1s", "--report", &asked];
        let mut child = audit(&temporary, &args).stdout(writer).spawn().unwrap();
        // The reports are written first, and the table is next.
        wait_until(|| fs::metadata(&report).is_ok_and(|report| report.len() > 0));
        thread::sleep(Duration::from_millis(300));
        assert_eq!(child.try_wait().unwrap(), None, "it waits for its reader");
        signal(&child, stop);
        assert!(!end_of(&mut child).success());
        fs::remove_file(report).unwrap();
        assert!(!is_left(&temporary));
    }
}

#[test]
fn an_audit_that_was_told_to_end_waits_for_no_reader() {
    let temporary = tempfile::tempdir().unwrap();
    let (_reader, writer) = full_pipe();
    let mut child = audit(&temporary, &[]).stdout(writer).spawn().unwrap();
    wait_until(|| fs::read_to_string("/proc/net/unix").unwrap().contains(temporary.path().to_str().unwrap()));
    // An audit that could not begin has no table.
    thread::sleep(Duration::from_secs(1));
    signal(&child, Signal::TERM);
    assert_eq!(end_of(&mut child).code(), Some(2));
    assert!(!is_left(&temporary));
}

#[test]
fn a_terminal_that_stands_still_holds_no_audit_up() {
    let temporary = tempfile::tempdir().unwrap();
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let terminal = fs::OpenOptions::new().read(true).write(true).open(ptsname_r(&master).unwrap()).unwrap();
    tcflow(&terminal, FlowArg::TCOOFF).unwrap();
    let mut child = audit(&temporary, &["--max-time=2s"]).env("TERM", "xterm").stderr(terminal).spawn().unwrap();
    wait_until(|| fs::read_to_string("/proc/net/unix").unwrap().contains(temporary.path().to_str().unwrap()));
    wait_until(|| !is_left(&temporary));
    // What it has to say at the end waits for the terminal, until a signal comes.
    signal(&child, Signal::TERM);
    assert!(!end_of(&mut child).success());
}

#[test]
fn a_message_that_is_taken_in_drips_defeats_no_time_limit() {
    let vectors = tempfile::tempdir().unwrap();
    let case = serde_json::json!({
        "id": "long/0", "title": "t", "input": [{"repeat": "abcdefgh", "times": 500_000}], "verdict": "refused",
        "status": 400, "error": "request-line", "offset": 0, "level": "must", "rule": "RFC 9112 section 3",
        "cwe": "CWE-691", "risk": "r.",
    });
    let file = serde_json::json!({"version": 1, "group": "long", "title": "t", "about": "a", "cases": [case]});
    fs::write(vectors.path().join("long.json"), file.to_string()).unwrap();
    let (socket, _folder) = server(|mut stream: UnixStream| {
        let mut chunk = vec![0; 36_000];
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            if chunk.get(..read).is_some_and(|message| message.ends_with(b"\r\n\r\n")) {
                return drop(stream.write_all(ACCEPTED));
            }
            thread::sleep(Duration::from_millis(90));
        }
    });
    let [socket, vectors] = [&*socket, vectors.path()].map(|path| path.to_str().unwrap());
    let begun = Instant::now();
    let output = super::audit(&["--socket", socket, "--vectors", vectors, "--only-vectors", "--max-time=1s"]);
    assert!(text(&output.stderr).contains("time limit"), "{}", text(&output.stderr));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[test]
fn a_lack_of_descriptors_is_not_the_servers_fault() {
    let (socket, _folder) = server(super::hostile::accept);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 12; exec \"$0\" audit --socket \"$1\"", HANOTIFY]).arg(socket);
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("raise `ulimit -n`"), "{said}");
}
