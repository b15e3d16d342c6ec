//! The lock beside the socket, so that of two servers only one has the path. It is held from before the path is looked
//! at until the socket's file is gone, or the process is.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::error::BindError;

/// A lock that this process holds.
///
/// The file stays when the lock is released. To remove it would let two servers lock two files of that name: one that
/// has opened the old file, and one that makes a new one.
#[derive(Debug)]
pub(super) struct Lock {
    fd: OwnedFd,
}

impl Lock {
    /// Takes the lock of the socket at `path`, at once or not at all.
    pub(super) fn take(path: &Path) -> Result<Self, BindError> {
        let lock = beside(path);
        let system = |action| {
            let path = lock.clone();
            move |cause: Errno| BindError::System { action, path, cause: cause.into() }
        };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::open(&lock, flags, Mode::RUSR | Mode::WUSR);
        let found = if let Ok(fd) = &fd { rustix::fs::fstat(fd) } else { rustix::fs::lstat(&lock) };
        if let Ok(found) = &found
            && ![0, rustix::process::geteuid().as_raw()].contains(&found.st_uid)
        {
            return Err(BindError::ForeignLockFile { lock, uid: found.st_uid });
        }
        let fd = fd.map_err(system("open the lock file"))?;
        let found = found.map_err(system("look at the lock file"))?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(BindError::NotALockFile { lock });
        }
        match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { fd }),
            Err(Errno::AGAIN) => Err(BindError::InUse { path: path.into() }),
            Err(cause) => Err(system("lock")(cause)),
        }
    }

    /// Whether the file of this lock is the one that others find beside the socket at `path`.
    pub(super) fn is_beside(&self, path: &Path) -> bool {
        let (held, found) = (rustix::fs::fstat(&self.fd), rustix::fs::lstat(beside(path)));
        held.is_ok_and(|held| found.is_ok_and(|found| (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)))
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    name.into()
}
