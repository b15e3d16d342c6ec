//! What an operator sees and sets: `hanotify serve` from outside.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hanotify_testing::corpus::root;
use hanotify_testing::running::{ACCEPTED, connect, message, read_all, reply};
use rustix::process::{Pid, Signal, kill_process};

struct Serving {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Serving {
    /// A server that listens.
    fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let mut command = Command::new(crate::HANOTIFY);
        command.args(["serve", "--format", "json", "--socket"]).arg(&socket).args(args);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        assert!(lines.next().unwrap().unwrap().contains(r#""event":"listening""#));
        // Somebody has to read the events, or the server would wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, socket, _folder: folder }
    }

    fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut client = connect(&self.socket);
        client.write_all(bytes).unwrap();
        read_all(&mut client)
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Reads lines of standard error up to one that has `text` in it, which is returned.
    fn line_with(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0, "no line with {text:?}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Stops the server: the rest of standard error.
    fn end(mut self) -> String {
        self.signal(Signal::TERM);
        let mut rest = Vec::new();
        self.stderr.read_to_end(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        String::from_utf8(rest).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: SocketAddr, request: &str) -> (String, String) {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {metrics}")).parse().unwrap()
}

#[test]
fn prometheus_reads_what_became_of_each_connection() {
    let mut serving = Serving::start(&["--metrics", "0", "--connections", "1", "--expected-routers", "1000000000"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    assert!(address.ip().is_loopback());
    for _ in 0..3 {
        assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    }
    assert_eq!(serving.ask(b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
    let mut held = connect(&serving.socket);
    held.write_all(b"P").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(serving.ask(b"P"), reply("503 Service Unavailable"));

    let (fields, metrics) = get(address, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(fields.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{fields}");
    assert!(fields.contains(&format!("Content-Length: {}\r\n", metrics.len())), "{fields}");
    for (series, expected) in [
        ("hanotify_accepted_total", 6),
        ("hanotify_notified_total", 3),
        (r#"hanotify_refused_total{error="method"}"#, 1),
        (r#"hanotify_refused_total{error="overloaded"}"#, 1),
        (r#"hanotify_refused_total{error="state"}"#, 0),
        (r#"hanotify_overloaded_total{cause="connections"}"#, 1),
        (r#"hanotify_overloaded_total{cause="uid"}"#, 0),
        ("hanotify_sink_failures_total", 0),
        ("hanotify_sink_panics_total", 0),
        ("hanotify_backlog_expected", 1_000_000_000),
        (concat!(r#"hanotify_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#), 1),
        ("hanotify_connections", 1),
        ("hanotify_connections_highest", 1),
        ("hanotify_answer_seconds_count", 5),
        (r#"hanotify_answer_seconds_bucket{le="10.0"}"#, 5),
    ] {
        assert!((value(&metrics, series) - f64::from(expected)).abs() < 0.5, "{series}: {metrics}");
    }
    let kernels: u32 = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    assert!((value(&metrics, "hanotify_backlog") - f64::from(kernels.min(1_000_000_000))).abs() < 0.5);
    assert!(get(address, "GET / HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 404 "));
    assert!(get(address, "POST /metrics HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 405 "));
}

/// Some are silent, some have sent half a request, and some send a byte now and then.
#[test]
fn sixty_idle_readers_keep_nobody_from_the_counters() {
    let mut serving = Serving::start(&["--metrics", "127.0.0.1:0"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", serving.child.id())).unwrap().count();
    assert_eq!(serving.ask(&message("primary")), ACCEPTED, "all that is opened at the start is open");
    let before = descriptors();
    let mut idle: Vec<_> = (0..60).map(|_| TcpStream::connect(address).unwrap()).collect();
    for reader in idle.iter_mut().step_by(2) {
        // One that had to leave its place is told so by an error.
        let _ = reader.write_all(b"GET /metrics HTTP/1.1\r\n");
    }
    for round in 0..20 {
        let (fields, metrics) = get(address, "GET /metrics HTTP/1.1\r\n\r\n");
        assert!(
            fields.starts_with("HTTP/1.1 200 ") && metrics.contains("hanotify_accepted_total"),
            "{round}: {fields}"
        );
        let more = descriptors() - before;
        assert!(more <= 17, "{more} descriptors more");
        for reader in &mut idle {
            let _ = reader.write_all(b"x");
        }
    }
}

#[test]
fn a_reader_of_the_counters_has_a_time_and_a_length_to_keep() {
    let mut serving = Serving::start(&["--metrics", "127.0.0.1:0"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    let ended = |reader: &mut TcpStream| {
        reader.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // Bytes that were on their way make a reset of the end.
        match reader.read(&mut [0; 1]) {
            Ok(0) => true,
            Err(cause) => cause.kind() == std::io::ErrorKind::ConnectionReset,
            Ok(_) => false,
        }
    };
    let mut drip = TcpStream::connect(address).unwrap();
    let start = std::time::Instant::now();
    while drip.write_all(b"x").is_ok() {
        assert!(start.elapsed() < Duration::from_secs(20), "a drip has no end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut long = TcpStream::connect(address).unwrap();
    long.write_all(&[b'x'; 8_193]).unwrap();
    let start = std::time::Instant::now();
    assert!(ended(&mut long));
    assert!(start.elapsed() < Duration::from_secs(1), "it was ended by its time: {:?}", start.elapsed());
    // At the limit it is read to its end.
    let mut longest = b"GET /metrics HTTP/1.1\r\nA: ".to_vec();
    longest.resize(8_192, b'x');
    longest.extend_from_slice(b"\r\n\r\n");
    assert!(get(address, std::str::from_utf8(&longest).unwrap()).0.starts_with("HTTP/1.1 200 "));
    assert!(ended(&mut TcpStream::connect(address).unwrap()), "silence has no end");
}

#[test]
fn a_signal_prints_the_counters_and_ends_nothing() {
    let mut serving = Serving::start(&[]);
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    for _ in 0..2 {
        serving.signal(Signal::USR1);
        serving.line_with("status:");
        let line = serving.line_with("hanotify_accepted_total");
        assert_eq!(line, "  hanotify_accepted_total 1\n");
        serving.line_with("hanotify_notified_total 1");
    }
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
}

#[test]
fn a_flood_of_refusals_causes_few_lines_and_no_byte_of_it_is_in_one() {
    let serving = Serving::start(&["--log-lines", "7", "--log-window", "1h"]);
    let refused = 500;
    for number in 0..refused {
        let (bytes, status) = match number % 3 {
            0 => (&b"GET / HTTP/1.1\r\nSECRET\x1b[31m: x\r\n\r\n"[..], "400 Bad Request"),
            1 => (&b"SECRET /SECRET HTTP/1.1\r\n"[..], "405 Method Not Allowed"),
            _ => (&b"GET / HTTP/1.1\r\nX-Neutron-State: SECRET\xff\r\n"[..], "400 Bad Request"),
        };
        assert_eq!(serving.ask(bytes), reply(status));
    }
    let stderr = serving.end();
    let lines: Vec<_> = stderr.lines().filter(|line| line.contains("refused: ")).collect();
    assert_eq!(lines.len(), 7, "{stderr}");
    let uid = rustix::process::geteuid().as_raw();
    for line in &lines {
        assert!(line.contains(&format!("uid={uid}")) && line.contains("offset=") && line.contains("error="), "{line}");
    }
    let dropped = stderr.lines().find(|line| line.contains("log lines were not written")).unwrap();
    assert!(dropped.contains(&format!("uid={uid} lines={}", refused - 7)), "{dropped}");
    assert!(stderr.lines().count() < 20, "{stderr}");
    assert!(!stderr.contains("SECRET") && !stderr.contains('\x1b') && stderr.is_ascii(), "{stderr}");
}

#[test]
fn the_switches_of_access_reach_the_server() {
    let other = (rustix::process::geteuid().as_raw() + 1).to_string();
    let serving = Serving::start(&["--socket-mode", "666", "--allow-uid", &other]);
    assert_eq!(std::fs::metadata(&serving.socket).unwrap().permissions().mode() & 0o777, 0o666);
    assert_eq!(serving.ask(&message("primary")), ACCEPTED, "its own user is let in besides those that are named");
    serving.end();
    let serving = Serving::start(&["--allow-uid", &other, "--no-default-uids"]);
    assert_eq!(serving.ask(&message("primary")), reply("403 Forbidden"));
    assert!(serving.end().contains(r#"error="peer-not-allowed" offset=0 status=403"#));
}

#[test]
fn what_the_kernel_cuts_is_said_with_the_command_that_helps() {
    let somaxconn: u32 = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    let (most, over) = (somaxconn.to_string(), (somaxconn + 1).to_string());
    let stderr = Serving::start(&["--expected-routers", &over]).end();
    assert!(stderr.contains(&format!("sysctl -w net.core.somaxconn={over}")), "{stderr}");
    assert!(stderr.contains(&format!("backlog={most}")), "{stderr}");
    let stderr = Serving::start(&["--expected-routers", &most]).end();
    assert!(!stderr.contains("somaxconn"), "{stderr}");
}

#[test]
fn too_few_open_files_for_the_connections_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let run = |more: &str| {
        let script = format!("ulimit -n 200; exec timeout 1 \"$0\" serve --socket \"$1\" {more}");
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(crate::HANOTIFY).arg(folder.path().join("socket"));
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let stderr = run("");
    assert!(stderr.contains("room=168 wanted=4352") && stderr.contains("LimitNOFILE="), "{stderr}");
    let stderr = run("--connections 100 --lingering 10");
    assert!(stderr.contains("listening at") && !stderr.contains("LimitNOFILE="), "{stderr}");
}

#[test]
fn counters_that_are_open_to_other_hosts_are_warned_of() {
    let mut serving = Serving::start(&["--metrics", "0.0.0.0:0"]);
    assert!(serving.line_with("can be read from other hosts").contains("WARN"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(crate::HANOTIFY);
    let output = command.arg("serve").arg("--socket").arg(folder.path().join("socket")).args(["--metrics", &port]);
    let output = output.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains(&format!("can't expose metrics at 127.0.0.1:{port}: ")), "{stderr}");
    assert!(!Path::new(&folder.path().join("socket")).exists());
}

/// The page and the command say the same.
#[test]
fn every_option_and_its_default_is_on_the_page() {
    let page = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let rows: Vec<Vec<&str>> = page.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let output = Command::new(crate::HANOTIFY).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let mut names = 0;
    for text in help.split("\n      --").skip(1) {
        let name = text.split([' ', '\n']).next().unwrap();
        let cell = format!("`--{name}`");
        let row = rows.iter().find(|row| row.get(1) == Some(&&*cell)).unwrap_or_else(|| panic!("no row for {cell}"));
        let default = text.split_once("\n          [default: ").and_then(|(_, text)| text.split_once(']'));
        if let Some((default, _)) = default {
            assert_eq!(row[4].replace([',', ' '], ""), default, "{cell}");
        }
        assert!(!row[3].is_empty() && !row[4].is_empty(), "{cell}");
        names += 1;
    }
    assert!(names > 20, "{names}: {help}");
}

#[test]
fn every_counter_is_on_the_page() {
    let page = std::fs::read_to_string(root().join("docs/operating.md")).unwrap();
    let mut serving = Serving::start(&["--metrics", "0"]);
    let line = serving.line_with("metrics at http://");
    let address: SocketAddr = line.trim().rsplit('/').nth(1).unwrap().parse().unwrap();
    assert_eq!(serving.ask(&message("primary")), ACCEPTED, "it has begun to serve, and to count");
    let (_, metrics) = get(address, "GET /metrics HTTP/1.1\r\n\r\n");
    let names: Vec<_> = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let (name, kind) = name.split_once(' ').unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}")));
        assert!(row.is_some_and(|row| row.contains(&format!("| {kind} |"))), "{name} {kind}");
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name}");
    }
}
