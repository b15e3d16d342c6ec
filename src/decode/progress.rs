//! How far a message has been read: line by line, and within a line up to where nothing can have been decided yet.

use core::num::NonZeroUsize;

use super::Status;
use super::head::Head;
use super::quiet::Quiet;
use crate::error::Error;
use crate::limits::Limits;
use crate::wire::{Class, usual};

/// Everything that is remembered of a message, while the caller has its bytes.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    stage: Stage,
    head: Head,
    /// The length of the buffer with one more byte than are known to be the beginning of a good line, of which more is
    /// needed.
    next: NonZeroUsize,
    /// Up to here, no limit is met.
    limit: usize,
    /// The bytes that change nothing: none where the limit is met.
    stays: Class,
    /// What the other bytes change.
    quiet: Quiet,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Head,
    /// Behind a head of so many bytes.
    Body(usize),
    Refused(Error),
}

impl Progress {
    /// At the start of a message.
    pub(super) const fn new() -> Self {
        Self {
            stage: Stage::Head,
            head: Head::new(),
            next: NonZeroUsize::MIN,
            limit: 0,
            stays: Class::NONE,
            quiet: Quiet::Never,
        }
    }

    /// Reads on, in all the bytes that have arrived so far.
    #[inline]
    pub(super) fn resume<'a>(&mut self, buffer: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
        // A message that comes byte by byte is mostly this.
        if buffer.len() == self.next.get()
            && let Some(byte) = buffer.last()
            && self.stays.has(*byte)
        {
            self.next = self.next.saturating_add(1);
            if buffer.len() == self.limit {
                self.stays = Class::NONE;
            }
            return Ok(Status::Incomplete);
        }
        self.read(buffer, limits)
    }

    /// Refuses a message that is incomplete.
    pub(super) fn refuse(&mut self, refused: Error) -> Error {
        let refused = match self.stage {
            Stage::Refused(first) => first,
            _ => self.head.settle(refused),
        };
        self.end(Stage::Refused(refused));
        refused
    }

    fn read<'a>(&mut self, buffer: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
        if self.is_still_incomplete(buffer) {
            return Ok(Status::Incomplete);
        }
        let advanced = self.advance(buffer, limits);
        match advanced {
            Ok(Status::Incomplete) => self.wait(buffer, limits),
            Ok(Status::Complete { .. }) => self.end(self.stage),
            Err(refused) => self.end(Stage::Refused(refused)),
        }
        advanced
    }

    /// Whether the bytes that are new can't have decided anything.
    fn is_still_incomplete(&mut self, buffer: &[u8]) -> bool {
        let fresh = buffer.get(self.next.get() - 1..).unwrap_or_default();
        if fresh.is_empty() || buffer.len() > self.limit {
            return false;
        }
        let quiet = match fresh.iter().try_fold(self.quiet, |quiet, &byte| quiet.then(byte)) {
            None if self.head.len() == 0 && usual::is_beginning(buffer) => Quiet::Never,
            None => return false,
            Some(quiet) => quiet,
        };
        self.await_bytes(buffer.len(), quiet);
        true
    }

    /// Reads on, from the start of the line that was not whole.
    pub(super) fn advance<'a>(&mut self, buffer: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
        match self.stage {
            Stage::Head => match self.head.read(buffer, limits)? {
                Some(end) => {
                    self.stage = Stage::Body(end);
                    self.head.finish(buffer, end)
                }
                None => Ok(Status::Incomplete),
            },
            Stage::Body(end) => self.head.finish(buffer, end),
            Stage::Refused(refused) => Err(refused),
        }
    }

    /// Sets up what is awaited, when all of `buffer` was not enough.
    fn wait(&mut self, buffer: &[u8], limits: &Limits) {
        let start = self.head.len();
        let line = buffer.get(start..).unwrap_or_default();
        let (quiet, limit) = match self.stage {
            Stage::Head if start == 0 => (Quiet::in_request_line(line), limits.request_line()),
            Stage::Head if !(line.is_empty() && self.head.is_full(limits)) => {
                (Quiet::in_field_line(line), limits.field_line())
            }
            _ => (Quiet::Never, 0),
        };
        self.limit = start.saturating_add(limit).min(limits.head());
        self.await_bytes(buffer.len(), quiet);
    }

    fn await_bytes(&mut self, scanned: usize, quiet: Quiet) {
        let stays = if scanned < self.limit { quiet.stays() } else { Class::NONE };
        (self.next, self.stays, self.quiet) = (NonZeroUsize::MIN.saturating_add(scanned), stays, quiet);
    }

    fn end(&mut self, stage: Stage) {
        self.stage = stage;
        self.limit = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;
    use crate::error::ErrorKind;

    /// The message, byte by byte: each as it is if it is looked at with its line, and a dot if not.
    fn looked_at(message: &str, limits: &Limits) -> String {
        let mut progress = Progress::new();
        let mut seen = String::new();
        for (at, byte) in message.char_indices() {
            let buffer = &message.as_bytes()[..=at];
            let quiet = progress.clone().is_still_incomplete(buffer);
            seen.push(if quiet { '.' } else { byte });
            let _ = progress.resume(buffer, limits);
        }
        seen
    }

    /// Nothing but the time shows whether a byte is looked at with those before it.
    #[test]
    fn the_bytes_that_decide_nothing_are_not_looked_at_again() {
        let usual = "POST / HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n";
        let (unknown, elsewhere) = ("PATCH /a HTTP/1.1\r\n", "POST /abcd HTTP/1.1\r\n");
        let limits = Limits::DEFAULT;
        // What ends a line, and the first byte, before which no limit is known.
        let ends = "P...............\n........\n.....\n\r\n";
        for (message, limits, expected) in [
            (usual, limits, ends),
            (usual, limits.with_request_line(17), ends),
            (usual, limits.with_fields(2), ends),
            (usual, limits.with_field_line(9), ends),
            (usual, limits.with_head(usual.len()), ends),
            // What is over the limit is refused at its first byte.
            (usual, limits.with_head(24), "P...............\n.......\r\nX: b\r\n\r\n"),
            // Here any second field is refused.
            (usual, limits.with_fields(1), "P...............\n........\nX: b\r\n\r\n"),
            (unknown, limits, "P.... /a HTTP/1.1\r\n"),
            (elsewhere, limits, "P.....a... HTTP/1.1\r\n"),
        ] {
            assert_eq!(looked_at(message, &limits), expected);
        }
    }

    #[test]
    fn the_first_refusal_stays() {
        let mut progress = Progress::new();
        let first = progress.resume(b"GET / HTTP/1.1\r\n:", &Limits::DEFAULT).err();
        assert_eq!(first, Some(ErrorKind::FieldName.at(16)));
        assert_eq!(Some(progress.refuse(ErrorKind::Truncated.at(17))), first);
        assert_eq!(progress.resume(b"GET / HTTP/1.1\r\n:", &Limits::DEFAULT).err(), first);
    }

    /// Nothing but the time shows where a byte is read on at once.
    #[test]
    fn a_byte_that_arrives_alone_is_read_on_at_once_up_to_the_limit() {
        let limits = Limits::DEFAULT.with_request_line(9);
        let mut alone = Progress::new();
        for len in 1..=9 {
            let (message, mut whole) = (&b"PROPPATCH / HTTP/1.1"[..len], Progress::new());
            for progress in [&mut alone, &mut whole] {
                assert!(matches!(progress.resume(message, &limits), Ok(Status::Incomplete)));
                let stays = if len < 9 { Class::TOKEN } else { Class::NONE };
                assert_eq!((progress.stays, progress.next.get()), (stays, len + 1));
            }
        }
    }

    #[test]
    fn of_bytes_that_arrive_together_each_is_looked_at() {
        for message in [&b"GE\0T"[..], b"GE\0", b"GET\0T"] {
            let mut progress = Progress::new();
            assert!(matches!(progress.resume(b"GE", &Limits::DEFAULT), Ok(Status::Incomplete)));
            assert!(progress.resume(message, &Limits::DEFAULT).is_err(), "{message:?}");
        }
    }

    #[test]
    fn nothing_but_a_new_byte_is_quiet() {
        let mut progress = Progress::new();
        assert!(matches!(progress.resume(b"GE", &Limits::DEFAULT), Ok(Status::Incomplete)));
        assert!(!progress.is_still_incomplete(b"GE"));
        assert!(!progress.is_still_incomplete(b"G"));
        assert!(progress.is_still_incomplete(b"GET"));
    }
}
