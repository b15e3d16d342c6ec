//! One sender's connection, none of whose calls ever waits.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use hanotify::client::Reply;
use hanotify::{Notification, encode};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, send, socket_with,
};

use super::tally::{Fate, Loss};

/// A connection on which the notification is sent, and the reply awaited.
pub(super) struct Connection {
    fd: OwnedFd,
    reply: Vec<u8>,
}

/// Why there is no connection.
pub(super) enum NoConnection {
    /// The receiver's backlog is full.
    BacklogFull,
    /// This process, or the whole system, has no descriptor left.
    NoDescriptor(Errno),
    /// Nobody is there, or they won't have this sender.
    Unreachable(Errno),
}

impl Connection {
    /// Connects, and sends the notification.
    pub(super) fn open(address: &SocketAddrUnix, notification: &Notification) -> Result<Self, NoConnection> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let fd =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(NoConnection::NoDescriptor)?;
        match connect(&fd, address) {
            Ok(()) => {}
            Err(Errno::AGAIN) => return Err(NoConnection::BacklogFull),
            Err(errno) => return Err(NoConnection::Unreachable(errno)),
        }
        // Where the receiver has closed already, it may have said why: what there is to read tells. The message is far
        // shorter than the buffer of a fresh socket, so that it goes whole or not at all.
        let _ = send(&fd, encode(notification).as_bytes(), SendFlags::NOSIGNAL);
        Ok(Self { fd, reply: Vec::new() })
    }

    pub(super) fn raw(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Reads what is there: what became of the notification, once that is known.
    pub(super) fn read(&mut self) -> Option<Fate> {
        let mut chunk = [0; 512];
        loop {
            match recv(&self.fd, &mut chunk, RecvFlags::empty()) {
                Ok((0, _)) if self.reply.is_empty() => return Some(Fate::Lost(Loss::NoReply)),
                Ok((0, _)) => return Some(Fate::Lost(Loss::CutOff)),
                Ok((len, _)) => self.reply.extend_from_slice(chunk.get(..len).unwrap_or_default()),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return None,
                Err(_) => return Some(Fate::Lost(Loss::Broken)),
            }
            match Reply::parse(&self.reply) {
                Ok(None) => {}
                Ok(Some(reply)) => return Some(Fate::Answered(reply.status)),
                Err(_) => return Some(Fate::Lost(Loss::Malformed)),
            }
        }
    }
}
