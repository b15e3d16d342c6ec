//! From bytes to a notification, in one call or as the bytes arrive.

mod head;
mod progress;
mod quiet;

use self::head::Head;
use self::progress::Progress;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::notification::Notification;

/// What a buffer holds so far. The notification is owned; the body is borrowed from the buffer, so it is in use no
/// longer than the buffer is there.
///
/// ```
/// # use hanotify::{Limits, Status, decode};
/// let buffer = b"GET / HTTP/1.1\r\nHost: a\r\nX-Neutron-State: fault\r\n\
///     X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nContent-Length: 2\r\n\r\nhi".to_vec();
/// let Status::Complete { notification, body, .. } = decode(&buffer, &Limits::DEFAULT.with_body(2))? else { panic!() };
/// assert_eq!(body, b"hi");
/// drop(buffer);
/// println!("{notification:?}");
/// # Ok::<(), hanotify::Error>(())
/// ```
///
/// With the body in place of the notification it doesn't compile:
///
/// ```compile_fail,E0505
/// # use hanotify::{Limits, Status, decode};
/// let buffer = b"GET / HTTP/1.1\r\nHost: a\r\nX-Neutron-State: fault\r\n\
///     X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nContent-Length: 2\r\n\r\nhi".to_vec();
/// let Status::Complete { notification, body, .. } = decode(&buffer, &Limits::DEFAULT.with_body(2))? else { panic!() };
/// assert_eq!(body, b"hi");
/// drop(buffer);
/// println!("{body:?}");
/// # Ok::<(), hanotify::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a message is whole or not")]
pub enum Status<'a> {
    /// A whole message.
    Complete {
        /// What the message says.
        notification: Notification,
        /// Bytes in the message, head and body; what follows them is not part of it.
        consumed: usize,
        /// The body, borrowed from the buffer; empty unless the limits let one in. It is never interpreted.
        body: &'a [u8],
    },
    /// The beginning of an acceptable message: more bytes are needed.
    Incomplete,
}

/// Decodes the message at the start of `bytes`.
///
/// ```
/// use hanotify::{HaState, Limits, Status, decode};
///
/// let message = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\
///     X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n\r\n";
/// match decode(message, &Limits::DEFAULT)? {
///     Status::Complete { notification, consumed, .. } => {
///         assert_eq!((notification.state, consumed), (HaState::Primary, message.len()));
///     }
///     Status::Incomplete => unreachable!("the message is whole"),
/// }
/// assert_eq!(decode(&message[..100], &Limits::DEFAULT)?, Status::Incomplete);
/// # Ok::<(), hanotify::Error>(())
/// ```
///
/// # Errors
///
/// The rule that the message breaks, at its first offending byte. Any longer input is refused in the same way.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
    let mut head = Head::new();
    match head.read_usual(bytes, limits) {
        Some(end) => head.finish(bytes, end),
        None => with_care(head, bytes, limits),
    }
}

/// Decodes on, from a line that is spelled in an unusual way, or not whole.
#[cold]
#[inline(never)]
fn with_care<'a>(mut head: Head, bytes: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
    match head.read_general(bytes, limits)? {
        Some(end) => head.finish(bytes, end),
        None => Ok(Status::Incomplete),
    }
}

/// Decodes `bytes` as exactly one message, such as a file holds.
///
/// # Errors
///
/// As [`decode`] does, and `truncated` where the message isn't whole, `trailing-bytes` where something follows it.
pub fn decode_exact(bytes: &[u8], limits: &Limits) -> Result<Notification, Error> {
    let mut progress = Progress::new();
    match progress.advance(bytes, limits)? {
        Status::Complete { notification, consumed, .. } if consumed == bytes.len() => Ok(notification),
        Status::Complete { consumed, .. } => Err(ErrorKind::TrailingBytes.at(consumed)),
        Status::Incomplete => Err(progress.refuse(ErrorKind::Truncated.at(bytes.len()))),
    }
}

/// Decodes a message as it arrives. It remembers how far it got, while the caller owns the growing buffer; so a message
/// that arrives byte by byte takes time linear in its length, and no allocation.
///
/// ```
/// use hanotify::{Decoder, Limits, Status};
///
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// let mut buffer = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n".to_vec();
/// assert_eq!(decoder.decode(&buffer)?, Status::Incomplete);
/// buffer.extend(b"X-Neutron-State: backup\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\r\n");
/// assert!(matches!(decoder.decode(&buffer)?, Status::Complete { .. }));
/// # Ok::<(), hanotify::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    progress: Progress,
}

impl Decoder {
    /// A decoder at the start of a message.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, progress: Progress::new() }
    }

    /// Decodes the message in `buffer`: all of its bytes that have arrived so far, from the first one on.
    ///
    /// # Errors
    ///
    /// As [`decode`] does, and with the same result however the bytes were split; from then on, always the same.
    #[inline]
    pub fn decode<'a>(&mut self, buffer: &'a [u8]) -> Result<Status<'a>, Error> {
        self.progress.resume(buffer, &self.limits)
    }

    /// What the message is refused with, when the caller has to end it while it is incomplete, for the reason
    /// `refused`: the peer has finished, or its time is over.
    pub fn refuse(&mut self, refused: Error) -> Error {
        self.progress.refuse(refused)
    }
}
