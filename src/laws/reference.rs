//! Regular expressions by derivatives: slow, small, and nothing that the parser shares.
//!
//! The derivative of an expression by a byte is what has to follow that byte. A byte can't be there exactly if nothing does.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::vec::Vec;

/// A regular expression. One that matches nothing is always [`Re::Never`], because the functions below build no other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Re {
    Never,
    Empty,
    OneOf(Vec<u8>),
    Then(Rc<Re>, Rc<Re>),
    Or(BTreeSet<Re>),
    Many(Rc<Re>),
}

/// One of these bytes.
pub(super) fn one_of(bytes: impl IntoIterator<Item = u8>) -> Re {
    let bytes: BTreeSet<u8> = bytes.into_iter().collect();
    if bytes.is_empty() { Re::Never } else { Re::OneOf(bytes.into_iter().collect()) }
}

/// Exactly this word.
pub(super) fn word(word: &str) -> Re {
    all(word.bytes().map(|byte| one_of([byte])))
}

/// This word in any case.
pub(super) fn word_in_any_case(word: &str) -> Re {
    all(word.bytes().map(|byte| one_of([byte.to_ascii_lowercase(), byte.to_ascii_uppercase()])))
}

/// One after the other.
pub(super) fn all(parts: impl IntoIterator<Item = Re, IntoIter: DoubleEndedIterator>) -> Re {
    parts.into_iter().rev().fold(Re::Empty, |rest, part| then(part, rest))
}

/// Any of them.
pub(super) fn any_of(choices: impl IntoIterator<Item = Re>) -> Re {
    let mut flat = BTreeSet::new();
    for choice in choices {
        match choice {
            Re::Never => {}
            Re::Or(choices) => flat.extend(choices),
            other => drop(flat.insert(other)),
        }
    }
    match flat.len() {
        0 => Re::Never,
        1 => flat.pop_first().unwrap_or(Re::Never),
        _ => Re::Or(flat),
    }
}

/// Any number of times.
pub(super) fn many(part: Re) -> Re {
    if part == Re::Never { Re::Empty } else { Re::Many(Rc::new(part)) }
}

/// So many times.
pub(super) fn times(count: usize, part: &Re) -> Re {
    all((0..count).map(|_| part.clone()).collect::<Vec<_>>())
}

fn then(first: Re, second: Re) -> Re {
    match (first, second) {
        (Re::Never, _) | (_, Re::Never) => Re::Never,
        (Re::Empty, other) | (other, Re::Empty) => other,
        (first, second) => Re::Then(Rc::new(first), Rc::new(second)),
    }
}

/// A canonical decimal number from 0 to `most`, which is given in digits.
pub(super) fn number_up_to(most: &str) -> Re {
    let digit = one_of(b'0'..=b'9');
    let positive = |len: usize| all([one_of(b'1'..=b'9'), times(len - 1, &digit)]);
    let shorter = (1..most.len()).map(positive);
    // The digits of `most` up to some place, a lower one there, and any behind it.
    let lower = most.bytes().enumerate().map(|(at, most_here)| {
        let first = if at == 0 { b'1' } else { b'0' };
        all([word(&most[..at]), one_of(first..most_here), times(most.len() - at - 1, &digit)])
    });
    any_of(shorter.chain(lower).chain([word("0"), word(most)]))
}

impl Re {
    fn may_end(&self) -> bool {
        match self {
            Self::Never | Self::OneOf(_) => false,
            Self::Empty | Self::Many(_) => true,
            Self::Then(first, second) => first.may_end() && second.may_end(),
            Self::Or(choices) => choices.iter().any(Self::may_end),
        }
    }

    fn behind(&self, byte: u8) -> Self {
        match self {
            Self::OneOf(bytes) if bytes.contains(&byte) => Self::Empty,
            Self::Never | Self::Empty | Self::OneOf(_) => Self::Never,
            Self::Then(first, second) => {
                let within = then(first.behind(byte), (**second).clone());
                if first.may_end() { any_of([within, second.behind(byte)]) } else { within }
            }
            Self::Or(choices) => any_of(choices.iter().map(|choice| choice.behind(byte))),
            Self::Many(part) => then(part.behind(byte), self.clone()),
        }
    }

    /// Nothing if `text` is matched, or else the index of the first byte with which it can't become a match: its length, if it
    /// ends too early.
    pub(super) fn departure(&self, text: &[u8]) -> Option<usize> {
        let mut rest = self.clone();
        for (at, &byte) in text.iter().enumerate() {
            rest = rest.behind(byte);
            if rest == Self::Never {
                return Some(at);
            }
        }
        (!rest.may_end()).then_some(text.len())
    }
}

#[test]
fn a_departure_is_the_first_byte_that_cant_be_there() {
    let few = number_up_to("205");
    for (text, departure) in [
        ("0", None),
        ("99", None),
        ("205", None),
        ("206", Some(2)),
        ("00", Some(1)),
        ("300", Some(2)),
        ("", Some(0)),
        ("1x", Some(1)),
    ] {
        assert_eq!(few.departure(text.as_bytes()), departure, "{text}");
    }
    for number in 0..1_000 {
        assert_eq!(few.departure(std::format!("{number}").as_bytes()).is_none(), number <= 205);
    }
}
