//! Two servers and one path: one of them has it.
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread::sleep;
use std::time::Duration;

use hanotify::server::{BindError, Config, Server};
use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, connect, message, read_all};

fn bind(path: &Path) -> Result<Server, BindError> {
    Server::bind(Config::new(path))
}

fn lock_of(socket: &Path) -> PathBuf {
    socket.with_file_name(format!("{}.lock", socket.file_name().unwrap().to_str().unwrap()))
}

#[test]
fn of_servers_that_start_at_the_same_time_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    for round in 0..50 {
        if round % 2 == 0 {
            // One that was killed has left this: without a lock, one server could remove it and the next the new one.
            drop(UnixListener::bind(&path).unwrap());
        }
        let barrier = Barrier::new(4);
        let start = || {
            barrier.wait();
            bind(&path)
        };
        let started: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (mut won, lost): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 3), "round {round}");
        assert!(lost.iter().all(|lost| matches!(lost, Err(BindError::InUse { .. }))), "{lost:?}");
        let server = won.pop().unwrap().unwrap();
        let mut client = connect(&path);
        client.write_all(&message("fault")).unwrap();
        let stopper = server.stopper();
        let asked = std::thread::spawn(move || {
            let answer = read_all(&mut client);
            stopper.stop().unwrap();
            answer
        });
        assert_eq!(server.run(|_: Event<'_>| Ok(())).unwrap().notified, 1);
        assert_eq!(asked.join().unwrap(), ACCEPTED);
    }
}

#[test]
fn the_lock_is_for_its_owner_alone_and_stays_when_the_server_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    drop(bind(&path).unwrap());
    let lock = fs::symlink_metadata(lock_of(&path)).unwrap();
    assert!(lock.is_file());
    assert_eq!(lock.mode() & 0o7777, 0o600);
    drop(bind(&path).unwrap());
    assert_eq!(fs::symlink_metadata(lock_of(&path)).unwrap().ino(), lock.ino());
}

#[test]
fn what_is_not_a_lock_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let (lock, target) = (lock_of(&path), folder.path().join("target"));
    symlink(&target, &lock).unwrap();
    let error = bind(&path).unwrap_err();
    assert!(
        matches!(&error, BindError::System { action: "open the lock file", path, .. } if *path == lock),
        "{error:?}"
    );
    assert!(!target.exists(), "the link was followed");
    fs::remove_file(&lock).unwrap();

    let _listener = UnixListener::bind(folder.path().join("other")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0)
        .unwrap();
    let error = bind(&path).unwrap_err();
    assert!(matches!(&error, BindError::NotALockFile { .. }), "{error:?}");
    assert!(!path.exists());
}

#[test]
fn the_next_server_can_start_while_the_last_one_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let last = Server::bind(Config::new(&path).with_stop_grace(Duration::from_secs(5))).unwrap();
    let stopper = last.stopper();
    let last = std::thread::spawn(move || last.run(|_: Event<'_>| Ok(())).unwrap());
    let mut client = connect(&path);
    client.write_all(&message("backup")[..30]).unwrap();
    sleep(Duration::from_millis(50));
    stopper.stop().unwrap();
    let next = (0..400).find_map(|_| {
        sleep(Duration::from_millis(5));
        bind(&path).ok()
    });
    assert!(next.is_some(), "the path is still taken");
    client.write_all(&message("backup")[30..]).unwrap();
    assert_eq!(read_all(&mut client), ACCEPTED);
    assert_eq!(last.join().unwrap().notified, 1);
    assert!(path.exists(), "the last server removed the socket of the next one");
}
