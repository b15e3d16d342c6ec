//! Spellings that a lenient reader takes for the right ones: of values, names, line endings and framing. Each is one
//! that some server was seen to let pass.
#![allow(clippy::ptr_arg, reason = "the spellings are called through one type, and most change the length")]

use std::ops::Range;

use super::lines::{fields, lines, name_and_value, text_end};
use super::oddities::{DASHES, EDGES, ENDINGS, FOLDS, FRAMES, GAPS, METHODS, PAIRS, STATES, TARGETS, VERSIONS};
use crate::random::Random;

/// Spells a part of a message otherwise.
type Spelling = fn(&mut Vec<u8>, &mut Random);

const ALL: &[Spelling] = &[
    put_around,
    put_around,
    put_around,
    encode,
    encode,
    recase,
    respell_digits,
    respell_dashes,
    cut,
    extend,
    join,
    repeat_otherwise,
    repeat_otherwise,
    fold,
    end_lines,
    end_lines,
    frame,
    frame,
    respell_name,
    respell_name,
    drop_line,
    respell_start,
    respell_start,
    follow,
    misplace_byte,
];

/// A message in which one part is spelled otherwise, cut to `max_size` bytes.
pub fn spelled(message: &[u8], max_size: usize, random: &mut Random) -> Vec<u8> {
    let mut message = message.to_vec();
    let spelling = random.choose(ALL);
    spelling(&mut message, random);
    message.truncate(max_size);
    message
}

fn some(message: &[u8], random: &mut Random) -> Option<Range<usize>> {
    let all = fields(message);
    all.get(random.below(all.len())).cloned()
}

fn some_value(message: &[u8], random: &mut Random) -> Option<Range<usize>> {
    some(message, random).map(|line| name_and_value(message, &line).1)
}

fn replace(message: &mut Vec<u8>, range: Range<usize>, with: &[u8]) {
    message.splice(range, with.iter().copied());
}

fn put_around(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let edge = random.choose(EDGES);
    match random.below(5) {
        0 | 1 => replace(message, value.start..value.start, edge),
        2 | 3 => replace(message, value.end..value.end, edge),
        _ => {
            let (before, behind) = random.choose(&PAIRS);
            replace(message, value.end..value.end, behind);
            replace(message, value.start..value.start, before);
        }
    }
}

/// Writes a byte of a value, or of a name, in percent-encoding, as a reference of HTML or in UTF-8 of too many bytes.
fn encode(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(message, random) else { return };
    let (name, value) = name_and_value(message, &line);
    let part = if random.one_in(5) { name } else { value };
    let at = part.start + random.below(part.len());
    let Some(&byte) = message.get(at).filter(|_| !part.is_empty()) else { return };
    let encoded = match random.below(6) {
        0 => format!("&#{byte};").into_bytes(),
        1 => vec![0xc0 | byte >> 6, 0x80 | byte & 0x3f],
        2 => format!("\\x{byte:02x}").into_bytes(),
        _ => format!("%{byte:02x}").into_bytes(),
    };
    replace(message, at..at + 1, &encoded);
}

fn recase(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let whole = random.below(3);
    let first = (value.start..value.end).find(|&at| message[at].is_ascii_alphabetic());
    for at in value {
        match whole {
            0 if Some(at) == first => message[at] ^= 0x20,
            1 => message[at].make_ascii_uppercase(),
            2 if random.one_in(2) => message[at].make_ascii_uppercase(),
            _ => {}
        }
    }
}

/// Writes digits as those of another script, or as those that are as wide as a Chinese character.
fn respell_digits(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let (all, zero) = (random.one_in(2), random.choose(&['\u{660}', '\u{ff10}', '\u{966}']));
    let mut respelled = Vec::new();
    let mut is_done = false;
    for &byte in &message[value.clone()] {
        let digit = byte.is_ascii_digit().then(|| u32::from(zero) + u32::from(byte - b'0'));
        match digit.and_then(char::from_u32).filter(|_| all || !is_done) {
            Some(digit) => {
                is_done = true;
                respelled.extend_from_slice(digit.encode_utf8(&mut [0; 4]).as_bytes());
            }
            None => respelled.push(byte),
        }
    }
    replace(message, value, &respelled);
}

fn respell_dashes(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let (all, dash) = (random.one_in(2), random.choose(&DASHES));
    let dashes: Vec<usize> = value.filter(|&at| message[at] == b'-').collect();
    let only = random.below(dashes.len());
    for (number, at) in dashes.into_iter().enumerate().rev() {
        if all || number == only {
            replace(message, at..at + 1, dash);
        }
    }
}

fn cut(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let len = random.choose(&[0, 1, 1, 2, value.len()]).min(value.len());
    let range = if random.one_in(3) { value.start..value.start + len } else { value.end - len..value.end };
    replace(message, range, b"");
}

fn extend(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let more = random.choose(&[&b"0"[..], b"a", b"ff", b"-0", b" x", b"s", b".", b"\t0"]);
    replace(message, value.end..value.end, more);
}

/// Makes a list of a value, with itself or with another of its kind.
fn join(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let other = other_value(&message[value.clone()], random);
    let between = random.choose(&[&b", "[..], b",", b" ", b";", b"\t"]);
    replace(message, value.end..value.end, &[between, &other].concat());
}

/// The same value, or another that a reader of it would take.
fn other_value(value: &[u8], random: &mut Random) -> Vec<u8> {
    match value {
        _ if random.one_in(3) => value.to_vec(),
        _ if value.len() > 30 && value.contains(&b'-') => {
            let mut other = value.to_vec();
            // Whose ids they are is in the other groups.
            for byte in other.iter_mut().rev().take(12).filter(|byte| byte.is_ascii_digit()) {
                *byte = b'0' + (*byte - b'0' + 1) % 10;
            }
            other
        }
        _ => random.choose(&STATES).to_vec(),
    }
}

/// Puts a field in once more, with the same value or another one.
fn repeat_otherwise(message: &mut Vec<u8>, random: &mut Random) {
    let (Some(line), Some(place)) = (some(message, random), some(message, random)) else { return };
    let (name, value) = name_and_value(message, &line);
    let other = other_value(&message[value], random);
    let again = [&message[name], b": ", &other, b"\r\n"].concat();
    replace(message, place.start..place.start, &again);
}

fn fold(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let within = value.start + random.below(value.len() + 1);
    let at = random.choose(&[value.start, value.end, within]);
    replace(message, at..at, random.choose(&FOLDS));
}

/// Ends one line, all lines or the last one otherwise.
fn end_lines(message: &mut Vec<u8>, random: &mut Random) {
    let all = lines(message);
    let (every, ending) = (random.one_in(2), random.choose(&ENDINGS));
    let only = if random.one_in(4) { all.len().saturating_sub(1) } else { random.below(all.len()) };
    for (number, line) in all.iter().enumerate().rev() {
        if every || number == only {
            let text = text_end(message, line);
            replace(message, text..line.end, ending);
        }
    }
}

/// Adds a field about the framing, and the body that it announces.
fn frame(message: &mut Vec<u8>, random: &mut Random) {
    let Some(place) = some(message, random) else { return };
    let (line, body) = random.choose(FRAMES);
    message.extend_from_slice(body);
    replace(message, place.start..place.start, format!("{line}\r\n").as_bytes());
}

fn respell_name(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(message, random) else { return };
    let (name, _) = name_and_value(message, &line);
    let byte = random.choose(&[&b" "[..], b"\t", b"\0", b"\xa0", b"(", b"@", b"_", b"/", b"\"", b"\x7f", b"\x85"]);
    match random.below(6) {
        0 => {
            for at in name.filter(|&at| message[at] == b'-').collect::<Vec<_>>() {
                message[at] = b'_';
            }
        }
        1 => replace(message, name.start..name.start, byte),
        2 => {
            replace(
                message,
                line.start..line.start,
                random.choose(&[&b":\r\n"[..], b": a\r\n", b"a\r\n", b"a b:\r\n"]),
            );
        }
        3 => replace(message, name.end..(name.end + 1).min(message.len()), random.choose(&[&b""[..], b"=", b" "])),
        _ => replace(message, name.end..name.end, byte),
    }
}

fn drop_line(message: &mut Vec<u8>, random: &mut Random) {
    if let Some(line) = some(message, random) {
        replace(message, line, b"");
    }
}

/// Spells the request line otherwise: its method, its target, its version, or what is between and before them.
fn respell_start(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = lines(message).first().cloned() else { return };
    let method = random.choose(&["GET", "POST"]);
    let start = match random.below(6) {
        0 => format!("{} / HTTP/1.1", random.choose(&METHODS)),
        1 => format!("{method} {} HTTP/1.1", random.choose(&TARGETS)),
        2 => format!("{method} / {}", random.choose(&VERSIONS)),
        3 => format!("{method}{}/ HTTP/1.1", random.choose(&GAPS)),
        4 => format!("{method} /{}HTTP/1.1", random.choose(&GAPS)),
        _ => format!("{}{method} / HTTP/1.1", random.choose(&["\r\n", "\n", " ", "\t", "\u{feff}", "\0"])),
    };
    replace(message, line, format!("{start}\r\n").as_bytes());
}

/// Lets something follow the message: another one, or what is none.
fn follow(message: &mut Vec<u8>, random: &mut Random) {
    let other = message.clone();
    match random.below(4) {
        0 => message.extend_from_slice(b"\r\n"),
        1 => message.extend_from_slice(b"a"),
        _ => message.extend_from_slice(&other),
    }
}

/// Puts one byte of those that mean something to somebody anywhere in a value.
fn misplace_byte(message: &mut Vec<u8>, random: &mut Random) {
    let Some(value) = some_value(message, random) else { return };
    let at = value.start + random.below(value.len() + 1);
    replace(
        message,
        at..at,
        random.choose(&[&b"\0"[..], b"\r", b"\n", b"\x7f", b"\xa0", b"\x08", b"\xff", b"\t", b" "]),
    );
}
