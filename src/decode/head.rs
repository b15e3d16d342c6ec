//! The head of a message, line by line.

use super::Status;
use crate::error::Error;
use crate::limits::Limits;
use crate::validate::Validator;
use crate::wire::any_order::{self, Behind};
use crate::wire::in_order::InOrder;
use crate::wire::{self, BY_BLOCKS, Line, usual};

/// The lines of the head that are behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    validator: Validator,
    /// Number of fields among them.
    fields: usize,
    /// Bytes in them: where the line begins that is not yet whole.
    line: usize,
}

impl Head {
    /// With no line behind.
    pub(super) const fn new() -> Self {
        Self { validator: Validator::new(), fields: 0, line: 0 }
    }

    /// Bytes in the lines that are behind: where the line begins that is not yet whole.
    pub(super) const fn len(&self) -> usize {
        self.line
    }

    /// Whether no other field may follow.
    pub(super) const fn is_full(&self, limits: &Limits) -> bool {
        self.fields >= limits.fields()
    }

    /// What the message is refused with, if it has to end here for the reason `refused`.
    pub(super) fn settle(&self, refused: Error) -> Error {
        self.validator.settle(refused)
    }

    /// Reads on: the number of bytes in the whole head, if its end is there.
    pub(super) fn read(&mut self, buffer: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        let end = if self.line == 0 { self.read_usual(buffer, limits) } else { self.read_on(buffer, limits) };
        match end {
            // Of the next line, nothing is there.
            None if self.line == buffer.len() => Ok(None),
            None => self.read_general(buffer, limits),
            end => Ok(end),
        }
    }

    /// Reads on, from a line that is spelled in an unusual way, or not whole.
    #[cold]
    pub(super) fn read_general(&mut self, buffer: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
        loop {
            match self.read_line(buffer, limits)? {
                Read::Line => {}
                Read::Head(end) => return Ok(Some(end)),
                Read::Part => return Ok(None),
            }
            if let Some(end) = self.read_on(buffer, limits) {
                return Ok(Some(end));
            }
        }
    }

    /// Reads a message from its start: the lines that are spelled as usual, up to the first that isn't. Returns the
    /// number of bytes in the whole head, if its end comes first.
    #[allow(clippy::inline_always, reason = "the validator then stays in registers")]
    #[inline(always)]
    pub(super) fn read_usual(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        let head = buffer.get(..limits.head()).unwrap_or(buffer);
        let lines = usual::request_line(head)?;
        self.line = Some(head.len() - lines.len()).filter(|&end| end <= limits.request_line())?;
        if !BY_BLOCKS {
            return self.read_on(buffer, limits);
        }
        if limits.field_line() < usual::LONGEST_FIXED {
            return None;
        }
        let (mut usual, in_order) = InOrder::read(lines, limits, &mut self.validator);
        // What is in order up to here, and then in none, has most likely to be refused.
        while !in_order && !usual.is_at_blank_line() {
            let behind =
                Behind { at: head.len() - usual.rest.len(), fields: usual.fields, seen: self.validator.seen() };
            let (behind, router_id) = any_order::read(head, behind, limits);
            self.validator.take(behind.seen, router_id);
            usual = InOrder { rest: head.get(behind.at..)?, fields: behind.fields };
            if usual.is_at_blank_line() {
                break;
            }
            usual = usual.read_others(limits);
            if usual.fields == behind.fields {
                break;
            }
        }
        (self.line, self.fields) = (head.len() - usual.rest.len(), usual.fields);
        usual.is_at_blank_line().then_some(self.line + 2)
    }

    /// Reads on in the same way, at the start of a field line. Few lines are to be expected, each of which is told by
    /// its first letter.
    #[allow(clippy::inline_always, reason = "the validator then stays in registers")]
    #[inline(always)]
    fn read_on(&mut self, buffer: &[u8], limits: &Limits) -> Option<usize> {
        let head = buffer.get(..limits.head()).unwrap_or(buffer);
        let mut lines = head.get(self.line..)?;
        if limits.field_line() < usual::LONGEST_FIXED {
            return None;
        }
        while self.fields < limits.fields()
            && let Some(rest) = usual::field_line(lines, limits.field_line(), &mut self.validator)
        {
            self.fields += 1;
            lines = rest;
        }
        self.line = head.len() - lines.len();
        lines.starts_with(b"\r\n").then_some(self.line + 2)
    }

    /// Reads one line with all care.
    fn read_line(&mut self, buffer: &[u8], limits: &Limits) -> Result<Read, Error> {
        let end = match self.line {
            0 => wire::request_line(buffer, limits)?.map(|(_, end)| end),
            start => match wire::line(buffer, start, self.fields, limits) {
                Ok(Some((end, Line::Blank))) => return Ok(Read::Head(end)),
                Ok(Some((end, Line::Field(field)))) => {
                    self.validator.field(&field, limits)?;
                    self.fields += 1;
                    Some(end)
                }
                Ok(None) => None,
                Err(refused) => {
                    let unfinished = wire::unfinished_field(buffer, start, refused.offset);
                    return Err(self.validator.earliest(unfinished, limits, refused));
                }
            },
        };
        self.line = end.unwrap_or(self.line);
        Ok(if end.is_some() { Read::Line } else { Read::Part })
    }

    /// What the message says whose head of `end` bytes is whole, if its body is.
    #[inline]
    pub(super) fn finish<'a>(&self, buffer: &'a [u8], end: usize) -> Result<Status<'a>, Error> {
        let (notification, len) = self.validator.finish(self.line)?;
        let consumed = end.saturating_add(len);
        Ok(match buffer.get(end..consumed) {
            Some(body) => Status::Complete { notification, consumed, body },
            None => Status::Incomplete,
        })
    }
}

/// What could be read.
enum Read {
    /// A whole line.
    Line,
    /// The blank line, which ends a head of so many bytes.
    Head(usize),
    /// The beginning of a line.
    Part,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::usual::LONGEST_FIXED;

    /// As curl, Python's httplib2, and anyone might send it.
    const USUAL: [&[u8]; 4] = [
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\
        X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nuser-agent: Python-httplib2/0.32.1 (gzip)\r\n\
        x-neutron-router-id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nx-neutron-state: backup\r\n\
        connection: close\r\naccept-encoding: gzip, deflate\r\n\r\n",
        b"POST / HTTP/1.1\r\nX-Neutron-State: fault\r\nX-Something: else\r\nContent-Length: 0\r\n\
        HOST: 127.0.0.1\r\nX-NEUTRON-ROUTER-ID: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\r\n",
        b"POST / HTTP/1.1\r\nX-Neutron-State: fault\r\nX-Something-Of-A-Longer-Name: 1\r\nHost: 127.0.0.1\r\n\
        X-Something-Of-A-Longer-Name: 2\r\nA: b\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\r\n",
    ];

    fn usual(message: &[u8], limits: &Limits) -> Option<usize> {
        Head::new().read_usual(message, limits)
    }

    /// Nothing but the time shows whether a head is read the quick way.
    #[test]
    fn the_usual_heads_are_read_without_care_up_to_the_limits() {
        for message in USUAL {
            let lines = || message.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::len);
            let longest = lines().skip(1).max().unwrap_or(0);
            let limits = Limits::DEFAULT
                .with_request_line(lines().next().unwrap_or(0))
                .with_fields(lines().count() - 2)
                .with_field_line(longest)
                .with_head(message.len());
            assert_eq!(longest, LONGEST_FIXED);
            assert_eq!(usual(message, &limits), Some(message.len()), "{}", message.escape_ascii());
            for less in [
                limits.with_request_line(limits.request_line() - 1),
                limits.with_fields(limits.fields() - 1),
                limits.with_field_line(limits.field_line() - 1),
                limits.with_head(limits.head() - 1),
            ] {
                assert_eq!(usual(message, &less), None, "{less:?}");
            }
            // With room for the fields of a sender, they are expected in its order.
            let room = Limits::DEFAULT;
            assert_eq!(usual(message, &room), Some(message.len()), "{}", message.escape_ascii());
            assert_eq!(usual(message, &room.with_field_line(LONGEST_FIXED - 1)), None, "{}", message.escape_ascii());
        }
    }

    #[test]
    fn what_was_read_in_any_order_is_there_for_the_lines_after_it() {
        const START: &str = "GET / HTTP/1.1\r\nX-Neutron-State: fault\r\nContent-Length: 0\r\nHost: 127.0.0.1\r\n\
            X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n";
        for again in ["X-Neutron-State:", "Content-Length:", "Host:", "X-Neutron-Router-Id:"] {
            let message = std::format!("{START}{again} no value that is usual\r\n\r\n");
            let refused = Head::new().read(message.as_bytes(), &Limits::DEFAULT).expect_err(again);
            assert_eq!((refused.kind.name(), refused.offset), ("duplicate-field", START.len()), "{again}");
        }
    }

    #[test]
    fn where_a_line_begins_the_general_path_reads_nothing() {
        for message in USUAL {
            let mut head = Head::new();
            for line in message.split_inclusive(|&byte| byte == b'\n') {
                let end = head.len() + line.len();
                let buffer = &message[..end];
                let blank = line == b"\r\n";
                assert_eq!(head.read(buffer, &Limits::DEFAULT), Ok(blank.then_some(end)));
                assert_eq!(head.len(), if blank { end - 2 } else { end });
            }
        }
    }
}
