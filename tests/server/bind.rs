//! What a server finds at its path, and what it says about it.
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use hanotify::server::{BindError, Config, MAX_SOCKET_PATH, Server};
use hanotify_testing::running::{ACCEPTED, Running, connect, message, read_all};

fn bind(path: &Path) -> Result<Server, BindError> {
    Server::bind(Config::new(path))
}

#[test]
fn only_the_owner_may_connect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _server = bind(&path).unwrap();
    let file = std::fs::symlink_metadata(&path).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.mode() & 0o777, 0o600);
}

#[test]
fn a_stale_socket_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    drop(bind(&path).unwrap());
    assert!(!path.exists(), "a server that is dropped removes its socket");
}

#[test]
fn a_live_socket_is_left_alone() {
    let (server, _told) = Running::telling();
    let error = bind(&server.socket).unwrap_err();
    assert!(matches!(error, BindError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("another server listens at"), "{error}");
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
}

#[test]
fn a_live_socket_with_a_full_backlog_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Server::bind(Config::new(&path).with_expected_routers(0)).unwrap();
    let _waiting = connect(&path);
    assert!(matches!(bind(&path), Err(BindError::InUse { .. })));
    drop(server);
}

#[test]
fn a_socket_that_another_server_has_put_there_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let first = bind(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let _second = UnixListener::bind(&path).unwrap();
    drop(first);
    assert!(path.exists());
}

#[test]
fn anything_that_is_not_a_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    std::fs::write(&file, "mine").unwrap();
    symlink(&file, &link).unwrap();
    for path in [&file, &link, folder.path()] {
        let error = bind(path).unwrap_err();
        assert!(matches!(error, BindError::NotASocket { .. }), "{error:?}");
        assert!(error.to_string().contains("is not a socket"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_path_has_at_most_107_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let name = |len: usize| folder.path().join("x".repeat(len - folder.path().as_os_str().len() - 1));
    let longest = name(MAX_SOCKET_PATH);
    let server = bind(&longest).unwrap();
    let thread = std::thread::spawn({
        let stopper = server.stopper();
        let mut client = connect(&longest);
        move || {
            std::io::Write::write_all(&mut client, &message("fault")).unwrap();
            assert_eq!(read_all(&mut client), ACCEPTED);
            stopper.stop().unwrap();
        }
    });
    server.run(|_: hanotify::sink::Event<'_>| Ok(())).unwrap();
    thread.join().unwrap();
    let error = bind(&name(MAX_SOCKET_PATH + 1)).unwrap_err();
    assert!(matches!(error, BindError::PathTooLong { .. }), "{error:?}");
    assert!(error.to_string().contains("has 108 bytes") && error.to_string().contains("107"), "{error}");
}

#[test]
fn a_directory_that_is_missing_or_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = bind(&folder.path().join("a/b")).unwrap_err();
    assert!(matches!(&error, BindError::MissingDirectory { directory } if directory.ends_with("a")), "{error:?}");
    std::fs::write(folder.path().join("a"), "").unwrap();
    let error = bind(&folder.path().join("a/b")).unwrap_err();
    assert!(matches!(&error, BindError::NotADirectory { directory } if directory.ends_with("a")), "{error:?}");
    for path in ["", "a\0b"] {
        assert!(matches!(bind(Path::new(path)), Err(BindError::InvalidPath { .. })), "{path:?}");
    }
}

/// To the kernel it is -1, and that means to leave the group as it is: the mode would open the socket to that one.
#[test]
fn a_group_that_would_leave_the_group_as_it_is_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let error = Server::bind(Config::new(&path).with_mode(0o660).with_group(Some(u32::MAX))).unwrap_err();
    assert!(matches!(error, BindError::InvalidGroup { group: u32::MAX }), "{error:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left behind");
}
