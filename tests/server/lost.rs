//! The socket's file is removed or replaced while the server runs: it notices, and listens again when it can.
use std::fs;
use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use hanotify::server::{BindError, Config, Report, Server, Stopper};
use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, Running, connect, message, read_all};

/// A server looks once a second; a machine that is slow gets more.
const SOON: Duration = Duration::from_secs(20);
/// Long enough for a look.
const A_LOOK: Duration = Duration::from_millis(1_500);

/// A server on a thread of its own, at a path that a test has chosen.
struct Serving {
    stopper: Stopper,
    thread: JoinHandle<Report>,
}

impl Serving {
    fn start(server: Server) -> Self {
        let stopper = server.stopper();
        Self { stopper, thread: std::thread::spawn(move || server.run(|_: Event<'_>| Ok(())).unwrap()) }
    }

    fn stop(self) -> Report {
        self.stopper.stop().unwrap();
        self.thread.join().unwrap()
    }
}

fn bind(path: &Path) -> Result<Server, BindError> {
    Server::bind(Config::new(path))
}

fn lock_of(socket: &Path) -> PathBuf {
    socket.with_extension("lock")
}

/// Asks as soon as somebody can connect.
fn ask_soon(socket: &Path) -> Vec<u8> {
    let start = Instant::now();
    while UnixStream::connect(socket).is_err() {
        assert!(start.elapsed() < SOON, "nobody listens at {}", socket.display());
        sleep(Duration::from_millis(10));
    }
    let mut client = connect(socket);
    client.write_all(&message("primary")).unwrap();
    read_all(&mut client)
}

#[test]
fn a_socket_whose_file_is_removed_is_made_again_and_connections_stay_served() {
    let (server, _told) = Running::telling_with(|config| config.with_mode(0o660).with_total_time(SOON));
    let mut held = server.connect();
    held.write_all(&message("backup")[..40]).unwrap();
    for _ in 0..2 {
        fs::remove_file(&server.socket).unwrap();
        assert_eq!(ask_soon(&server.socket), ACCEPTED);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&server.socket).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o660);
    }
    held.write_all(&message("backup")[40..]).unwrap();
    assert_eq!(read_all(&mut held), ACCEPTED);
    let socket = server.socket.clone();
    assert_eq!(server.stop().notified, 3);
    assert!(!socket.exists(), "the socket that was made again is left behind");
}

/// The way from the file to the server goes on while the file has another name, and nobody who took it is lost.
#[test]
fn whoever_has_connected_before_the_socket_is_made_again_is_answered() {
    let (server, _told) = Running::telling();
    let aside = server.socket.with_extension("aside");
    fs::rename(&server.socket, &aside).unwrap();
    let start = Instant::now();
    let mut answered = 0;
    while !server.socket.exists() {
        assert!(start.elapsed() < SOON);
        if let Ok(mut client) = UnixStream::connect(&aside) {
            client.write_all(&message("fault")).unwrap();
            assert_eq!(read_all(&mut client), ACCEPTED, "after {answered} answers");
            answered += 1;
        }
    }
    assert!(answered > 10, "{answered}");
    assert_eq!(ask_soon(&server.socket), ACCEPTED);
    assert!(UnixStream::connect(&aside).is_err(), "the old socket still lets senders in");
}

#[test]
fn somebody_elses_file_is_left_alone_until_it_is_gone() {
    let (server, _told) = Running::telling();
    fs::remove_file(&server.socket).unwrap();
    fs::write(&server.socket, "mine").unwrap();
    sleep(A_LOOK);
    assert_eq!(fs::read_to_string(&server.socket).unwrap(), "mine");
    fs::remove_file(&server.socket).unwrap();
    assert_eq!(ask_soon(&server.socket), ACCEPTED);
}

/// As at a start: a socket at which nobody listens any more is in nobody's way.
#[test]
fn a_dead_socket_in_the_place_of_the_servers_is_replaced() {
    let (server, _told) = Running::telling();
    drop(UnixListener::bind(server.socket.with_extension("dead")).unwrap());
    fs::rename(server.socket.with_extension("dead"), &server.socket).unwrap();
    assert_eq!(ask_soon(&server.socket), ACCEPTED);
    // The file that it had before comes back, as with a directory that is moved away and back.
    let aside = server.socket.with_extension("aside");
    fs::rename(&server.socket, &aside).unwrap();
    assert_eq!(ask_soon(&server.socket), ACCEPTED);
    fs::rename(&aside, &server.socket).unwrap();
    assert_eq!(ask_soon(&server.socket), ACCEPTED);
    assert_eq!(server.stop().notified, 3);
}

/// A server that knows no lock is not even connected to: it would have to refuse an empty message a second.
#[test]
fn a_live_socket_in_the_place_of_the_servers_is_left_alone_and_unasked() {
    let (server, _told) = Running::telling();
    fs::remove_file(&server.socket).unwrap();
    let other = UnixListener::bind(&server.socket).unwrap();
    other.set_nonblocking(true).unwrap();
    sleep(A_LOOK);
    assert!(other.accept().is_err(), "it was connected to");
    assert!(UnixStream::connect(&server.socket).is_ok() && other.accept().is_ok());
    drop(other);
    assert_eq!(ask_soon(&server.socket), ACCEPTED);
}

/// With its lock file, a server loses what keeps others away: the one that has the path then keeps it.
#[test]
fn two_servers_do_not_fight_when_the_lock_file_is_removed_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let first = Serving::start(bind(&path).unwrap());
    fs::remove_file(&path).unwrap();
    fs::remove_file(lock_of(&path)).unwrap();
    let second = Serving::start(bind(&path).unwrap());
    let file = fs::symlink_metadata(&path).unwrap();
    for _ in 0..2 {
        sleep(A_LOOK);
        let found = fs::symlink_metadata(&path).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::ino(&found), std::os::unix::fs::MetadataExt::ino(&file));
        assert_eq!(ask_soon(&path), ACCEPTED);
    }
    // The lock of the second server keeps the first one away where only the file is gone.
    fs::remove_file(&path).unwrap();
    assert_eq!(ask_soon(&path), ACCEPTED);
    assert_eq!(second.stop().notified, 3);
    assert_eq!(ask_soon(&path), ACCEPTED);
    assert!(matches!(bind(&path), Err(BindError::InUse { .. })), "the first server has no lock again");
    assert_eq!(first.stop().notified, 1);
}

#[test]
fn a_directory_that_others_can_write_to_by_now_gets_no_socket() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("run");
    fs::create_dir(&directory).unwrap();
    let path = directory.join("socket");
    let server = Serving::start(bind(&path).unwrap());
    let set = |mode| fs::set_permissions(&directory, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    set(0o777);
    fs::remove_file(&path).unwrap();
    sleep(A_LOOK);
    assert!(!path.exists());
    set(0o755);
    assert_eq!(ask_soon(&path), ACCEPTED);
    server.stop();
}

#[test]
fn a_socket_that_was_handed_over_is_not_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let server = Serving::start(Server::adopt(listener, Config::new(&path)).unwrap());
    let aside = folder.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    sleep(A_LOOK);
    assert!(!path.exists());
    assert_eq!(ask_soon(&aside), ACCEPTED, "it goes on at the socket that it has");
    server.stop();
}
