//! The messages to be accepted: as senders send them, and as no sender would.

use hanotify::{HaState, RouterId};

/// Messages that are parsed one after the other, with the name that the tables have for them.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) messages: Vec<Vec<u8>>,
}

/// What the shell monitor sends, through curl.
pub(crate) const CURL: &[u8] = include_bytes!("../../corpus/captures/curl-7.88.1-post.http");
/// What the Python monitor sends, through httplib2.
pub(crate) const HTTPLIB2: &[u8] = include_bytes!("../../corpus/captures/httplib2-0.32.1-get.http");

/// All that have to be accepted, in the order of the tables.
pub(crate) fn workloads() -> Vec<Workload> {
    let mut random = Random(1);
    let of = |name, messages| Workload { name, messages };
    vec![
        of("curl's message", vec![CURL.to_vec()]),
        of("httplib2's message", vec![HTTPLIB2.to_vec()]),
        of("4,096 real messages", (0..4_096).map(|_| real(&mut random)).collect()),
        of("4,096 shuffled messages", (0..4_096).map(|_| shuffled(&mut random)).collect()),
        of("64 fields of 100 bytes", vec![many_fields()]),
        of("a value of 8 KB", vec![long_value()]),
    ]
}

const REQUIRED: &str = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\
    X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n";

/// The three fields that are required, and 61 of 100 bytes each.
pub(crate) fn many_fields() -> Vec<u8> {
    let fields: Vec<String> = (0..61).map(|number| format!("X-Extra-{number:02}: {}\r\n", "v".repeat(86))).collect();
    let fields = fields.concat();
    format!("{REQUIRED}{fields}\r\n").into_bytes()
}

pub(crate) fn long_value() -> Vec<u8> {
    format!("{REQUIRED}X-Long: {}\r\n\r\n", "v".repeat(8_192)).into_bytes()
}

/// A message of one of the two senders in use, for any router and state.
fn real(random: &mut Random) -> Vec<u8> {
    let (id, state) = random.notification();
    if random.below(2) == 0 {
        format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\
            X-Neutron-Router-Id: {id}\r\nX-Neutron-State: {state}\r\nConnection: close\r\n\r\n"
        )
    } else {
        format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx-neutron-router-id: {id}\r\nx-neutron-state: {state}\r\n\
            connection: close\r\nuser-agent: Python-httplib2/0.32.1 (gzip)\r\naccept-encoding: gzip, deflate\r\n\r\n"
        )
    }
    .into_bytes()
}

/// The fields of curl's message and two more, in any order, names in any case.
fn shuffled(random: &mut Random) -> Vec<u8> {
    let (id, state) = random.notification();
    let mut fields = [
        ("Host", "127.0.0.1".to_owned()),
        ("User-Agent", "curl/7.88.1".to_owned()),
        ("Accept", "*/*".to_owned()),
        ("X-Neutron-Router-Id", id.to_string()),
        ("X-Neutron-State", state.to_string()),
        ("Connection", "close".to_owned()),
        ("X-Request-Id", "1234".to_owned()),
        ("Date", "Mon, 23 Nov 2026 04:26:59 GMT".to_owned()),
    ];
    for last in (1..fields.len()).rev() {
        fields.swap(last, random.below(last + 1));
    }
    let mut any_case = |name: &str| -> String {
        let either =
            |letter: char| if random.below(2) == 0 { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        name.chars().map(either).collect()
    };
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{}: {value}\r\n", any_case(name))).collect();
    format!("POST / HTTP/1.1\r\n{}\r\n", lines.concat()).into_bytes()
}

/// xorshift64, so that every run has the same messages.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }

    fn notification(&mut self) -> (RouterId, HaState) {
        let bytes = (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes();
        (RouterId::from_bytes(bytes).expect("xorshift never gives zero"), HaState::ALL[self.below(3)])
    }
}
