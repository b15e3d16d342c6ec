//! The part of rtnetlink that tells of addresses and of interfaces: messages from the kernel, and requests to it.
//!
//! ```
//! use hanotify_monitor::netlink::{Message, messages};
//!
//! # #[cfg(target_endian = "little")] {
//! let done = [20, 0, 0, 0, 3, 0, 2, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
//! let envelope = messages(&done).next().unwrap()?;
//! assert_eq!((envelope.header.sequence, envelope.message), (7, Message::Done(0)));
//! # }
//! # Ok::<(), hanotify_monitor::netlink::DecodeError>(())
//! ```
//!
//! Numbers are in the byte order of the host, as the kernel writes them. What isn't asked for here is skipped, but for
//! its length: other messages, other attributes, other families.

#[cfg(test)]
pub(crate) mod build;
mod error;
mod grammar;
mod request;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use nom::Offset;

pub use error::{DecodeError, DecodeErrorKind};
pub use request::Request;

/// What precedes every message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The type of the message: `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// The number of the request that this answers; that of somebody else's request, where this is an event.
    pub sequence: u32,
    /// The port of the socket that asked; zero in an event that nobody asked for.
    pub port: u32,
}

impl Header {
    /// Whether this is a part of a dump (`NLM_F_MULTI`). No event is.
    #[must_use]
    pub const fn is_of_dump(&self) -> bool {
        self.flags & 0x2 != 0
    }

    /// Whether something changed while the dump was made, so that it may lack what was there all the time
    /// (`NLM_F_DUMP_INTR`).
    #[must_use]
    pub const fn is_interrupted(&self) -> bool {
        self.flags & 0x10 != 0
    }
}

/// One message, with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope<'a> {
    /// What precedes the message.
    pub header: Header,
    /// The message itself.
    pub message: Message<'a>,
}

/// What the kernel says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// The end of a dump. The number is zero, or an error's number below zero.
    Done(i32),
    /// The request failed, with an error's number below zero; or zero, where an answer was asked for.
    Error(i32),
    /// Messages were lost.
    Overrun,
    /// An address is there.
    NewAddress(Address),
    /// An address is gone.
    RemovedAddress(Address),
    /// An interface is there, or has another name now.
    NewLink(Link<'a>),
    /// An interface is gone.
    RemovedLink(Link<'a>),
    /// Something else: another type, an address of another family, or a bridge's view of an interface.
    Other,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Address {
    /// The index of the interface.
    pub index: u32,
    /// Bits of the prefix: at most 32 for IPv4, 128 for IPv6.
    pub prefix_len: u8,
    /// The address at the other end where there is one, and else the address itself (`IFA_ADDRESS`).
    pub address: Option<IpAddr>,
    /// The address itself. For IPv6 it is there only beside one at the other end (`IFA_LOCAL`).
    pub local: Option<IpAddr>,
    /// `IFA_F_…`, all 32 of them.
    pub flags: u32,
}

/// An interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link<'a> {
    /// The interface's index: it stays when the name changes.
    pub index: u32,
    /// The interface's name: 1 to 15 bytes, not zero.
    pub name: &'a [u8],
}

/// The messages of a datagram, in their order.
///
/// All of the datagram is read: the iterator ends at its last byte, or with the one error that it has.
#[must_use]
pub const fn messages(datagram: &[u8]) -> Messages<'_> {
    Messages { datagram, rest: datagram }
}

/// See [`messages`].
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    datagram: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Envelope<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match grammar::message(self.rest) {
            Ok((rest, envelope)) => {
                self.rest = rest;
                Some(Ok(envelope))
            }
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                self.rest = &[];
                Some(Err(DecodeError { kind: fault.kind, offset: self.datagram.offset(fault.at) }))
            }
            // The grammar is that of a whole datagram.
            Err(nom::Err::Incomplete(_)) => {
                self.rest = &[];
                Some(Err(DecodeError { kind: DecodeErrorKind::Truncated, offset: self.datagram.len() }))
            }
        }
    }
}
