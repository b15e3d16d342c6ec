//! What a notification says: which router, and its new state. A value that exists is valid.

use core::fmt;
use core::num::NonZeroU128;
use core::str::FromStr;

use crate::error::ErrorKind;

/// One accepted state change: a router, and the state that it has now.
///
/// With the feature `serde`, it is written with the members `router_id` and `state`. It is read from these too, as
/// strictly as from a message; other members are ignored, so that an event of the JSON-lines sink can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[allow(clippy::exhaustive_structs, reason = "it says two things, and agents make one of their own")]
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
        Self::from_bytes(crate::hex::decode(text)?)
    }

    /// The id with these 16 bytes, in the order in which they are written; nothing if all are zero.
    #[inline]
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        match NonZeroU128::new(u128::from_be_bytes(bytes)) {
            Some(id) => Some(Self(id)),
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
        text
    }
}

/// The index of the first byte that no canonical id has there: the length, if only the end is missing.
pub(crate) fn router_id_departure(text: &[u8]) -> usize {
    let fits = |(have, like): &(&u8, &u8)| if **like == b'-' { **have == b'-' } else { is_digit(**have) };
    text.iter().zip(SHAPE).take_while(fits).count()
}

/// A dash where the canonical form has one, and another byte where it has a digit.
const SHAPE: &[u8; RouterId::TEXT_LEN] = b"00000000-0000-0000-0000-000000000000";

/// `h = %x30-39 / %x61-66`
const fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
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
#[allow(clippy::exhaustive_enums, reason = "keepalived knows these three, and an agent has to have an answer to each")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_printed_in_its_one_form() {
        let text = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
        let id = RouterId::parse(text.as_bytes()).expect("an id");
        assert_eq!(std::format!("{id}|{id:40}|{id:?}"), std::format!("{text}|{text}    |RouterId({text})"));
    }
}
