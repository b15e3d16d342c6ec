//! The tokens of `hanotify.dict`, which the fuzzers read too.

use std::sync::OnceLock;

/// What the dictionary holds, by where it belongs in a message.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Whole request lines.
    pub(super) starts: Vec<Vec<u8>>,
    /// Whole field lines.
    pub(super) lines: Vec<Vec<u8>>,
    /// Values of fields.
    pub(super) values: Vec<Vec<u8>>,
    /// Bytes that matter anywhere.
    pub(super) bytes: Vec<Vec<u8>>,
}

/// The tokens of the dictionary.
pub(super) fn tokens() -> &'static Tokens {
    static TOKENS: OnceLock<Tokens> = OnceLock::new();
    TOKENS.get_or_init(|| Tokens::read(include_str!("../../hanotify.dict")))
}

impl Tokens {
    /// Reads a dictionary in the fuzzers' format: `name="bytes"`, with `\\`, `\"` and `\xNN`.
    ///
    /// # Panics
    ///
    /// Where it isn't in that format.
    pub(super) fn read(dictionary: &str) -> Self {
        let mut tokens = Self::default();
        let entries = dictionary.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for entry in entries {
            let (name, quoted) = entry.split_once('=').unwrap_or_else(|| panic!("no name: {entry}"));
            let text = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let bytes = unescaped(text.unwrap_or_else(|| panic!("no quotes: {entry}")));
            let list = match name.split('_').next() {
                Some("start") => &mut tokens.starts,
                Some("line") => &mut tokens.lines,
                Some("value") => &mut tokens.values,
                _ => &mut tokens.bytes,
            };
            list.push(bytes);
        }
        tokens
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (byte, len) = match rest.as_bytes() {
            [b'\\', b'x', ..] => (rest.get(2..4).and_then(|hex| u8::from_str_radix(hex, 16).ok()), 4),
            [b'\\', escaped @ (b'\\' | b'"'), ..] => (Some(*escaped), 2),
            [b'\\' | b'"', ..] => (None, 1),
            _ => (u8::try_from(char).ok().filter(u8::is_ascii), 1),
        };
        bytes.push(byte.unwrap_or_else(|| panic!("not in the dictionary's format: {text}")));
        rest = &rest[len..];
    }
    bytes
}
