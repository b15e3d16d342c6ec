//! The connection machine under a clock of the test's own.

use std::time::{Duration, Instant};
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::limits::Limits;

const MESSAGE: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
    X-Neutron-State: fault\r\n\r\n";

fn config() -> Config {
    Config::new("")
        .with_total_time(Duration::from_secs(10))
        .with_drain_time(Duration::from_secs(2))
        .with_drain_bytes(100)
}

/// A connection that has answered `answer` to `bytes`, with the reply written.
fn answered(bytes: &[u8], answer: Result<(), ErrorKind>, now: Instant) -> Connection {
    let mut connection = Connection::new(&config(), now);
    assert_ne!(connection.received(bytes, &config()), Verdict::Undecided);
    assert_eq!(connection.want(), Want::Answer);
    connection.answer(answer, &config(), now);
    let Want::Write(reply) = connection.want() else { panic!("no reply") };
    connection.wrote(reply.len(), &config());
    connection
}

#[test]
fn a_message_alone_is_answered_and_closed() {
    let now = Instant::now();
    let mut connection = Connection::new(&config(), now);
    let Verdict::Accepted { consumed, body, .. } = connection.received(MESSAGE, &config()) else {
        panic!("not accepted")
    };
    assert_eq!((consumed, body), (MESSAGE.len(), &b""[..]));
    connection.answer(Ok(()), &config(), now);
    assert_eq!(connection.want(), Want::Write(reply::ACCEPTED));
    connection.wrote(5, &config());
    assert_eq!(connection.want(), Want::Write(&reply::ACCEPTED[5..]));
    connection.wrote(reply::ACCEPTED.len() - 5, &config());
    assert_eq!(connection.want(), Want::Close);
    assert_eq!(connection.trailing(), 0);
}

#[test]
fn a_drip_does_not_extend_the_deadline() {
    let start = Instant::now();
    let mut connection = Connection::new(&config(), start);
    for byte in &MESSAGE[..50] {
        assert_eq!(connection.received(&[*byte], &config()), Verdict::Undecided);
        assert_eq!(connection.deadline(), start + Duration::from_secs(10));
    }
    assert_eq!(connection.expired(&config()), Verdict::Refused(ErrorKind::Deadline.at(50)));
    connection.answer(Err(ErrorKind::Deadline), &config(), start + Duration::from_secs(10));
    assert_eq!(connection.want(), Want::Write(reply::refused(ErrorKind::Deadline)));
    assert_eq!(connection.deadline(), start + Duration::from_secs(12));
    assert_eq!(connection.expired(&config()), Verdict::Undecided);
    assert_eq!(connection.want(), Want::Close);
}

#[test]
fn what_follows_the_message_is_drained_up_to_the_budget() {
    let now = Instant::now();
    let mut connection = answered(&[MESSAGE, b"GET"].concat(), Ok(()), now);
    assert_eq!((connection.want(), connection.trailing()), (Want::Read, 3));
    assert_eq!(connection.received(&[b'x'; 100], &config()), Verdict::Undecided);
    assert_eq!((connection.want(), connection.trailing()), (Want::Read, 103));
    assert_eq!(connection.received(b"x", &config()), Verdict::Undecided);
    assert_eq!((connection.want(), connection.trailing()), (Want::Close, 104));
}

#[test]
fn draining_ends_with_the_peer_or_with_its_time() {
    let now = Instant::now();
    let refused = Err(ErrorKind::RequestLine);
    let mut connection = answered(b"\0", refused, now);
    assert_eq!(connection.want(), Want::Read);
    assert_eq!(connection.finished(&config()), Verdict::Undecided);
    assert_eq!(connection.want(), Want::Close);

    let mut connection = answered(b"\0", refused, now);
    assert_eq!(connection.deadline(), now + Duration::from_secs(2));
    assert_eq!(connection.expired(&config()), Verdict::Undecided);
    assert_eq!(connection.want(), Want::Close);
}

#[test]
fn an_early_end_is_truncated_at_its_byte() {
    for len in 0..MESSAGE.len() {
        let mut connection = Connection::new(&config(), Instant::now());
        if len > 0 {
            assert_eq!(connection.received(&MESSAGE[..len], &config()), Verdict::Undecided);
        }
        assert_eq!(connection.finished(&config()), Verdict::Refused(ErrorKind::Truncated.at(len)));
        connection.answer(Err(ErrorKind::Truncated), &config(), Instant::now());
        connection.wrote(reply::refused(ErrorKind::Truncated).len(), &config());
        assert_eq!(connection.want(), Want::Close);
    }
}

#[test]
fn a_refusal_that_waits_for_the_end_of_the_head_outranks_the_deadline() {
    let head = b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n";
    // However it is kept: whole, in pieces, or long.
    for (piece, padding) in [(1_000, 0), (10, 0), (10, 20)] {
        let mut connection = Connection::new(&config(), Instant::now());
        for bytes in [&head[..], &b"X-Padding: 0123456789\r\n".repeat(padding)].concat().chunks(piece) {
            assert_eq!(connection.received(bytes, &config()), Verdict::Undecided);
        }
        let refused = ErrorKind::TransferCoding { with_content_length: false }.at(16);
        assert_eq!(connection.expired(&config()), Verdict::Refused(refused), "{piece} {padding}");
    }
}

/// What can happen to a connection.
#[derive(Clone, Debug)]
enum Action {
    Receive(Vec<u8>),
    Finish,
    Expire,
    TurnAway,
    Wrote(usize),
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => (0..MESSAGE.len(), 1..60usize).prop_map(|(from, len)| {
            Action::Receive(MESSAGE[from..(from + len).min(MESSAGE.len())].to_vec())
        }),
        1 => vec(any::<u8>(), 1..5).prop_map(Action::Receive),
        1 => Just(Action::Finish),
        1 => Just(Action::Expire),
        1 => Just(Action::TurnAway),
        4 => (1..80usize).prop_map(Action::Wrote),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// However the bytes come, the connection's verdict is that of the whole input.
    #[test]
    fn the_verdict_is_that_of_the_whole(
        garbage in vec(any::<u8>(), 0..4),
        at in 0..MESSAGE.len(),
        padding in 0..12usize,
        cuts in vec(any::<proptest::sample::Index>(), 0..6),
        drip in 0..40usize,
    ) {
        // Short messages and long ones are kept in different ways.
        let padding = b"X-Padding: 0123456789012345678901234567890123456789\r\n".repeat(padding);
        let (line, rest) = MESSAGE.split_at(17);
        let message = [line, &padding, rest].concat();
        let at = at * message.len() / MESSAGE.len();
        let input = [&message[..at], &garbage, &message[at..]].concat();
        let cuts = cuts.iter().map(|cut| cut.index(input.len()));
        let drip = (0..drip.min(input.len())).chain([input.len()]);
        let mut cuts: Vec<_> = cuts.chain(drip).chain([0]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut connection = Connection::new(&config(), Instant::now());
        let mut verdict = Verdict::Undecided;
        for piece in cuts.windows(2) {
            match connection.received(&input[piece[0]..piece[1]], &config()) {
                Verdict::Accepted { notification, consumed, .. } => {
                    verdict = Verdict::Accepted { notification, consumed, body: b"" };
                    break;
                }
                Verdict::Refused(error) => {
                    verdict = Verdict::Refused(error);
                    break;
                }
                Verdict::Undecided => {}
            }
        }
        let whole = match crate::decode(&input, &Limits::DEFAULT) {
            Ok(Status::Incomplete) => Verdict::Undecided,
            Ok(Status::Complete { notification, consumed, body }) => Verdict::Accepted { notification, consumed, body },
            Err(error) => Verdict::Refused(error),
        };
        prop_assert_eq!(verdict, whole);
    }

    /// Whatever happens: one verdict at the most, one whole reply to it, and no life after the close.
    #[test]
    fn there_is_one_verdict_and_one_reply(actions in vec(action(), 1..40)) {
        let (config, now) = (config(), Instant::now());
        let mut connection = Connection::new(&config, now);
        let (mut verdicts, mut written, mut reply) = (0, Vec::new(), &b""[..]);
        for action in actions {
            let before = connection.want();
            let verdict = match &action {
                Action::Receive(bytes) => connection.received(bytes, &config),
                Action::Finish => connection.finished(&config),
                Action::Expire => connection.expired(&config),
                Action::TurnAway => connection.turn_away(ErrorKind::Overloaded, &config),
                Action::Wrote(count) => {
                    if let Want::Write(rest) = before {
                        let count = (*count).min(rest.len());
                        written.extend(&rest[..count]);
                        connection.wrote(count, &config);
                    }
                    Verdict::Undecided
                }
            };
            let answer = match verdict {
                Verdict::Undecided => None,
                Verdict::Accepted { .. } => Some(Ok(())),
                Verdict::Refused(error) => Some(Err(error.kind)),
            };
            if let Some(answer) = answer {
                prop_assert_eq!(before, Want::Read);
                prop_assert_eq!(connection.want(), Want::Answer);
                verdicts += 1;
                connection.answer(answer, &config, now);
                reply = answer.map_or_else(reply::refused, |()| reply::ACCEPTED);
                prop_assert_eq!(connection.want(), Want::Write(reply));
            }
            prop_assert!(before != Want::Close || connection.want() == Want::Close);
        }
        prop_assert!(verdicts <= 1);
        prop_assert!(reply.starts_with(&written));
        prop_assert!(connection.want() != Want::Read || verdicts == 0 || written == reply);
    }
}
