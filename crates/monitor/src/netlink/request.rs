//! The requests: all interfaces of a namespace, and all addresses of one family.

use std::net::IpAddr;

/// `RTM_GETLINK` and `RTM_GETADDR`.
const LINKS: u16 = 18;
const ADDRESSES: u16 = 22;
/// `NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH`: a dump.
const DUMP: u16 = 0x301;

/// A request to dump, as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    bytes: [u8; 32],
    len: usize,
}

impl Request {
    /// Asks for every interface. The answers have this number.
    #[must_use]
    pub fn links(sequence: u32) -> Self {
        // `ifinfomsg`, of no family, index or flags: 16 bytes.
        Self::new(LINKS, sequence, 0, 16)
    }

    /// Asks for every address of this one's family. The answers have this number.
    #[must_use]
    pub fn addresses(sequence: u32, like: IpAddr) -> Self {
        // `ifaddrmsg`, of no index: 8 bytes.
        Self::new(ADDRESSES, sequence, if like.is_ipv4() { 2 } else { 10 }, 8)
    }

    /// The bytes to send.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// `nlmsg_len nlmsg_type nlmsg_flags nlmsg_seq nlmsg_pid`, and a payload of this many bytes that begins with the
    /// family and is zero else. The kernel takes a port of zero for the socket's own.
    fn new(kind: u16, sequence: u32, family: u8, payload: u8) -> Self {
        let len = 16 + payload;
        let (lens, kind, flags) = (u32::from(len).to_ne_bytes(), kind.to_ne_bytes(), DUMP.to_ne_bytes());
        let fields =
            lens.into_iter().chain(kind).chain(flags).chain(sequence.to_ne_bytes()).chain([0; 4]).chain([family]);
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(fields) {
            *place = byte;
        }
        Self { bytes, len: usize::from(len) }
    }
}
