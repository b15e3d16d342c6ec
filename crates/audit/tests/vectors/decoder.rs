//! The first two readers: `decode` with the whole input, and `Decoder` with the input split at every byte. And the
//! reference, which has to come to the verdicts that people expect before the parser is held against it.

use hanotify::{Decoder, Error, ErrorKind, Limits, Notification, Status, decode, decode_exact};
use hanotify_testing::reference;

use super::{Case, Given, cases, compare, limits};

/// Inputs longer than this are split at some bytes only: near their start, their end and the expected offset.
const LONG: usize = 700;

type Verdict = Result<(Notification, Option<usize>), Error>;

/// The verdict of a reader that owns the whole input, whose end is the end of the connection.
fn whole(case: &Case, input: &[u8], limits: &Limits) -> Verdict {
    match case.given {
        Some(Given::ExactlyOne) => decode_exact(input, limits).map(|notification| (notification, None)),
        _ => in_pieces(case, &[input], limits),
    }
}

/// The verdict of a reader to whom the input comes in these pieces.
fn in_pieces(case: &Case, pieces: &[&[u8]], limits: &Limits) -> Verdict {
    let mut decoder = Decoder::new(*limits);
    let mut buffer = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let status = decoder.decode(&buffer)?;
        if pieces.len() == 1 {
            assert_eq!(decode(&buffer, limits), Ok(status), "{}", case.id);
        }
        if let Status::Complete { notification, consumed, .. } = status {
            return after(case, notification, consumed);
        }
    }
    let end = if case.given == Some(Given::Deadline) { ErrorKind::Deadline } else { ErrorKind::Truncated };
    Err(decoder.refuse(end.at(buffer.len())))
}

/// What becomes of an acceptable message under the case's circumstance.
fn after(case: &Case, notification: Notification, consumed: usize) -> Verdict {
    match case.given {
        Some(Given::PeerNotAllowed) => Err(ErrorKind::PeerNotAllowed.at(0)),
        Some(Given::SinkBusy) => Err(ErrorKind::Overloaded.at(consumed)),
        Some(Given::SinkFailed) => Err(ErrorKind::SinkFailed.at(consumed)),
        _ => Ok((notification, Some(consumed))),
    }
}

#[test]
fn decode_comes_to_every_verdict() {
    for case in cases() {
        for input in case.inputs() {
            compare(&case, &case.expected_of_prefix(input.len()), whole(&case, input, &limits(case.with)));
        }
    }
}

#[test]
fn the_reference_comes_to_every_verdict() {
    for case in cases().iter().filter(|case| matches!(case.given, None | Some(Given::ExactlyOne))) {
        let limits = limits(case.with);
        for input in case.inputs() {
            let verdict = match (reference::decode(input, &limits), case.given) {
                (Ok(Status::Complete { notification, consumed, .. }), None) => Ok((notification, Some(consumed))),
                _ => reference::decode_exact(input, &limits).map(|notification| (notification, None)),
            };
            compare(case, &case.expected_of_prefix(input.len()), verdict);
        }
    }
}

#[test]
fn a_decoder_comes_to_every_verdict_at_every_split() {
    for case in cases().iter().filter(|case| case.given != Some(Given::ExactlyOne)) {
        let limits = limits(case.with);
        for input in case.inputs().into_iter().rev().take(5) {
            let expected = case.expected_of_prefix(input.len());
            let worth = |at: usize| input.len() < LONG || at < 300 || at + 20 > input.len() || near(&expected, at);
            for at in (0..=input.len()).filter(|&at| worth(at)) {
                compare(case, &expected, in_pieces(case, &[&input[..at], &input[at..]], &limits));
            }
            let bytes: Vec<_> = input.chunks(1).take(LONG).collect();
            if bytes.len() < LONG {
                compare(case, &expected, in_pieces(case, &bytes, &limits));
            }
        }
    }
}

fn near(expected: &super::Expected, at: usize) -> bool {
    matches!(expected, super::Expected::Refused { offset, .. } if at.abs_diff(*offset) < 4)
}

#[test]
fn before_its_offset_no_case_is_refused() {
    for case in cases().iter().filter(|case| case.given.is_none() && case.expand.is_none()) {
        let super::Expected::Refused { offset, .. } = case.expected else { continue };
        assert_eq!(decode(&case.input[..offset], &limits(case.with)), Ok(Status::Incomplete), "{}", case.id);
    }
}
