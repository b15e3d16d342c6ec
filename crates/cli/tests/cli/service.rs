//! `hanotify serve` as a service: sockets handed over, heartbeats, the sandbox.
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hanotify_testing::running::{ACCEPTED, connect, message, read_all};
use rustix::process::{Pid, Signal, kill_process};

const SOON: Duration = Duration::from_secs(10);

/// A folder, and a server with its output on pipes.
struct Serving {
    child: Child,
    folder: tempfile::TempDir,
}

impl Serving {
    /// Starts `hanotify serve` through a line of shell that has the program's name and arguments in `"$0" "$@"`.
    fn through(shell: &str, folder: tempfile::TempDir, stdin: Stdio, args: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.arg("-c").arg(shell).arg(crate::HANOTIFY).arg("serve").args(args);
        command.env("NOTIFY_SOCKET", folder.path().join("notify")).current_dir(folder.path());
        let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, folder }
    }

    fn start(args: &[&str]) -> Self {
        Self::through(r#"exec "$0" "$@""#, folder(), Stdio::null(), &[&["--socket", "socket"], args].concat())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn wait_until_it_listens(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }

    /// What the kernel says of the process, or of one of its threads.
    fn status(path: &Path, name: &str) -> String {
        let text = fs::read_to_string(path.join("status")).unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":\t")).unwrap().to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The exit code, and standard error.
    fn end(&mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn ask(socket: &Path) -> Vec<u8> {
    let mut client = connect(socket);
    client.write_all(&message("primary")).unwrap();
    read_all(&mut client)
}

/// Hands the server what is its standard input as the first of `count` sockets, with these arguments.
fn handing_over(count: u32, folder: tempfile::TempDir, socket: OwnedFd, args: &[&str]) -> Serving {
    let shell = format!(r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS={count} LISTEN_FDNAMES=a:b exec "$0" "$@""#);
    Serving::through(&shell, folder, socket.into(), args)
}

#[test]
fn a_socket_that_is_handed_over_is_served_and_stays() {
    let folder = folder();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    // Somebody who came before the server was started.
    let mut early = connect(&path);
    early.write_all(&message("backup")).unwrap();
    let mut serving = handing_over(1, folder, listener.try_clone().unwrap().into(), &["--expected-routers", "77"]);
    let line = serving.wait_until_it_listens();
    assert!(line.contains(path.to_str().unwrap()) && line.contains(r#""backlog":77"#), "{line}");
    assert_eq!(read_all(&mut early), ACCEPTED);
    assert_eq!(ask(&path), ACCEPTED);
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().0, Some(0));
    // The manager still listens, and whoever comes now waits for the next server.
    let mut late = connect(&path);
    late.write_all(&message("fault")).unwrap();
    listener.set_nonblocking(true).unwrap();
    listener.accept().unwrap();
}

#[test]
fn what_is_handed_over_and_can_not_be_served_is_told() {
    let path = |folder: &tempfile::TempDir| folder.path().join("socket");
    let refused = |count, folder, socket, args: &[&str], what: &str| {
        let (code, stderr) = handing_over(count, folder, socket, args).end();
        assert!(code == Some(2) && stderr.contains(what), "{what}: {code:?} {stderr}");
    };
    let at = folder();
    let listener = UnixListener::bind(path(&at)).unwrap();
    refused(2, at, listener.into(), &[], "2 sockets were handed over (\"a:b\")");
    let at = folder();
    let listener = UnixListener::bind(path(&at)).unwrap();
    refused(1, at, listener.into(), &["--socket", "other"], "another is given by --socket");
    let at = folder();
    let datagrams = UnixDatagram::bind(path(&at)).unwrap();
    refused(1, at, datagrams.into(), &[], "not a Unix stream socket");
    let (unnamed, _other) = UnixStream::pair().unwrap();
    refused(1, folder(), unnamed.into(), &[], "has no path");
    let at = folder();
    let listener = UnixListener::bind(path(&at)).unwrap();
    let connected = UnixStream::connect(path(&at)).unwrap();
    let (accepted, _) = listener.accept().unwrap();
    // It has the listener's path, and doesn't listen.
    refused(1, at, accepted.into(), &[], "not a Unix stream socket that listens");
    drop(connected);
    refused(1, folder(), fs::File::open("/dev/null").unwrap().into(), &[], "not a Unix stream socket");
}

#[test]
fn sockets_for_another_process_are_left_alone() {
    let folder = folder();
    let listener = UnixListener::bind(folder.path().join("other")).unwrap();
    let shell = r#"exec 3<&0 </dev/null; LISTEN_PID=1 LISTEN_FDS=1 exec "$0" "$@""#;
    let stdin = OwnedFd::from(listener).into();
    let mut serving = Serving::through(shell, folder, stdin, &["--socket", "socket"]);
    serving.wait_until_it_listens();
    assert_eq!(ask(&serving.socket()), ACCEPTED);
}

/// What the server tells the manager, one after the other.
fn told(notify: &UnixDatagram) -> String {
    let mut bytes = [0; 64];
    let len = notify.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..len].to_vec()).unwrap()
}

fn manager(folder: &tempfile::TempDir) -> UnixDatagram {
    let notify = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    notify.set_read_timeout(Some(SOON)).unwrap();
    notify
}

const WATCHED: &str = r#"WATCHDOG_PID=$$ WATCHDOG_USEC=200000 exec "$0" "$@""#;

#[test]
fn the_manager_is_told_that_it_is_ready_alive_and_stopping() {
    let folder = folder();
    let notify = manager(&folder);
    let mut serving = Serving::through(WATCHED, folder, Stdio::null(), &["--socket", "socket"]);
    assert_eq!(told(&notify), "READY=1");
    assert_eq!(ask(&serving.socket()), ACCEPTED);
    let start = Instant::now();
    for _ in 0..5 {
        assert_eq!(told(&notify), "WATCHDOG=1");
    }
    // The first comes at once, and the others each half of the time.
    assert!(start.elapsed() > Duration::from_millis(250), "too often: {:?}", start.elapsed());
    serving.signal(Signal::TERM);
    while told(&notify) != "STOPPING=1" {}
    assert_eq!(serving.end().0, Some(0));
}

#[test]
fn a_manager_whose_queue_is_full_hears_that_it_is_ready_when_it_reads_again() {
    for args in [&["--socket", "socket"][..], &["--socket", "socket", "--sandbox"]] {
        let folder = folder();
        let manager = manager(&folder);
        let other = UnixDatagram::unbound().unwrap();
        other.set_nonblocking(true).unwrap();
        while other.send_to(b"X=1", folder.path().join("notify")).is_ok() {}
        let mut serving = Serving::through(r#"exec "$0" "$@""#, folder, Stdio::null(), args);
        serving.wait_until_it_listens();
        // Senders don't wait for the manager.
        assert_eq!(ask(&serving.socket()), ACCEPTED);
        while told(&manager) != "READY=1" {}
        serving.signal(Signal::TERM);
        assert_eq!(serving.end().0, Some(0));
    }
}

#[test]
fn a_manager_that_is_not_there_is_a_warning() {
    let mut serving = Serving::start(&[]);
    serving.wait_until_it_listens();
    assert_eq!(ask(&serving.socket()), ACCEPTED);
    serving.signal(Signal::TERM);
    let (code, stderr) = serving.end();
    assert!(code == Some(0) && stderr.contains("NOTIFY_SOCKET"), "{stderr}");
}

#[test]
fn a_sandboxed_server_serves_and_stops_cleanly() {
    let mut serving = Serving::start(&["--sandbox", "--metrics", "0"]);
    serving.wait_until_it_listens();
    for _ in 0..300 {
        assert_eq!(ask(&serving.socket()), ACCEPTED);
    }
    let process = Path::new("/proc").join(serving.child.id().to_string());
    let mut threads = 0;
    for thread in fs::read_dir(process.join("task")).unwrap() {
        let thread = thread.unwrap().path();
        assert_eq!(Serving::status(&thread, "Seccomp"), "2", "{thread:?}");
        assert_eq!(Serving::status(&thread, "NoNewPrivs"), "1", "{thread:?}");
        threads += 1;
    }
    assert_eq!(threads, 3, "the server, the counters for SIGUSR1, and those for Prometheus");
    serving.signal(Signal::USR1);
    serving.signal(Signal::TERM);
    let socket = serving.socket();
    let (code, stderr) = serving.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(!socket.exists(), "the socket is left behind: {stderr}");
    assert!(stderr.contains("sandbox"), "{stderr}");
}

#[test]
fn the_counters_of_a_sandboxed_server_can_be_read() {
    let mut serving = Serving::start(&["--sandbox", "--metrics", "0"]);
    let mut stderr = BufReader::new(serving.child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("metrics at http://") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "no metrics");
    }
    let address = line.trim().strip_prefix("metrics at http://").unwrap().strip_suffix("/metrics").unwrap();
    serving.wait_until_it_listens();
    assert_eq!(ask(&serving.socket()), ACCEPTED);
    let mut reader = std::net::TcpStream::connect(address).unwrap();
    reader.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("hanotify"), "{text}");
}
