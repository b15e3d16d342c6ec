//! The laws of shrinking, on servers that are a function.

use hanotify::Limits;
use hanotify_mutate::Random;

use super::*;
use crate::hunt::generate::Generator;
use crate::hunt::input::expected;
use crate::vectors::Expected;

struct Server<F>(F, usize);

impl<F: Fn(&Input) -> bool> Oracle for Server<F> {
    fn shows(&mut self, input: &Input) -> Result<Option<bool>, Stop> {
        self.1 += 1;
        // A hunt gives up about here.
        Ok((self.1 < 1_000).then(|| (self.0)(input)))
    }
}

fn is_refused_as(input: &Input, wanted: &str) -> bool {
    matches!(expected(&input.bytes, &Limits::DEFAULT), Expected::Refused { error, .. } if error == wanted)
}

fn small(input: Input, shows: impl Fn(&Input) -> bool) -> Input {
    assert!(shows(&input));
    let mut server = Server(&shows, 0);
    let (shrunk, stop) = shrink(input, &mut server);
    assert!(stop.is_none() && shows(&shrunk));
    shrunk
}

#[test]
fn what_is_shrunk_still_shows_the_same() {
    let mut generator = Generator::new(11, Limits::DEFAULT, Vec::new());
    for input in (0..12).flat_map(|_| generator.batch(16)) {
        let Expected::Refused { error, .. } = expected(&input.bytes, &Limits::DEFAULT) else { continue };
        let len = input.bytes.len();
        let shrunk = small(input, |input| is_refused_as(input, &error));
        assert!(shrunk.bytes.len() <= len);
    }
}

#[test]
fn a_message_becomes_as_small_as_one_can_be() {
    let long = "POST / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nX-Neutron-State: primary\r\n\
        A: a\0b c d\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nB: c\r\n\r\nand more";
    let takes_nul = |input: &Input| {
        let without: Vec<u8> = input.bytes.iter().copied().filter(|byte| *byte != 0).collect();
        let is_taken = matches!(expected(&without, &Limits::DEFAULT), Expected::Accepted { .. });
        is_taken && is_refused_as(input, "field-value")
    };
    let shrunk = small(Input { bytes: long.into(), delivery: Delivery::ByteByByte }, takes_nul);
    assert_eq!(shrunk.delivery, Delivery::Whole);
    let smallest = "GET / HTTP/1.1\r\nHost:a\r\nX-Neutron-Router-Id:9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
        X-Neutron-State:fault\r\nA:\0\r\n\r\n";
    assert_eq!(String::from_utf8(shrunk.bytes).unwrap(), smallest);
}

#[test]
fn of_many_characters_of_another_script_one_is_left() {
    let takes_digits = |input: &Input| {
        let text = String::from_utf8_lossy(&input.bytes).replace(['\u{661}', '\u{662}'], "1");
        let is_taken = matches!(expected(text.as_bytes(), &Limits::DEFAULT), Expected::Accepted { .. });
        is_taken && is_refused_as(input, "field-value")
    };
    let message = "GET / HTTP/1.1\r\nHost:a\r\nX-Neutron-State:fault\r\n\
        X-Neutron-Router-Id:\u{661}b\u{662}a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d\u{661}0\r\n\r\n";
    let shrunk = small(Input { bytes: message.into(), delivery: Delivery::Whole }, takes_digits);
    assert_eq!(shrunk.bytes.iter().filter(|byte| !byte.is_ascii()).count(), 2);
}

#[test]
fn a_long_run_is_shortened_in_few_attempts() {
    let head = format!("A:{}\r\n", "a".repeat(5_000));
    let is_long = |input: &Input| input.bytes.split(|&byte| byte == b'a').count() > 1_023;
    let mut server = Server(is_long, 0);
    let (shrunk, _) = shrink(Input { bytes: head.into(), delivery: Delivery::Whole }, &mut server);
    assert_eq!(shrunk.bytes.len(), 1_023);
    assert!(server.1 < 100, "{} attempts", server.1);
}

#[test]
fn a_split_stays_in_the_message() {
    let mut random = Random::from_seed(5);
    let mut generator = Generator::new(12, Limits::DEFAULT, Vec::new());
    for mut input in (0..6).flat_map(|_| generator.batch(16)).filter(|input| input.bytes.len() > 2) {
        input.delivery = Delivery::Split(1 + random.below(input.bytes.len() - 1));
        let shrunk = small(input, |input| match input.delivery {
            Delivery::Split(at) => at > 0 && at < input.bytes.len(),
            _ => false,
        });
        assert!(shrunk.bytes.len() <= 3, "{shrunk:?}");
    }
}
