//! `hanotify status`: from a running server, from a folder, and where there is neither.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use hanotify_testing::running::{ACCEPTED, message, reply};
use serde_json::Value;

use super::serving::Serving;
use super::states::{ha_confs, notify, router};

pub(crate) fn status_socket(serving: &Serving) -> PathBuf {
    serving.folder.path().join("socket.status")
}

pub(crate) fn serving(args: &[&str]) -> Serving {
    let serving = Serving::start(&[&["--status"], args].concat(), |_| ());
    // It is made a moment after that of the notifications.
    assert!(soon(|| UnixStream::connect(status_socket(&serving)).is_ok()));
    serving
}

/// Whether this is so within a while.
pub(crate) fn soon(is_so: impl Fn() -> bool) -> bool {
    (0..200).any(|_| {
        let found = is_so();
        if !found {
            std::thread::sleep(Duration::from_millis(50));
        }
        found
    })
}

pub(crate) fn status(args: &[&str]) -> Output {
    Command::new(crate::HANOTIFY).arg("status").args(args).output().unwrap()
}

/// The exit code and the report, of a server.
pub(crate) fn of(serving: &Serving, args: &[&str]) -> (Option<i32>, Value) {
    let output = status(&[&["--socket", serving.socket().to_str().unwrap(), "--format", "json"], args].concat());
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code(), report.unwrap_or_else(|cause| panic!("{cause}: {output:?}")))
}

/// It can't look, and says this.
pub(crate) fn fails(output: &Output, what: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && output.stdout.is_empty() && stderr.contains(what), "{output:?}");
}

#[test]
fn a_node_is_seen_at_a_glance_and_what_needs_a_person_is_an_exit_code() {
    for more in [&[][..], &["--sandbox"]] {
        let serving = serving(&[&["--settle-time", "1h"], more].concat());
        assert_eq!(of(&serving, &[]).0, Some(0));
        for state in ["backup", "primary", "backup", "primary"] {
            notify(&serving, &router(1), state);
        }
        assert_eq!(serving.ask(b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
        let (code, report) = of(&serving, &[]);
        let seen = &report["routers"][0];
        assert_eq!((code, report["version"].as_u64(), report["source"].as_str()), (Some(0), Some(1), Some("server")));
        assert_eq!((seen["router_id"].as_str(), seen["state"].as_str()), (Some(&*router(1)), Some("primary")));
        assert_eq!((seen["settled"].as_str(), seen["confirmed"].as_bool()), (Some("backup"), Some(true)));
        assert_eq!((seen["changes"].as_u64(), seen["changes_last_hour"].as_u64()), (Some(3), Some(3)));
        assert_eq!(seen["sender"]["pid"].as_u64(), Some(std::process::id().into()));
        let server = &report["server"];
        assert_eq!(server["socket"].as_str(), serving.socket().to_str());
        assert_eq!(server["refused"].to_string(), r#"[{"error":"method","last_hour":1,"total":1}]"#);
        assert_eq!(server["limits"][1].to_string(), r#"{"highest":1,"most":4096,"name":"routers","now":1}"#);
        assert_eq!(report["attention"].to_string(), "[]");
        let (code, report) = of(&serving, &["--flapping", "3"]);
        assert_eq!((code, report["attention"][0]["what"].as_str()), (Some(1), Some("flapping")));
        serving.stop();
    }
}

#[test]
fn without_a_server_or_a_folder_it_could_not_look() {
    let serving = Serving::start(&[], |_| ());
    let socket = serving.socket();
    fails(&status(&["--socket", socket.to_str().unwrap()]), "does `hanotify serve --status` run there?");
    assert!(!status_socket(&serving).exists());
    fails(&status(&["--ha-confs", "/none"]), "/none");
    fails(&status(&["--ha-confs", "/tmp", "--socket", "/tmp/s"]), "cannot be used with");
}

#[test]
fn the_folder_alone_has_the_states_and_a_router_in_fault_needs_a_person() {
    let folder = ha_confs(&router(1), "master\n");
    let path = folder.path().to_str().unwrap();
    let output = status(&["--ha-confs", path, "--format", "text"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(0) && text.contains("\n1 router: 1 primary"), "{text}");
    fs::write(folder.path().join(router(1)).join("state"), "fault").unwrap();
    assert_eq!(status(&["--ha-confs", path]).status.code(), Some(1));
}

/// Whoever listens in the server's place.
fn answered_with(bytes: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join("socket.status")).unwrap();
    let bytes = bytes.to_vec();
    let answering = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let _ = client.read(&mut [0; 100]);
        let _ = client.write_all(&bytes);
    });
    let output = status(&["--socket", folder.path().join("socket").to_str().unwrap()]);
    answering.join().unwrap();
    output
}

#[test]
fn what_is_no_report_or_one_of_another_version_is_none() {
    let content = |json: &str| answered_with(format!("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{json}").as_bytes());
    for output in [answered_with(b""), answered_with(b"\x1b]0;x\x07"), content("{"), content(r#"{"version":1}"#)] {
        fails(&output, "is no report");
    }
    fails(&content(r#"{"version":2}"#), "writes version 2 of its report, and this program reads 1");
    fails(&answered_with(b"HTTP/1.1 403 Forbidden\r\n\r\n"), "lets only root");
}

/// It accepts, and says nothing, or a byte now and then.
#[test]
fn a_server_that_takes_too_long_is_given_up_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(folder.path().join("socket.status")).unwrap();
    let socket = folder.path().join("socket");
    for drips in [false, true] {
        let listener = listener.try_clone().unwrap();
        let answering = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            while drips && client.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(100));
            }
            let _ = client.read_to_end(&mut Vec::new());
        });
        fails(&status(&["--socket", socket.to_str().unwrap()]), "has not sent its report within 5 s");
        answering.join().unwrap();
    }
}

#[test]
fn it_looks_again_and_again_where_it_is_to() {
    let serving = serving(&[]);
    let mut command = Command::new(crate::HANOTIFY);
    command.args(["status", "--watch", "1", "--format", "json", "--socket"]).arg(serving.socket());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["routers"].to_string(), "[]");
    notify(&serving, &router(1), "backup");
    assert_eq!(next()["routers"][0]["state"].as_str(), Some("backup"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Nobody at the socket for `hanotify status` makes a sender wait, and whoever asks is answered.
#[test]
fn those_who_are_silent_or_read_nothing_keep_nobody_waiting() {
    let serving = serving(&[]);
    for n in 1..=500 {
        notify(&serving, &router(n), "backup");
    }
    let mut idle: Vec<_> = (0..60).map(|_| UnixStream::connect(status_socket(&serving)).unwrap()).collect();
    for reader in idle.iter_mut().step_by(2) {
        // One that had to leave its place is told so by an error.
        let _ = reader.write_all(b"GET /status HTTP/1.1\r\n\r\n");
    }
    for _ in 0..5 {
        assert_eq!(serving.ask(&message("primary")), ACCEPTED);
        assert_eq!(of(&serving, &[]).1["routers"].as_array().unwrap().len(), 501);
    }
    let descriptors = fs::read_dir(format!("/proc/{}/fd", serving.child.id())).unwrap().count();
    assert!(descriptors < 40, "{descriptors}");
}

fn status_as(uid: u32, folder: &Path, socket: &Path, more: &[&str]) -> Output {
    let program = folder.join("hanotify");
    if !program.exists() {
        fs::copy(crate::HANOTIFY, &program).unwrap();
    }
    Command::new(program)
        .args(["status", "--format", "json", "--socket"])
        .arg(socket)
        .args(more)
        .uid(uid)
        .gid(uid)
        .output()
        .unwrap()
}

#[test]
fn how_often_to_look_is_said_in_its_range() {
    for often in ["x", "0", "-1", "1.5", "86401"] {
        fails(&status(&[&format!("--watch={often}")]), "expected a whole number of seconds, from 1 to 86400");
    }
}

#[test]
fn only_root_the_servers_user_and_its_senders_see_it() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run a program as another user");
        return;
    }
    let at = tempfile::tempdir().unwrap();
    fs::set_permissions(at.path(), Permissions::from_mode(0o755)).unwrap();
    let open = |args: &[&str]| {
        let serving = serving(&[&["--socket-mode", "666"], args].concat());
        fs::set_permissions(serving.folder.path(), Permissions::from_mode(0o755)).unwrap();
        serving
    };
    let strict = open(&[]);
    fails(
        &status_as(65_534, at.path(), &strict.socket(), &[]),
        "lets only root, its own user and its allowed senders look",
    );
    assert!(fs::metadata(status_socket(&strict)).unwrap().file_type().is_socket());
    let named = open(&["--allow-uid", "65534", "--no-default-uids"]);
    for uid in [65_534, 0] {
        assert_eq!(status_as(uid, at.path(), &named.socket(), &[]).status.code(), Some(0), "{uid}");
    }
    let forget = format!("--forget={}", router(1));
    fails(&status_as(65_534, at.path(), &named.socket(), &[&forget]), "root and its own user have a router forgotten");
    fails(&status_as(0, at.path(), &named.socket(), &[&forget]), "knows no router");
    fails(&status_as(65_533, at.path(), &named.socket(), &[]), "lets only root");
    let closed = serving(&[]);
    fs::set_permissions(closed.folder.path(), Permissions::from_mode(0o755)).unwrap();
    let said = "Permission denied (os error 13): run this as a user that may write to the socket and enter its folders";
    fails(&status_as(65_534, at.path(), &closed.socket(), &[]), said);
}

#[test]
fn a_router_is_forgotten_where_root_or_the_servers_user_asks_for_it() {
    let serving = serving(&[]);
    for n in 1..=2 {
        notify(&serving, &router(n), "backup");
    }
    let (code, report) = of(&serving, &["--forget", &router(1)]);
    assert_eq!((code, report["routers"].as_array().unwrap().len()), (Some(0), 1));
    assert_eq!(report["routers"][0]["router_id"].as_str(), Some(&*router(2)));
    let socket = serving.socket();
    fails(&status(&["--socket", socket.to_str().unwrap(), "--forget", &router(1)]), "knows no router 00000001-");
    notify(&serving, &router(1), "primary");
    assert_eq!(of(&serving, &[]).1["routers"][0]["changes"].as_u64(), Some(0), "it begins anew");
    let asked = |request: &str| {
        let mut client = UnixStream::connect(status_socket(&serving)).unwrap();
        write!(client, "{request} HTTP/1.1\r\n\r\n").unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).unwrap();
        reply.lines().next().unwrap().to_owned()
    };
    for request in ["DELETE /routers/x", "DELETE /metrics", "POST /status"] {
        assert_eq!(asked(request), "HTTP/1.1 405 Method Not Allowed", "{request}");
    }
}
