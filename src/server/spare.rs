//! A descriptor in reserve: given up for a moment, it lets the server accept and answer one more connection when all
//! others are taken.

use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketFlags, SocketType};

/// A descriptor that is there to be given up; `None` while it is given up.
#[derive(Debug)]
pub(super) struct Spare(Option<OwnedFd>);

impl Spare {
    pub(super) fn new() -> Self {
        let mut spare = Self(None);
        spare.refill();
        spare
    }

    /// Gives the descriptor up: whether there was one.
    pub(super) fn give_up(&mut self) -> bool {
        self.0.take().is_some()
    }

    /// Takes a descriptor again, if there is none: whether there is one then.
    pub(super) fn refill(&mut self) -> bool {
        if self.0.is_none() {
            // A socket, and not the duplicate of one: where the whole system is out of files, only a file of its own is
            // a reserve. And it takes no path, which a sandbox may have closed.
            self.0 = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).ok();
        }
        self.0.is_some()
    }
}
