//! One try: connect, write the message, read the reply; all of it before a deadline.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;
use std::vec::Vec;

use rustix::io::Errno;

use super::connect::{ConnectError, connect, time_left};
use super::reply::{MalformedReply, Reply};
use crate::chain::debug_as_chain;

/// Why there is no reply to go by.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The receiver could not be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The deadline passed before the reply was whole.
    #[error("no whole reply before the time was up")]
    Silent,
    /// The message could not be written, and not because the receiver has closed the connection: the host has no
    /// memory for it, as a rule.
    #[error("the message could not be written: {0}")]
    Unsent(io::Error),
    /// The connection broke before the reply.
    #[error("the connection broke before the reply: {0}")]
    Lost(io::Error),
    /// The receiver closed the connection without a byte of a reply.
    #[error("the connection was closed without a reply")]
    NoReply,
    /// The receiver closed the connection in the middle of the reply.
    #[error("the connection was closed in the middle of the reply")]
    CutOff,
    /// The reply breaks the rules of RFC 9112.
    #[error("malformed reply: {0}")]
    Malformed(#[from] MalformedReply),
}

debug_as_chain! { ExchangeError }

impl ExchangeError {
    /// Whether a sender sees this while the receiver is restarted, or while the host is short of memory, so that
    /// another try can help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect(ConnectError::Unreachable(error)) => {
                matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
                    || matches!(Errno::from_io_error(error), Some(Errno::NOBUFS | Errno::NOMEM))
            }
            Self::Unsent(_) | Self::Lost(_) | Self::NoReply | Self::CutOff => true,
            Self::Connect(_) | Self::Silent | Self::Malformed(_) => false,
        }
    }
}

/// Sends `message` to the socket at this path, and reads the reply, all before `deadline`.
///
/// The head of the reply says everything: what follows it is not read, and the end of the connection is not waited for.
///
/// # Errors
///
/// [`ExchangeError`] says why there is no reply to go by. A reply with any status is no error.
pub fn exchange(socket: &Path, message: &[u8], deadline: Instant) -> Result<Reply, ExchangeError> {
    let mut stream = connect(socket, deadline)?;
    write(&mut stream, message, deadline)?;
    read_reply(&mut stream, deadline)
}

/// How much is written at once. The kernel waits anew for each buffer that it fills: for this much it fills one.
const PIECE: usize = 16 << 10;

/// Writes the message, or what the receiver takes of it before it closes: it may have said why.
fn write(stream: &mut UnixStream, message: &[u8], deadline: Instant) -> Result<(), ExchangeError> {
    let mut rest = message;
    while !rest.is_empty() {
        let left = time_left(deadline).ok_or(ExchangeError::Silent)?;
        let piece = rest.get(..PIECE).unwrap_or(rest);
        match stream.set_write_timeout(Some(left)).and_then(|()| stream.write(piece)) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_closed(&error) => return Ok(()),
            Err(error) => return Err(ExchangeError::Unsent(error)),
        }
    }
    Ok(())
}

fn read_reply(stream: &mut UnixStream, deadline: Instant) -> Result<Reply, ExchangeError> {
    let mut reply = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        let left = time_left(deadline).ok_or(ExchangeError::Silent)?;
        stream.set_read_timeout(Some(left)).map_err(ExchangeError::Lost)?;
        match stream.read(&mut chunk) {
            Ok(0) if reply.is_empty() => return Err(ExchangeError::NoReply),
            Ok(0) => return Err(ExchangeError::CutOff),
            Ok(len) => reply.extend_from_slice(chunk.get(..len).unwrap_or_default()),
            Err(error) if is_timeout(&error) || error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ExchangeError::Lost(error)),
        }
        if let Some(reply) = Reply::parse(&reply)? {
            return Ok(reply);
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Whether the receiver has closed the connection. It may have replied before that.
fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;
    use std::time::Duration;

    use rustix::net::{AddressFamily, SocketType, socket};

    use super::*;

    /// A socket that isn't connected takes nothing, as one that the kernel has no memory for.
    #[test]
    fn a_message_that_can_not_be_written_waits_for_no_reply() {
        let mut stream = UnixStream::from(socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap());
        let outcome = write(&mut stream, b"x", Instant::now() + Duration::from_secs(5));
        assert!(matches!(outcome, Err(ExchangeError::Unsent(_))), "{outcome:?}");
    }

    #[test]
    fn a_receiver_that_has_closed_may_have_replied() {
        let (mut stream, other) = UnixStream::pair().unwrap();
        drop(other);
        write(&mut stream, b"x", Instant::now() + Duration::from_secs(5)).unwrap();
    }

    #[test]
    fn a_receiver_that_takes_a_long_message_in_drips_ends_at_the_deadline() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut chunk = std::vec![0; 40_000];
            while matches!(stream.read(&mut chunk), Ok(1..)) {
                thread::sleep(Duration::from_millis(200));
            }
        });
        let start = Instant::now();
        let outcome = exchange(&socket, &std::vec![b'a'; 4 << 20], start + Duration::from_millis(500));
        assert!(matches!(outcome, Err(ExchangeError::Silent)), "{outcome:?}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
