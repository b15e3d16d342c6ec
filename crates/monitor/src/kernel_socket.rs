//! The socket through which the kernel of one namespace tells of addresses and interfaces.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_recv_buffer_size_force};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recvfrom, send, socket_with};

use crate::netlink::Request;

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV6_IFADDR`.
const LINKS: u32 = 0x1;
const IPV4_ADDRESSES: u32 = 0x10;
const IPV6_ADDRESSES: u32 = 0x100;
/// Bytes of events that the kernel keeps for the socket, about 20,000 of them. It takes the memory only for what waits.
const QUEUE: usize = 8 << 20;

/// A netlink socket in one namespace: that which the thread was in when it was opened. It stays there when the thread
/// moves on, and it keeps a namespace alive that was deleted.
#[derive(Debug)]
pub struct KernelSocket {
    socket: OwnedFd,
}

/// What [`KernelSocket::receive`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received<'a> {
    /// A datagram of the kernel's: for [`View::read`](crate::View::read).
    Datagram(&'a [u8]),
    /// Events were lost: [`View::lose_events`](crate::View::lose_events).
    Loss,
    /// Nothing waits: [`View::drain`](crate::View::drain), and wait until the descriptor is readable.
    Nothing,
}

impl KernelSocket {
    /// The least buffer to receive into: no part of a dump is longer.
    pub const BUFFER: usize = 32 << 10;

    /// Opens a socket that doesn't block, and subscribes to the events of interfaces and of addresses of this one's
    /// family.
    ///
    /// # Errors
    ///
    /// As the system has it.
    pub fn open(like: IpAddr) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // No protocol is that of routes, links and addresses: `NETLINK_ROUTE` is zero.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        // Who may not have a queue of that length gets the longest that is allowed. What doesn't fit is noticed.
        let _ =
            set_socket_recv_buffer_size_force(&socket, QUEUE).or_else(|_| set_socket_recv_buffer_size(&socket, QUEUE));
        let addresses = if like.is_ipv4() { IPV4_ADDRESSES } else { IPV6_ADDRESSES };
        bind(&socket, &SocketAddrNetlink::new(0, LINKS | addresses))?;
        Ok(Self { socket })
    }

    /// Sends a request to the kernel.
    ///
    /// # Errors
    ///
    /// As the system has it: [`View::fail_request`](crate::View::fail_request) wants to know.
    pub fn send(&self, request: &Request) -> io::Result<()> {
        let bytes = request.as_bytes();
        match send(&self.socket, bytes, SendFlags::empty())? {
            sent if sent == bytes.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }

    /// Takes the next datagram of the kernel's, into a buffer of [`BUFFER`](Self::BUFFER) bytes.
    ///
    /// # Errors
    ///
    /// As the system has it. A loss is none.
    pub fn receive<'a>(&self, buffer: &'a mut [u8]) -> io::Result<Received<'a>> {
        loop {
            // With this flag, the length is that of the datagram, even where the buffer is shorter.
            let (len, sender) = match recvfrom(&self.socket, &mut *buffer, RecvFlags::TRUNC) {
                Ok((_, len, sender)) => (len, sender),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(Received::Nothing),
                Err(Errno::NOBUFS) => return Ok(Received::Loss),
                Err(errno) => return Err(errno.into()),
            };
            // Another process may write to this socket, if it may administer the network. The kernel's port is zero.
            let sender = sender.and_then(|sender| SocketAddrNetlink::try_from(sender).ok());
            if sender.is_some_and(|sender| sender.pid() == 0) {
                return Ok(buffer.get(..len).map_or(Received::Loss, Received::Datagram));
            }
        }
    }
}

impl AsFd for KernelSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hanotify::HaState;
    use rustix::net::sockopt::socket_recv_buffer_size;

    use super::*;
    use crate::{Interface, View};

    /// What this host's kernel says of an address, without an event.
    fn look(vip: &str, interface: &[u8]) -> Option<HaState> {
        let vip: crate::Vip = vip.parse().unwrap();
        let socket = KernelSocket::open(vip.address()).unwrap();
        let mut view = View::new(vip, Interface::parse(interface).unwrap());
        view.subscribe();
        let mut buffer = vec![0; KernelSocket::BUFFER];
        let begin = Instant::now();
        while view.state().is_none() && begin.elapsed().as_secs() < 20 {
            if let Some(request) = view.next_request(Instant::now()) {
                socket.send(&request).unwrap();
            }
            match socket.receive(&mut buffer).unwrap() {
                Received::Datagram(datagram) => view.read(datagram, Instant::now()),
                Received::Loss => view.lose_events(),
                Received::Nothing => view.drain(),
            }
        }
        view.state()
    }

    #[test]
    fn a_kernel_answers_both_dumps() {
        assert_eq!(look("127.0.0.1/8", b"lo"), Some(HaState::Primary));
        assert_eq!(look("127.0.0.1/32", b"lo"), Some(HaState::Backup));
        assert_eq!(look("127.0.0.1/8", b"nowhere"), Some(HaState::Backup));
        assert_eq!(look("2001:db8::7/64", b"lo"), Some(HaState::Backup));
    }

    #[test]
    fn it_subscribes_to_interfaces_and_to_the_addresses_of_one_family() {
        for (ip, groups) in [(IpAddr::from([127, 0, 0, 1]), 0x11), (IpAddr::from([0; 16]), 0x101)] {
            let address = rustix::net::getsockname(&KernelSocket::open(ip).unwrap().socket).unwrap();
            assert_eq!(SocketAddrNetlink::try_from(address).unwrap().groups(), groups);
        }
    }

    #[test]
    fn a_datagram_that_is_longer_than_the_buffer_is_a_loss() {
        let ip = IpAddr::from([127, 0, 0, 1]);
        let socket = KernelSocket::open(ip).unwrap();
        socket.send(&Request::addresses(1, ip)).unwrap();
        assert_eq!(socket.receive(&mut [0; 16]).unwrap(), Received::Loss);
    }

    #[test]
    fn a_datagram_of_another_process_is_none() {
        let ip = IpAddr::from([127, 0, 0, 1]);
        let (socket, other) = (KernelSocket::open(ip).unwrap(), KernelSocket::open(ip).unwrap());
        let address = rustix::net::getsockname(&socket.socket).unwrap();
        let sent = rustix::net::sendto(&other.socket, &[0; 16], SendFlags::empty(), &address);
        assert!(matches!(sent, Ok(16) | Err(Errno::PERM)), "{sent:?}");
        assert_eq!(socket.receive(&mut [0; 64]).unwrap(), Received::Nothing);
    }

    #[test]
    fn the_queue_is_longer_than_by_default() {
        let socket = KernelSocket::open(IpAddr::from([127, 0, 0, 1])).unwrap();
        let default = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None);
        let default = socket_recv_buffer_size(default.unwrap()).unwrap();
        let found = socket_recv_buffer_size(&socket.socket).unwrap();
        assert!(found > default, "{found}, and {default} by default");
    }
}
