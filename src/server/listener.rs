//! The listening socket: made where nothing live is, and removed at the end.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::error::{BindError, MAX_SOCKET_PATH};

/// Only the owner may connect.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR);
const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

/// A listening socket, and the file that stands for it.
#[derive(Debug)]
pub(super) struct Listener {
    // Dropped first: while the socket is open, its inode can't become that of another server's file.
    file: SocketFile,
    pub(super) fd: OwnedFd,
    backlog: u32,
}

impl Listener {
    /// Listens at `path`, with room for `backlog` connections that wait to be accepted. A socket file that nobody listens at is replaced.
    pub(super) fn bind(path: &Path, backlog: u32) -> Result<Self, BindError> {
        let address = address(path)?;
        check_directory(path)?;
        remove_stale(path, &address)?;
        let system = |action| move |cause: Errno| BindError::System { action, path: path.into(), cause: cause.into() };
        let fd = socket().map_err(system("make a socket for"))?;
        // The mode of the file is that of the descriptor at bind: the file is at no time more open.
        rustix::fs::fchmod(&fd, MODE).map_err(system("set the mode of"))?;
        rustix::net::bind(&fd, &address).map_err(system("bind"))?;
        let file =
            SocketFile::new(path).map_err(|cause| BindError::System { action: "look at", path: path.into(), cause })?;
        let backlog = backlog.min(somaxconn());
        let length = i32::try_from(backlog).unwrap_or(i32::MAX);
        rustix::net::listen(&fd, length).map_err(system("listen at"))?;
        Ok(Self { file, fd, backlog })
    }

    /// How many connections can really wait to be accepted.
    pub(super) fn backlog(&self) -> u32 {
        self.backlog
    }

    /// Removes the socket's file, so that no new sender finds it.
    pub(super) fn remove_file(&mut self) {
        self.file.remove();
    }
}

/// The file of a socket that this process has bound; removed when dropped.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// Device and inode, by which it is told from a file that has taken its place.
    identity: Option<(u64, u64)>,
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.into(), identity: Some(identity(path)?) })
    }

    fn remove(&mut self) {
        let ours = self.identity.take();
        if ours.is_some() && identity(&self.path).ok() == ours {
            // Where this fails, the next server finds a stale socket and replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

fn socket() -> rustix::io::Result<OwnedFd> {
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)
}

fn address(path: &Path) -> Result<SocketAddrUnix, BindError> {
    if path.as_os_str().len() > MAX_SOCKET_PATH {
        return Err(BindError::PathTooLong { path: path.into() });
    }
    // An empty path would make the kernel choose a name of its own.
    if path.as_os_str().is_empty() || path.as_os_str().as_bytes().contains(&0) {
        return Err(BindError::NoPath { path: path.into() });
    }
    SocketAddrUnix::new(path).map_err(|_| BindError::NoPath { path: path.into() })
}

fn check_directory(path: &Path) -> Result<(), BindError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match fs::metadata(directory) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(BindError::NoDirectory { directory: directory.into() }),
        Err(cause) => Err(match cause.kind() {
            io::ErrorKind::NotFound => BindError::MissingDirectory { directory: directory.into() },
            io::ErrorKind::NotADirectory => BindError::NoDirectory { directory: directory.into() },
            _ => BindError::System { action: "look at", path: directory.into(), cause },
        }),
    }
}

/// Removes a socket file that no server listens at; anything else at the path is an error.
fn remove_stale(path: &Path, address: &SocketAddrUnix) -> Result<(), BindError> {
    let system = |action| move |cause| BindError::System { action, path: path.into(), cause };
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => {}
        Ok(_) => return Err(BindError::NoSocket { path: path.into() }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(system("look at")(cause)),
    }
    let probe = socket().map_err(|cause| system("make a socket for")(cause.into()))?;
    match rustix::net::connect(&probe, address) {
        Err(Errno::CONNREFUSED) => match fs::remove_file(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(system("remove the stale socket")(cause)),
            _ => Ok(()),
        },
        Err(Errno::NOENT) => Ok(()),
        // A full backlog is a live server as well, and so is a datagram socket.
        Ok(()) | Err(Errno::AGAIN | Errno::PROTOTYPE) => Err(BindError::InUse { path: path.into() }),
        Err(cause) => Err(system("connect to")(cause.into())),
    }
}

/// What the kernel cuts a backlog to (listen(2)).
fn somaxconn() -> u32 {
    let setting = fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    setting.and_then(|text| text.trim().parse().ok()).unwrap_or(4_096)
}
