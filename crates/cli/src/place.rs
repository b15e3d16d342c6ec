//! The socket of a server that was not told where to listen, which its senders find by the same rule.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The name under which the agents' senders know the socket.
const NAME: &str = "keepalived-state-change";

/// Why the default socket has no place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    #[error("can't make the directory {path:?} for the socket: give another one with --socket")]
    Make {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{path:?} is not a private directory of this user's: remove it, or give a socket with --socket")]
    Foreign { path: PathBuf },
}

/// The default socket of the user `uid`, in a directory that is there after this.
pub(crate) fn make(uid: u32) -> Result<PathBuf, PlaceError> {
    let directory = directory(uid);
    // Root's senders may be other users, where the socket's mode lets them in: they have to get as far as the socket.
    make_private(&directory, uid, if uid == 0 { 0o755 } else { 0o700 })?;
    Ok(directory.join(NAME))
}

/// The socket to send to: the one that was given, or the default one of this user, which may not be there.
pub(crate) fn find(given: Option<&Path>) -> Result<PathBuf, PlaceError> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => find_default(&directory(rustix::process::geteuid().as_raw())),
    }
}

/// Finds that nobody else can have made the default socket, right before it is connected to. Where its directory is not
/// there, another user may make it at any moment: that is an error too, as if the connection had been tried.
pub(crate) fn check(socket: &Path) -> io::Result<()> {
    let directory = socket.parent().unwrap_or(socket);
    if is_private(&fs::symlink_metadata(directory)?, rustix::process::geteuid().as_raw()) {
        return Ok(());
    }
    Err(io::Error::other(PlaceError::Foreign { path: directory.into() }))
}

/// Where a server whose notifications come to `socket` answers `hanotify status`.
pub(crate) fn status_of(socket: &Path) -> PathBuf {
    let mut path = OsString::from(socket);
    path.push(".status");
    path.into()
}

/// Where a monitor that tells the agent at `agent` answers `hanotify monitor --list`.
pub(crate) fn monitor_of(agent: &Path) -> PathBuf {
    let mut path = OsString::from(agent);
    path.push(".monitor");
    path.into()
}

/// What to say of a receiver that was not reached, behind other advice.
pub(crate) fn advice(given: Option<&Path>) -> &'static str {
    if given.is_some() { "" } else { "; that is the default socket: give another one with --socket" }
}

fn find_default(directory: &Path) -> Result<PathBuf, PlaceError> {
    match fs::symlink_metadata(directory) {
        // Somebody else may have made it, and listens there.
        Ok(found) if !is_private(&found, rustix::process::geteuid().as_raw()) => {
            Err(PlaceError::Foreign { path: directory.into() })
        }
        _ => Ok(directory.join(NAME)),
    }
}

/// `/run/hanotify` for root, else one under `$XDG_RUNTIME_DIR`, else one under the directory for temporary files.
fn directory(uid: u32) -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(|path| path.is_absolute() && path.is_dir()) {
        _ if uid == 0 => PathBuf::from("/run/hanotify"),
        Some(runtime) => runtime.join("hanotify"),
        None => temporary(env::var_os("TMPDIR"), uid),
    }
}

/// A directory for the user `uid` among temporary files: where `variable` says by an absolute path, else in `/tmp`.
fn temporary(variable: Option<OsString>, uid: u32) -> PathBuf {
    // Everybody can write here, so that the name has to tell users apart, and another user may have taken it first.
    let given = variable.map(PathBuf::from).filter(|path| path.is_absolute());
    given.unwrap_or_else(|| "/tmp".into()).join(format!("hanotify-{uid}"))
}

/// Whether it is a directory of this user's that nobody else can write to.
fn is_private(found: &Metadata, uid: u32) -> bool {
    found.is_dir() && found.uid() == uid && found.mode() & 0o022 == 0
}

/// Makes a directory that only its owner can write to, or finds that it is one.
fn make_private(path: &Path, uid: u32, mode: u32) -> Result<(), PlaceError> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
            return Err(PlaceError::Make { path: path.into(), cause });
        }
        _ => {}
    }
    let found = fs::symlink_metadata(path).map_err(|cause| PlaceError::Make { path: path.into(), cause })?;
    if is_private(&found, uid) { Ok(()) } else { Err(PlaceError::Foreign { path: path.into() }) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_directory_that_others_can_write_to_or_a_link_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let uid = fs::metadata(folder.path()).unwrap().uid();
        let path = folder.path().join("a");
        make_private(&path, uid, 0o700).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        make_private(&path, uid, 0o700).unwrap();
        assert!(matches!(make_private(&path, uid + 1, 0o700), Err(PlaceError::Foreign { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(matches!(make_private(&path, uid, 0o700), Err(PlaceError::Foreign { .. })));
        symlink(folder.path(), folder.path().join("b")).unwrap();
        assert!(matches!(make_private(&folder.path().join("b"), uid, 0o700), Err(PlaceError::Foreign { .. })));
        assert!(matches!(make_private(&folder.path().join("c/d"), uid, 0o700), Err(PlaceError::Make { .. })));
    }

    /// A server and its senders are started in different directories.
    #[test]
    fn the_default_does_not_depend_on_the_current_directory() {
        for variable in [None, Some("/somewhere"), Some(""), Some("."), Some("relative/path")] {
            let path = temporary(variable.map(Into::into), 7);
            assert!(path.is_absolute(), "{variable:?}: {path:?}");
        }
        assert_eq!(temporary(Some("/somewhere".into()), 7), Path::new("/somewhere/hanotify-7"));
    }

    #[test]
    fn a_sender_looks_in_a_private_directory_or_in_one_that_is_not_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(find_default(&path).unwrap(), path.join(NAME));
        make_private(&path, rustix::process::geteuid().as_raw(), 0o700).unwrap();
        assert_eq!(find_default(&path).unwrap(), path.join(NAME));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(find_default(&path), Err(PlaceError::Foreign { .. })));
    }
}
