//! How far a message has been read: line by line, and within a line up to where nothing can have been decided yet.

use super::Status;
use crate::error::Error;
use crate::limits::Limits;
use crate::notification::Notification;
use crate::validate::Validator;
use crate::wire::usual;
use crate::wire::{self, Line};

/// Everything that is remembered of a message, while the caller has its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
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
#[derive(Clone, Copy, Debug)]
enum Quiet {
    Nothing,
    Token,
    Target,
    Name,
    Value,
}

impl Progress {
    /// At the start of a message.
    pub(crate) const fn new() -> Self {
        Self {
            stage: Stage::RequestLine,
            validator: Validator::new(),
            fields: 0,
            line: 0,
            scanned: 0,
            quiet: Quiet::Nothing,
        }
    }

    /// Reads on, in all the bytes that have arrived so far.
    pub(crate) fn resume<'a>(&mut self, buffer: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
        if self.is_still_incomplete(buffer, limits) {
            return Ok(Status::Incomplete);
        }
        let advanced = self.advance(buffer, limits);
        if let Err(refused) = advanced {
            self.stage = Stage::Refused(refused);
        }
        advanced
    }

    /// Refuses a message that is incomplete.
    pub(crate) fn refuse(&mut self, refused: Error) -> Error {
        let refused = match self.stage {
            Stage::Refused(first) => first,
            _ => self.validator.settle(refused),
        };
        self.stage = Stage::Refused(refused);
        refused
    }

    /// Whether the bytes that are new can't have decided anything.
    fn is_still_incomplete(&mut self, buffer: &[u8], limits: &Limits) -> bool {
        let fresh = buffer.get(self.scanned..).unwrap_or_default();
        let limit = match self.stage {
            Stage::RequestLine => limits.request_line(),
            Stage::Fields => limits.field_line(),
            _ => return false,
        };
        let end = self.line.saturating_add(limit).min(limits.head());
        if self.scanned == self.line || buffer.len() > end || !fresh.iter().all(|&byte| self.quiet.has(byte)) {
            return false;
        }
        self.scanned = buffer.len();
        true
    }

    /// Reads on, from the start of the line that was not whole.
    #[inline]
    pub(crate) fn advance<'a>(&mut self, buffer: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
        loop {
            match self.stage {
                Stage::RequestLine => match request_line(buffer, limits)? {
                    Some(end) => {
                        self.next_line(end);
                        self.stage = Stage::Fields;
                    }
                    None => return Ok(self.wait(buffer)),
                },
                Stage::Fields => match self.fields(buffer, limits)? {
                    Some(head) => {
                        let (notification, len) = self.validator.finish(self.line)?;
                        let status = complete(buffer, notification, head, len);
                        if status == Status::Incomplete {
                            self.stage = Stage::Body { notification, head, len };
                        }
                        return Ok(status);
                    }
                    None => return Ok(self.wait(buffer)),
                },
                Stage::Body { notification, head, len } => return Ok(complete(buffer, notification, head, len)),
                Stage::Refused(refused) => return Err(refused),
            }
        }
    }

    /// Folds the fields into the validator: the length of the head, if its end is there.
    #[inline]
    fn fields(&mut self, buffer: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        loop {
            if let Some(head) = self.usual_fields(buffer, limits) {
                return Ok(Some(head));
            }
            match self.unusual_line(buffer, limits)? {
                Some(Line::Field(_)) => {}
                // The blank line is the one that every unusual head ends with too.
                Some(Line::Blank) => return Ok(Some(self.line + 2)),
                None => return Ok(None),
            }
        }
    }

    /// Looks at one line with all care.
    #[cold]
    #[inline(never)]
    fn unusual_line<'a>(&mut self, buffer: &'a [u8], limits: &Limits) -> Result<Option<Line<'a>>, Error> {
        match wire::line(buffer, self.line, self.fields, limits) {
            Ok(Some((end, line))) => {
                if let Line::Field(field) = &line {
                    self.validator.field(field, limits)?;
                    self.fields += 1;
                    self.next_line(end);
                }
                Ok(Some(line))
            }
            Ok(None) => Ok(None),
            Err(refused) => {
                let unfinished = wire::unfinished_field(buffer, self.line, refused.offset);
                Err(self.validator.earliest(unfinished, limits, refused))
            }
        }
    }

    /// Folds the fields that are spelled as usual, up to the first that isn't: the length of the head, if its end comes first.
    #[inline]
    fn usual_fields(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        if limits.field_line() < usual::LONGEST_FIXED {
            return None;
        }
        let head = buffer.get(..limits.head()).unwrap_or(buffer);
        let mut lines = head.get(self.line..)?;
        while self.fields < limits.fields()
            && let Some(rest) = usual::field_line(lines, limits.field_line(), &mut self.validator)
        {
            self.fields += 1;
            lines = rest;
        }
        self.next_line(head.len() - lines.len());
        lines.strip_prefix(b"\r\n").map(|rest| head.len() - rest.len())
    }

    fn next_line(&mut self, start: usize) {
        self.line = start;
        self.scanned = start;
    }

    fn wait(&mut self, buffer: &[u8]) -> Status<'static> {
        let line = buffer.get(self.line..).unwrap_or_default();
        self.scanned = buffer.len();
        self.quiet = match self.stage {
            Stage::RequestLine => Quiet::in_request_line(line),
            _ => Quiet::in_field_line(line),
        };
        Status::Incomplete
    }
}

/// Where the request line ends, if it is whole.
#[inline]
fn request_line(buffer: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
    let usual = usual::request_line(buffer).map(|rest| buffer.len() - rest.len());
    match usual.filter(|&end| end <= limits.request_line() && end <= limits.head()) {
        None => unusual_request_line(buffer, limits),
        end => Ok(end),
    }
}

#[cold]
#[inline(never)]
fn unusual_request_line(buffer: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
    Ok(wire::request_line(buffer, limits)?.map(|(_, end)| end))
}

fn complete(buffer: &[u8], notification: Notification, head: usize, len: usize) -> Status<'_> {
    let consumed = head.saturating_add(len);
    match buffer.get(head..consumed) {
        Some(body) => Status::Complete { notification, consumed, body },
        None => Status::Incomplete,
    }
}

impl Quiet {
    fn in_request_line(line: &[u8]) -> Self {
        match line.split(|&byte| byte == b' ').count() {
            _ if line.ends_with(b"\r") => Self::Nothing,
            1 if !line.is_empty() => Self::Token,
            2 => Self::Target,
            // The version is short: looking at it again costs little.
            _ => Self::Nothing,
        }
    }

    fn in_field_line(line: &[u8]) -> Self {
        match line {
            [] | [.., b'\r'] => Self::Nothing,
            _ if line.contains(&b':') => Self::Value,
            _ => Self::Name,
        }
    }

    fn has(self, byte: u8) -> bool {
        match self {
            Self::Nothing => false,
            Self::Token => wire::is_token_byte(byte),
            Self::Target => wire::is_target_byte(byte),
            Self::Name => wire::is_name_byte(byte),
            Self::Value => wire::is_field_value_byte(byte),
        }
    }
}
