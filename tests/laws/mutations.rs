//! Input of every kind: valid, nearly valid, and anything at all; and limits that matter to it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::messages::message;
use hanotify::{ErrorKind, Limits, decode_exact};

/// What may arrive, most of it close to a message.
pub(crate) fn input() -> impl Strategy<Value = Vec<u8>> {
    let valid = || message().prop_map(|(_, message)| message.to_bytes());
    let mutated = (valid(), prop::collection::vec(mutation(), 1..4)).prop_map(|(mut bytes, mutations)| {
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        bytes
    });
    let soup = prop::collection::vec(select(FRAGMENTS), 0..24).prop_map(|parts| parts.concat().into());
    let begun = soup_after_request_line();
    let raw = prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![2 => valid(), 8 => mutated, 1 => soup, 2 => begun, 1 => raw]
}

fn soup_after_request_line() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(select(FRAGMENTS), 0..24).prop_map(|parts| {
        let text: String = parts.concat();
        [b"POST / HTTP/1.1\r\n", text.as_bytes()].concat()
    })
}

/// Parts of messages, whole and broken.
pub(crate) const FRAGMENTS: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "POST",
    "/",
    " ",
    "HTTP/1.1",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    "\t",
    ":",
    ": ",
    ",",
    "_",
    "\0",
    "\u{80}",
    "\x7f",
    "Host",
    "Host: a\r\n",
    "X-Neutron-State",
    "X-Neutron-State: primary\r\n",
    "primary",
    "backup",
    "fault",
    "master",
    "X-Neutron-Router-Id: ",
    "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
    "Connection: ",
    "close",
    "keep-alive",
    "Content-Length: ",
    "0",
    "1",
    "9999999999",
    "Transfer-Encoding: x\r\n",
    "Expect: x\r\n",
    "TE: \r\n",
    "[",
    "]",
    "::1",
    "@",
    "%",
    "a",
    "B",
];

/// Field lines that change the verdict, or how much is needed for one.
const LINES: &[&str] = &[
    "Content-Length: 0\r\n",
    "Content-Length: 1\r\n",
    "content-length: 3\r\n",
    "Content-Length: 12\r\n",
    "Content-Length: 00\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "TE: trailers\r\n",
    "Upgrade: h2c\r\n",
    "Trailer:\r\n",
    "Connection: close\r\n",
    "Connection: upgrade\r\n",
    "Host: b\r\n",
    "X-Neutron-State: backup\r\n",
    " folded\r\n",
    "X_Y: z\r\n",
    ": y\r\n",
    "X: \0\r\n",
];

/// One small change.
#[derive(Clone, Debug)]
enum Mutation {
    FlipBit(Index, u8),
    Put(Index, u8),
    Insert(Index, &'static str),
    Delete(Index),
    Truncate(Index),
    RepeatLine(Index, Index),
    InsertLine(Index, &'static str),
    Append(&'static str),
    DeleteLine(Index),
    Splice(Index, Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte = select(&b"\0\t\n\r \"#%,-./0:@AZ[]_az{}~\x7f\x80\xff"[..]);
    let at = any::<Index>;
    prop_oneof![
        (at(), 0..8u8).prop_map(|(at, bit)| Mutation::FlipBit(at, bit)),
        (at(), byte).prop_map(|(at, byte)| Mutation::Put(at, byte)),
        (at(), select(FRAGMENTS)).prop_map(|(at, part)| Mutation::Insert(at, part)),
        at().prop_map(Mutation::Delete),
        at().prop_map(Mutation::Truncate),
        (at(), at()).prop_map(|(from, to)| Mutation::RepeatLine(from, to)),
        (at(), select(LINES)).prop_map(|(at, line)| Mutation::InsertLine(at, line)),
        select(FRAGMENTS).prop_map(Mutation::Append),
        at().prop_map(Mutation::DeleteLine),
        (at(), at(), at()).prop_map(|(start, end, to)| Mutation::Splice(start, end, to)),
    ]
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let lines = || bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        match self {
            Self::FlipBit(at, bit) => bytes[at.index(len)] ^= 1 << bit,
            Self::Put(at, byte) => bytes[at.index(len)] = *byte,
            Self::Insert(at, part) => drop(bytes.splice(at.index(len)..at.index(len), part.bytes())),
            Self::Delete(at) => drop(bytes.remove(at.index(len))),
            Self::Truncate(at) => bytes.truncate(at.index(len)),
            Self::RepeatLine(from, to) => {
                let mut lines = lines();
                let line = lines[from.index(lines.len())].clone();
                lines.insert(to.index(lines.len()), line);
                *bytes = lines.concat();
            }
            Self::InsertLine(at, line) => {
                let mut lines = lines();
                lines.insert(at.index(lines.len()), line.bytes().collect());
                *bytes = lines.concat();
            }
            Self::Append(part) => bytes.extend(part.bytes()),
            Self::DeleteLine(at) => {
                let mut lines = lines();
                lines.remove(at.index(lines.len()));
                *bytes = lines.concat();
            }
            Self::Splice(start, end, to) => {
                let (start, end) = (start.index(len), end.index(len));
                let part = bytes[start.min(end)..start.max(end)].to_vec();
                bytes.splice(to.index(len)..to.index(len), part);
            }
        }
    }
}

/// The default limits, or others that a small message meets.
pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    let tight = (14..20usize, 2..9usize, 50..70usize, 90..300usize, 0..12usize, any::<bool>()).prop_map(
        |(request_line, fields, field_line, head, body, legacy)| {
            Limits::DEFAULT
                .with_request_line(request_line)
                .with_fields(fields)
                .with_field_line(field_line)
                .with_head(head)
                .with_body(body)
                .with_legacy_state(legacy)
        },
    );
    let loose = Limits::DEFAULT.with_body(20).with_legacy_state(true);
    prop_oneof![4 => Just(Limits::DEFAULT), 1 => Just(loose), 3 => tight]
}

/// Limits of any size, the least and the greatest among them.
pub(crate) fn any_limits() -> impl Strategy<Value = Limits> {
    let size = || prop_oneof![Just(0), Just(1), 0..100usize, Just(usize::MAX - 1), Just(usize::MAX), any::<usize>()];
    (size(), size(), size(), size(), size()).prop_map(|(request_line, fields, field_line, head, body)| {
        Limits::DEFAULT
            .with_request_line(request_line)
            .with_fields(fields)
            .with_field_line(field_line)
            .with_head(head)
            .with_body(body)
    })
}

#[test]
fn the_input_is_accepted_often_and_refused_in_every_way() {
    let mut runner = TestRunner::deterministic();
    let (input, limits) = (input(), limits());
    let mut seen = BTreeMap::<&str, usize>::new();
    for _ in 0..20_000 {
        let input = input.new_tree(&mut runner).expect("an input").current();
        let limits = limits.new_tree(&mut runner).expect("limits").current();
        let name = decode_exact(&input, &limits).err().map_or("accepted", |error| error.kind.name());
        *seen.entry(name).or_default() += 1;
    }
    let by_the_core = ErrorKind::ALL.iter().map(ErrorKind::name).take_while(|name| *name != "deadline");
    let rare: Vec<&str> = by_the_core.filter(|name| seen.get(name).is_none_or(|&count| count < 5)).collect();
    assert!(rare.is_empty() && seen["accepted"] > 2_000, "rare: {rare:?} in {seen:?}");
}
