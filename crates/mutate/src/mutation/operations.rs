//! The changes, each of one kind. On bytes that don't look like a message each still does something sensible, if only
//! nothing.
#![allow(clippy::ptr_arg, reason = "the operations are called through one type, and most change the length")]

use std::ops::Range;

use super::lines::{fields, lines, name_and_value, text_end};
use super::tokens::tokens;
use crate::random::Random;

/// Changes a message at a random place.
pub(super) type Operation = fn(&mut Vec<u8>, &mut Random);

/// Every operation.
pub(super) const ALL: &[Operation] = &[
    swap_fields,
    duplicate_field,
    remove_field,
    split_field,
    join_lines,
    change_case,
    break_byte,
    break_ending,
    insert_bytes,
    insert_line,
    replace_value,
    replace_start,
    stretch_to_limit,
    many_fields,
    add_white_space,
    edit_number,
];

/// Lengths at which some limit lies: those by default, and those of the oracles that small inputs shall meet.
const LIMITS: [usize; 6] = [17, 59, 64, 160, 1024, 8192];
/// Numbers of fields at which some limit lies.
const FIELDS: [usize; 2] = [5, 32];
/// Bytes on either side of a class's border.
const BORDERS: &[u8] = b"\0\x08\t\n\x0b\x0c\r\x1b\x1f !\"#,-./09:;@AFGZ[]_`afgz{|~\x7f\x80\x85\xa0\xad\xc2\xff";

fn some(all: &[Range<usize>], random: &mut Random) -> Option<Range<usize>> {
    all.get(random.below(all.len())).cloned()
}

fn replace(message: &mut Vec<u8>, range: Range<usize>, with: &[u8]) {
    message.splice(range, with.iter().copied());
}

/// Exchanges two field lines.
pub(super) fn swap_fields(message: &mut Vec<u8>, random: &mut Random) {
    let all = fields(message);
    let (Some(one), Some(other)) = (some(&all, random), some(&all, random)) else { return };
    let (first, last) = if one.start < other.start { (one, other) } else { (other, one) };
    if first.end <= last.start {
        let swapped = [&message[last.clone()], &message[first.end..last.start], &message[first.clone()]].concat();
        replace(message, first.start..last.end, &swapped);
    }
}

/// Puts a field line in once more, before another.
pub(super) fn duplicate_field(message: &mut Vec<u8>, random: &mut Random) {
    let all = fields(message);
    let (Some(one), Some(place)) = (some(&all, random), some(&all, random)) else { return };
    let line = message[one].to_vec();
    replace(message, place.start..place.start, &line);
}

/// Takes a field line out.
pub(super) fn remove_field(message: &mut Vec<u8>, random: &mut Random) {
    if let Some(line) = some(&fields(message), random) {
        replace(message, line, b"");
    }
}

/// Ends a line within, in one of the ways that some parser takes for an end.
pub(super) fn split_field(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(&lines(message), random) else { return };
    let at = line.start + random.below(line.len() + 1);
    let ending: &[u8] = random.choose(&[&b"\r\n"[..], b"\r\n ", b"\r\n\t", b"\n", b"\r", b"\r\n\r\n"]);
    replace(message, at..at, ending);
}

/// Takes a line's ending away.
pub(super) fn join_lines(message: &mut Vec<u8>, random: &mut Random) {
    if let Some(line) = some(&lines(message), random) {
        let text = text_end(message, &line);
        replace(message, text..line.end, b"");
    }
}

/// Changes the case of a letter, of a name or of a line.
pub(super) fn change_case(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(&lines(message), random) else { return };
    let (name, value) = name_and_value(message, &line);
    let part = random.choose(&[0, 0, 1, 2]);
    let part = [name, value, line][part].clone();
    let (all, upper) = (random.one_in(2), random.one_in(2));
    let only = part.start + random.below(part.len());
    for at in part {
        let byte = &mut message[at];
        match (all, upper) {
            (true, true) => byte.make_ascii_uppercase(),
            (true, false) => byte.make_ascii_lowercase(),
            (false, _) if at == only && byte.is_ascii_alphabetic() => *byte ^= 0x20,
            _ => {}
        }
    }
}

/// Replaces one byte by one from a class's border, or by its neighbour.
pub(super) fn break_byte(message: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(message.len());
    let Some(byte) = message.get_mut(at) else { return };
    *byte = match (*byte, random.below(4)) {
        (b'-', 0) => b'_',
        (byte, 0) => byte.wrapping_add(1),
        (byte, 1) => byte.wrapping_sub(1),
        _ => random.choose(BORDERS),
    };
}

/// Gives a line another ending.
pub(super) fn break_ending(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(&lines(message), random) else { return };
    let text = text_end(message, &line);
    let ending: &[u8] = random.choose(&[&b"\n"[..], b"\r", b"\r\r\n", b"\n\r", b"\r\n", b"\0\n", b" \n"]);
    replace(message, text..line.end, ending);
}

/// Puts bytes of the dictionary in: where some part begins or ends, or anywhere.
pub(super) fn insert_bytes(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(&lines(message), random) else { return };
    let (name, value) = name_and_value(message, &line);
    let at = match random.below(6) {
        0 => line.start,
        1 => name.end,
        2 => value.start,
        3 => value.end,
        4 => line.end,
        _ => random.below(message.len() + 1),
    };
    let bytes = &tokens().bytes;
    replace(message, at..at, &bytes[random.below(bytes.len())]);
}

/// Puts a field line of the dictionary in.
pub(super) fn insert_line(message: &mut Vec<u8>, random: &mut Random) {
    let all = lines(message);
    let at = some(all.get(1..).unwrap_or_default(), random).map_or(message.len(), |line| line.start);
    let lines = &tokens().lines;
    replace(message, at..at, &lines[random.below(lines.len())]);
}

/// Gives a field a value of the dictionary, or of another field.
pub(super) fn replace_value(message: &mut Vec<u8>, random: &mut Random) {
    let all = fields(message);
    let (Some(line), Some(other)) = (some(&all, random), some(&all, random)) else { return };
    let values = &tokens().values;
    let with = if random.one_in(4) {
        message[name_and_value(message, &other).1].to_vec()
    } else {
        values[random.below(values.len())].clone()
    };
    let (_, value) = name_and_value(message, &line);
    replace(message, value, &with);
}

/// Gives the message a request line of the dictionary.
pub(super) fn replace_start(message: &mut Vec<u8>, random: &mut Random) {
    let starts = &tokens().starts;
    let line = lines(message).first().cloned().unwrap_or(0..0);
    replace(message, line, &starts[random.below(starts.len())]);
}

/// Makes a line, or the head, as long as some limit, or one byte more or less.
pub(super) fn stretch_to_limit(message: &mut Vec<u8>, random: &mut Random) {
    let all = lines(message);
    let Some(line) = some(&all, random) else { return };
    let head = all.last().map_or(0, |last| last.end);
    let measured = if random.one_in(3) { head } else { line.len() };
    let wanted = random.choose(&LIMITS) + random.below(3) - 1;
    let Some(missing) = wanted.checked_sub(measured) else { return };
    let (_, value) = name_and_value(message, &line);
    // White space leaves the meaning as it is; a letter doesn't.
    let (at, byte) = random.choose(&[(value.start, b' '), (value.end, b' '), (value.end, b'a'), (line.start, b'a')]);
    replace(message, at..at, &vec![byte; missing]);
}

/// Makes the fields as many as some limit, or one more or less.
pub(super) fn many_fields(message: &mut Vec<u8>, random: &mut Random) {
    let all = fields(message);
    let wanted = random.choose(&FIELDS) + random.below(3) - 1;
    let Some(missing) = wanted.checked_sub(all.len()) else { return };
    let at = some(&all, random).map_or(message.len(), |line| line.start);
    replace(message, at..at, &b"A:\r\n".repeat(missing));
}

/// Puts white space where it may or may not stand.
pub(super) fn add_white_space(message: &mut Vec<u8>, random: &mut Random) {
    let Some(line) = some(&fields(message), random) else { return };
    let (name, value) = name_and_value(message, &line);
    let at = random.choose(&[name.start, name.end, value.start, value.start, value.end, value.end]);
    let white: &[u8] = random.choose(&[&b" "[..], b"\t", b"  ", b" \t ", b"\xa0", b"\x0b", b"\x0c", b"\xc2\xa0"]);
    replace(message, at..at, white);
}

/// Changes a number by one, or gives it a digit more.
pub(super) fn edit_number(message: &mut Vec<u8>, random: &mut Random) {
    let digits: Vec<usize> = (0..message.len()).filter(|&at| message[at].is_ascii_digit()).collect();
    let Some(&at) = digits.get(random.below(digits.len())) else { return };
    match random.below(3) {
        0 => message[at] = b'0' + (message[at] - b'0' + 1) % 10,
        1 => message[at] = b'0' + (message[at] - b'0' + 9) % 10,
        _ => message.insert(at, message[at]),
    }
}
