//! What an operator sees and sets: `hanotify serve` from outside.
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use hanotify_testing::corpus::root;
use hanotify_testing::running::{ACCEPTED, connect, message, read_all, reply};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) struct Serving {
    pub(crate) child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    pub(crate) socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Serving {
    /// A server that listens.
    pub(crate) fn start(args: &[&str]) -> Self {
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

    pub(crate) fn ask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut client = connect(&self.socket);
        client.write_all(bytes).unwrap();
        read_all(&mut client)
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Reads lines of standard error up to one that has `text` in it, which is returned.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
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
