//! The socket at which `hanotify status` asks: beside that of the notifications, and open to the same users.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use hanotify::client::MAX_SOCKET_PATH;
use hanotify::server::Config;
use rustix::fs::{AtFlags, CWD, Gid, Mode};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::place;

/// How many may wait to be accepted.
const BACKLOG: i32 = 16;

/// Why `hanotify status` can't ask.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatusSocketError {
    #[error("the socket for --status would be {path:?}, which has more than {MAX_SOCKET_PATH} bytes")]
    TooLong { path: PathBuf },
    #[error("{path:?} is where the socket for --status would be, and is not a socket")]
    NotASocket { path: PathBuf },
    #[error("others than root and this user can write to {path:?}: for --status, the socket has to be elsewhere")]
    Shared { path: PathBuf },
    #[error("can't {what} the socket for --status, {path:?}, which a service manager can hand over as well")]
    System {
        what: &'static str,
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
}

/// The file of the socket, which is removed when this is dropped.
pub(super) struct StatusSocket {
    path: PathBuf,
    identity: (u64, u64),
}

impl StatusSocket {
    /// Listens beside the socket of this configuration, in the place of a socket that is there: whoever has the path of
    /// the notifications has this one too.
    pub(super) fn bind(config: &Config) -> Result<(Self, OwnedFd), StatusSocketError> {
        let path = place::status_of(config.socket());
        check(&path)?;
        let system = |what| {
            let path = path.clone();
            move |cause: io::Error| StatusSocketError::System { what, path, cause }
        };
        remove(&path).map_err(system("remove"))?;
        let (file, socket) = make(&path, config).map_err(system("make"))?;
        let opened = open_up(&path, config).and_then(|()| Ok(rustix::net::listen(&socket, BACKLOG)?));
        opened.map_err(system("listen at"))?;
        Ok((file, socket))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for StatusSocket {
    fn drop(&mut self) {
        // Another server may have its own there by now. What can't be removed, the next server replaces.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| (found.dev(), found.ino()) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether nobody else could put another file there, and none is there that is no socket.
fn check(path: &Path) -> Result<(), StatusSocketError> {
    if path.as_os_str().len() > MAX_SOCKET_PATH {
        return Err(StatusSocketError::TooLong { path: path.into() });
    }
    let system = |cause| StatusSocketError::System { what: "look at", path: path.into(), cause };
    let folder = crate::outlet::file::folder_of(path);
    let found = fs::metadata(folder).map_err(system)?;
    let is_trusted = [0, rustix::process::geteuid().as_raw()].contains(&found.uid());
    let is_sticky = found.mode() & 0o1000 != 0;
    if !is_trusted || (found.mode() & 0o022 != 0 && !is_sticky) {
        return Err(StatusSocketError::Shared { path: folder.into() });
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(StatusSocketError::NotASocket { path: path.into() }),
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(system(cause)),
        _ => Ok(()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}

/// A socket with its file, which is open to its owner alone.
fn make(path: &Path, config: &Config) -> io::Result<(StatusSocket, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    // The mode of the file is that of the descriptor at bind, less the umask.
    rustix::fs::fchmod(&socket, Mode::from_raw_mode(config.mode()) & Mode::RWXU)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    let found = fs::symlink_metadata(path)?;
    Ok((StatusSocket { path: path.into(), identity: (found.dev(), found.ino()) }, socket))
}

/// Gives the file the group of the notifications' socket, and then its mode.
fn open_up(path: &Path, config: &Config) -> io::Result<()> {
    if let Some(group) = config.group() {
        rustix::fs::chownat(CWD, path, None, Some(Gid::from_raw(group)), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(config.mode()), AtFlags::empty())?)
}
