//! Messages as the kernel writes them, for tests.

use std::net::IpAddr;

/// A message, padded.
pub(crate) fn message(kind: u16, flags: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + payload.len()).unwrap();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(77_u32.to_ne_bytes());
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An attribute, padded.
pub(crate) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The payload that tells of an address without another end.
pub(crate) fn address(index: u32, ip: IpAddr, prefix_len: u8) -> Vec<u8> {
    let mut bytes = vec![if ip.is_ipv4() { 2 } else { 10 }, prefix_len, 0x80, 0];
    bytes.extend(index.to_ne_bytes());
    bytes.extend(attribute(1, &octets(ip)));
    if ip.is_ipv4() {
        bytes.extend(attribute(2, &octets(ip)));
    }
    bytes.extend(attribute(8, &0x80_u32.to_ne_bytes()));
    bytes
}

/// The payload that tells of an interface.
pub(crate) fn link(family: u8, index: u32, name: &[u8]) -> Vec<u8> {
    let mut bytes = vec![family, 0, 1, 0];
    bytes.extend(index.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(attribute(3, &[name, b"\0"].concat()));
    bytes
}

pub(crate) fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}
