//! The socket of a server that was not told where to listen.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The name under which the agents' senders know the socket.
const NAME: &str = "keepalived-state-change";

/// Why the default socket has no place.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlaceError {
    #[error("can't make the directory {path:?} for the socket: give another one with --socket")]
    Make {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{path:?} is not a private directory of this user's: remove it, or give a socket with --socket")]
    Foreign { path: PathBuf },
}

/// The default socket of the user `uid`, in a directory that is there after this: `/run/hanotify` for root, else one
/// under `$XDG_RUNTIME_DIR`, else a private one under the directory for temporary files.
pub(super) fn default_socket(uid: u32) -> Result<PathBuf, PlaceError> {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = match runtime.filter(|path| path.is_absolute() && path.is_dir()) {
        _ if uid == 0 => PathBuf::from("/run/hanotify"),
        Some(runtime) => runtime.join("hanotify"),
        // Everybody can write here, so that the name has to tell users apart, and another user may have taken it first.
        None => env::temp_dir().join(format!("hanotify-{uid}")),
    };
    // Root's senders may be other users, where the socket's mode lets them in: they have to get as far as the socket.
    make_private(&directory, uid, if uid == 0 { 0o755 } else { 0o700 })?;
    Ok(directory.join(NAME))
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
    if found.is_dir() && found.uid() == uid && found.mode() & 0o022 == 0 {
        Ok(())
    } else {
        Err(PlaceError::Foreign { path: path.into() })
    }
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
}
