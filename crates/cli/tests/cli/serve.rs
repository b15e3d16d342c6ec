//! `hanotify serve` from outside: its socket, its lines, its end.
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use hanotify_testing::running::{ACCEPTED, ID, connect, message, read_all, reply};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: BufReader<ChildStderr>,
}

impl Serving {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end: the exit code, and what is left on standard error.
    fn end(mut self) -> (i32, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code().unwrap(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hanotify() -> Command {
    Command::new(crate::HANOTIFY)
}

fn serve(socket: &Path, more: &[&str]) -> Serving {
    Serving::start(hanotify().arg("serve").arg("--socket").arg(socket).args(more))
}

fn ask(socket: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut client = connect(socket);
    client.write_all(bytes).unwrap();
    read_all(&mut client)
}

fn folder_and_socket() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    (folder, socket)
}

#[test]
fn events_are_json_lines_and_a_signal_ends_it_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_folder, socket) = folder_and_socket();
        let mut serving = serve(&socket, &[]);
        let listening = serving.json();
        assert_eq!(listening["event"], "listening");
        assert_eq!(listening["socket"], socket.to_str().unwrap());
        assert_eq!(listening["pid"], serving.child.id());

        assert_eq!(ask(&socket, &message("primary")), ACCEPTED);
        let line = serving.line();
        let start =
            format!(r#"{{"event":"notified","sequence":1,"router_id":"{ID}","state":"primary","peer":{{"pid":"#);
        assert!(line.starts_with(&start), "{line}");
        let notified: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(notified["peer"]["pid"], std::process::id());
        let time = notified["received_at"].as_str().unwrap();
        let (at, now) = (humantime::parse_rfc3339(time).unwrap(), SystemTime::now());
        assert!(time.ends_with('Z') && at <= now && at > now - Duration::from_secs(60), "{time}");

        let twice =
            String::from_utf8(message("fault")).unwrap().replace("\r\n\r\n", "\r\nx-neutron-state: fault\r\n\r\n");
        assert_eq!(ask(&socket, twice.as_bytes()), reply("400 Bad Request"));
        let mut refused = serving.json();
        assert_eq!(refused["peer"]["pid"], std::process::id());
        refused.as_object_mut().unwrap().retain(|name, _| name != "peer" && name != "refused_at");
        let offset = twice.find("x-neutron-state").unwrap();
        assert_eq!(
            refused,
            json!({
                "event": "refused", "error": "duplicate-field", "field": "X-Neutron-State",
                "offset": offset, "status": 400
            })
        );

        serving.signal(signal);
        let (code, stderr) = serving.end();
        assert_eq!(code, 0, "{stderr}");
        assert!(!socket.exists());
    }
}

/// Whoever can connect could fill the disk of those who keep the events.
#[test]
fn a_flood_of_refusals_leaves_few_events_and_every_accepted_one() {
    for (format, refused, omitted) in [("json", "\"refused\"", "\"omitted\""), ("text", "refused ", "omitted ")] {
        let (_folder, socket) = folder_and_socket();
        let mut serving = serve(&socket, &["--format", format, "--refusal-events", "7", "--log-window", "1h"]);
        serving.stderr.read_line(&mut String::new()).unwrap();
        for _ in 0..20 {
            for _ in 0..5 {
                assert_eq!(ask(&socket, b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
            }
            assert_eq!(ask(&socket, &message("backup")), ACCEPTED);
        }
        serving.signal(Signal::TERM);
        let mut stdout = String::new();
        serving.stdout.read_to_string(&mut stdout).unwrap();
        let with = |what: &str| stdout.lines().filter(|line| line.contains(what)).collect::<Vec<_>>();
        assert_eq!(with(refused).len(), 7, "{stdout}");
        assert_eq!(with("backup").len(), 20, "{stdout}");
        let omitted = with(omitted);
        assert!(omitted.len() == 1 && omitted[0].contains("93"), "{stdout}");
        assert_eq!(serving.end().0, 0);
    }
}

#[test]
fn omitted_refusals_are_told_when_the_window_ends() {
    let (_folder, socket) = folder_and_socket();
    let mut serving = serve(&socket, &["--refusal-events", "1", "--log-window", "500ms"]);
    assert_eq!(serving.json()["event"], "listening");
    for _ in 0..3 {
        assert_eq!(ask(&socket, b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
    }
    assert_eq!(serving.json()["event"], "refused");
    let omitted = serving.json();
    let uid = rustix::process::geteuid().as_raw();
    assert_eq!((&omitted["event"], &omitted["refusals"], &omitted["uid"]), (&json!("omitted"), &json!(2), &json!(uid)));
    assert!(omitted["omitted_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(ask(&socket, b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
    assert_eq!(serving.json()["event"], "refused");
}

#[test]
fn standard_error_says_where_and_how_to_try_it() {
    let (_folder, socket) = folder_and_socket();
    let mut serving = serve(&socket, &["--format", "text"]);
    let mut lines = String::new();
    serving.stderr.read_line(&mut lines).unwrap();
    serving.stderr.read_line(&mut lines).unwrap();
    assert!(lines.contains(socket.to_str().unwrap()), "{lines}");
    let command = lines.lines().find_map(|line| line.strip_prefix("try it: ")).unwrap();
    let tried = Command::new("sh").arg("-c").arg(command).output().unwrap();
    assert!(tried.status.success(), "{tried:?}");
    let line = serving.line();
    assert!(line.contains("primary") && line.contains(ID) && line.contains("#1"), "{line}");
    assert!(!line.contains('\x1b'), "colour without a terminal: {line:?}");
    assert_eq!(ask(&socket, b"BREW / HTTP/1.1\r\n\r\n"), reply("405 Method Not Allowed"));
    let line = serving.line();
    assert!(line.contains("405") && line.contains("method") && !line.contains("BREW"), "{line}");
}

#[test]
fn the_switches_reach_the_rules() {
    let (_folder, socket) = folder_and_socket();
    let mut serving = serve(&socket, &["--legacy", "--max-body-len", "3"]);
    serving.line();
    let head = String::from_utf8(message("master")).unwrap();
    assert_eq!(ask(&socket, head.replace("\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc").as_bytes()), ACCEPTED);
    assert_eq!(serving.json()["state"], "primary");
}

#[test]
fn a_second_server_says_that_the_first_is_there() {
    let (_folder, socket) = folder_and_socket();
    let mut first = serve(&socket, &[]);
    first.line();
    let (code, stderr) = serve(&socket, &[]).end();
    assert_eq!(code, 2);
    assert!(stderr.contains("another server listens at"), "{stderr}");
    let (code, stderr) = serve(Path::new("/nonexistent/socket"), &[]).end();
    assert_eq!(code, 2);
    assert!(stderr.contains(r#"the directory "/nonexistent" does not exist"#), "{stderr}");
}

#[test]
fn a_server_that_was_killed_is_replaced() {
    let (_folder, socket) = folder_and_socket();
    let mut first = serve(&socket, &[]);
    first.line();
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(socket.exists());
    let mut second = serve(&socket, &[]);
    second.line();
    assert_eq!(ask(&socket, &message("backup")), ACCEPTED);
}

#[test]
fn it_stops_with_2_when_nobody_reads_its_events() {
    let (_folder, socket) = folder_and_socket();
    let mut serving = serve(&socket, &[]);
    serving.line();
    let (stdout, stderr) = (serving.child.stdout.take(), std::mem::replace(&mut serving.stdout, pipe_end()));
    drop((stdout, stderr));
    assert_eq!(ask(&socket, &message("backup")), reply("500 Internal Server Error"));
    let (code, stderr) = serving.end();
    assert_eq!(code, 2);
    assert!(stderr.contains("nobody reads the events"), "{stderr}");
}

/// Some other end of a pipe, to put in the place of one that is to be closed.
fn pipe_end() -> BufReader<ChildStdout> {
    let mut child = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    child.wait().unwrap();
    BufReader::new(stdout)
}

#[test]
fn a_reader_that_falls_behind_makes_senders_wait_and_stops_nobody() {
    let (_folder, socket) = folder_and_socket();
    let mut serving = serve(&socket, &[]);
    serving.line();
    let full = (0..10_000).find(|_| ask(&socket, &message("backup")) != ACCEPTED);
    assert!(full.is_some(), "the pipe never filled up");
    assert_eq!(ask(&socket, &message("backup")), reply("503 Service Unavailable"));
    serving.signal(Signal::TERM);
    let (code, stderr) = serving.end();
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn it_goes_on_when_nobody_reads_its_log() {
    let (_folder, socket) = folder_and_socket();
    let mut serving = serve(&socket, &[]);
    serving.line();
    drop(std::mem::replace(&mut serving.stderr, BufReader::new(stderr_end())));
    for _ in 0..3 {
        assert_eq!(ask(&socket, b"\0"), reply("400 Bad Request"));
    }
    let mut client = connect(&socket);
    client.write_all(&message("fault")[..20]).unwrap();
    serving.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(100));
    client.write_all(&message("fault")[20..]).unwrap();
    assert_eq!(read_all(&mut client), ACCEPTED);
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

#[test]
fn it_does_not_start_where_its_events_can_not_be_written() {
    let (_folder, socket) = folder_and_socket();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let started = hanotify().arg("serve").arg("--socket").arg(&socket).stdout(full).stderr(Stdio::piped()).output();
    let output = started.unwrap();
    // The first line can't be written: better no server than one whose events go nowhere.
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("No space left"), "{stderr}");
    assert!(!socket.exists());
}

/// The same, for standard error.
fn stderr_end() -> ChildStderr {
    let mut child = Command::new("true").stderr(Stdio::piped()).spawn().unwrap();
    let stderr = child.stderr.take().unwrap();
    child.wait().unwrap();
    stderr
}

/// The default places of a user who is not root; root tries them as somebody else.
#[test]
fn any_user_has_a_default_socket() {
    let own = rustix::process::geteuid().as_raw();
    let user = if own == 0 { 65_534 } else { own };
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = folder.path().join("hanotify");
    // By another process: while this one has the copy open for writing, a child that another test forks would inherit
    // that, and the copy could not be run ("text file busy").
    assert!(Command::new("cp").arg(crate::HANOTIFY).arg(&binary).status().unwrap().success());
    for (variable, expected) in [("XDG_RUNTIME_DIR", "hanotify".into()), ("TMPDIR", format!("hanotify-{user}"))] {
        let parent = folder.path().join(variable);
        std::fs::create_dir(&parent).unwrap();
        std::os::unix::fs::chown(&parent, Some(user), None).unwrap();
        let mut command = Command::new(&binary);
        if own == 0 {
            std::os::unix::process::CommandExt::uid(&mut command, user);
        }
        let mut serving = Serving::start(command.arg("serve").env_remove("XDG_RUNTIME_DIR").env(variable, &parent));
        let socket = parent.join(expected).join("keepalived-state-change");
        assert_eq!(serving.json()["socket"], socket.to_str().unwrap());
        assert_eq!(ask(&socket, &message("fault")), ACCEPTED);
        let peer = serving.json()["peer"].clone();
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        assert_eq!((&peer["uid"], &peer["gid"]), (&json!(own.0), &json!(own.1)));
    }
}
