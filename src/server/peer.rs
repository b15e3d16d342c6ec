//! Who is at the other end.

use std::os::fd::BorrowedFd;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use crate::sink::Peer;

/// The peer's credentials as the kernel noted them when it connected; nothing if the kernel can't tell.
///
/// This goes through nix, because rustix 1.1 takes a pid for a number that is never 0, and so misreads a peer of a pid namespace that
/// this process can't see: a sender on the host and an agent in a container are that.
pub(super) fn credentials(socket: BorrowedFd<'_>) -> Option<Peer> {
    let found = getsockopt(&socket, PeerCredentials).ok()?;
    Some(Peer { pid: (found.pid() != 0).then_some(found.pid()), uid: found.uid(), gid: found.gid() })
}
