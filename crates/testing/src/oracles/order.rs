//! Law 4: the order of fields, the case of their names, and unknown fields change nothing.

use arbitrary::Unstructured;
use hanotify::{FieldName, Limits, Notification, Status, decode, decode_exact};

use hanotify_mutate::Random;
use hanotify_mutate::message::Message;

const LIMITS: Limits = Limits::DEFAULT.with_body(64).with_legacy_state(true);

/// The input is a message, and a recipe for another.
///
/// # Panics
///
/// Where something changes.
pub fn check(input: &[u8]) {
    let mut random = Random::of(input);
    respelled(input, &mut random);
    rearranged(input, &mut random);
    if let Ok((notification, message)) = Message::from_recipe(&mut Unstructured::new(input)) {
        let bytes = message.to_bytes();
        assert_eq!(decode_exact(&bytes, &LIMITS), Ok(notification), "{}", bytes.escape_ascii());
    }
}

/// Whatever the message is, accepted or refused, another case of its fields' names changes neither verdict nor offset.
fn respelled(input: &[u8], random: &mut Random) {
    let mut other = input.to_vec();
    let mut in_name = false;
    for byte in &mut other {
        match byte {
            b'\n' => in_name = true,
            b':' => in_name = false,
            letter if in_name && letter.is_ascii_alphabetic() && random.bits().is_multiple_of(2) => *letter ^= 0x20,
            _ => {}
        }
    }
    // A body is not a field, but what is in it changes no verdict either.
    let (found, whole) = (summary(&other), summary(input));
    assert!(found == whole, "{found:?} and not {whole:?} of {}", other.escape_ascii());
}

/// All of the verdict but the body's bytes.
fn summary(input: &[u8]) -> Result<Option<(Notification, usize)>, hanotify::Error> {
    decode(input, &LIMITS).map(|status| match status {
        Status::Complete { notification, consumed, .. } => Some((notification, consumed)),
        Status::Incomplete => None,
    })
}

/// What is accepted says the same with its fields in another order and others among them.
fn rearranged(input: &[u8], random: &mut Random) {
    let Ok(Status::Complete { notification, consumed, body }) = decode(input, &LIMITS) else { return };
    let head = &input[..consumed - body.len()];
    let mut lines: Vec<&[u8]> = head.split_inclusive(|&byte| byte == b'\n').collect();
    let blank = lines.pop().unwrap_or_default();
    let request_line = lines.remove(0);
    let name = unknown_name(random);
    let unknown = format!("{name}:\t\"primary\", 9b3a1d8e {}\r\n", random.bits());
    for _ in 0..4 {
        lines.insert(random.below(lines.len() + 1), unknown.as_bytes());
        random.shuffle(&mut lines);
        let other = [request_line, &lines.concat(), blank, body].concat();
        let limits = LIMITS.with_fields(LIMITS.fields() + 4).with_head(2 * LIMITS.head());
        assert_eq!(decode_exact(&other, &limits), Ok(notification), "{}", other.escape_ascii());
    }
}

/// A name that no field with a meaning has, though it may look like one.
fn unknown_name(random: &mut Random) -> String {
    let known = random.choose(&FieldName::ALL).as_str();
    let (at, letter) = (random.below(known.len()), char::from(random.choose(b"abzXY-09!~|")));
    let (before, behind) = known.split_at(at);
    let name = match random.below(3) {
        0 => format!("{before}{letter}{behind}"),
        1 => format!("{before}{letter}{}", &behind[1..]),
        _ => format!("{before}{}", &behind[1..]),
    };
    if FieldName::parse(name.as_bytes()).is_none() { name } else { format!("{name}-{letter}") }
}
