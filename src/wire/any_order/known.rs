//! The lines that are known in any order, and what they mean.

use super::super::scan::BLOCK;
use crate::field_name::FieldName;
use crate::notification::{HaState, RouterId};

/// The fields with a meaning that were there, and the state that was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(u8);

impl Seen {
    pub(crate) const NOTHING: Self = Self(0);
    pub(crate) const HOST: Self = Self(1);
    pub(crate) const CONTENT_LENGTH: Self = Self(1 << 1);
    pub(crate) const ROUTER_ID: Self = Self(1 << 2);
    pub(crate) const STATE: Self = Self(1 << 3);
    pub(super) const PRIMARY: Self = Self::STATE.and(Self(1 << 4));
    pub(super) const BACKUP: Self = Self::STATE.and(Self(1 << 5));
    pub(super) const FAULT: Self = Self::STATE.and(Self(1 << 6));

    /// This, if `seen`, else nothing.
    pub(crate) const fn only_if(self, seen: bool) -> Self {
        if seen { self } else { Self::NOTHING }
    }

    /// All of both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `other` is among it.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in both, as bits.
    #[inline]
    pub(super) const fn again(self, before: Self) -> u8 {
        self.0 & before.0
    }

    /// The state that was named.
    pub(crate) fn state(self) -> Option<HaState> {
        const STATES: [Option<HaState>; 8] = {
            let mut states = [None; 8];
            (states[1], states[2], states[4]) = (Some(HaState::Primary), Some(HaState::Backup), Some(HaState::Fault));
            states
        };
        STATES.get(usize::from(self.0 >> 4)).copied().flatten()
    }
}

/// What is known of a line by the number of plain bytes with which it begins: the length of its name.
pub(super) struct Known {
    /// How the known line with such a name begins, in lower case.
    pub(super) lower: [u8; BLOCK],
    /// The bit that tells the cases apart, where there is a letter.
    pub(super) fold: [u8; BLOCK],
    /// Where the last eight bytes begin of which it is known what they have to be.
    pub(super) ending_at: u8,
    /// The place of these bytes in [`ENDINGS`].
    ending: usize,
    /// The bits that a state adds to that place.
    state: usize,
    /// A bit for the first letter of each name of this length that has a meaning.
    letters: u32,
}

/// The end of what is known of a line.
pub(super) struct Ending {
    lower: u64,
    fold: u64,
    /// Bytes in the whole line, without the line ending.
    pub(super) len: usize,
    /// What the line means.
    pub(super) seen: Seen,
}

// What is known of each line: all of it, or all before its id. The line ending makes up for what is missing of sixteen
// bytes at the start, or of eight behind the name of a state.
const HOST: &[u8; 16] = b"host: 127.0.0.1\r";
const CONNECTION: &[u8; 17] = b"connection: close";
const CONTENT_LENGTH: &[u8; 17] = b"content-length: 0";
pub(super) const ROUTER_ID: &[u8; 21] = b"x-neutron-router-id: ";
const PRIMARY: &[u8; 24] = b"x-neutron-state: primary";
const BACKUP: &[u8; 24] = b"x-neutron-state: backup\r";
const FAULT: &[u8; 24] = b"x-neutron-state: fault\r\n";

/// The states are first, each at the place that two bits of its first letter name.
static ENDINGS: [Ending; 8] = [
    Ending::new(PRIMARY, Seen::PRIMARY).exact(),
    Ending::new(BACKUP, Seen::BACKUP).exact(),
    Ending::NONE,
    Ending::new(FAULT, Seen::FAULT).exact(),
    Ending::new(HOST, Seen::HOST),
    Ending::new(CONNECTION, Seen::NOTHING),
    Ending::new(CONTENT_LENGTH, Seen::CONTENT_LENGTH),
    Ending { len: ROUTER_ID.len() + RouterId::TEXT_LEN, ..Ending::new(ROUTER_ID, Seen::ROUTER_ID) },
];

impl Ending {
    /// What no line has.
    const NONE: Self = Self { lower: 0, fold: 0, len: usize::MAX, seen: Seen::NOTHING };

    const fn new(text: &[u8], seen: Seen) -> Self {
        let Some(&lower) = text.last_chunk() else { return Self::NONE };
        let mut len = text.len();
        while let Some(b'\r' | b'\n') = text.split_at(len).0.last() {
            len -= 1;
        }
        Self { lower: u64::from_le_bytes(lower), fold: u64::from_le_bytes(fold(lower)), len, seen }
    }

    /// Whether a line has this end whose bytes there are these.
    #[inline]
    pub(super) const fn is(&self, bytes: u64) -> bool {
        bytes | self.fold == self.lower
    }

    /// The same, with no other case.
    const fn exact(self) -> Self {
        Self { fold: 0, ..self }
    }
}

/// For each number of plain bytes. Sixteen may be the start of a longer name, which has no colon behind them.
static KNOWN: [Known; BLOCK + 1] = {
    let mut known = [const { Known::NONE }; BLOCK + 1];
    #[expect(clippy::indexing_slicing, reason = "the indices are below the length, and this runs in the compiler")]
    {
        let mut len = 1;
        while len < known.len() {
            known[len].letters = FieldName::first_letters(len);
            len += 1;
        }
        known[15] = Known { state: 0b11, ..Known::new(PRIMARY, 0, known[15].letters) };
        known[4] = Known::new(HOST, 4, known[4].letters);
        known[10] = Known::new(CONNECTION, 5, known[10].letters);
        known[14] = Known::new(CONTENT_LENGTH, 6, known[14].letters);
        known[BLOCK] = Known::new(ROUTER_ID, 7, known[BLOCK].letters);
    }
    known
};

impl Known {
    /// No line; and the name, if it is one, may have a meaning.
    const NONE: Self =
        Self { lower: [0; BLOCK], fold: [0; BLOCK], ending_at: 0, ending: 2, state: 0, letters: u32::MAX };

    /// The line that begins with `text`, with the end at that place.
    const fn new(text: &[u8], ending: usize, letters: u32) -> Self {
        let Some(&lower) = text.first_chunk() else { return Self::NONE };
        #[expect(clippy::cast_possible_truncation, reason = "the texts are short, and this runs in the compiler")]
        let ending_at = (text.len() - size_of::<u64>()) as u8;
        Self { lower, fold: fold(lower), ending_at, ending, state: 0, letters }
    }

    /// What is known by that number of plain bytes.
    #[inline]
    pub(super) fn of(plain: usize) -> Option<&'static Self> {
        KNOWN.get(plain)
    }

    /// The end that a line has to have whose bytes there are these.
    #[inline]
    pub(super) fn ending(&self, bytes: u64) -> Option<&'static Ending> {
        // The second of the bytes is the first letter of the state.
        let [_, letter, ..] = bytes.to_le_bytes();
        ENDINGS.get((self.ending + (usize::from(letter >> 1) & self.state)) % ENDINGS.len())
    }

    /// One, if the name that begins with this byte may have a meaning, else zero.
    #[inline]
    pub(super) const fn may_be_name(&self, first: u8) -> u8 {
        (self.letters >> (first % 32) & 1) as u8
    }
}

/// The bit that tells the cases apart, for each letter.
const fn fold<const N: usize>(mut lower: [u8; N]) -> [u8; N] {
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "`at` is below the length, and this runs in the compiler")]
    while at < N {
        lower[at] = if lower[at].is_ascii_lowercase() { 0x20 } else { 0 };
        at += 1;
    }
    lower
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    const TEXTS: [(&[u8], Seen, usize); 7] = [
        (HOST, Seen::HOST, 15),
        (CONNECTION, Seen::NOTHING, 17),
        (CONTENT_LENGTH, Seen::CONTENT_LENGTH, 17),
        (ROUTER_ID, Seen::ROUTER_ID, 21),
        (PRIMARY, Seen::PRIMARY, 24),
        (BACKUP, Seen::BACKUP, 23),
        (FAULT, Seen::FAULT, 22),
    ];

    #[test]
    fn an_end_has_the_length_of_its_line_and_is_known_in_any_case() {
        for (text, seen, len) in TEXTS {
            let ending = Ending::new(text, seen);
            assert_eq!((ending.len, ending.seen), (len, seen), "{}", text.escape_ascii());
            let last = |text: &[u8]| u64::from_le_bytes(*text.last_chunk().expect("eight bytes"));
            let upper = text.to_ascii_uppercase();
            assert!(ending.is(last(text)) && ending.is(last(&upper)), "{}", text.escape_ascii());
            let exact = ending.exact();
            let without_letters = last(text) == last(&upper);
            assert!(exact.is(last(text)) && exact.is(last(&upper)) == without_letters, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_shorter_than_what_is_compared_is_no_known_line() {
        let ending = Ending::new(b"a: b", Seen::HOST);
        assert_eq!((ending.len, ending.seen), (usize::MAX, Seen::NOTHING));
        let known = Known::new(b"host: 127.0.0.1", 4, 0);
        assert_eq!((known.lower, known.ending, known.letters), ([0; BLOCK], 2, u32::MAX));
    }

    #[test]
    fn each_known_line_is_at_the_place_of_its_name() {
        for (text, seen, _) in TEXTS {
            // A name that is longer than a block is known by its start.
            let name_len = text.iter().position(|byte| *byte == b':').expect("a colon").min(BLOCK);
            let (known, made) = (Known::of(name_len).expect("a length"), Known::new(text, 0, 0));
            assert_eq!((known.lower, known.fold), (made.lower, made.fold), "{}", text.escape_ascii());
            assert_eq!(usize::from(known.ending_at), text.len() - 8, "{}", text.escape_ascii());
            let last = u64::from_le_bytes(*text.last_chunk().expect("eight bytes"));
            assert_eq!(known.ending(last).map(|ending| ending.seen), Some(seen), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_name_that_may_have_a_meaning_is_told_by_its_length_and_first_letter() {
        for len in 1..BLOCK {
            let known = Known::of(len).expect("a length");
            let names = FieldName::ALL.map(FieldName::as_str);
            let first: Vec<u8> = names.iter().filter(|name| name.len() == len).map(|name| name.as_bytes()[0]).collect();
            assert_eq!(FieldName::first_letters(len).count_ones() as usize, first.len(), "{len}");
            for byte in b'A'..=b'Z' {
                let expected = u8::from(first.contains(&byte));
                assert_eq!([known.may_be_name(byte), known.may_be_name(byte | 0x20)], [expected; 2], "{len}, {byte}");
            }
        }
    }

    #[test]
    fn letters_alone_have_two_cases() {
        assert_eq!(fold(*b"az-0: 1\r"), [0x20, 0x20, 0, 0, 0, 0, 0, 0]);
    }
}
