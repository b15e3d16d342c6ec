//! Fields in any order, with no branch on which of them comes.
//!
//! Where the order is unknown, the processor guesses each branch on the kind of a field wrong, and a wrong guess costs
//! as much as all else of a line. So each line is compared with the one known line whose name has the same length, and
//! a table says what that line means. A line that differs means nothing; the same instructions run for both.

#![allow(clippy::inline_always, reason = "the loop is there twice, and one of the two has to be fast")]

mod known;

use core::hint::select_unpredictable;

pub(crate) use self::known::Seen;
use self::known::{Known, ROUTER_ID};
use super::scan::{BLOCK, plain_len, same_but_case, short_len};
use crate::limits::Limits;
use crate::notification::RouterId;

/// The lines of a head that are behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behind {
    /// Bytes in them.
    pub(crate) at: usize,
    /// Number of fields among them.
    pub(crate) fields: usize,
    pub(crate) seen: Seen,
}

/// Reads on behind `start`, up to the limit of fields, or up to a line that has to be looked at in another way: it ends
/// the head, is spelled in an unusual way, is long, or has to be refused. Returns the router id in these lines, too.
#[inline(never)]
pub(crate) fn read(head: &[u8], start: Behind, limits: &Limits) -> (Behind, Option<RouterId>) {
    let mut lines = Lines { head, behind: start, router_id: NOWHERE };
    while lines.behind.fields < limits.fields() && lines.next(limits.field_line()).is_some() {}
    if lines.router_id == NOWHERE {
        return (lines.behind, None);
    }
    let text = head.get(lines.router_id + ROUTER_ID.len()..).and_then(|value| value.first_chunk());
    match text.and_then(RouterId::parse_text) {
        None => (read_to(head, start, limits, lines.router_id), None),
        id => (lines.behind, id),
    }
}

/// Reads on behind `start`, up to the line that begins at `end`.
#[cold]
fn read_to(head: &[u8], start: Behind, limits: &Limits, end: usize) -> Behind {
    let mut lines = Lines { head, behind: start, router_id: NOWHERE };
    while lines.behind.at < end && lines.next(limits.field_line()).is_some() {}
    lines.behind
}

/// Where no line begins.
const NOWHERE: usize = usize::MAX;

struct Lines<'a> {
    head: &'a [u8],
    behind: Behind,
    /// Where the line of the router id begins. The id, which has the right length, is looked at behind the last line.
    router_id: usize,
}

impl Lines<'_> {
    /// Reads one line, or changes nothing.
    #[inline(always)]
    fn next(&mut self, limit: usize) -> Option<()> {
        let Behind { at, fields, seen } = self.behind;
        let len = short_len(self.head, at)?;
        let line = self.head.get(at..)?;
        let end = len + b"\r\n".len();
        if line.get(len..end)? != b"\r\n" || end > limit {
            return None;
        }
        let short;
        let first = if let Some(first) = line.first_chunk() {
            first
        } else {
            short = padded(self.head, line.len())?;
            &short
        };
        let name_len = plain_len(first);
        let known = Known::of(name_len)?;
        let at_ending = usize::from(known.ending_at);
        let bytes = u64::from_le_bytes(line.get(at_ending..at_ending + 8)?.try_into().ok()?);
        let ending = known.ending(bytes)?;
        #[expect(clippy::needless_bitwise_bool, reason = "the lazy operator is a branch")]
        let same = same_but_case(first, &known.lower, &known.fold) & ending.is(bytes) & (len == ending.len);
        let wrong = known.may_be_name(*line.first()?) | (line.get(name_len)? ^ b':');
        // Both are computed, whichever counts: the compiler is not to make a branch of it.
        let wrong = select_unpredictable(same, 0, wrong);
        let found = select_unpredictable(same, ending.seen, Seen::NOTHING);
        if wrong | found.again(seen) != 0 {
            return None;
        }
        self.router_id = select_unpredictable(found.has(Seen::ROUTER_ID), at, self.router_id);
        self.behind = Behind { at: at + end, fields: fields + 1, seen: seen.and(found) };
        Some(())
    }
}

/// The last `len` bytes of the head, which are less than a block, and zeros behind them.
fn padded(head: &[u8], len: usize) -> Option<[u8; BLOCK]> {
    let bits = 8 * u32::try_from(BLOCK.checked_sub(len)?).ok()?;
    Some(u128::from_le_bytes(*head.last_chunk()?).checked_shr(bits)?.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;
    use crate::field_name::FieldName;

    const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
    const START: Behind = Behind { at: 0, fields: 0, seen: Seen::NOTHING };

    /// Puts the line before others, so that there is a whole window, and says what is read of it alone.
    fn read_one(line: &str) -> (Behind, Option<RouterId>) {
        read(format!("{line}\r\n{}\r\n", "Server: a\r\n".repeat(10)).as_bytes(), START, &Limits::DEFAULT.with_fields(1))
    }

    fn of_length(line: &str, seen: Seen) -> Behind {
        Behind { at: line.len() + 2, fields: 1, seen }
    }

    fn lines() -> [(String, Seen); 11] {
        [
            ("Host: 127.0.0.1".into(), Seen::HOST),
            (format!("X-Neutron-Router-Id: {ID}"), Seen::ROUTER_ID),
            ("X-Neutron-State: primary".into(), Seen::PRIMARY),
            ("X-Neutron-State: backup".into(), Seen::BACKUP),
            ("X-Neutron-State: fault".into(), Seen::FAULT),
            ("Connection: close".into(), Seen::NOTHING),
            ("Content-Length: 0".into(), Seen::CONTENT_LENGTH),
            ("A:".into(), Seen::NOTHING),
            ("Date: Mon, 23 Nov 2026 04:26:59 GMT".into(), Seen::NOTHING),
            ("fifteen-of-them: x".into(), Seen::NOTHING),
            (format!("A: {}", "v".repeat(60)), Seen::NOTHING),
        ]
    }

    #[test]
    fn each_known_line_is_read_in_any_case_and_means_what_it_says() {
        for (line, seen) in lines() {
            let id = seen.has(Seen::ROUTER_ID).then(|| ID.parse().expect("an id"));
            let (name, value) = line.split_once(':').expect("a colon");
            for name in [name.into(), name.to_lowercase(), name.to_uppercase()] {
                assert_eq!(read_one(&format!("{name}:{value}")), (of_length(&line, seen), id), "{line}");
            }
        }
    }

    /// What a line means that is read here, as the page on the protocol has it.
    fn meaning(line: &str) -> Option<Seen> {
        let (name, value) = line.split_once(':')?;
        let Some(name) = FieldName::parse(name.as_bytes()) else { return Some(Seen::NOTHING) };
        match (name, value) {
            (FieldName::Host, " 127.0.0.1") => Some(Seen::HOST),
            (FieldName::RouterId, id) if id.strip_prefix(' ')?.parse::<RouterId>().is_ok() => Some(Seen::ROUTER_ID),
            (FieldName::State, " primary") => Some(Seen::PRIMARY),
            (FieldName::State, " backup") => Some(Seen::BACKUP),
            (FieldName::State, " fault") => Some(Seen::FAULT),
            (FieldName::ContentLength, " 0") => Some(Seen::CONTENT_LENGTH),
            (FieldName::Connection, value) if value.eq_ignore_ascii_case(" close") => Some(Seen::NOTHING),
            _ => None,
        }
    }

    #[test]
    fn no_line_is_read_as_what_it_is_not() {
        for (line, _) in lines() {
            for (at, byte) in (0..line.len()).flat_map(|at| (b' '..=b'~').map(move |byte| (at, byte))) {
                let mut other = line.clone().into_bytes();
                other[at] = byte;
                let other = String::from_utf8(other).expect("ASCII");
                let (behind, _) = read_one(&other);
                assert!(
                    behind == START || Some(behind) == meaning(&other).map(|seen| of_length(&line, seen)),
                    "{other}"
                );
            }
            for part in (0..line.len()).map(|len| line.split_at(len).0) {
                let (behind, _) = read_one(part);
                assert!(behind == START || meaning(part) == Some(behind.seen), "{part}");
            }
        }
    }

    #[test]
    fn every_name_with_a_meaning_is_left_alone_where_its_value_is_another() {
        for name in FieldName::ALL {
            assert_eq!(read_one(&format!("{name}: 1, and what follows it")), (START, None), "{name}");
        }
    }

    #[test]
    fn lines_are_read_up_to_the_one_that_ends_the_head() {
        let all: String = lines()
            .iter()
            .filter(|(_, seen)| !matches!(*seen, Seen::BACKUP | Seen::FAULT))
            .fold(String::new(), |all, (line, _)| all + line + "\r\n");
        let seen = [Seen::HOST, Seen::ROUTER_ID, Seen::PRIMARY, Seen::CONTENT_LENGTH]
            .into_iter()
            .fold(Seen::NOTHING, Seen::and);
        let whole = (Behind { at: all.len(), fields: 9, seen }, ID.parse().ok());
        for end in ["\r\n", "\r\nmore", "\r", ""] {
            assert_eq!(read(format!("{all}{end}").as_bytes(), START, &Limits::DEFAULT), whole, "{end:?}");
        }
        // Last lines that are shorter than a block, the line ending of the head included, and one that isn't there to
        // its end.
        let mut short = String::new();
        for value in ["b", "bc", "bcd", "bcdefg", "bcdefghi"] {
            short = format!("{all}A: {value}\r\n");
            let behind = Behind { at: short.len(), fields: 10, seen };
            assert_eq!(read(format!("{short}\r\n").as_bytes(), START, &Limits::DEFAULT), (behind, whole.1));
        }
        for len in all.len()..short.len() {
            assert_eq!(read(&short.as_bytes()[..len], START, &Limits::DEFAULT), whole, "{len}");
        }
    }

    #[test]
    fn a_line_is_read_up_to_its_limit_and_not_beyond() {
        for (line, seen) in lines() {
            let limits = Limits::DEFAULT.with_fields(1).with_field_line(line.len() + 2);
            let head = format!("{line}\r\n{}", "Server: a\r\n".repeat(10));
            assert_eq!(read(head.as_bytes(), START, &limits).0, of_length(&line, seen), "{line}");
            let less = limits.with_field_line(line.len() + 1);
            assert_eq!(read(head.as_bytes(), START, &less), (START, None), "{line}");
        }
    }

    #[test]
    fn a_field_that_was_there_is_left_alone() {
        for (line, seen) in lines().into_iter().take(7).filter(|(_, seen)| *seen != Seen::NOTHING) {
            let head = format!("{line}\r\nA: b\r\n{line}\r\n{}", "C: d\r\n".repeat(10));
            let behind = Behind { at: line.len() + 8, fields: 2, seen };
            assert_eq!(read(head.as_bytes(), START, &Limits::DEFAULT).0, behind, "{line}");
            let after = Behind { at: line.len() + 2, fields: 1, ..behind };
            assert_eq!(read(head.as_bytes(), after, &Limits::DEFAULT), (Behind { seen, ..behind }, None), "{line}");
        }
    }

    #[test]
    fn a_wrong_id_is_left_to_others_with_all_behind_it() {
        let before = "Host: 127.0.0.1\r\nA: b\r\n";
        let behind = "X-Neutron-State: fault\r\nC: d\r\nContent-Length: 0\r\n\r\n";
        for id in [&ID.to_uppercase(), &ID.replace('9', "g"), "00000000-0000-0000-0000-000000000000"] {
            let head = format!("{before}X-Neutron-Router-Id: {id}\r\n{behind}");
            let good = Behind { at: before.len(), fields: 2, seen: Seen::HOST };
            assert_eq!(read(head.as_bytes(), START, &Limits::DEFAULT), (good, None), "{id}");
        }
    }
}
