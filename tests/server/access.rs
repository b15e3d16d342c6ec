//! Who gets in: the socket's file, its directory, its lock, and the peers on the lists.
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use hanotify::ErrorKind;
use hanotify::server::{BindError, Config, Server};
use hanotify_testing::running::{ACCEPTED, Running, Told, message, read_all, reply};

const SOON: Duration = Duration::from_secs(10);

fn bind(path: &Path) -> Result<Server, BindError> {
    Server::bind(Config::new(path))
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn is_root() -> bool {
    let root = own_uid() == 0;
    if !root {
        eprintln!("skipped in part: only root can give files and processes to others");
    }
    root
}

#[test]
fn the_file_has_the_mode_and_the_group_that_were_asked_for_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let group = if is_root() { 12_345 } else { rustix::process::getegid().as_raw() };
    for mode in [0o600, 0o660, 0o666, 0o777] {
        let _server = Server::bind(Config::new(&path).with_mode(mode).with_group(Some(group))).unwrap();
        let file = fs::symlink_metadata(&path).unwrap();
        assert_eq!((file.mode() & 0o7777, file.gid()), (mode, group), "{mode:o}");
    }
    let error = Server::bind(Config::new(&path).with_mode(0o4600)).unwrap_err();
    assert!(error.to_string().contains("0o4600 is not a mode for a socket"), "{error}");
}

/// Looks at the file as fast as it can while servers come and go.
#[test]
fn the_file_is_at_no_time_open_to_a_group_that_is_not_the_one() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looker = scope.spawn(|| {
            let (mut looks, mut open) = (0, Vec::new());
            while !done.load(Ordering::Relaxed) {
                if let Ok(file) = fs::symlink_metadata(&path) {
                    looks += 1;
                    let (mode, gid) = (file.mode() & 0o777, file.gid());
                    if mode & 0o007 != 0 || (mode & 0o070 != 0 && gid != 12_345) {
                        open.push((mode, gid));
                    }
                }
            }
            (looks, open)
        });
        for _ in 0..500 {
            drop(Server::bind(Config::new(&path).with_mode(0o660).with_group(Some(12_345))).unwrap());
        }
        done.store(true, Ordering::Relaxed);
        let (looks, open) = looker.join().unwrap();
        assert!(looks > 100, "{looks}");
        assert_eq!(open, []);
    });
}

#[test]
fn a_directory_that_others_can_write_to_is_refused_with_the_command_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("run");
    fs::create_dir(&directory).unwrap();
    for mode in [0o770, 0o707, 0o777, 0o2775] {
        fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        let error = bind(&directory.join("socket")).unwrap_err();
        assert!(matches!(&error, BindError::SharedDirectory { mode: found, .. } if *found == mode), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(&format!("(mode {mode:04o})")), "{text}");
        assert!(text.contains(&format!("chmod go-w {directory:?}")), "{text}");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "it left something behind");
    }
    for mode in [0o700, 0o755, 0o1777] {
        fs::set_permissions(&directory, Permissions::from_mode(mode)).unwrap();
        drop(bind(&directory.join("socket")).unwrap());
    }
    let link = folder.path().join("link");
    symlink(&directory, &link).unwrap();
    drop(bind(&link.join("socket")).unwrap());
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(54_321), None).unwrap();
    let error = bind(&folder.path().join("socket")).unwrap_err();
    assert!(matches!(error, BindError::ForeignDirectory { uid: 54_321, .. }), "{error:?}");
    assert!(error.to_string().contains("belongs to the user 54321"), "{error}");
}

#[test]
fn a_peer_that_is_not_allowed_gets_403_and_none_of_its_bytes_is_looked_at() {
    let (server, told) = Running::telling_with(|config| config.with_default_uids(false));
    for bytes in [&message("primary")[..], b"\0\x1b[31m", &message("fault")[..20]] {
        assert_eq!(server.ask(bytes), reply("403 Forbidden"));
        let Told::Refused(refusal) = told.recv_timeout(SOON).unwrap() else { panic!("accepted") };
        assert_eq!(refusal.error, ErrorKind::PeerNotAllowed.at(0));
        assert_eq!(refusal.peer.unwrap().uid, own_uid());
    }
    // One that sends later can still send, and read.
    let mut slow = server.connect();
    sleep(Duration::from_millis(50));
    slow.write_all(&message("primary")).unwrap();
    assert_eq!(read_all(&mut slow), reply("403 Forbidden"));
    let report = server.stop();
    assert_eq!((report.notified, report.refused, report.accepted), (0, 4, 4));
}

#[test]
fn a_group_on_the_list_is_enough() {
    let gid = rustix::process::getegid().as_raw();
    let only_groups = |config: Config| config.with_default_uids(false).with_allowed_gids(vec![gid]);
    let (server, _told) = Running::telling_with(only_groups);
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
}

#[test]
fn a_user_that_is_named_takes_no_place_from_those_by_default() {
    let (server, _told) = Running::telling_with(|config| config.with_allowed_uids(vec![own_uid() + 1]));
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
}
