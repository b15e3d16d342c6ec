//! What an audit that starts its server must not remove, and what it must not leave: sockets, folders and processes.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::hostile::{accept, server};
use super::{HANOTIFY, audit, serve, text};

/// What is told to end has to be over by then.
const SOON: Duration = Duration::from_secs(20);

/// An audit with its folder in `temporary`.
fn audit_in(temporary: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(HANOTIFY);
    command.arg("audit").args(args).env("TMPDIR", temporary).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::piped());
    command
}

/// Its exit status, and what it says. Panics if it doesn't end.
fn end_of(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > SOON {
            child.kill().unwrap();
            panic!("it has not ended");
        }
        thread::sleep(Duration::from_millis(10));
    };
    let mut said = Vec::new();
    // A server that is left may hold the stream open.
    let mut stderr = child.stderr.take().unwrap();
    let mut chunk = [0; 4_096];
    if let Ok(read) = stderr.read(&mut chunk) {
        said.extend_from_slice(&chunk[..read]);
    }
    (status.code(), text(&said))
}

/// Whether this program is there; says so if not.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|Output { status, .. }| status.success());
    if !found {
        eprintln!("skipped: it takes {program}");
    }
    found
}

#[test]
fn a_socket_where_another_server_listens_is_left_to_it() {
    let (socket, _folder) = server(accept);
    let inode = || fs::symlink_metadata(&socket).map(|file| file.ino()).ok();
    let before = inode();
    let output = audit(&["--max-time=10s", "--socket", socket.to_str().unwrap(), "--spawn", "sleep 0.3; exit 1"]);
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("another process listens there already"), "{said}");
    assert_eq!(inode(), before);
    UnixStream::connect(&socket).unwrap();
}

#[test]
fn a_socket_that_another_server_has_taken_meanwhile_is_left_to_it() {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    // It moves its socket away after the first message, and ends.
    let code = "import os,socket,sys,time
s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(9)
c,_=s.accept(); c.recv(9999)
c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n'); c.close()
os.rename(sys.argv[1], sys.argv[1]+'.old')
while not os.path.exists(sys.argv[1]): time.sleep(.01)";
    let program = folder.path().join("server.py");
    fs::write(&program, code).unwrap();
    let (path, old) = (socket.clone(), folder.path().join("socket.old"));
    let other = thread::spawn(move || {
        while !old.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        UnixListener::bind(path).unwrap()
    });
    let command = format!("exec python3 '{}' {{socket}}", program.display());
    let args = ["--only-vectors", "--socket", socket.to_str().unwrap(), "--spawn", &command];
    let (exit, said) = end_of(&mut audit_in(folder.path(), &args));
    let _listener = other.join().unwrap();
    assert!(exit == Some(2) && said.contains("another process listens at its socket"), "{said}");
    UnixStream::connect(&socket).unwrap();
}

#[test]
fn a_dead_socket_is_not_taken_for_a_server_that_is_slow_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    drop(UnixListener::bind(&socket).unwrap());
    let command = format!("sleep 1; {}", serve());
    let args = ["--only-vectors", "--select=version/*", "--socket", socket.to_str().unwrap(), "--spawn", &command];
    let output = audit(&args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
