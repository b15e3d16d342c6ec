//! `hanotify monitor` where nobody is root: its options, its files and its end. The namespace isn't there, so that the
//! router is a backup; `tests/monitor/run` shows the rest in real namespaces.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::{Limits, Status, decode};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
const NAME: &str = "neutron-keepalived-state-change";

/// A folder with the agent's socket, the router's folder, and the program under the name of Neutron's.
struct Host {
    folder: tempfile::TempDir,
    agent: UnixListener,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("conf")).unwrap();
        symlink(crate::HANOTIFY, folder.path().join(NAME)).unwrap();
        let agent = UnixListener::bind(folder.path().join("keepalived-state-change")).unwrap();
        Self { folder, agent }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        vec![
            ("--router_id", ID.into()),
            ("--namespace", "hanotify-test-that-is-not-there".into()),
            ("--conf_dir", path("conf")),
            ("--log-file", path("log")),
            ("--monitor_interface", "ha-0a1b2c3d-4e".into()),
            ("--monitor_cidr", "169.254.0.7/24".into()),
            ("--pid_file", path("pid")),
            ("--state_path", path("")),
        ]
    }

    /// The command line of Neutron 29, under its name.
    fn spaced(&self) -> Command {
        let mut command = Command::new(self.path(NAME));
        command.args(self.options().into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The command line of Neutron 24, under its name.
    fn joined(&self) -> Command {
        let mut command = Command::new(self.path(NAME));
        command.args(self.options().into_iter().map(|(name, value)| format!("{name}={value}")));
        command
    }

    /// The state that the agent is told next.
    fn take(&self) -> String {
        let (mut stream, _) = self.agent.accept().unwrap();
        let mut message = Vec::new();
        loop {
            let mut piece = [0; 512];
            let len = stream.read(&mut piece).unwrap();
            message.extend(&piece[..len]);
            if let Status::Complete { notification, .. } = decode(&message, &Limits::DEFAULT).unwrap() {
                // Routers of one folder differ in the last digit.
                assert_eq!(notification.router_id.to_string()[..35], ID[..35]);
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                return notification.state.to_string();
            }
        }
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn wait_for_log(&self, line: &str) {
        wait(|| self.text("log").contains(line), &format!("{line} in {}", self.path("log").display()));
    }
}

fn wait(condition: impl Fn() -> bool, what: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        sleep(Duration::from_millis(5));
    }
}

fn stop(mut child: Child) -> Output {
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_router_is_watched_until_sigterm_in_the_words_of_neutron_29() {
    let host = Host::new();
    let child = host.spaced().arg("--debug").spawn().unwrap();
    assert_eq!((host.take(), host.text("conf/state")), ("backup".into(), "backup".into()));
    assert_eq!(host.text("pid"), child.id().to_string());
    host.wait_for_log(&format!("DEBUG {} {ID}: Notified agent of state backup\n", child.id()));
    assert!(host.text("log").contains(" Initial status of router is backup\n"), "{}", host.text("log"));
    let output = stop(child);
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    assert!(!host.path("pid").exists());
    assert_eq!(host.text("conf/state"), "backup", "it stays");
}

#[test]
fn with_the_options_of_neutron_24_it_goes_on_in_the_background() {
    let host = Host::new();
    let status = host.joined().status().unwrap();
    assert_eq!(status.code(), Some(0));
    let pid = Pid::from_raw(host.text("pid").parse().unwrap()).unwrap();
    assert_eq!(host.take(), "backup");
    host.wait_for_log(&format!("Notified agent router {ID}, state backup\n"));
    assert!(host.text("log").contains(&format!("Wrote router {ID} state backup\n")));
    let words = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap();
    assert!(words.starts_with(host.path(NAME).as_os_str().as_encoded_bytes()), "{}", words.escape_ascii());
    assert_eq!(fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero())).unwrap(), Path::new("/"));
    // A second one says so before it returns.
    assert_eq!(host.joined().stderr(Stdio::null()).status().unwrap().code(), Some(1));
    kill_process(pid, Signal::TERM).unwrap();
    wait(|| test_kill_process(pid).is_err() || !host.path("pid").exists(), "its end");
}

#[test]
fn the_form_of_the_options_can_be_overruled() {
    let host = Host::new();
    let child = host.joined().arg("--foreground").spawn().unwrap();
    assert_eq!(host.take(), "backup");
    assert_eq!(host.text("pid"), child.id().to_string());
    assert_eq!(stop(child).status.code(), Some(0));
    assert_eq!(host.spaced().arg("--daemon").status().unwrap().code(), Some(0));
    let pid = Pid::from_raw(host.text("pid").parse().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(host.spaced().args(["--daemon", "--foreground"]).status().unwrap().code(), Some(2));
}

#[test]
fn a_second_monitor_of_a_router_is_refused() {
    let host = Host::new();
    let first = host.spaced().spawn().unwrap();
    assert_eq!(host.take(), "backup");
    let output = host.spaced().output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("another monitor watches this router"), "{text}");
    assert_eq!(host.text("pid"), first.id().to_string());
    stop(first);
}

#[test]
fn options_that_make_no_sense_are_refused_by_name() {
    let host = Host::new();
    for (name, value) in [
        ("--router_id", "x"),
        ("--namespace", "a/b"),
        ("--namespace", ".."),
        ("--conf_dir", "/nowhere"),
        ("--monitor_cidr", "169.254.0.7"),
        ("--monitor_interface", "1234567890123456"),
        ("--state_path", &format!("/{}", "x".repeat(84))),
        ("--user", "no such user"),
        ("--group", "4294967295"),
    ] {
        let mut options = host.options();
        options.retain(|(kept, _)| *kept != name);
        let words = options.iter().flat_map(|(name, value)| [*name, value]).chain([name, value]);
        let output = Command::new(crate::HANOTIFY).arg("monitor").args(words).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(name), "{name} {value}: {text}");
    }
    for (left_out, _) in host.options().into_iter().filter(|(name, _)| *name != "--log-file") {
        let options = host.options();
        let words = options.iter().filter(|(name, _)| *name != left_out).flat_map(|(name, value)| [*name, value]);
        let output = Command::new(host.path(NAME)).args(words).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && text.contains(left_out), "without {left_out}: {text}");
    }
    assert!(!host.path("pid").exists());
}

#[test]
fn the_routers_of_a_folder_are_watched_by_one_process() {
    let host = Host::new();
    fs::create_dir(host.path("routers")).unwrap();
    let put = |number: u8| {
        let conf = host.path(&format!("conf{number}"));
        fs::create_dir(&conf).unwrap();
        let text = format!(
            r#"{{"router_id": "{}{number}", "namespace": "hanotify-test-that-is-not-there", "interface": "ha-0",
               "cidr": "169.254.0.7/24", "conf_dir": "{}"}}"#,
            &ID[..35],
            conf.display()
        );
        fs::write(host.path("routers/.new"), text).unwrap();
        fs::rename(host.path("routers/.new"), host.path(&format!("routers/{number}.json"))).unwrap();
    };
    put(1);
    fs::write(host.path("routers/bad.json"), "{}").unwrap();
    let mut command = Command::new(crate::HANOTIFY);
    command.arg("monitor").arg("--all").arg(host.path("routers")).arg("--state_path").arg(host.path(""));
    command.arg("--log-file").arg(host.path("log"));
    let child = command.spawn().unwrap();
    assert_eq!((host.take(), host.text("conf1/state")), ("backup".into(), "backup".into()));
    host.wait_for_log("bad.json: missing field");
    put(2);
    assert_eq!((host.take(), host.text("conf2/state")), ("backup".into(), "backup".into()));
    assert_eq!(command.stderr(Stdio::null()).status().unwrap().code(), Some(1), "a second one of the folder");
    assert_eq!(stop(child).status.code(), Some(0));
    assert_eq!(command.args(["--router_id", ID]).status().unwrap().code(), Some(2));
}

#[test]
fn a_log_that_was_rotated_is_begun_anew() {
    let host = Host::new();
    let child = host.spaced().spawn().unwrap();
    host.wait_for_log("Initial status");
    fs::rename(host.path("log"), host.path("log.1")).unwrap();
    // The agent that is gone gives it something to say.
    fs::remove_file(host.path("keepalived-state-change")).unwrap();
    let (stream, _) = host.agent.accept().unwrap();
    drop(stream);
    host.wait_for_log("Can't tell the agent, and try again");
    assert!(!host.text("log").contains("Initial status"));
    stop(child);
}
