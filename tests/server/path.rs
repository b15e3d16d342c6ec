//! The way to the socket: nobody but root and this user can replace a part of it, and what fails leaves nothing behind.
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use hanotify::server::{BindError, Config, Server};

const SOMEBODY: u32 = 54_321;

fn bind(path: &Path) -> Result<Server, BindError> {
    Server::bind(Config::new(path))
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped in part: only root can give files to others");
    }
    root
}

/// A folder with others in it: `a/b/c`.
struct Way {
    folder: tempfile::TempDir,
}

impl Way {
    fn new() -> Self {
        let way = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(way.at("a/b/c")).unwrap();
        for part in ["a", "a/b", "a/b/c"] {
            way.set("755", part);
        }
        way
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn set(&self, mode: &str, path: &str) {
        let mode = u32::from_str_radix(mode, 8).unwrap();
        fs::set_permissions(self.at(path), Permissions::from_mode(mode)).unwrap();
    }

    fn give(&self, path: &str) {
        chown(self.at(path), Some(SOMEBODY), None).unwrap();
    }
}

#[test]
fn an_ancestor_that_others_can_write_to_is_refused_by_name_unless_it_is_sticky() {
    let way = Way::new();
    for ancestor in ["a", "a/b", "a/b/c"] {
        for (mode, sticky) in [("775", "1775"), ("757", "1757"), ("777", "1777")] {
            way.set(mode, ancestor);
            let error = bind(&way.at("a/b/c/socket")).unwrap_err();
            let BindError::SharedDirectory { directory, mode: found } = &error else { panic!("{error:?}") };
            assert_eq!((directory, format!("{found:o}").as_str()), (&way.at(ancestor), mode));
            let text = error.to_string();
            assert!(text.contains(&format!("(mode 0{mode})")), "{text}");
            assert!(text.contains(&format!("chmod go-w {:?}", way.at(ancestor))), "{text}");
            way.set(sticky, ancestor);
            drop(bind(&way.at("a/b/c/socket")).unwrap());
        }
        way.set("755", ancestor);
    }
    let names: Vec<_> = fs::read_dir(way.at("a/b/c")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["socket.lock"]);
}

#[test]
fn an_ancestor_of_somebody_else_is_refused_by_name() {
    if !is_root() {
        return;
    }
    for ancestor in ["a", "a/b", "a/b/c"] {
        let way = Way::new();
        way.give(ancestor);
        let error = bind(&way.at("a/b/c/socket")).unwrap_err();
        let BindError::ForeignDirectory { directory, uid: SOMEBODY } = &error else { panic!("{error:?}") };
        assert_eq!(*directory, way.at(ancestor));
        assert!(error.to_string().contains("belongs to the user 54321"), "{error}");
    }
}

#[test]
fn what_a_link_points_to_is_checked_and_so_is_the_folder_that_it_is_in() {
    let way = Way::new();
    let link = |to: &str, at: &str| symlink(to, way.at(at)).unwrap();
    link("a/b", "relative");
    link(way.at("a/b").to_str().unwrap(), "absolute");
    link("../relative/c", "a/there");
    let sockets = ["relative/c/socket", "absolute/c/socket", "a/there/socket", "a/there/../c/socket"];
    for socket in sockets {
        drop(bind(&way.at(socket)).unwrap());
    }
    way.set("777", "a/b");
    for socket in sockets {
        let error = bind(&way.at(socket)).unwrap_err();
        let BindError::SharedDirectory { directory, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*directory, way.at("a/b"), "{socket}");
    }
    way.set("755", "a/b");
    // The way leads through this folder, and what the link points to is in another.
    way.set("777", "a");
    fs::create_dir(way.at("d")).unwrap();
    link("../d", "a/out");
    let error = bind(&way.at("a/out/socket")).unwrap_err();
    assert!(matches!(&error, BindError::SharedDirectory { directory, .. } if *directory == way.at("a")), "{error:?}");
    symlink("loop", way.at("loop")).unwrap();
    assert!(matches!(bind(&way.at("loop/socket")), Err(BindError::System { .. })));
}

#[test]
fn a_link_of_somebody_else_in_a_sticky_folder_is_not_followed() {
    if !is_root() {
        return;
    }
    let way = Way::new();
    symlink("b", way.at("a/link")).unwrap();
    rustix::fs::chownat(
        rustix::fs::CWD,
        way.at("a/link"),
        Some(rustix::fs::Uid::from_raw(SOMEBODY)),
        None,
        rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
    )
    .unwrap();
    // Nobody but root can replace it here.
    drop(bind(&way.at("a/link/socket")).unwrap());
    way.set("1777", "a");
    let error = bind(&way.at("a/link/socket")).unwrap_err();
    assert!(matches!(&error, BindError::ForeignLink { uid: SOMEBODY, .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("{:?}", way.at("a/link"))), "{error}");
}

#[test]
fn a_lock_file_of_somebody_else_is_named_with_the_way_out() {
    if !is_root() {
        return;
    }
    let way = Way::new();
    way.set("1777", "a");
    let lock = way.at("a/socket.lock");
    for plant in [
        &(|lock: &Path| fs::write(lock, "").unwrap()) as &dyn Fn(&Path),
        &|lock| symlink("nowhere", lock).unwrap(),
        &|lock| fs::create_dir(lock).unwrap(),
    ] {
        plant(&lock);
        let owner = Some(rustix::fs::Uid::from_raw(SOMEBODY));
        rustix::fs::chownat(rustix::fs::CWD, &lock, owner, None, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
        let error = bind(&way.at("a/socket")).unwrap_err();
        assert!(matches!(&error, BindError::ForeignLockFile { uid: SOMEBODY, .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("54321") && text.contains(&format!("rm -r {lock:?}")), "{text}");
        assert!(!way.at("a/socket").exists());
        fs::remove_file(&lock).or_else(|_| fs::remove_dir(&lock)).unwrap();
    }
    drop(bind(&way.at("a/socket")).unwrap());
}

#[test]
fn what_is_no_path_of_a_socket_leaves_nothing_behind() {
    let way = Way::new();
    fs::write(way.at("file"), "").unwrap();
    for path in [".", "..", "/", "a/", "a/.", "a/..", "a/b/c//", "new/"] {
        let error = bind(&way.at(path)).unwrap_err();
        assert!(matches!(error, BindError::InvalidPath { .. }), "{error:?}");
    }
    for path in ["file", "a"] {
        let error = bind(&way.at(path)).unwrap_err();
        assert!(matches!(error, BindError::NotASocket { .. }), "{error:?}");
    }
    for (folder, entries) in [("", &["a", "file"][..]), ("a", &["b"]), ("a/b", &["c"]), ("a/b/c", &[])] {
        let names = fs::read_dir(way.at(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, entries, "{folder:?}");
    }
}
