//! Globs of ids, as selections and lists of known failures have them.

use std::fmt;
use std::str::FromStr;

/// A pattern for the ids of cases and probes: `*` stands for any characters, a slash among them, and `?` for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

/// Why a text is no pattern for ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// There is nothing to compare an id with.
    #[error("an id, or a pattern with * and ?, is missing")]
    Empty,
    /// No id has such a character.
    #[error("no id has the character {0:?}: * stands for any characters, and ? for one")]
    Character(char),
}

impl Glob {
    /// Whether this id fits.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        fits(self.0.as_bytes(), id.as_bytes())
    }

    /// The pattern that this id alone fits, if it is one of an audit.
    pub(crate) fn of_id(id: &str) -> Option<Self> {
        id.parse().ok().filter(|_| !id.contains(['*', '?']))
    }
}

impl FromStr for Glob {
    type Err = GlobError;

    fn from_str(text: &str) -> Result<Self, GlobError> {
        let is_foreign = |char: &char| !char.is_ascii_graphic() || "#[]{}\\'\"".contains(*char);
        match text.chars().find(is_foreign) {
            _ if text.is_empty() => Err(GlobError::Empty),
            Some(char) => Err(GlobError::Character(char)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Compares from the left, and returns to the last `*` where something differs: no pattern takes longer than its length
/// times that of the id.
fn fits(pattern: &[u8], id: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star = None;
    while let Some(byte) = id.get(read) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(wanted) if wanted == byte || *wanted == b'?' => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((before, taken)) = star else { return false };
                star = Some((before, taken + 1));
                (at, read) = (before + 1, taken + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_characters_and_a_question_mark_is_one() {
        for (pattern, id, matches) in [
            ("state/list", "state/list", true),
            ("state/list", "state/lists", false),
            ("state/lists", "state/list", false),
            ("state/*", "state/list", true),
            ("state/*", "state/", true),
            ("state/*", "states/list", false),
            ("*", "probe/burst", true),
            ("*list", "state/list", true),
            ("*a*b*", "xaybz", true),
            ("*a*b", "xaybz", false),
            ("*ab", "aab", true),
            ("st?te/*", "state/list", true),
            ("?", "", false),
            ("**", "a", true),
        ] {
            assert_eq!(pattern.parse::<Glob>().unwrap().matches(id), matches, "{pattern} {id}");
        }
    }

    #[test]
    fn what_no_id_has_is_no_pattern() {
        assert_eq!("".parse::<Glob>(), Err(GlobError::Empty));
        for (text, char) in [("a b", ' '), ("a#", '#'), ("[ab]", '['), ("é", 'é'), ("a\u{1b}", '\u{1b}')] {
            assert_eq!(text.parse::<Glob>(), Err(GlobError::Character(char)), "{text:?}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        let pattern: Glob = "*a".repeat(2_000).parse().unwrap();
        assert!(!pattern.matches(&("a".repeat(4_000) + "b")));
    }
}
