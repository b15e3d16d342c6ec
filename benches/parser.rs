//! Parsing with full validation, against what others need for parsing alone.
//!
//!     cargo bench --bench parser [-- short]
//!
//! Each round times hanotify and httparse (its headers uninitialised, its fastest way) on the same messages, one right after the other, so
//! that a busy machine slows both. Printed are the median nanoseconds of each, the median of the rounds' ratios, and the range in
//! which the middle half of them lies.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::cast_precision_loss, reason = "a bench may panic")]

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::Instant;

use hanotify::{HaState, Limits, RouterId, decode};

const LIMITS: Limits = Limits::DEFAULT.with_fields(128).with_field_line(16_384).with_head(32_768);
const REQUIRED: &str = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\
    X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n";

fn main() {
    let short = std::env::args().any(|argument| argument == "short");
    let rounds = if short { 21 } else { 301 };
    println!("{:<24} {:>9} {:>9}   ratio (middle half)", "messages", "hanotify", "httparse");
    for (name, messages) in workloads() {
        let mut times: Vec<(f64, f64)> =
            (0..rounds).map(|_| (time(&messages, ours), time(&messages, theirs))).collect();
        let mut ratios: Vec<f64> = times.iter().map(|(ours, theirs)| theirs / ours).collect();
        ratios.sort_by(f64::total_cmp);
        times.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ours = times[rounds / 2].0;
        times.sort_by(|a, b| a.1.total_cmp(&b.1));
        println!(
            "{name:<24} {ours:>6.1} ns {:>6.1} ns   {:.2} ({:.2} to {:.2})",
            times[rounds / 2].1,
            ratios[rounds / 2],
            ratios[rounds / 4],
            ratios[rounds * 3 / 4],
        );
    }
}

/// Parsed, validated and typed.
fn ours(message: &[u8]) {
    let status = decode(black_box(message), &LIMITS);
    black_box(status.expect("an acceptable message"));
}

/// Parsed.
fn theirs(message: &[u8]) {
    let mut headers = [const { MaybeUninit::uninit() }; 128];
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(black_box(message), &mut headers);
    assert!(parsed.is_ok_and(|status| status.is_complete()));
    black_box(&request);
}

/// Nanoseconds for a message.
fn time(messages: &[Vec<u8>], parse: fn(&[u8])) -> f64 {
    let bytes: usize = messages.iter().map(Vec::len).sum();
    let times = (400_000 / bytes).max(1);
    let start = Instant::now();
    for _ in 0..times {
        for message in messages {
            parse(message);
        }
    }
    start.elapsed().as_nanos() as f64 / (times * messages.len()) as f64
}

fn workloads() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let capture = |name: &str| vec![std::fs::read(format!("corpus/captures/{name}")).expect("a capture")];
    let mut random = Random(1);
    let head = |lines: &str| vec![format!("{REQUIRED}{lines}\r\n").into_bytes()];
    let fields =
        (0..61).map(|number| format!("X-Extra-{number:02}: {}\r\n", "v".repeat(86))).collect::<Vec<_>>().concat();
    vec![
        ("curl's", capture("curl-7.88.1-post.http")),
        ("httplib2's", capture("httplib2-0.32.1-get.http")),
        ("4,096 real", (0..4_096).map(|_| real(&mut random)).collect()),
        ("4,096 shuffled", (0..4_096).map(|_| shuffled(&mut random)).collect()),
        ("64 fields of 100 bytes", head(&fields)),
        ("a value of 8 KB", head(&format!("X-Long: {}\r\n", "v".repeat(8_192)))),
    ]
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
