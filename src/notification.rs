//! What a notification says: which router, and its new state. A value that exists is valid.

use core::fmt;
use core::num::NonZeroU128;
use core::str::FromStr;

use crate::error::ErrorKind;

/// One accepted state change: a router, and the state that it has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Notification {
    /// The router that changed its state.
    pub router_id: RouterId,
    /// The state that it has now.
    pub state: HaState,
}

/// The id of a virtual router: a UUID that is not all zero.
///
/// It reads and prints one form only, 36 bytes in lower case with dashes:
///
/// ```
/// use hanotify::RouterId;
///
/// let id: RouterId = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// assert_eq!(id.to_string(), "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10");
/// assert!("9B3A1D8E-5C1F-4A57-9F5E-0A4C2F3B7D10".parse::<RouterId>().is_err());
/// # Ok::<(), hanotify::ErrorKind>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouterId(NonZeroU128);

/// Where the canonical form has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

impl RouterId {
    /// Bytes in the canonical text form.
    pub const TEXT_LEN: usize = 36;

    /// Reads the canonical form: `8h "-" 4h "-" 4h "-" 4h "-" 12h`, `h` a digit or `a` to `f`, not all zero.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        Self::parse_text(text.try_into().ok()?)
    }

    #[inline]
    pub(crate) fn parse_text(text: &[u8; Self::TEXT_LEN]) -> Option<Self> {
        // See fuzz/planted-bugs.txt.
        #[cfg(planted_bug = "upper-case-id")]
        let text = &text.map(|byte| byte.to_ascii_lowercase());
        Self::from_bytes(crate::hex::decode(text)?)
    }

    /// The id with these 16 bytes, in the order in which they are written; nothing if all are zero.
    #[inline]
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        match NonZeroU128::new(u128::from_be_bytes(bytes)) {
            Some(id) => Some(Self(id)),
            // See fuzz/planted-bugs.txt.
            #[cfg(planted_bug = "nil-id")]
            None => Some(Self(NonZeroU128::MIN)),
            None => None,
        }
    }

    /// The id's 16 bytes, in the order in which they are written.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// The canonical form, in ASCII.
    #[must_use]
    pub fn to_text(self) -> [u8; Self::TEXT_LEN] {
        let mut text = [b'-'; Self::TEXT_LEN];
        let places = text.iter_mut().enumerate().filter(|(at, _)| !DASHES.contains(at));
        let digits = self.to_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
        for ((_, place), digit) in places.zip(digits) {
            *place = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        }
        // See fuzz/planted-bugs.txt.
        #[cfg(planted_bug = "writes-upper-case")]
        text.make_ascii_uppercase();
        text
    }
}

/// The index of the first byte that no canonical id has there: the length, if only the end is missing.
pub(crate) fn router_id_departure(text: &[u8]) -> usize {
    let fits = |(have, like): &(&u8, &u8)| if **like == b'-' { **have == b'-' } else { digit(**have).is_some() };
    text.iter().zip(SHAPE).take_while(fits).count()
}

/// A dash where the canonical form has one, and another byte where it has a digit.
const SHAPE: &[u8; RouterId::TEXT_LEN] = b"00000000-0000-0000-0000-000000000000";

/// `h = %x30-39 / %x61-66`
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl FromStr for RouterId {
    type Err = ErrorKind;

    fn from_str(text: &str) -> Result<Self, ErrorKind> {
        Self::parse(text.as_bytes()).ok_or(ErrorKind::RouterId)
    }
}

impl fmt::Display for RouterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(core::str::from_utf8(&self.to_text()).unwrap_or_default())
    }
}

impl fmt::Debug for RouterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouterId({self})")
    }
}

/// A router's state, in keepalived's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HaState {
    /// This host forwards the router's traffic.
    Primary,
    /// Another host does; this one stands by.
    Backup,
    /// This host can't take part.
    Fault,
}

impl HaState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Primary, Self::Backup, Self::Fault];

    /// Reads `primary`, `backup` or `fault`, and nothing else.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str().as_bytes() == word)
    }

    /// The state's word in a notification.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Backup => "backup",
            Self::Fault => "fault",
        }
    }
}

impl FromStr for HaState {
    type Err = ErrorKind;

    fn from_str(word: &str) -> Result<Self, ErrorKind> {
        Self::parse(word.as_bytes()).ok_or(ErrorKind::State)
    }
}

impl fmt::Display for HaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

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
        // See fuzz/planted-bugs.txt.
        #[cfg(planted_bug = "ignores-shouted-names")]
        name.iter().find(|byte| byte.is_ascii_lowercase())?;
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

/// For each length, a bit for the first letter, in either case, of each name that has it.
static KNOWN: [u32; 20] = {
    let (mut known, mut at) = ([0; 20], 0);
    #[expect(clippy::indexing_slicing, reason = "the indices are below the lengths, and this runs in the compiler")]
    while at < FieldName::ALL.len() {
        let name = FieldName::ALL[at].as_str().as_bytes();
        known[name.len()] |= 1 << (name[0] % 32);
        at += 1;
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
    fn an_id_is_printed_in_its_one_form() {
        let text = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
        let id = RouterId::parse(text.as_bytes()).expect("an id");
        assert_eq!(std::format!("{id}|{id:40}|{id:?}"), std::format!("{text}|{text}    |RouterId({text})"));
    }

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
