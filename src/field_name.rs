//! The names of the fields that have a meaning, and how they are told from all others.

use core::fmt;

/// The fields that have a meaning here; every other field is checked for syntax and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FieldName {
    /// `Host`, required (RFC 9110 section 7.2).
    Host,
    /// `X-Neutron-Router-Id`, required.
    RouterId,
    /// `X-Neutron-State`, required.
    State,
    /// `Connection` (RFC 9110 section 7.6.1).
    Connection,
    /// `Content-Length` (RFC 9110 section 8.6).
    ContentLength,
    /// `Transfer-Encoding`, always refused (RFC 9112 section 6.1).
    TransferEncoding,
    /// `Expect`, always refused (RFC 9110 section 10.1.1).
    Expect,
    /// `TE`, always refused (RFC 9110 section 10.1.4).
    Te,
    /// `Trailer`, always refused (RFC 9110 section 6.6.2).
    Trailer,
    /// `Upgrade`, always refused (RFC 9110 section 7.8).
    Upgrade,
}

impl FieldName {
    /// Every name that has a meaning.
    pub const ALL: [Self; 10] = [
        Self::Host,
        Self::RouterId,
        Self::State,
        Self::Connection,
        Self::ContentLength,
        Self::TransferEncoding,
        Self::Expect,
        Self::Te,
        Self::Trailer,
        Self::Upgrade,
    ];

    /// Reads a field name in any case; nothing if the field has no meaning here.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let likely = match (name.len(), name.first()? | 0x20) {
            (2, b't') => Self::Te,
            (4, b'h') => Self::Host,
            (6, b'e') => Self::Expect,
            (7, b't') => Self::Trailer,
            (7, b'u') => Self::Upgrade,
            (10, b'c') => Self::Connection,
            (14, b'c') => Self::ContentLength,
            (15, b'x') => Self::State,
            (17, b't') => Self::TransferEncoding,
            (19, b'x') => Self::RouterId,
            _ => return None,
        };
        is_same_name(likely.as_str().as_bytes(), name).then_some(likely)
    }

    /// Whether this name may have a meaning, by its length and first letter: no, for nearly all that have none.
    #[inline]
    pub(crate) fn may_be(name: &[u8]) -> bool {
        let first = name.first().copied().unwrap_or_default();
        KNOWN.get(name.len()).is_some_and(|letters| letters >> (first % 32) & 1 == 1)
    }

    /// A bit for the first letter, in either case, of each name of `len` bytes.
    pub(crate) const fn first_letters(len: usize) -> u32 {
        let (mut letters, mut at) = (0, 0);
        #[expect(clippy::indexing_slicing, reason = "the indices are below the lengths, and this runs in the compiler")]
        while at < Self::ALL.len() {
            let name = Self::ALL[at].as_str().as_bytes();
            if name.len() == len {
                letters |= 1 << (name[0] % 32);
            }
            at += 1;
        }
        letters
    }

    /// The name in its usual spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::RouterId => "X-Neutron-Router-Id",
            Self::State => "X-Neutron-State",
            Self::Connection => "Connection",
            Self::ContentLength => "Content-Length",
            Self::TransferEncoding => "Transfer-Encoding",
            Self::Expect => "Expect",
            Self::Te => "TE",
            Self::Trailer => "Trailer",
            Self::Upgrade => "Upgrade",
        }
    }
}

/// Whether `name`, which has the length of `usual`, is that in any case, eight bytes at a time.
fn is_same_name(usual: &[u8], name: &[u8]) -> bool {
    if name.len() < 8 {
        return usual.eq_ignore_ascii_case(name);
    }
    let pairs = usual.as_chunks().0.iter().zip(name.as_chunks().0);
    // The last eight bytes overlap those before them.
    let last = usual.last_chunk().into_iter().zip(name.last_chunk());
    pairs.chain(last).all(|(usual, name)| {
        let (usual, name) = (u64::from_le_bytes(*usual), u64::from_le_bytes(*name));
        // The bit that tells the cases apart is left out where there is a letter, and not where there is a dash.
        (usual ^ name) & !((usual & LETTER) >> 1) == 0
    })
}

/// A bit that each letter has, and no other byte of a name with a meaning.
const LETTER: u64 = u64::from_le_bytes([0x40; 8]);

/// For each length, the [`first_letters`](FieldName::first_letters) of the names that have it.
static KNOWN: [u32; 20] = {
    let (mut known, mut len) = ([0; 20], 0);
    #[expect(clippy::indexing_slicing, reason = "the index is below the length, and this runs in the compiler")]
    while len < known.len() {
        known[len] = FieldName::first_letters(len);
        len += 1;
    }
    known
};

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_in_any_case_and_no_other_is() {
        for name in FieldName::ALL {
            let text = name.as_str().as_bytes();
            assert_eq!(FieldName::parse(text), Some(name));
            assert_eq!(FieldName::parse(&text.to_ascii_lowercase()), Some(name));
            assert_eq!(FieldName::parse(&text.to_ascii_uppercase()), Some(name));
            for at in 0..text.len() {
                let mut other = text.to_vec();
                other[at] ^= 1;
                assert_eq!(FieldName::parse(&other), None);
            }
            assert_eq!(FieldName::parse(&text[1..]), None);
        }
        assert_eq!(FieldName::parse(b""), None);
    }
}
