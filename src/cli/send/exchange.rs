//! One try: connect, write the message, read the reply; all of it before a deadline.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::reply::{self, Malformed, Reply};

/// Why there is no reply to go by.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Unreachable(io::Error),
    #[error("the backlog was full until the time was up")]
    BacklogFull,
    #[error("no whole reply before the time was up")]
    Silent,
    #[error("the connection broke before the reply: {0}")]
    Lost(io::Error),
    #[error("the connection was closed without a reply")]
    NoReply,
    #[error("the connection was closed in the middle of the reply")]
    CutOff,
    #[error("malformed reply: {0}")]
    Malformed(#[from] Malformed),
}

impl Failure {
    /// Whether it is what a sender sees while the receiver is restarted.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(error) => {
                matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
            }
            Self::Lost(_) | Self::NoReply | Self::CutOff => true,
            Self::BacklogFull | Self::Silent | Self::Malformed(_) => false,
        }
    }
}

/// Sends the message to the socket at this path, and reads the reply.
pub(super) fn exchange(socket: &Path, message: &[u8], deadline: Instant) -> Result<Reply, Failure> {
    let mut stream = connect_before(socket, deadline).map_err(|errno| match errno {
        Errno::AGAIN => Failure::BacklogFull,
        errno => Failure::Unreachable(errno.into()),
    })?;
    let left = left(deadline).ok_or(Failure::Silent)?;
    match stream.set_write_timeout(Some(left)).and_then(|()| stream.write_all(message)) {
        Err(error) if is_timeout(&error) => Err(Failure::Silent),
        // Where the receiver has closed already, it may have said why.
        Ok(()) | Err(_) => read_reply(&mut stream, deadline),
    }
}

/// Connects, and waits while the backlog is full: the kernel wakes this up as soon as there is room, or when the time is up. A
/// connect that doesn't block would fail at once instead.
pub(crate) fn connect_before(socket: &Path, deadline: Instant) -> Result<UnixStream, Errno> {
    let address = SocketAddrUnix::new(socket)?;
    let stream = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    loop {
        // SO_SNDTIMEO bounds the connect of a Unix socket too; when that is over, it fails with EAGAIN.
        set_socket_timeout(&stream, Timeout::Send, Some(left(deadline).ok_or(Errno::AGAIN)?))?;
        match connect(&stream, &address) {
            Ok(()) => return Ok(stream.into()),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Reads until the reply's head is whole: it says everything, so the end of the connection needn't be waited for.
fn read_reply(stream: &mut UnixStream, deadline: Instant) -> Result<Reply, Failure> {
    let mut reply = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        let left = left(deadline).ok_or(Failure::Silent)?;
        stream.set_read_timeout(Some(left)).map_err(Failure::Lost)?;
        match stream.read(&mut chunk) {
            Ok(0) if reply.is_empty() => return Err(Failure::NoReply),
            Ok(0) => return Err(Failure::CutOff),
            Ok(len) => reply.extend_from_slice(chunk.get(..len).unwrap_or_default()),
            Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Lost(error)),
        }
        if let Some(reply) = reply::parse(&reply)? {
            return Ok(reply);
        }
    }
}

/// The time until the deadline; nothing if there is none.
fn left(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
