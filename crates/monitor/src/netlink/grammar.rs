//! The grammar: one function for each structure of the kernel's, with its layout as the doc comment.

use std::net::IpAddr;

use nom::error::{ErrorKind, ParseError};
use nom::number::{Endianness, complete as number};
use nom::{IResult, Parser};

use super::{Address, DecodeErrorKind, Envelope, Header, Link, Message};

/// What is wrong, and the bytes from there on.
#[derive(Debug)]
pub(super) struct Fault<'a> {
    pub(super) at: &'a [u8],
    pub(super) kind: DecodeErrorKind,
}

impl<'a> ParseError<&'a [u8]> for Fault<'a> {
    fn from_error_kind(at: &'a [u8], _: ErrorKind) -> Self {
        // What nom refuses by itself is a lack of bytes.
        Self { at, kind: DecodeErrorKind::Truncated }
    }

    fn append(_: &'a [u8], _: ErrorKind, first: Self) -> Self {
        first
    }
}

type Parsed<'a, T> = IResult<&'a [u8], T, Fault<'a>>;

fn refuse<T>(at: &[u8], kind: DecodeErrorKind) -> Result<T, nom::Err<Fault<'_>>> {
    Err(nom::Err::Error(Fault { at, kind }))
}

/// Bytes of an `nlmsghdr`.
const HEADER: usize = 16;
/// Bytes of an `rtattr`.
const ATTRIBUTE_HEADER: usize = 4;

/// `message = nlmsg_len:u32 header payload padding`, padded to four bytes, but for the last one
pub(super) fn message(input: &[u8]) -> Parsed<'_, Envelope<'_>> {
    let (after, (length, header)) = (native_u32, header).parse(input)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let Some((payload, rest)) = length.checked_sub(HEADER).and_then(|length| after.split_at_checked(length)) else {
        return refuse(input, DecodeErrorKind::MessageLength);
    };
    let (_, message) = payload_of(header.kind, payload)?;
    Ok((without_padding(length, rest), Envelope { header, message }))
}

/// `header = nlmsg_type:u16 nlmsg_flags:u16 nlmsg_seq:u32 nlmsg_pid:u32`
fn header(input: &[u8]) -> Parsed<'_, Header> {
    let fields = (native_u16, native_u16, native_u32, native_u32);
    fields.map(|(kind, flags, sequence, port)| Header { kind, flags, sequence, port }).parse(input)
}

/// `payload = error:i32 … / address / link / …`, as `nlmsg_type` says
fn payload_of(kind: u16, payload: &[u8]) -> Parsed<'_, Message<'_>> {
    match kind {
        2 => number::i32(Endianness::Native).map(Message::Error).parse(payload),
        3 => number::i32(Endianness::Native).map(Message::Done).parse(payload),
        4 => Ok((payload, Message::Overrun)),
        16 => link.map(|link| link.map_or(Message::Other, Message::NewLink)).parse(payload),
        17 => link.map(|link| link.map_or(Message::Other, Message::RemovedLink)).parse(payload),
        20 => address.map(|address| address.map_or(Message::Other, Message::NewAddress)).parse(payload),
        21 => address.map(|address| address.map_or(Message::Other, Message::RemovedAddress)).parse(payload),
        _ => Ok((payload, Message::Other)),
    }
}

/// `address = ifa_family:u8 ifa_prefixlen:u8 ifa_flags:u8 ifa_scope:u8 ifa_index:u32 *attribute`; `None` where the
/// family is neither IPv4 nor IPv6
fn address(input: &[u8]) -> Parsed<'_, Option<Address>> {
    let (after, (family, prefix_len, short_flags, _scope)) =
        (number::u8, number::u8, number::u8, number::u8).parse(input)?;
    let bits = match family {
        2 => 32,
        10 => 128,
        _ => return Ok((&[], None)),
    };
    if prefix_len > bits {
        return refuse(input, DecodeErrorKind::PrefixLength);
    }
    let (attributes, index) = index(after)?;
    let (mut address, mut local, mut flags) = (None, None, None);
    for_each_attribute(attributes, |kind, value| match kind {
        1 => set_once(&mut address, value, ip(bits, value)?),
        2 => set_once(&mut local, value, ip(bits, value)?),
        8 => set_once(&mut flags, value, number_of_32_bits(value)?),
        _ => Ok(()),
    })?;
    let flags = flags.unwrap_or(u32::from(short_flags));
    Ok((&[], Some(Address { index, prefix_len, address, local, flags })))
}

/// `link = ifi_family:u8 pad:u8 ifi_type:u16 ifi_index:i32 ifi_flags:u32 ifi_change:u32 *attribute`; `None` where the
/// family is not zero: what a bridge says of its ports, a port that leaves included, has that of bridges
fn link(input: &[u8]) -> Parsed<'_, Option<Link<'_>>> {
    let (after, (family, _pad, _type)) = (number::u8, number::u8, native_u16).parse(input)?;
    if family != 0 {
        return Ok((&[], None));
    }
    let (after, index) = index(after)?;
    let (attributes, _flags_and_change) = (native_u32, native_u32).parse(after)?;
    let mut found = None;
    for_each_attribute(attributes, |kind, value| match kind {
        3 => set_once(&mut found, value, name(value)?),
        _ => Ok(()),
    })?;
    match found {
        Some(name) => Ok((&[], Some(Link { index, name }))),
        None => refuse(input, DecodeErrorKind::MissingName),
    }
}

/// The index of an interface, which the kernel has as a signed number above zero.
fn index(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, index) = native_u32(input)?;
    if index == 0 || i32::try_from(index).is_err() {
        return refuse(input, DecodeErrorKind::Index);
    }
    Ok((rest, index))
}

type Checked<'a, T> = Result<T, nom::Err<Fault<'a>>>;

fn for_each_attribute<'a>(
    mut input: &'a [u8],
    mut visit: impl FnMut(u16, &'a [u8]) -> Checked<'a, ()>,
) -> Checked<'a, ()> {
    while !input.is_empty() {
        let (rest, (kind, value)) = attribute(input)?;
        visit(kind, value)?;
        input = rest;
    }
    Ok(())
}

/// `attribute = rta_len:u16 rta_type:u16 value padding`, padded to four bytes, but for the last one
fn attribute(input: &[u8]) -> Parsed<'_, (u16, &[u8])> {
    let (after, (length, kind)) = (native_u16, native_u16).parse(input)?;
    let length = usize::from(length);
    let Some((value, rest)) = length.checked_sub(ATTRIBUTE_HEADER).and_then(|length| after.split_at_checked(length))
    else {
        return refuse(input, DecodeErrorKind::AttributeLength);
    };
    // The two highest bits say how the value is to be read, not what it is.
    Ok((without_padding(length, rest), (kind & 0x3fff, value)))
}

fn set_once<'a, T>(place: &mut Option<T>, at: &'a [u8], value: T) -> Checked<'a, ()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => refuse(at, DecodeErrorKind::DuplicateAttribute),
    }
}

fn ip(bits: u8, value: &[u8]) -> Checked<'_, IpAddr> {
    let ip = match bits {
        32 => <[u8; 4]>::try_from(value).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(value).ok().map(IpAddr::from),
    };
    ip.map_or_else(|| refuse(value, DecodeErrorKind::ValueLength), Ok)
}

fn number_of_32_bits(value: &[u8]) -> Checked<'_, u32> {
    match <[u8; 4]>::try_from(value) {
        Ok(bytes) => Ok(u32::from_ne_bytes(bytes)),
        Err(_) => refuse(value, DecodeErrorKind::ValueLength),
    }
}

/// A name and a zero: fewer than 16 bytes (`IFNAMSIZ`) without the zero.
fn name(value: &[u8]) -> Checked<'_, &[u8]> {
    match value.split_last() {
        Some((0, name)) if (1..16).contains(&name.len()) && !name.contains(&0) => Ok(name),
        _ => refuse(value, DecodeErrorKind::Name),
    }
}

/// What follows something of this length and its padding. The padding of the last one may be missing.
fn without_padding(length: usize, rest: &[u8]) -> &[u8] {
    let padding = length.next_multiple_of(4) - length;
    rest.get(padding..).unwrap_or_default()
}

fn native_u16(input: &[u8]) -> Parsed<'_, u16> {
    number::u16(Endianness::Native).parse(input)
}

fn native_u32(input: &[u8]) -> Parsed<'_, u32> {
    number::u32(Endianness::Native).parse(input)
}
