//! The listening socket: made where nothing live is, made again where its file is lost, and removed at the end.

mod adopted;
mod file;
mod loss;

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Gid, Mode};
use rustix::io::Errno;
use rustix::net::{AddressFamily, Shutdown, SocketAddrUnix, SocketFlags, SocketType};

use self::file::SocketFile;
pub(super) use self::file::Standing;
pub(super) use self::loss::{GONE, Loss, PAST_HELP, REPLACED};
use super::config::Config;
use super::directory;
use super::error::BindError;
use super::lock::Lock;
use crate::facade::tracing;
use crate::socket_path::MAX_SOCKET_PATH;

const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);
const PERMISSIONS: u32 = 0o777;
/// What chown(2) takes for no group: -1.
const NO_CHANGE: u32 = u32::MAX;

/// A listening socket, and the file that stands for it.
#[derive(Debug)]
pub(super) struct Listener {
    // Dropped first: while the socket is open, its inode can't become that of another server's file.
    file: SocketFile,
    pub(super) fd: OwnedFd,
    backlog: u32,
    /// Dropped last, or when the file is removed: from then on the path is free for the next server. There is none for
    /// a socket that was taken over.
    lock: Option<Lock>,
    /// Whether it was taken over, and isn't this server's to close.
    is_adopted: bool,
    /// Whether the kernel no longer lets this process make its socket, as in a sandbox.
    is_past_help: bool,
}

impl Listener {
    /// Listens at the socket of `config`. A socket file that nobody listens at is replaced.
    pub(super) fn bind(config: &Config) -> Result<Self, BindError> {
        let path = config.socket();
        let address = address(path)?;
        if config.mode() & !PERMISSIONS != 0 {
            return Err(BindError::InvalidMode { mode: config.mode() });
        }
        if config.group() == Some(NO_CHANGE) {
            return Err(BindError::InvalidGroup { group: NO_CHANGE });
        }
        directory::check(path)?;
        // Before there is a lock file, which stays.
        is_socket_there(path)?;
        let lock = Lock::take(path)?;
        remove_stale(path, &address)?;
        let (fd, file) = make(&address, config)?;
        open_up(&file, config)?;
        let listens = listen(&fd, config);
        let backlog = listens.map_err(|cause| BindError::System {
            action: "listen at",
            path: path.into(),
            cause: cause.into(),
        })?;
        Ok(Self { file, fd, backlog, lock: Some(lock), is_adopted: false, is_past_help: false })
    }

    /// How many connections can really wait to be accepted.
    pub(super) fn backlog(&self) -> u32 {
        self.backlog
    }

    /// Whether the file that stands for this socket is still at its path.
    pub(super) fn standing(&self) -> Standing {
        self.file.standing()
    }

    /// Whether somebody else has made its socket, who alone may close it.
    pub(super) fn is_adopted(&self) -> bool {
        self.is_adopted
    }

    /// Whether each attempt to make the socket again would fail.
    pub(super) fn is_past_help(&self) -> bool {
        self.is_past_help
    }

    /// Forgets that attempts to make the socket again have failed: its file is there.
    pub(super) fn forget_failures(&mut self) {
        self.is_past_help = false;
    }

    /// Listens anew at the path, where nothing is now, or a socket that nobody listens at: gives the socket that it had
    /// until now. That one lets nobody in any more, and those that have connected to it can still be accepted. `watch`
    /// is given the new socket.
    pub(super) fn rebind(
        &mut self,
        config: &Config,
        watch: impl FnOnce(&OwnedFd) -> io::Result<()>,
    ) -> Result<OwnedFd, BindError> {
        let path = config.socket();
        let system = |action| move |cause| BindError::System { action, path: path.into(), cause };
        let address = address(path)?;
        directory::check(path)?;
        // Before there is a lock file, which stays: somebody else's socket may be here for good.
        is_stale_there(path, &address)?;
        if !self.lock.as_ref().is_some_and(|lock| lock.is_beside(path)) {
            // The lock file is gone too: another server may have made one, and then has the path.
            let lock = Lock::take(path).inspect_err(|cause| self.is_past_help = cause.is_denied());
            self.lock = Some(lock?);
        }
        remove_stale(path, &address)?;
        let (fd, file) = make(&address, config)?;
        // The file would come and go with each attempt.
        open_up(&file, config).inspect_err(|cause| self.is_past_help = cause.is_denied())?;
        watch(&fd).map_err(system("watch"))?;
        rustix::net::listen(&fd, backlog_of(config)).map_err(|cause| system("listen at")(cause.into()))?;
        self.file = file;
        let old = std::mem::replace(&mut self.fd, fd);
        // Where this fails, the old socket lets somebody in until it is closed.
        let _ = rustix::net::shutdown(&old, Shutdown::Read);
        Ok(old)
    }

    /// Lets no more senders in: the file is removed, the path is free for the next server, and those that have
    /// connected can still be accepted.
    ///
    /// A socket that was taken over isn't this server's to close: those who come later wait there for the next one.
    pub(super) fn close_door(&mut self) {
        if self.is_adopted {
            return;
        }
        self.file.remove();
        // Nobody is let in between the last accept and the close. Where this fails, somebody may be.
        let _ = rustix::net::shutdown(&self.fd, Shutdown::Read);
        self.lock = None;
    }
}

/// A socket with its file, which is open to nobody that `config` doesn't want. Nobody can connect before it listens.
fn make(address: &SocketAddrUnix, config: &Config) -> Result<(OwnedFd, SocketFile), BindError> {
    let path = config.socket();
    let system = |action| move |cause: Errno| BindError::System { action, path: path.into(), cause: cause.into() };
    let fd = socket().map_err(system("make a socket for"))?;
    // The mode of the file is that of the descriptor at bind, less the umask: the file is at no time more open than
    // this. One that is to have another group is open to its owner alone until it has it.
    let mode = Mode::from_raw_mode(config.mode());
    let first = if config.group().is_some() { mode & Mode::RWXU } else { mode };
    rustix::fs::fchmod(&fd, first).map_err(system("set the mode of"))?;
    rustix::net::bind(&fd, address).map_err(system("bind"))?;
    let file =
        SocketFile::new(path).map_err(|cause| BindError::System { action: "look at", path: path.into(), cause })?;
    Ok((fd, file))
}

/// Gives the file its group, and only then the permissions that its group and others are to have, where it has not got
/// them by now: a sandbox lets neither be given.
fn open_up(file: &SocketFile, config: &Config) -> Result<(), BindError> {
    let path = config.socket();
    let system = |action| move |cause: Errno| BindError::System { action, path: path.into(), cause: cause.into() };
    if let Some(group) = config.group() {
        let group = Some(Gid::from_raw(group));
        rustix::fs::chownat(CWD, path, None, group, AtFlags::SYMLINK_NOFOLLOW).map_err(system("give a group to"))?;
    } else if file.mode() == config.mode() {
        return Ok(());
    }
    rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(config.mode()), AtFlags::empty())
        .map_err(system("set the mode of"))
}

/// Listens with room for the routers that are expected: for how many the kernel lets wait.
fn listen(fd: &OwnedFd, config: &Config) -> rustix::io::Result<u32> {
    // The kernel cuts it, and not by the setting that is read here where the socket is from another network namespace.
    rustix::net::listen(fd, backlog_of(config))?;
    let backlog = config.expected_routers().min(somaxconn());
    warn_if_cut(config.expected_routers(), backlog);
    Ok(backlog)
}

fn backlog_of(config: &Config) -> i32 {
    i32::try_from(config.expected_routers()).unwrap_or(i32::MAX)
}

fn warn_if_cut(expected: u32, backlog: u32) {
    if backlog < expected {
        tracing::warn!(
            backlog,
            expected,
            "the kernel lets fewer connections wait than routers are expected, and refuses the rest: \
             sysctl -w net.core.somaxconn={expected}, then start this server again"
        );
    }
}

fn socket() -> rustix::io::Result<OwnedFd> {
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)
}

fn address(path: &Path) -> Result<SocketAddrUnix, BindError> {
    if path.as_os_str().len() > MAX_SOCKET_PATH {
        return Err(BindError::PathTooLong { path: path.into() });
    }
    let bytes = path.as_os_str().as_bytes();
    // An empty path would make the kernel choose a name of its own; one of a directory would get a lock file in it.
    let is_of_directory = matches!(bytes.rsplit(|&byte| byte == b'/').next(), Some(b"" | b"." | b"..") | None);
    if is_of_directory || bytes.contains(&0) {
        return Err(BindError::InvalidPath { path: path.into() });
    }
    SocketAddrUnix::new(path).map_err(|_| BindError::InvalidPath { path: path.into() })
}

/// Whether a socket is at the path; anything else there is an error.
fn is_socket_there(path: &Path) -> Result<bool, BindError> {
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => Ok(true),
        Ok(_) => Err(BindError::NotASocket { path: path.into() }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(BindError::System { action: "look at", path: path.into(), cause }),
    }
}

/// Removes a socket file that no server listens at; anything else at the path is an error.
fn remove_stale(path: &Path, address: &SocketAddrUnix) -> Result<(), BindError> {
    if !is_stale_there(path, address)? {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
            Err(BindError::System { action: "remove the stale socket", path: path.into(), cause })
        }
        _ => Ok(()),
    }
}

/// Whether at the path is a socket file that belongs to no open socket; anything else there is an error.
fn is_stale_there(path: &Path, address: &SocketAddrUnix) -> Result<bool, BindError> {
    let system = |action| move |cause: Errno| BindError::System { action, path: path.into(), cause: cause.into() };
    if !is_socket_there(path)? {
        return Ok(false);
    }
    // A server's socket is of another type, and the kernel says so without a connection: the server is not disturbed.
    let probe = rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, FLAGS, None);
    match rustix::net::connect(&probe.map_err(system("make a socket for"))?, address) {
        Err(Errno::CONNREFUSED) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        // A datagram socket is in the way as well.
        Ok(()) | Err(Errno::PROTOTYPE) => Err(BindError::InUse { path: path.into() }),
        Err(cause) => Err(system("connect to")(cause)),
    }
}

/// What the kernel cuts a backlog to (listen(2)).
fn somaxconn() -> u32 {
    let setting = fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    setting.and_then(|text| text.trim().parse().ok()).unwrap_or(4_096)
}
