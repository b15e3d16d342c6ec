//! The socket of `serve --status`: made, guarded, made again and left.

use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::serving::Serving;
use super::states::{notify, router};
use super::status::{fails, of, serving, soon, status, status_socket};

#[test]
fn the_socket_is_there_as_long_as_the_server_and_takes_the_place_of_one_that_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket.status");
    drop(UnixListener::bind(&path).unwrap());
    let mut command = Serving::command(folder.path(), &["--status", "--socket-mode", "660"]);
    let serving = Serving { child: command.spawn().unwrap(), folder }.listening();
    // It is made a moment after that of the notifications.
    assert!(soon(|| UnixStream::connect(&path).is_ok()));
    assert_eq!(of(&serving, &[]).0, Some(0));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    serving.stop();
    assert!(!path.exists());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("socket.status"), "kept").unwrap();
    let output = Serving::command(folder.path(), &["--status"]).stderr(Stdio::piped()).output().unwrap();
    fails(&output, "is not a socket");
    assert_eq!(fs::read(folder.path().join("socket.status")).unwrap(), b"kept");
    let output = folder.path().join("socket.status");
    let output =
        Serving::command(folder.path(), &["--output", output.to_str().unwrap()]).stderr(Stdio::piped()).output();
    assert_eq!(output.unwrap().status.code(), Some(2), "events were written in the place of the socket");
}

#[test]
fn a_socket_at_which_somebody_listens_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket.status");
    let _another = UnixListener::bind(&path).unwrap();
    let output = Serving::command(folder.path(), &["--status"]).stderr(Stdio::piped()).output().unwrap();
    fails(&output, "another server listens at");
    assert!(UnixStream::connect(&path).is_ok());
}

#[test]
fn a_socket_whose_file_is_lost_is_made_again_and_another_one_in_its_place_is_left_alone() {
    for more in [&[][..], &["--sandbox"]] {
        let serving = serving(more);
        let path = status_socket(&serving);
        let socket = serving.socket();
        let answers = || status(&["--socket", socket.to_str().unwrap()]).status.code() == Some(0);
        fs::remove_file(&path).unwrap();
        assert!(soon(answers));
        fs::remove_file(&path).unwrap();
        let another = UnixListener::bind(&path).unwrap();
        std::thread::sleep(Duration::from_millis(2_500));
        another.set_nonblocking(true).unwrap();
        assert!(UnixStream::connect(&path).is_ok() && another.accept().is_ok(), "it was replaced");
        fs::remove_file(&path).unwrap();
        assert!(soon(answers));
        serving.stop();
        assert!(!path.exists());
    }
}

/// As when one is started while the last one finishes what is in flight.
#[test]
fn the_next_server_has_the_socket_as_soon_as_the_last_one_stops() {
    let mut first = serving(&["--stop-grace", "20s"]);
    let mut held = UnixStream::connect(first.socket()).unwrap();
    held.write_all(b"P").unwrap();
    assert_eq!(of(&first, &[]).0, Some(0));
    first.signal(rustix::process::Signal::TERM);
    while first.socket().exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut next = Serving::command(first.folder.path(), &["--status"]).spawn().unwrap();
    let answers = || status(&["--socket", first.socket().to_str().unwrap()]).status.code() == Some(0);
    assert!(soon(answers));
    assert_eq!(first.child.try_wait().unwrap(), None, "the last one has ended");
    drop(held);
    next.kill().unwrap();
    next.wait().unwrap();
    assert_eq!(first.end_within(super::serving::AT_ONCE).code(), Some(0));
}

/// As a service manager does, whose server may make no socket where these are.
#[test]
fn a_socket_that_is_handed_over_is_answered_at_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let sockets = ["socket.status", "socket"].map(|name| OwnedFd::from(UnixListener::bind(at(name)).unwrap()));
    let [status, socket] = sockets.map(Stdio::from);
    let shell = r#"exec 3<&0 4<&2 </dev/null 2>/dev/null; LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" serve --sandbox"#;
    let mut command = Command::new("sh");
    command.args(["-c", shell, crate::HANOTIFY]).stdin(status).stderr(socket).stdout(Stdio::null());
    let child = command.spawn().unwrap();
    let serving = Serving { child, folder }.listening();
    notify(&serving, &router(1), "fault");
    let (code, report) = of(&serving, &[]);
    assert_eq!((code, report["routers"][0]["state"].as_str()), (Some(1), Some("fault")));
    let mut serving = serving;
    serving.signal(rustix::process::Signal::TERM);
    assert_eq!(serving.end_within(super::serving::AT_ONCE).code(), Some(0));
    assert!(serving.socket().exists() && status_socket(&serving).exists());
}
