//! The line of an input with one byte in it, fit to be shown: escaped, and cut where it is long.

use std::ascii::escape_default;

/// At most so many columns of a line are shown before the byte, and behind it.
const BEFORE: usize = 56;
const BEHIND: usize = 16;

/// A line, and a byte in it or right behind its end.
#[derive(Debug, PartialEq)]
pub(super) struct Excerpt {
    /// The line's number, from 1; a LF ends a line.
    pub(super) line: usize,
    /// The byte's number in the line, from 1.
    pub(super) column: usize,
    /// The line in printable ASCII and, where it is cut, `…`.
    pub(super) text: String,
    /// Columns in the text before the byte.
    pub(super) caret: usize,
}

impl Excerpt {
    /// The line around the byte at `offset`.
    pub(super) fn new(bytes: &[u8], offset: usize) -> Self {
        let (before, from) = bytes.split_at_checked(offset).unwrap_or((bytes, &[]));
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |lf| lf + 1);
        let before = before.get(start..).unwrap_or_default();
        let behind = until_line_end(from);
        let (left, left_cut) = fitting(before.iter().rev(), BEFORE);
        let (right, right_cut) = fitting(behind.iter(), BEHIND);
        let shown = before.get(before.len() - left..).unwrap_or_default();
        let prefix = if left_cut { "…" } else { "" };
        let left = format!("{prefix}{}", shown.escape_ascii());
        let right = behind.get(..right).unwrap_or_default().escape_ascii();
        Self {
            line: 1 + bytes.iter().take(start).filter(|&&byte| byte == b'\n').count(),
            column: before.len() + 1,
            caret: left.chars().count(),
            text: format!("{left}{right}{}", if right_cut { "…" } else { "" }),
        }
    }
}

/// The rest of the line; its ending is part of that only where the byte in question is in the ending.
fn until_line_end(from: &[u8]) -> &[u8] {
    let Some(lf) = from.iter().position(|&byte| byte == b'\n') else { return from };
    let (line, _) = from.split_at_checked(lf + 1).unwrap_or((from, &[]));
    match line {
        [b'\n'] | [b'\r', b'\n'] => line,
        [content @ .., b'\r', b'\n'] | [content @ .., b'\n'] => content,
        _ => line,
    }
}

/// How many of the bytes fit the columns when they are escaped, and whether any doesn't.
fn fitting<'a>(bytes: impl Iterator<Item = &'a u8>, columns: usize) -> (usize, bool) {
    let mut width = 0;
    let mut count = 0;
    for &byte in bytes {
        width += escape_default(byte).len();
        if width > columns {
            return (count, true);
        }
        count += 1;
    }
    (count, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(bytes: &[u8], offset: usize) -> (usize, usize, String, usize) {
        let Excerpt { line, column, text, caret } = Excerpt::new(bytes, offset);
        (line, column, text, caret)
    }

    #[test]
    fn the_caret_is_under_the_byte_however_wide_the_ones_before_it_are() {
        assert_eq!(excerpt(b"a\r\n\xff\t\"b\r\nc", 6), (2, 4, r#"\xff\t\"b"#.into(), 8));
    }

    #[test]
    fn a_line_ending_is_shown_where_the_byte_is_in_it() {
        assert_eq!(excerpt(b"ab\r\ncd", 1), (1, 2, "ab".into(), 1));
        assert_eq!(excerpt(b"ab\r\ncd", 2), (1, 3, r"ab\r\n".into(), 2));
        assert_eq!(excerpt(b"ab\r\ncd", 3), (1, 4, r"ab\r\n".into(), 4));
        assert_eq!(excerpt(b"ab\ncd", 2), (1, 3, r"ab\n".into(), 2));
        assert_eq!(excerpt(b"a\rb\ncd", 1), (1, 2, r"a\rb".into(), 1));
    }

    #[test]
    fn behind_the_last_byte_there_is_a_place() {
        assert_eq!(excerpt(b"", 0), (1, 1, String::new(), 0));
        assert_eq!(excerpt(b"ab", 2), (1, 3, "ab".into(), 2));
        assert_eq!(excerpt(b"ab\r\n", 4), (2, 1, String::new(), 0));
    }

    #[test]
    fn a_long_line_is_cut_on_each_side_where_it_is_long() {
        let long = [b'a'; 200];
        let (before, behind) = ("a".repeat(BEFORE), "a".repeat(BEHIND));
        assert_eq!(excerpt(&long, 100), (1, 101, format!("…{before}{behind}…"), BEFORE + 1));
        assert_eq!(excerpt(&long, BEFORE), (1, BEFORE + 1, format!("{before}{behind}…"), BEFORE));
        assert_eq!(excerpt(&long, 200 - BEHIND), (1, 201 - BEHIND, format!("…{before}{behind}"), BEFORE + 1));
        let wide = [0xff; 200];
        let (before, behind) = (r"\xff".repeat(BEFORE / 4), r"\xff".repeat(BEHIND / 4));
        assert_eq!(excerpt(&wide, 100), (1, 101, format!("…{before}{behind}…"), BEFORE + 1));
    }
}
