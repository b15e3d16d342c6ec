//! From a notification to bytes, as the current sender writes them.

use crate::notification::{HaState, Notification, RouterId};

const HEAD: &[u8] = concat!(
    "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: hanotify/",
    env!("CARGO_PKG_VERSION"),
    "\r\nAccept: */*\r\nX-Neutron-Router-Id: "
)
.as_bytes();
const STATE: &[u8] = b"\r\nX-Neutron-State: ";
const TAIL: &[u8] = b"\r\nConnection: close\r\n\r\n";
const CAPACITY: usize = HEAD.len() + RouterId::TEXT_LEN + STATE.len() + LONGEST_STATE + TAIL.len();
const LONGEST_STATE: usize = HaState::Primary.as_str().len();

/// Writes a notification as the shell sender does through curl: the same request line and fields in the same order,
/// under this crate's own `User-Agent`.
///
/// ```
/// use hanotify::{Limits, Status, decode, encode};
/// # use hanotify::{HaState, Notification};
///
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Fault };
/// let message = encode(&notification);
/// let Status::Complete { notification: read, .. } = decode(message.as_bytes(), &Limits::DEFAULT)? else { panic!() };
/// assert_eq!(read, notification);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn encode(notification: &Notification) -> Encoded {
    let mut encoded = Encoded { bytes: [0; CAPACITY], len: 0 };
    encoded.push(HEAD);
    encoded.push(&notification.router_id.to_text());
    encoded.push(STATE);
    encoded.push(notification.state.as_str().as_bytes());
    encoded.push(TAIL);
    encoded
}

/// An encoded message, without allocation.
#[derive(Clone, Copy)]
pub struct Encoded {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Encoded {
    /// The message.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Appends a part; the capacity is the sum of the longest parts.
    fn push(&mut self, part: &[u8]) {
        let end = self.len + part.len();
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(part);
            self.len = end;
        }
    }
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl core::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Encoded(b\"{}\")", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;
    use crate::{HaState, RouterId};

    #[test]
    fn the_longest_message_fills_the_room_and_no_more() {
        let router_id = RouterId::parse(b"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10").expect("an id");
        let longest = HaState::ALL.map(|state| encode(&Notification { router_id, state }).len).into_iter().max();
        assert_eq!(longest, Some(CAPACITY));
    }

    #[test]
    fn a_message_is_bytes_and_prints_what_it_says_on_one_line() {
        let router_id = RouterId::parse(b"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10").expect("an id");
        let message = encode(&Notification { router_id, state: HaState::Primary });
        assert_eq!(message.as_ref(), message.as_bytes());
        let printed = format!("{message:?}");
        let text = format!("Encoded(b\"{}\")", message.as_bytes().escape_ascii());
        assert_eq!(printed, text);
        assert!(printed.contains("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\\r\\n"), "{printed}");
    }
}
