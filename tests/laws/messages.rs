//! Valid messages, in every spelling that the format allows.

use proptest::prelude::*;
use proptest::sample::select;

use hanotify::{FieldName, HaState, Notification, RouterId};

/// A message in parts, so that they can be put in another order and spelled in another way.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) request_line: Vec<u8>,
    pub(crate) lines: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The parts of an accepted message.
    pub(crate) fn read(message: &[u8], body: &[u8]) -> Self {
        let head = &message[..message.len() - body.len()];
        let text = std::str::from_utf8(head).expect("an accepted head is ASCII");
        let mut lines = text.split_terminator("\r\n").filter(|line| !line.is_empty());
        let request_line = lines.next().unwrap_or_default().into();
        Self { request_line, lines: lines.map(Into::into).collect(), body: body.into() }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.request_line.clone();
        bytes.extend(b"\r\n");
        for line in &self.lines {
            bytes.extend(line.as_bytes());
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    /// Changes the case of the letters in the names, by the bits of `seed`.
    pub(crate) fn spell_names(&mut self, seed: u64) {
        let mut bits = seed;
        for line in &mut self.lines {
            let colon = line.find(':').unwrap_or_default();
            if let Some(name) = line.get_mut(..colon) {
                match bits & 3 {
                    0 => name.make_ascii_lowercase(),
                    1 => name.make_ascii_uppercase(),
                    2 => *line = swap_case(line, colon, bits),
                    _ => {}
                }
            }
            bits = bits.rotate_right(5);
        }
    }
}

fn swap_case(line: &str, colon: usize, bits: u64) -> String {
    let swap = |(at, letter): (usize, char)| match bits >> (at % 64) & 1 {
        1 if at < colon && letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
        1 if at < colon => letter.to_ascii_lowercase(),
        _ => letter,
    };
    line.chars().enumerate().map(swap).collect()
}

pub(crate) fn notification() -> impl Strategy<Value = Notification> {
    let id = any::<[u8; 16]>().prop_filter_map("the nil UUID", RouterId::from_bytes);
    (id, select(&HaState::ALL[..])).prop_map(|(router_id, state)| Notification { router_id, state })
}

/// A valid message, and what it says.
pub(crate) fn message() -> impl Strategy<Value = (Notification, Message)> {
    notification().prop_flat_map(|notification| {
        let request_line = select(REQUEST_LINES);
        (request_line, lines(notification), any::<u64>()).prop_map(move |(request_line, lines, seed)| {
            let mut message = Message { request_line: request_line.into(), lines, body: Vec::new() };
            message.spell_names(seed);
            (notification, message)
        })
    })
}

/// The field lines in any order, unknown ones among them.
fn lines(notification: Notification) -> impl Strategy<Value = Vec<String>> {
    let required = (
        padded(FieldName::Host, select(HOSTS).prop_map(Into::into)),
        padded(FieldName::RouterId, Just(format!("{}", notification.router_id))),
        padded(FieldName::State, Just(format!("{}", notification.state))),
    );
    let connection = padded(FieldName::Connection, select(CONNECTIONS).prop_map(Into::into));
    let length = padded(FieldName::ContentLength, Just("0".into()));
    let optional =
        (prop::collection::vec(connection, 0..3), prop::option::of(length), prop::collection::vec(unknown(), 0..6));
    (required, optional)
        .prop_map(|((host, id, state), (connections, length, unknown))| {
            let required = [host, id, state].into_iter();
            required.chain(connections).chain(length).chain(unknown).collect::<Vec<_>>()
        })
        .prop_shuffle()
}

const REQUEST_LINES: &[&[u8]] = &[b"GET / HTTP/1.1", b"POST / HTTP/1.1"];
pub(crate) const HOSTS: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "a:0",
    "a.b-c_d~:65535",
    "[::1]",
    "[::ffff:1.2.3.4]:80",
    "[v1.a:b]",
    "a%41",
    "!$&'()*+,;=",
    "a:00080",
];
pub(crate) const CONNECTIONS: &[&str] =
    &["close", "keep-alive", "Close", "close, keep-alive", ",close,", "KEEP-ALIVE\t,,close", "close,close"];

/// A known field with white space around its value.
fn padded(name: FieldName, value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let ows = || select(&["", " ", "\t", " \t  "][..]);
    (ows(), value, ows()).prop_map(move |(before, value, behind)| format!("{name}:{before}{value}{behind}"))
}

fn unknown() -> impl Strategy<Value = String> {
    const NEAR: &[&str] =
        &["X-Neutron-Stat", "X-Neutron-States", "Hos", "Hosts", "T", "Tea", "Content-Lengt", "Accept"];
    let name = prop_oneof![
        select(NEAR).prop_map(Into::into),
        "[!#$%&'*+.^`|~0-9A-Za-z-]{1,12}"
            .prop_filter("a known name", |name| FieldName::parse(name.as_bytes()).is_none()),
    ];
    (name, "[ -~\t]{0,20}").prop_map(|(name, value)| format!("{name}:{value}"))
}
