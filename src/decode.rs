//! From bytes to a notification, in one call or as the bytes arrive.

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::notification::Notification;
use crate::validate::Validator;
use crate::wire::{self, Line};

/// What a buffer holds so far. The notification is owned; the body is borrowed from the buffer, so it is in use no longer than
/// the buffer is there.
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
    Decoder::new(*limits).decode(bytes)
}

/// Decodes `bytes` as exactly one message, such as a file holds.
///
/// # Errors
///
/// As [`decode`] does, and `truncated` where the message isn't whole, `trailing-bytes` where something follows it.
pub fn decode_exact(bytes: &[u8], limits: &Limits) -> Result<Notification, Error> {
    let mut decoder = Decoder::new(*limits);
    match decoder.decode(bytes)? {
        Status::Complete { notification, consumed, .. } if consumed == bytes.len() => Ok(notification),
        Status::Complete { consumed, .. } => Err(ErrorKind::TrailingBytes.at(consumed)),
        Status::Incomplete => Err(decoder.refuse(ErrorKind::Truncated.at(bytes.len()))),
    }
}

/// Decodes a message as it arrives. It remembers how far it got, while the caller owns the growing buffer; so a message that
/// arrives byte by byte takes time linear in its length, and no allocation.
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
    stage: Stage,
    validator: Validator,
    /// Number of fields that are behind.
    fields: usize,
    /// Where the line begins that is not yet whole.
    line: usize,
    /// Up to here, the line is known to be the beginning of a good one, of which more is needed.
    scanned: usize,
    /// The bytes that, coming next, don't change that.
    quiet: Quiet,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    RequestLine,
    Fields,
    Body { notification: Notification, head: usize, len: usize },
    Refused(Error),
}

/// The kind of byte after which a line that was incomplete is still incomplete, and for certain not refused.
type Quiet = fn(u8) -> bool;

impl Decoder {
    /// A decoder at the start of a message.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            stage: Stage::RequestLine,
            validator: Validator::default(),
            fields: 0,
            line: 0,
            scanned: 0,
            quiet: nothing,
        }
    }

    /// Decodes the message in `buffer`: all of its bytes that have arrived so far, from the first one on.
    ///
    /// # Errors
    ///
    /// As [`decode`] does, and with the same result however the bytes were split; from then on, always the same.
    pub fn decode<'a>(&mut self, buffer: &'a [u8]) -> Result<Status<'a>, Error> {
        if self.is_still_incomplete(buffer) {
            return Ok(Status::Incomplete);
        }
        let advanced = self.advance(buffer);
        if let Err(refused) = advanced {
            self.stage = Stage::Refused(refused);
        }
        advanced
    }

    /// What the message is refused with, when the caller has to end it while it is incomplete, for the reason `refused`: the peer
    /// has finished, or its time is over.
    pub fn refuse(&mut self, refused: Error) -> Error {
        let refused = match self.stage {
            Stage::Refused(first) => first,
            _ => self.validator.settle(refused),
        };
        self.stage = Stage::Refused(refused);
        refused
    }

    /// Whether the bytes that are new can't have decided anything.
    fn is_still_incomplete(&mut self, buffer: &[u8]) -> bool {
        let fresh = buffer.get(self.scanned..).unwrap_or_default();
        let limit = match self.stage {
            Stage::RequestLine => self.limits.request_line(),
            Stage::Fields => self.limits.field_line(),
            _ => return false,
        };
        let end = self.line.saturating_add(limit).min(self.limits.head());
        if self.scanned == self.line || buffer.len() > end || !fresh.iter().all(|&byte| (self.quiet)(byte)) {
            return false;
        }
        self.scanned = buffer.len();
        true
    }

    fn advance<'a>(&mut self, buffer: &'a [u8]) -> Result<Status<'a>, Error> {
        loop {
            match self.stage {
                Stage::RequestLine => match wire::request_line(buffer, &self.limits)? {
                    Some((_, end)) => {
                        self.next_line(end);
                        self.stage = Stage::Fields;
                    }
                    None => return Ok(self.wait(buffer)),
                },
                Stage::Fields => match self.fields(buffer)? {
                    Some(head) => {
                        let (notification, len) = self.validator.finish(self.line)?;
                        self.stage = Stage::Body { notification, head, len };
                    }
                    None => return Ok(self.wait(buffer)),
                },
                Stage::Body { notification, head, len } => return Ok(complete(buffer, notification, head, len)),
                Stage::Refused(refused) => return Err(refused),
            }
        }
    }

    /// Folds the fields into the validator: the length of the head, if its end is there.
    fn fields(&mut self, buffer: &[u8]) -> Result<Option<usize>, Error> {
        loop {
            match wire::line(buffer, self.line, self.fields, &self.limits) {
                Ok(Some((end, Line::Field(field)))) => {
                    self.validator.field(&field, &self.limits)?;
                    self.fields += 1;
                    self.next_line(end);
                }
                Ok(Some((end, Line::Blank))) => return Ok(Some(end)),
                Ok(None) => return Ok(None),
                Err(refused) => {
                    let unfinished = wire::unfinished_field(buffer, self.line, refused.offset);
                    return Err(self.validator.earliest(unfinished, &self.limits, refused));
                }
            }
        }
    }

    fn next_line(&mut self, start: usize) {
        self.line = start;
        self.scanned = start;
        self.quiet = nothing;
    }

    fn wait(&mut self, buffer: &[u8]) -> Status<'static> {
        let line = buffer.get(self.line..).unwrap_or_default();
        self.scanned = buffer.len();
        self.quiet = match self.stage {
            Stage::RequestLine => quiet_in_request_line(line),
            _ => quiet_in_field_line(line),
        };
        Status::Incomplete
    }
}

fn complete(buffer: &[u8], notification: Notification, head: usize, len: usize) -> Status<'_> {
    let consumed = head.saturating_add(len);
    match buffer.get(head..consumed) {
        Some(body) => Status::Complete { notification, consumed, body },
        None => Status::Incomplete,
    }
}

fn nothing(_: u8) -> bool {
    false
}

fn quiet_in_request_line(line: &[u8]) -> Quiet {
    match line.split(|&byte| byte == b' ').count() {
        1 if !line.is_empty() => wire::is_token_byte,
        2 => wire::is_target_byte,
        // The version is short: looking at it again costs little.
        _ => nothing,
    }
}

fn quiet_in_field_line(line: &[u8]) -> Quiet {
    match line {
        [] | [.., b'\r'] => nothing,
        _ if line.contains(&b':') => wire::is_field_value_byte,
        _ => wire::is_name_byte,
    }
}
