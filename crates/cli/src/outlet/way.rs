//! How a descriptor is written to without waiting for whoever reads it.
//!
//! A look whether there is room is not enough: a terminal has room for a part of a line, and other processes write to
//! the same pipe. And the descriptor that this process was given has to stay as it is, because those processes share
//! its flags.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fcntl_getfl, fstat, makedev};
use rustix::io::Errno;
use rustix::net::SendFlags;

use super::helper::Helper;

/// What is written to.
pub(super) enum Way {
    /// A file, which has no reader.
    File(File),
    /// A pipe or a device, opened by this process, so that this process's writes alone don't block.
    Opened(File),
    Socket(File),
    /// A pipe or a device that can't be opened once more, as another user has made it, or as that would be another one.
    Foreign(Helper),
}

/// The number of the device /dev/ptmx, which makes a new terminal each time that it is opened (pts(4)).
pub(super) const PTMX: (u32, u32) = (5, 2);

/// How much was written, and why not all of it.
pub(super) type Written = (usize, io::Result<()>);

impl Way {
    /// The way to what this process was given.
    pub(super) fn to(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let own = || fd.try_clone_to_owned().map(File::from);
        Ok(match FileType::from_raw_mode(fstat(fd)?.st_mode) {
            FileType::Socket => Self::Socket(own()?),
            // What was opened for reading alone is not to be written to.
            FileType::CharacterDevice if fstat(fd)?.st_rdev == makedev(PTMX.0, PTMX.1) => {
                Self::Foreign(Helper::new(own()?))
            }
            FileType::Fifo | FileType::CharacterDevice if is_writable(fd)? => match open_again(fd) {
                Ok(opened) => Self::Opened(opened),
                Err(_) => Self::Foreign(Helper::new(own()?)),
            },
            _ => Self::File(own()?),
        })
    }

    /// What this process itself has opened so that it doesn't block.
    pub(super) fn of(file: File) -> io::Result<Self> {
        Ok(if file.metadata()?.is_file() { Self::File(file) } else { Self::Opened(file) })
    }

    /// Writes these bytes, and waits so long at the most where there is no room for all of them.
    pub(super) fn write(&mut self, bytes: &[u8], patience: Duration) -> Written {
        match self {
            Self::File(file) => loop_over(bytes, |rest| file.write(rest), || Ok(false)),
            Self::Opened(file) => {
                let wait = waiter(file, patience);
                loop_over(bytes, |rest| (&*file).write(rest), wait)
            }
            Self::Socket(socket) => {
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                loop_over(bytes, |rest| Ok(rustix::net::send(&*socket, rest, flags)?), waiter(socket, patience))
            }
            Self::Foreign(helper) => match helper.write(bytes, patience) {
                Ok(()) => (bytes.len(), Ok(())),
                Err(error) => (0, Err(error)),
            },
        }
    }
}

fn is_writable(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(fcntl_getfl(fd)? & OFlags::ACCMODE != OFlags::RDONLY)
}

/// The same pipe or device with flags of its own.
fn open_again(fd: BorrowedFd<'_>) -> rustix::io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(format!("/proc/self/fd/{}", fd.as_raw_fd()), flags, Mode::empty())?.into())
}

/// Writes until all is written, there is an error, or it has waited enough.
fn loop_over(
    bytes: &[u8],
    mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    mut wait: impl FnMut() -> io::Result<bool>,
) -> Written {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        let more = match write(rest) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => match wait() {
                Ok(true) => Ok(0),
                Ok(false) => Err(error),
                Err(error) => Err(error),
            },
            result => result,
        };
        match more {
            Ok(more) => written += more,
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

/// Waits for room, from its first call on for so long at the most in all: whether there may be some.
fn waiter(file: &File, patience: Duration) -> impl FnMut() -> io::Result<bool> + use<'_> {
    let mut end = None;
    move || {
        let now = Instant::now();
        let left = end.get_or_insert(now + patience).saturating_duration_since(now);
        if left.is_zero() {
            return Ok(false);
        }
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(file, PollFlags::OUT)], Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(true),
            Err(errno) => Err(errno.into()),
        }
    }
}
