//! One notification on its way to the agent.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use hanotify::client::{ConnectError, connect_now, is_accepted};
use hanotify::{HaState, Notification, RouterId, encode};

use super::event::NotifyError;

/// Bytes of the reply that are looked at; thirteen decide.
const REPLY: usize = 16;
/// Bytes behind a status of 200 that are read. Neutron's agents write a few hundred.
const LONGEST_REST: usize = 64 << 10;

/// A connection on which the whole request was written. Nothing of it blocks.
#[derive(Debug)]
pub(super) struct Delivery {
    stream: UnixStream,
    pub(super) state: HaState,
    reply: [u8; REPLY],
    len: usize,
}

impl Delivery {
    pub(super) fn begin(agent: &Path, router_id: RouterId, state: HaState) -> Result<Self, NotifyError> {
        let mut stream = connect_now(agent)?;
        let message = encode(&Notification { router_id, state });
        // A new connection has room for a request many times over. Where the host has no memory for it, it is tried
        // again as a whole.
        stream.write_all(message.as_bytes()).map_err(NotifyError::Lost)?;
        Ok(Self { stream, state, reply: [0; REPLY], len: 0 })
    }

    /// Reads what there is of the reply. `None` while it leaves open whether the agent has accepted the state.
    pub(super) fn receive(&mut self) -> Option<Result<(), NotifyError>> {
        loop {
            match is_accepted(self.reply.get(..self.len).unwrap_or_default()) {
                Some(true) => return Some(Ok(())),
                Some(false) => return Some(Err(NotifyError::Refused)),
                None => {}
            }
            match self.stream.read(self.reply.get_mut(self.len..).unwrap_or_default()) {
                Ok(0) => return Some(Err(NotifyError::Lost(ErrorKind::UnexpectedEof.into()))),
                Ok(len) => self.len += len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Some(Err(NotifyError::Lost(error))),
            }
        }
    }

    /// The connection, for the rest of the reply.
    pub(super) fn into_rest(self) -> Rest {
        Rest { stream: self.stream, left: LONGEST_REST }
    }
}

impl AsRawFd for Delivery {
    fn as_raw_fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }
}

/// A connection whose reply has counted, and may still go on. It is read to its end: an agent that writes its reply in
/// pieces would run into an error if it were closed before. One that writes without an end is closed all the same.
#[derive(Debug)]
pub(super) struct Rest {
    stream: UnixStream,
    left: usize,
}

impl Rest {
    /// Reads on; whether it is over, as the agent is done with it or has written too much.
    pub(super) fn drain(&mut self) -> bool {
        let mut piece = [0; 4_096];
        while self.left > 0 {
            match self.stream.read(&mut piece) {
                Ok(len @ 1..) => self.left = self.left.saturating_sub(len),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Ok(0) | Err(_) => return true,
            }
        }
        true
    }
}

impl AsRawFd for Rest {
    fn as_raw_fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }
}

/// Whether the agent's backlog was full, so that another connection's end makes room.
pub(super) fn is_backlog_full(error: &NotifyError) -> bool {
    matches!(error, NotifyError::Connect(ConnectError::BacklogFull))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_without_an_end_is_read_up_to_a_bound() {
        let (stream, mut agent) = UnixStream::pair().unwrap();
        stream.set_nonblocking(true).unwrap();
        agent.set_nonblocking(true).unwrap();
        let mut rest = Rest { stream, left: LONGEST_REST };
        let mut written = 0;
        loop {
            while let Ok(len) = agent.write(&[b'x'; 1_024]) {
                written += len;
            }
            if rest.drain() {
                break;
            }
            assert!(written < 1 << 20, "it reads on after {written} bytes");
        }
        assert!(written >= LONGEST_REST);
    }
}
