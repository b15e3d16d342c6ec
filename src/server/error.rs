//! Why a server can't start, or can't go on.

use std::io;
use std::path::PathBuf;

use crate::chain::debug_as_chain;
use crate::socket_path::MAX_SOCKET_PATH;

/// Why a server can't listen at its socket. Each says what to do.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The path is longer than the kernel takes.
    #[error(
        "the socket path {path:?} has {} bytes, but a Unix socket's has at most {MAX_SOCKET_PATH}: use a shorter one",
        .path.as_os_str().len()
    )]
    PathTooLong {
        /// The path.
        path: PathBuf,
    },
    /// The path is empty, has a NUL byte, or ends in a slash, `.` or `..`.
    #[error("{path:?} is not a path for a socket: give that of a file, such as /run/hanotify/socket")]
    InvalidPath {
        /// The path.
        path: PathBuf,
    },
    /// The directory of the socket isn't there.
    #[error("the directory {directory:?} does not exist: create it, or choose another socket path")]
    MissingDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// What should be the directory of the socket is something else.
    #[error("{directory:?} is not a directory: choose another socket path")]
    NotADirectory {
        /// The path of what is there.
        directory: PathBuf,
    },
    /// Others can write to the directory of the socket, or to one above it.
    #[error(
        "others can write to the directory {directory:?} (mode {mode:04o}), and so put another socket in the place of \
         this one: chmod go-w {directory:?}, or choose another socket path"
    )]
    SharedDirectory {
        /// The directory.
        directory: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The directory of the socket, or one above it, is that of another user, who is not root.
    #[error(
        "the directory {directory:?} belongs to the user {uid}, who can put another socket in the place of this one: \
         run this server as that user, chown the directory to this server's user or to root, or choose another socket \
         path"
    )]
    ForeignDirectory {
        /// The directory.
        directory: PathBuf,
        /// The user id of its owner.
        uid: u32,
    },
    /// A link on the way to the socket is that of another user, who is not root, in a directory that others can write
    /// to.
    #[error(
        "the link {link:?} belongs to the user {uid}, who can let it lead elsewhere: give the path that it leads to, \
         or choose another socket path"
    )]
    ForeignLink {
        /// The path of the link.
        link: PathBuf,
        /// The user id of its owner.
        uid: u32,
    },
    /// The mode for the socket's file has other bits than permissions.
    #[error("{mode:#o} is not a mode for a socket: give permission bits of at most 0o777, such as 0o660")]
    InvalidMode {
        /// The mode.
        mode: u32,
    },
    /// The group for the socket's file is the number by which chown(2) means that the group stays as it is.
    #[error("{group} is not a group: the kernel would leave the socket the group that it has")]
    InvalidGroup {
        /// The group.
        group: u32,
    },
    /// What should be the lock file is something else. It is left alone.
    #[error("{lock:?} exists and is not a lock file: remove it, or choose another socket path")]
    NotALockFile {
        /// The path of the lock file.
        lock: PathBuf,
    },
    /// The lock file is that of another user, who is not root, and who can keep this server out with it.
    #[error(
        "the lock file {lock:?} belongs to the user {uid}, who can keep this server out with it: rm -r {lock:?}, and \
         choose a directory that others can't write to"
    )]
    ForeignLockFile {
        /// The path of the lock file.
        lock: PathBuf,
        /// The user id of its owner.
        uid: u32,
    },
    /// Something else is at the path. It is left alone.
    #[error("{path:?} exists and is not a socket: remove it, or choose another path")]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// What was handed over is something else than a Unix stream socket that listens.
    #[error(
        "the socket handed over for {path:?} is not a Unix stream socket that listens: hand over one that does \
        (ListenStream=, Accept=no)"
    )]
    NotListening {
        /// The path.
        path: PathBuf,
    },
    /// Another server listens at the path, or has its lock.
    #[error("another server listens at {path:?}: stop it, or choose another path")]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// A system call failed.
    #[error("can't {action} {path:?}")]
    System {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
}

/// Why a server can't go on.
#[derive(thiserror::Error)]
#[error("the server can't go on: {action}")]
pub struct RunError {
    /// What was tried.
    pub(super) action: &'static str,
    /// What the kernel said.
    #[source]
    pub(super) cause: io::Error,
}

debug_as_chain! { BindError RunError }

impl BindError {
    /// Whether the kernel doesn't let this process do what it has to.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::System { cause, .. } if cause.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Whether what keeps the server from its path is the file in the place of its own, as far as can be told: a
    /// sandbox does not let it be tried whether anybody listens there.
    pub(super) fn is_of_another(&self) -> bool {
        matches!(self, Self::NotASocket { .. } | Self::InUse { .. }) || self.is_denied()
    }
}

impl RunError {
    pub(super) fn new(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self { action, cause }
    }
}
