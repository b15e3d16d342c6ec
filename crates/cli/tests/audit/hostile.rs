//! A server, events, a report's reader, and vectors that mean the audit harm: it ends in time, within its memory, and
//! leaves nothing.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{HANOTIFY, audit, running, serve, text};

/// An audit that is told to end has to be over by then.
const SOON: Duration = Duration::from_secs(10);
pub(crate) const ACCEPTED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A server that does this with each of its connections, each on a thread of its own.
pub(crate) fn server(answer: impl Fn(UnixStream) + Clone + Send + 'static) -> (PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    (socket, folder)
}

/// Writes this over and over, with a pause.
fn forever(bytes: &'static [u8], pause: Duration) -> impl Fn(UnixStream) + Clone + Send + 'static {
    move |mut stream| {
        while stream.write_all(bytes).is_ok() {
            thread::sleep(pause);
        }
    }
}

/// Reads a message, and answers it with 200.
pub(crate) fn accept(mut stream: UnixStream) {
    let mut message = [0; 4_096];
    let _ = stream.read(&mut message);
    let _ = stream.write_all(ACCEPTED);
}

fn start(args: &[&str]) -> Child {
    let mut command = Command::new(HANOTIFY);
    command.arg("audit").args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// With at most so many KiB of address space.
fn audit_within(kib: u32, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {kib}; exec \"$0\" audit \"$@\""), HANOTIFY]).args(args);
    // Address space that threads reserve and never use is not meant.
    command.env("MALLOC_ARENA_MAX", "1").output().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn a_reply_without_end_defeats_neither_the_time_limit_nor_a_signal() {
    let tick = Duration::from_millis(20);
    for answer in
        [&b"H"[..], b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"]
    {
        let (socket, _folder) = server(forever(answer, tick));
        let socket = socket.to_str().unwrap();
        let begun = Instant::now();
        let output = audit(&["--socket", socket, "--max-time=1s"]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
        assert!(begun.elapsed() < SOON, "{:?}: {}", begun.elapsed(), answer.escape_ascii());
        for stop in [Signal::INT, Signal::TERM] {
            let child = start(&["--socket", socket]);
            thread::sleep(Duration::from_millis(500));
            let begun = Instant::now();
            signal(&child, stop);
            let output = child.wait_with_output().unwrap();
            let said = text(&output.stderr);
            assert!(said.contains("interrupted") || said.contains("it answered"), "{said}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?} after {stop:?}", begun.elapsed());
        }
    }
}

#[test]
fn an_endless_answer_to_another_user_takes_no_memory() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: it takes root to connect as another user");
        return;
    }
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let (socket, folder) = server(|mut stream: UnixStream| {
        let peer = rustix::net::sockopt::socket_peercred(&stream).unwrap();
        if peer.uid.as_raw() == 0 {
            return accept(stream);
        }
        let chunk = vec![b'x'; 1 << 20];
        while stream.write_all(&chunk).is_ok() {}
    });
    open(folder.path(), 0o755);
    open(&socket, 0o666);
    let vectors = tempfile::tempdir().unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/vectors/conditions.json");
    fs::copy(source, vectors.path().join("conditions.json")).unwrap();
    let [socket, vectors] = [&*socket, vectors.path()].map(|path| path.to_str().unwrap());
    let mut child = start(&["--socket", socket, "--burst=2", "--deadline=1s", "--vectors", vectors]);
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(peak_kib(&child));
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!((1_000..100_000).contains(&peak), "{peak} KiB");
}

/// The most memory that a process has had, in KiB; 0 if it has ended.
fn peak_kib(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default()
}

#[test]
fn a_flood_of_events_ends_the_audit_and_takes_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    fs::write(&path, "").unwrap();
    let file = path.clone();
    let line = "{\"router_id\":\"x\",\"state\":\"y\",\"padding\":\"".to_owned() + &"z".repeat(100) + "\"}\n";
    let flood = line.repeat(20_000);
    let (socket, _folder) = server(move |stream| {
        let mut events = fs::OpenOptions::new().append(true).open(&file).unwrap();
        for _ in 0..5 {
            events.write_all(flood.as_bytes()).unwrap();
        }
        accept(stream);
    });
    let args = ["--socket", socket.to_str().unwrap(), "--events", path.to_str().unwrap(), "--max-time=30s"];
    let output = audit_within(500_000, &args);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    let said = text(&output.stderr);
    assert!(said.contains("the server wrote events without end"), "{said}");
}

#[test]
fn a_fifo_that_nobody_uses_holds_nothing_up() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    let fifo = fifo.to_str().unwrap();
    let begun = Instant::now();
    let (socket, _folder) = server(accept);
    let output = audit(&["--socket", socket.to_str().unwrap(), "--events", fifo]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no event came"), "{}", text(&output.stderr));
    let output = audit(&["--only-vectors", "--spawn", &serve(), "--report", &format!("html={fifo}")]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), format!("hanotify: {fifo}: nobody reads this FIFO\n"));
    assert!(begun.elapsed() < 3 * SOON, "{:?}", begun.elapsed());
}

#[test]
fn where_the_table_can_not_be_written_the_reports_are() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("a.json");
    let asked = format!("json={}", json.display());
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for (stdout, said) in
        [(full(), "hanotify: can't write to standard output: No space left on device (os error 28)\n"), (closed(), "")]
    {
        let _ = fs::remove_file(&json);
        let mut command = Command::new(HANOTIFY);
        command.args(["audit", "--only-vectors", "--spawn", &serve(), "--report", &asked]);
        let output = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*text(&output.stderr)), (Some(2), said));
        assert_eq!(super::report(&json)["complete"], true);
    }
}

#[test]
fn a_server_that_never_listens_is_ended_by_a_signal_and_by_the_time_limit() {
    const NAP: &str = "31536001";
    let spawn = format!("sleep {NAP}; true");
    let begun = Instant::now();
    let output = audit(&["--max-time=500ms", "--spawn", &spawn]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the audit's time limit was reached"), "{}", text(&output.stderr));
    for stop in [Signal::INT, Signal::TERM] {
        let child = start(&["--spawn", &spawn]);
        while running(NAP) == 0 {
            assert!(begun.elapsed() < SOON);
            thread::sleep(Duration::from_millis(10));
        }
        signal(&child, stop);
        let output = child.wait_with_output().unwrap();
        assert!(text(&output.stderr).contains("interrupted"), "{}", text(&output.stderr));
        assert_eq!((output.status.code(), running(NAP)), (Some(2), 0));
    }
    assert!(begun.elapsed() < 2 * SOON, "{:?}", begun.elapsed());
}

#[test]
fn a_server_that_has_made_its_own_session_is_ended_too() {
    const NAP: &str = "31536002";
    let spawn = format!("setsid sleep {NAP} & {}", serve());
    let output = audit(&["--only-vectors", "--spawn", &spawn]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(running(NAP), 0);
}

#[test]
fn a_small_vector_file_can_not_ask_for_much_memory() {
    let folder = tempfile::tempdir().unwrap();
    let many = "{\"repeat\": \"abcdefgh\", \"times\": 500000}, ".repeat(800);
    let case = |id: usize, parts: &str| {
        format!(
            "{{\"id\": \"bomb/{id}\", \"title\": \"t\", \"input\": [{parts}\"x\"], \"verdict\": \"refused\", \
             \"status\": 400, \
             \"error\": \"request-line\", \"offset\": 0, \"level\": \"must\", \"rule\": \"RFC 9112 section 3\", \
             \"cwe\": \"CWE-691\", \"risk\": \"r.\"}}"
        )
    };
    let one = "{\"repeat\": \"abcdefgh\", \"times\": 500000}, ";
    let cases = [case(0, &many), (0..200).map(|id| case(id, one)).collect::<Vec<_>>().join(", ")];
    for (cases, fault) in cases.iter().zip(["the input is too long", "the inputs of all cases together are too long"]) {
        let file = format!(
            "{{\"version\": 1, \"group\": \"bomb\", \"title\": \"t\", \"about\": \"a\", \"cases\": [{cases}]}}"
        );
        assert!(file.len() < 60_000, "{}", file.len());
        fs::write(folder.path().join("bomb.json"), file).unwrap();
        let output = audit_within(500_000, &["--socket=a", "--vectors", folder.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(fault), "{}", text(&output.stderr));
    }
}

#[test]
fn what_is_not_a_vector_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("a.json"), rustix::fs::Mode::RWXU).unwrap();
    let output = audit(&["--socket=a", "--vectors", folder.path().to_str().unwrap()]);
    assert!(text(&output.stderr).ends_with("a.json: it is not a file\n"), "{}", text(&output.stderr));
    fs::remove_file(folder.path().join("a.json")).unwrap();
    let large = fs::File::create(folder.path().join("a.json")).unwrap();
    large.set_len(1 << 40).unwrap();
    let output = audit_within(500_000, &["--socket=a", "--vectors", folder.path().to_str().unwrap()]);
    assert!(text(&output.stderr).ends_with("the vector files have over 16 MiB in all\n"), "{}", text(&output.stderr));
}

#[test]
fn a_compared_report_steers_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let nasty = "a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{1b}[2Jf";
    let of = |seconds: f64| {
        serde_json::json!({
            "format": "hanotify-audit", "version": 1, "hanotify": "0.1.0", "name": nasty, "socket": nasty,
            "started_at": nasty,
            "seconds": seconds, "complete": false, "ended": nasty, "events": true, "entries": [],
        })
    };
    fs::write(&path, of(1.5).to_string()).unwrap();
    let table = text(&audit(&["--compare", path.to_str().unwrap()]).stdout);
    assert!(!table.contains(['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{1b}']), "{table:?}");
    assert!(table.contains(r"a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{1b}[2Jf"), "{table:?}");
    for seconds in [1e300, -1.0] {
        fs::write(&path, of(seconds).to_string()).unwrap();
        let output = audit(&["--compare", path.to_str().unwrap()]);
        let said = text(&output.stderr);
        assert!(
            output.status.code() == Some(2) && said.ends_with("its `seconds` is not the time of an audit\n"),
            "{said}"
        );
    }
}

#[test]
fn a_path_that_is_not_utf_8_is_the_one_that_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsString::from_vec(b"it's \xff".to_vec());
    let socket = folder.path().join(&name);
    let mut command = Command::new(HANOTIFY);
    command.args(["audit", "--only-vectors", "--spawn", &serve(), "--socket"]).arg(&socket);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!output.stdout.contains(&0xff));
}

#[test]
fn the_folder_of_an_audit_that_was_killed_is_removed_by_the_next() {
    let temporary = tempfile::tempdir().unwrap();
    let audit = |args: &[&str]| {
        let mut command = Command::new(HANOTIFY);
        command.arg("audit").args(args).env("TMPDIR", temporary.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let folders = || fs::read_dir(temporary.path()).unwrap().count();
    let mut killed = audit(&["--spawn", "sleep 31536003"]);
    let begun = Instant::now();
    while folders() == 0 {
        assert!(begun.elapsed() < SOON);
        thread::sleep(Duration::from_millis(10));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let _ = Command::new("pkill").args(["-f", "sleep 31536003"]).status();
    assert_eq!(folders(), 1, "a process that is killed can't remove it");
    fs::create_dir(temporary.path().join("hanotify-audit-other")).unwrap();
    audit(&["--max-time=100ms", "--spawn", "sleep 31536004"]).wait().unwrap();
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["hanotify-audit-other"], "what is no audit's is left alone");
}
