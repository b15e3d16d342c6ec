//! What each byte may be part of.

/// A set of bytes, as a bit in [`TABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// No byte
    pub(crate) const NONE: Self = Self(0);
    /// ``tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT /
    /// ALPHA``
    pub(crate) const TOKEN: Self = Self(1);
    /// `tchar`, without `_`
    pub(crate) const NAME: Self = Self(2);
    /// `VCHAR`, without the `#` that begins a fragment
    pub(crate) const TARGET: Self = Self(4);
    /// `HTAB / SP / VCHAR`
    pub(crate) const VALUE: Self = Self(8);

    /// Whether `byte` is one of them.
    #[inline]
    pub(crate) fn has(self, byte: u8) -> bool {
        TABLE.get(usize::from(byte)).is_some_and(|classes| classes & self.0 != 0)
    }
}

/// The classes of each byte.
static TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        let token = byte.is_ascii_alphanumeric() || is_token_punctuation(byte);
        let classes = [
            (Class::TOKEN, token),
            (Class::NAME, token && byte != b'_'),
            (Class::TARGET, byte.is_ascii_graphic() && byte != b'#'),
            (Class::VALUE, byte == b'\t' || byte == b' ' || byte.is_ascii_graphic()),
        ];
        let mut at = 0;
        #[expect(clippy::indexing_slicing, reason = "the indices are below the lengths, and this runs in the compiler")]
        while at < classes.len() {
            if classes[at].1 {
                table[byte as usize] |= classes[at].0.0;
            }
            at += 1;
        }
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

const fn is_token_punctuation(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_are_the_sets_of_the_grammar() {
        let others = "!#$%&'*+-.^_`|~";
        for byte in 0..=u8::MAX {
            let token = matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z') || others.as_bytes().contains(&byte);
            let visible = (0x21..=0x7e).contains(&byte);
            let sets =
                [Class::NONE, Class::TOKEN, Class::NAME, Class::TARGET, Class::VALUE].map(|class| class.has(byte));
            let wanted =
                [false, token, token && byte != b'_', visible && byte != b'#', visible || b" \t".contains(&byte)];
            assert_eq!(sets, wanted, "{byte:#x}");
        }
    }

    #[test]
    fn the_table_is_the_same_at_run_time() {
        assert_eq!(table(), TABLE);
    }
}
