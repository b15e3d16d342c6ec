//! Which bytes may come next without anything being decided.

use crate::wire::Class;

/// Where a line that is the beginning of a good one stands. The byte that comes next may leave it one for certain,
/// whatever the line means; or it has to be looked at, with the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quiet {
    /// Any byte has to be looked at.
    Never,
    /// In the method.
    Token,
    /// In the target.
    Target,
    /// Before a field line.
    Line,
    /// In a field's name.
    Name,
    /// In a field's value.
    Value,
}

impl Quiet {
    /// At the end of this beginning of a request line.
    pub(super) fn in_request_line(line: &[u8]) -> Self {
        match line.split(|&byte| byte == b' ').count() {
            _ if line.ends_with(b"\r") => Self::Never,
            1 if !line.is_empty() => Self::Token,
            2 => Self::Target,
            // The version is short: looking at it again costs little.
            _ => Self::Never,
        }
    }

    /// At the end of this beginning of a field line.
    pub(super) fn in_field_line(line: &[u8]) -> Self {
        line.iter().fold(Self::Line, |quiet, &byte| quiet.then(byte).unwrap_or(Self::Never))
    }

    /// The bytes that change nothing.
    pub(super) const fn stays(self) -> Class {
        match self {
            Self::Never | Self::Line => Class::NONE,
            Self::Token => Class::TOKEN,
            Self::Target => Class::TARGET,
            Self::Name => Class::NAME,
            Self::Value => Class::VALUE,
        }
    }

    /// Behind one more byte, unless that has to be looked at.
    pub(super) fn then(self, byte: u8) -> Option<Self> {
        match self {
            Self::Line if Class::NAME.has(byte) => Some(Self::Name),
            Self::Name if byte == b':' => Some(Self::Value),
            // The line's end, of which the second half decides.
            Self::Value if byte == b'\r' => Some(Self::Never),
            _ => Some(self).filter(|quiet| quiet.stays().has(byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_quiet_in_its_method_and_in_its_target() {
        for (line, expected) in [
            ("", Quiet::Never),
            ("P", Quiet::Token),
            ("PATCH", Quiet::Token),
            ("PATCH ", Quiet::Target),
            ("PATCH /there", Quiet::Target),
            ("PATCH /there ", Quiet::Never),
            ("PATCH /there HTTP", Quiet::Never),
            ("PATCH /there HTTP/1.1\r", Quiet::Never),
            ("PATCH\r", Quiet::Never),
            ("PATCH /\r", Quiet::Never),
        ] {
            assert_eq!(Quiet::in_request_line(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn a_field_line_is_quiet_up_to_its_colon_and_up_to_its_end() {
        for (line, expected) in [
            ("", Quiet::Line),
            ("N", Quiet::Name),
            ("Name", Quiet::Name),
            ("Name:", Quiet::Value),
            ("Name: a:\tb", Quiet::Value),
            ("Name: a\r", Quiet::Never),
            ("\r", Quiet::Never),
            ("Name ", Quiet::Never),
            (":", Quiet::Never),
            ("Name: \0", Quiet::Never),
        ] {
            assert_eq!(Quiet::in_field_line(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn any_other_byte_has_to_be_looked_at() {
        for byte in 0..=u8::MAX {
            let name = Class::NAME.has(byte).then_some(Quiet::Name);
            assert_eq!(Quiet::Line.then(byte), name, "{byte:#x}");
            assert_eq!(Quiet::Name.then(byte), if byte == b':' { Some(Quiet::Value) } else { name }, "{byte:#x}");
            let value = Class::VALUE.has(byte).then_some(Quiet::Value);
            assert_eq!(Quiet::Value.then(byte), if byte == b'\r' { Some(Quiet::Never) } else { value }, "{byte:#x}");
            assert_eq!(Quiet::Token.then(byte), Class::TOKEN.has(byte).then_some(Quiet::Token), "{byte:#x}");
            assert_eq!(Quiet::Target.then(byte), Class::TARGET.has(byte).then_some(Quiet::Target), "{byte:#x}");
            assert_eq!(Quiet::Never.then(byte), None, "{byte:#x}");
        }
    }
}
