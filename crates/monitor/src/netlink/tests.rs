//! What a kernel sent, the laws for any bytes, and each rule by itself.

use std::net::Ipv4Addr;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn decode(datagram: &[u8]) -> Result<Vec<Envelope<'_>>, DecodeError> {
    messages(datagram).collect()
}

/// The one message of this type and payload.
fn read(kind: u16, payload: &[u8]) -> Result<Message<'static>, DecodeError> {
    let datagram = build::message(kind, 0, 1, payload).leak();
    decode(datagram).map(|all| all[0].message)
}

fn refusal(kind: u16, payload: &[u8]) -> (DecodeErrorKind, usize) {
    let error = read(kind, payload).unwrap_err();
    (error.kind, error.offset)
}

fn any_ip() -> impl Strategy<Value = (IpAddr, u8)> {
    prop_oneof![
        (any::<[u8; 4]>(), 0_u8..=32).prop_map(|(bytes, bits)| (IpAddr::from(bytes), bits)),
        (any::<[u8; 16]>(), 0_u8..=128).prop_map(|(bytes, bits)| (IpAddr::from(bytes), bits)),
    ]
}

/// A message as bytes, without its padding, and what it says.
fn any_message() -> impl Strategy<Value = (Vec<u8>, u32, Message<'static>)> {
    let address = (1..=0x7fff_ffff_u32, any_ip(), any::<bool>()).prop_map(|(index, (ip, prefix_len), is_new)| {
        let local = ip.is_ipv4().then_some(ip);
        let address = Address { index, prefix_len, address: Some(ip), local, flags: 0x80 };
        let message = if is_new { Message::NewAddress(address) } else { Message::RemovedAddress(address) };
        (if is_new { 20 } else { 21 }, build::address(index, ip, prefix_len), message)
    });
    let name = "[a-z0-9.@\u{e9}-]{1,7}".prop_map(|name| &*name.into_bytes().leak());
    let link = (1..=0x7fff_ffff_u32, name, any::<bool>()).prop_map(|(index, name, is_new)| {
        let link = Link { index, name };
        let message = if is_new { Message::NewLink(link) } else { Message::RemovedLink(link) };
        (if is_new { 16 } else { 17 }, build::link(0, index, name), message)
    });
    let number = (any::<i32>(), any::<bool>()).prop_map(|(error, is_end)| {
        let message = if is_end { Message::Done(error) } else { Message::Error(error) };
        (if is_end { 3 } else { 2 }, error.to_ne_bytes().to_vec(), message)
    });
    let other = (22..u16::MAX, vec(any::<u8>(), 0..9)).prop_map(|(kind, payload)| (kind, payload, Message::Other));
    (prop_oneof![address, link, number, other], any::<u32>()).prop_map(|((kind, payload, message), sequence)| {
        let mut bytes = build::message(kind, 0, sequence, &payload);
        bytes.truncate(16 + payload.len());
        (bytes, sequence, message)
    })
}

/// Several messages as one datagram.
fn joined(all: &[(Vec<u8>, u32, Message<'_>)]) -> Vec<u8> {
    let mut datagram = Vec::new();
    for (bytes, ..) in all {
        datagram.resize(datagram.len().next_multiple_of(4), 0);
        datagram.extend(bytes);
    }
    datagram
}

/// What holds for any bytes: each message has its 16 bytes, an error is the last item, and its place is in the bytes.
fn check(datagram: &[u8]) {
    let all: Vec<_> = messages(datagram).collect();
    let good = all.iter().take_while(|item| item.is_ok()).count();
    assert!(good * 16 <= datagram.len());
    assert!(all.len() - good <= 1, "{all:?}");
    if let Some(Err(error)) = all.last() {
        assert!(error.offset <= datagram.len() && error.offset >= good * 16, "{error:?}");
    }
    assert_eq!(all.is_empty(), datagram.is_empty(), "all bytes are read");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_bytes_are_read_to_their_end_or_refused(datagram in vec(any::<u8>(), 0..80)) {
        check(&datagram);
    }

    #[test]
    fn messages_with_other_bytes_in_them_are_read_to_their_end_or_refused(
        all in vec(any_message(), 1..4),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in any::<Index>(),
    ) {
        let mut datagram = joined(&all);
        for (at, byte) in changes {
            let at = at.index(datagram.len());
            datagram[at] = byte;
        }
        check(&datagram);
        check(&datagram[..cut.index(datagram.len() + 1)]);
    }

    #[test]
    fn what_the_kernel_writes_reads_back(all in vec(any_message(), 0..5)) {
        let datagram = joined(&all);
        let read = decode(&datagram).unwrap();
        let read: Vec<_> = read.iter().map(|envelope| (envelope.header.sequence, envelope.message)).collect();
        prop_assert_eq!(read, all.iter().map(|&(_, sequence, message)| (sequence, message)).collect::<Vec<_>>());
    }

    #[test]
    fn a_message_that_is_cut_off_is_refused((bytes, ..) in any_message()) {
        for end in 1..bytes.len() {
            prop_assert!(decode(&bytes[..end]).is_err(), "{}", end);
        }
    }
}

#[cfg(target_endian = "little")]
#[test]
fn a_dump_of_addresses_that_a_kernel_sent_is_read() {
    let read = decode(include_bytes!("../../captures/addresses")).unwrap();
    let addresses: Vec<_> = read
        .iter()
        .map_while(|envelope| match envelope.message {
            Message::NewAddress(address) if envelope.header.is_of_dump() => Some(address),
            _ => None,
        })
        .map(|address| (address.index, format!("{}/{}", address.address.unwrap(), address.prefix_len), address.flags))
        .collect();
    let eth0 = |text: &str, flags| (4, text.to_owned(), flags);
    assert_eq!(
        addresses,
        [
            (1, "127.0.0.1/8".to_owned(), 0x80),
            eth0("192.0.2.2/24", 0x80),
            (1, "::1/128".to_owned(), 0x80),
            eth0("fd00::2/64", 0x82),
            eth0("fe80::fc:ff:fe00:1/64", 0x80),
        ]
    );
    assert_eq!(read.last().unwrap().message, Message::Done(0));
    assert_eq!(read.len(), addresses.len() + 1);
    assert!(read.iter().all(|envelope| envelope.header.sequence == 7 && !envelope.header.is_interrupted()));
}

#[cfg(target_endian = "little")]
#[test]
fn a_dump_of_links_and_a_refusal_that_a_kernel_sent_are_read() {
    let read = decode(include_bytes!("../../captures/links")).unwrap();
    let messages: Vec<_> = read.iter().map(|envelope| envelope.message).collect();
    assert_eq!(messages, [Message::NewLink(Link { index: 1, name: b"lo" }), Message::Done(0)]);
    let read = decode(include_bytes!("../../captures/refusal")).unwrap();
    // EOPNOTSUPP.
    assert_eq!((read[0].header.sequence, read[0].message), (9, Message::Error(-95)));
}

#[test]
fn what_is_not_asked_for_is_skipped() {
    let vip = IpAddr::from(Ipv4Addr::new(169, 254, 0, 7));
    // AF_MCTP, and a bridge that tells of a port that leaves.
    assert_eq!(read(20, &[45, 255, 0, 0]), Ok(Message::Other));
    assert_eq!(read(17, &build::link(7, 3, b"eth0")), Ok(Message::Other));
    let more = [build::address(3, vip, 24), build::attribute(3, b"ha\0"), build::attribute(0xc063, &[])].concat();
    let Ok(Message::NewAddress(address)) = read(20, &more) else { panic!() };
    assert_eq!((address.index, address.local, address.prefix_len), (3, Some(vip), 24));
}

#[test]
fn the_flags_of_the_header_count_where_there_are_no_longer_ones() {
    let Ok(Message::RemovedAddress(address)) = read(21, &[2, 24, 0x81, 0, 3, 0, 0, 0]) else { panic!() };
    assert_eq!((address.flags, address.address, address.local), (0x81, None, None));
}

#[test]
fn each_rule_is_held_to_at_its_limit_and_named_with_its_byte() {
    use DecodeErrorKind::*;
    let header = [2, 24, 0, 0, 3, 0, 0, 0];
    let with = |attribute: &[u8]| [&header[..], attribute].concat();
    assert_eq!(refusal(20, &[2, 33, 0, 0, 3, 0, 0, 0]), (PrefixLength, 16));
    assert_eq!(refusal(20, &[10, 129, 0, 0, 3, 0, 0, 0]), (PrefixLength, 16));
    assert!(read(20, &[10, 128, 0, 0, 3, 0, 0, 0]).is_ok() && read(20, &[2, 32, 0, 0, 3, 0, 0, 0]).is_ok());
    assert_eq!(refusal(20, &[2, 24, 0, 0, 0, 0, 0, 0]), (Index, 20));
    assert_eq!(refusal(16, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), (Index, 20));
    assert_eq!(refusal(20, &with(&build::attribute(1, &[1, 2, 3]))), (ValueLength, 28));
    assert_eq!(refusal(20, &with(&build::attribute(2, &[0; 16]))), (ValueLength, 28));
    assert_eq!(refusal(20, &with(&build::attribute(8, &[0; 8]))), (ValueLength, 28));
    assert_eq!(refusal(20, &with(&build::attribute(1, &[1; 4]).repeat(2))), (DuplicateAttribute, 36));
    assert_eq!(refusal(20, &with(&[3, 0, 1, 0])), (AttributeLength, 24));
    assert_eq!(refusal(20, &with(&[9, 0, 1, 0, 1, 2, 3, 4])), (AttributeLength, 24));
    assert_eq!(refusal(20, &with(&[8, 0, 1])), (Truncated, 26));
    assert_eq!(refusal(16, &build::link(0, 3, b"")), (Name, 36));
    assert_eq!(refusal(16, &build::link(0, 3, b"a\0b")), (Name, 36));
    assert_eq!(refusal(16, &build::link(0, 3, b"1234567890123456")), (Name, 36));
    assert!(read(16, &build::link(0, 3, b"123456789012345")).is_ok());
    assert_eq!(refusal(16, &build::link(0, 3, b"ha")[..16]), (MissingName, 16));
    assert_eq!(refusal(3, &[0; 3]), (Truncated, 16));
    let short = |length: u8| [&[length, 0, 0, 0][..], &[0; 12]].concat();
    assert_eq!(decode(&short(15)), Err(DecodeError { kind: MessageLength, offset: 0 }));
    assert_eq!(decode(&short(17)), Err(DecodeError { kind: MessageLength, offset: 0 }));
    assert!(decode(&short(16)).is_ok());
}

#[test]
fn a_request_asks_for_a_dump() {
    for (request, kind, payload) in [
        (Request::links(7), 18, [0; 16].to_vec()),
        (Request::addresses(7, IpAddr::from([1, 2, 3, 4])), 22, [2, 0, 0, 0, 0, 0, 0, 0].to_vec()),
        (Request::addresses(7, IpAddr::from([1; 16])), 22, [10, 0, 0, 0, 0, 0, 0, 0].to_vec()),
    ] {
        let mut expected = build::message(kind, 0x301, 7, &payload);
        expected[12..16].fill(0);
        assert_eq!(request.as_bytes(), expected);
    }
}
