//! What a sender is going to do: which bytes it writes, in which pieces, and how it ends.

use hanotify::{Decoder, HaState, Limits, RouterId, Status};

use crate::random::Random;

/// A sender's plan.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) end: End,
}

/// How a sender ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It closes its connection at once, and never reads.
    Close,
    /// It finishes sending, and reads.
    Finish,
    /// It just reads: its bytes decide.
    Read,
    /// It waits for the reply, leaves it unread, writes more and closes: the server's next read fails with ECONNRESET.
    Reset,
    /// It reads, and its bytes decide nothing: it gets its reply at the deadline.
    Stall,
}

/// The plans of a wave of senders; in one that is `stalling`, some reach the deadline.
pub(crate) fn wave(random: &mut Random, count: usize, stalling: bool) -> Vec<Plan> {
    (0..count).map(|_| plan(random, stalling)).collect()
}

fn plan(random: &mut Random, stalling: bool) -> Plan {
    let bytes = bytes(random);
    let decides = Decoder::new(Limits::DEFAULT).decode(&bytes) != Ok(Status::Incomplete);
    let end = match random.below(10) {
        0 => End::Close,
        1..=3 => End::Finish,
        _ if !decides => {
            if stalling && random.once_in(2) {
                End::Stall
            } else {
                End::Finish
            }
        }
        4 => End::Reset,
        _ => End::Read,
    };
    Plan { chunks: split(random, &bytes), end }
}

/// The bytes in pieces: mostly whole, as real senders write them, sometimes in a few pieces, seldom in single bytes.
fn split(random: &mut Random, bytes: &[u8]) -> Vec<Vec<u8>> {
    let pieces = match random.below(50) {
        0 => {
            return bytes
                .iter()
                .take(40)
                .map(|&byte| vec![byte])
                .chain([bytes.get(40..).unwrap_or_default().to_vec()])
                .collect();
        }
        1..=15 => 2 + random.below(3),
        _ => 1,
    };
    let mut cuts: Vec<usize> = (1..pieces).map(|_| random.below(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| bytes[cut[0]..cut[1]].to_vec()).collect()
}

/// A message with at most one fault in it, or no message at all.
fn bytes(random: &mut Random) -> Vec<u8> {
    let lines = lines(random);
    match random.below(14) {
        0..=4 => joined(&lines),
        5 => [joined(&lines), garbage(random, 300)].concat(),
        6 => {
            let mut bytes = joined(&lines);
            bytes.truncate(random.below(bytes.len()));
            bytes
        }
        7 | 8 => with_one_byte_wrong(random, joined(&lines)),
        9 => joined(&with_one_line_wrong(random, lines)),
        10 => joined(&with_a_line(random, lines)),
        11 => joined(&with_another_request_line(random, lines)),
        12 => garbage(random, 400),
        // More than the server drains, behind something that decides.
        _ if random.once_in(20) => [joined(&lines), vec![b'x'; 100_000]].concat(),
        _ => Vec::new(),
    }
}

/// The lines of an acceptable message, in one of the many ways to write it.
fn lines(random: &mut Random) -> Vec<Vec<u8>> {
    let id = RouterId::from_bytes(std::array::from_fn(|_| random.byte())).unwrap();
    let state = random.pick(&HaState::ALL);
    let mut fields = vec![
        "Host: 127.0.0.1".to_owned(),
        format!("X-Neutron-Router-Id: {id}"),
        format!("X-Neutron-State:{}{state}", random.pick(&["", " ", "\t "])),
    ];
    let optional = ["User-Agent: curl/7.88.1", "Accept: */*", "Connection: close", "Content-Length: 0", "X-Other: a b"];
    fields.extend(optional.iter().filter(|_| random.once_in(2)).map(|&field| field.to_owned()));
    for at in (1..fields.len()).rev() {
        fields.swap(at, random.below(at + 1));
    }
    if random.once_in(3) {
        for field in &mut fields {
            let (name, value) = field.split_once(':').unwrap();
            *field = format!("{}:{value}", name.to_lowercase());
        }
    }
    let request_line = random.pick(&["POST / HTTP/1.1", "GET / HTTP/1.1"]);
    [(*request_line).to_owned()].into_iter().chain(fields).map(String::into_bytes).collect()
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\r\n"[..]].concat()).collect();
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn garbage(random: &mut Random, longest: usize) -> Vec<u8> {
    (0..=random.below(longest)).map(|_| random.byte()).collect()
}

fn with_one_byte_wrong(random: &mut Random, mut bytes: Vec<u8>) -> Vec<u8> {
    let at = random.below(bytes.len());
    match random.below(4) {
        0 => bytes[at] = random.byte(),
        1 => bytes[at] ^= 0x20,
        2 => bytes.insert(at, random.byte()),
        _ => drop(bytes.remove(at)),
    }
    bytes
}

fn with_one_line_wrong(random: &mut Random, mut lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let at = random.below(lines.len());
    match random.below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2 => lines[at].extend(vec![b'a'; random.below(2_000)]),
        _ => lines[at].insert(0, b' '),
    }
    lines
}

fn with_a_line(random: &mut Random, mut lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let line = *random.pick(&[
        &b"Transfer-Encoding: chunked"[..],
        b"Expect: 100-continue",
        b"Upgrade: h2c",
        b"TE: trailers",
        b"Connection: upgrade",
        b"Content-Length: 5",
        b"X_Neutron_State: primary",
        b"X-Neutron-State: unknown",
        b"Host: a b",
    ]);
    let times = if random.once_in(8) { 40 } else { 1 };
    let at = 1 + random.below(lines.len());
    lines.splice(at..at, vec![line.to_vec(); times]);
    lines
}

fn with_another_request_line(random: &mut Random, mut lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let line = *random.pick(&[
        &b"PUT / HTTP/1.1"[..],
        b"GET /x HTTP/1.1",
        b"GET / HTTP/1.0",
        b"GET / http/1.1",
        b"GET  / HTTP/1.1",
        b"",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1",
    ]);
    lines[0] = line.to_vec();
    lines
}
