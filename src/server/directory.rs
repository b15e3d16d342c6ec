//! The directory of a socket: whoever can write to it can put another socket in the server's place.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::BindError;

const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// Finds that the directory of the socket at `path` is one, and that nobody but this user and root can replace what is
/// in it. A sticky one, such as `/tmp`, lets others write and yet replace nothing that isn't theirs.
pub(super) fn check(path: &Path) -> Result<(), BindError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // This follows links: what counts is the directory that the socket is really in.
    let found = match fs::metadata(directory) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => return Err(BindError::NotADirectory { directory: directory.into() }),
        Err(cause) => {
            return Err(match cause.kind() {
                io::ErrorKind::NotFound => BindError::MissingDirectory { directory: directory.into() },
                io::ErrorKind::NotADirectory => BindError::NotADirectory { directory: directory.into() },
                _ => BindError::System { action: "look at", path: directory.into(), cause },
            });
        }
    };
    let mode = found.mode() & 0o7777;
    if mode & WRITABLE_BY_OTHERS != 0 && mode & STICKY == 0 {
        return Err(BindError::SharedDirectory { directory: directory.into(), mode });
    }
    if ![0, rustix::process::geteuid().as_raw()].contains(&found.uid()) {
        return Err(BindError::ForeignDirectory { directory: directory.into(), uid: found.uid() });
    }
    Ok(())
}
