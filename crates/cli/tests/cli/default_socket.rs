//! Who is not told of a socket listens and sends at the same one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::running::ID;
use tempfile::TempDir;

/// A user who is not root, whose default socket is below `runtime`.
struct User {
    folder: TempDir,
    runtime: PathBuf,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let runtime = folder.path().join("runtime");
        std::fs::create_dir(&runtime).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&runtime, Some(65_534), None).unwrap();
        }
        // Where that user can reach it. By another process, as a child that another test forks meanwhile would keep the
        // copy open for writing, and it could not be run.
        let copied = Command::new("cp").arg(crate::HANOTIFY).arg(folder.path().join("hanotify")).status().unwrap();
        assert!(copied.success());
        Self { folder, runtime }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.folder.path().join("hanotify"));
        command.args(args).env("XDG_RUNTIME_DIR", &self.runtime).stdin(Stdio::null());
        if is_root() {
            command.uid(65_534);
        }
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let Output { status, stderr, .. } = self.command(args).output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    }

    fn socket(&self) -> PathBuf {
        self.runtime.join("hanotify/keepalived-state-change")
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

const SENDERS: [&[&str]; 3] = [
    &["send", "--retries=0", "--router-id", ID, "--state=backup"],
    &["burst", "--routers=3"],
    &["audit", "--only-vectors"],
];

#[test]
fn where_nobody_listens_the_socket_that_was_tried_is_named() {
    let user = User::new();
    for (sender, expected) in SENDERS.into_iter().zip([3, 3, 2]) {
        let (code, stderr) = user.run(sender);
        assert_eq!(code, Some(expected), "{sender:?}: {stderr}");
        let begin = format!("hanotify: {}: ", user.socket().display());
        assert!(stderr.starts_with(&begin), "{sender:?}: {stderr}");
        assert!(stderr.contains("No such file or directory"), "{sender:?}: {stderr}");
        assert!(stderr.ends_with("that is the default socket: give another one with --socket\n"), "{stderr}");
    }
}

#[test]
fn a_directory_that_others_can_write_to_is_not_sent_to() {
    let user = User::new();
    let directory = user.socket().parent().map(Path::to_owned).unwrap();
    std::fs::create_dir(&directory).unwrap();
    std::fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    for (sender, expected) in SENDERS.into_iter().zip([3, 3, 2]) {
        let (code, stderr) = user.run(sender);
        assert_eq!(code, Some(expected), "{sender:?}: {stderr}");
        assert!(stderr.contains(&format!("{directory:?} is not a private directory")), "{sender:?}: {stderr}");
    }
}

/// Between two tries, another user has made the directory that was not there, with a socket that takes everything.
#[test]
fn a_directory_that_others_make_while_a_sender_tries_again_is_not_sent_to() {
    let user = User::new();
    let send = ["send", "--retries=3", "--timeout=3s", "--router-id", ID, "--state=primary"];
    let sender = user.command(&send).stderr(Stdio::piped()).spawn().unwrap();
    sleep(Duration::from_millis(100));
    std::fs::create_dir(user.socket().parent().unwrap()).unwrap();
    let listener = UnixListener::bind(user.socket()).unwrap();
    for path in [user.socket().parent().unwrap(), &user.socket()] {
        std::fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }
    let output = sender.wait_with_output().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "it has connected");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("is not a private directory"), "{stderr}");
}

#[test]
fn every_sender_finds_the_server_of_its_user() {
    let user = User::new();
    let mut server =
        user.command(&["serve", "--format=json"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while UnixStream::connect(user.socket()).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the server does not listen");
        sleep(Duration::from_millis(5));
    }
    let ends = SENDERS.map(|sender| user.run(sender));
    server.kill().unwrap();
    server.wait().unwrap();
    for (sender, end) in SENDERS.into_iter().zip(ends) {
        assert_eq!(end, (Some(0), String::new()), "{sender:?}");
    }
}
