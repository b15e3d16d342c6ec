//! A connection to a receiver that waits while the backlog is full, and never longer than a deadline.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect as connect_to, socket_with};

use crate::chain::debug_as_chain;

/// Why there is no connection.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The receiver is there, and its backlog had no room before the deadline.
    #[error("the backlog was full until the time was up")]
    BacklogFull,
    /// The deadline passed before the receiver's answer to the connect was known.
    #[error("the time was up before a connection was made")]
    TimeUp,
    /// Nobody listens at the path, or this process may not connect to it, or has no descriptor left.
    #[error("{0}")]
    Unreachable(io::Error),
}

debug_as_chain! { ConnectError }

impl From<Errno> for ConnectError {
    fn from(errno: Errno) -> Self {
        Self::Unreachable(errno.into())
    }
}

/// Connects to the socket at this path.
///
/// While the backlog is full, this waits: the kernel wakes it up as soon as there is room, or when the time is up. A
/// connect that does not block would fail at once instead.
///
/// # Errors
///
/// [`ConnectError::BacklogFull`] or [`ConnectError::TimeUp`] at the deadline, and [`ConnectError::Unreachable`] at
/// once.
pub fn connect(socket: &Path, deadline: Instant) -> Result<UnixStream, ConnectError> {
    let address = SocketAddrUnix::new(socket)?;
    let stream = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let mut left = time_left(deadline).ok_or(ConnectError::TimeUp)?;
    loop {
        // SO_SNDTIMEO bounds the connect of a Unix socket too; when that is over, it fails with EAGAIN.
        set_socket_timeout(&stream, Timeout::Send, Some(left))?;
        match connect_to(&stream, &address) {
            Ok(()) => return Ok(stream.into()),
            Err(Errno::AGAIN) => left = time_left(deadline).ok_or(ConnectError::BacklogFull)?,
            Err(Errno::INTR) => left = time_left(deadline).ok_or(ConnectError::TimeUp)?,
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Connects to the socket at this path, at once or not at all. The stream doesn't block.
///
/// # Errors
///
/// [`ConnectError::BacklogFull`] where [`connect`] would wait, and else [`ConnectError::Unreachable`].
pub fn connect_now(socket: &Path) -> Result<UnixStream, ConnectError> {
    let address = SocketAddrUnix::new(socket)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let stream = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match connect_to(&stream, &address) {
        Ok(()) => Ok(stream.into()),
        Err(Errno::AGAIN) => Err(ConnectError::BacklogFull),
        Err(errno) => Err(errno.into()),
    }
}

/// The time until the deadline; `None` when it has passed.
pub(super) fn time_left(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_connect_that_does_not_wait_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let kind = || match connect_now(&path) {
            Err(ConnectError::Unreachable(error)) => error.kind(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(kind(), io::ErrorKind::NotFound);
        let listener = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
        rustix::net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        assert_eq!(kind(), io::ErrorKind::ConnectionRefused);
        rustix::net::listen(&listener, 0).unwrap();
        let mut stream = connect_now(&path).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(matches!(connect_now(&path), Err(ConnectError::BacklogFull)));
    }
}
