//! What has arrived of a message that isn't whole yet, in no more memory than it takes.

use std::boxed::Box;
use std::vec::Vec;

use crate::decode::{Decoder, Status};
use crate::error::Error;
use crate::limits::Limits;

/// So few bytes are kept without an allocation: a sender that is silent or drips costs none.
const FEW: usize = 15;
/// Up to this length, a message is decoded from its first byte on whenever more of it comes. Real ones are shorter, and come in two pieces at
/// the most. To do it again costs less than the system call that brought the bytes, and a decoder more memory than the message.
const SHORT: usize = 256;

/// The beginning of a message.
#[derive(Debug, Default)]
pub(super) struct Partial {
    len: u8,
    few: [u8; FEW],
    many: Option<Box<Many>>,
}

#[derive(Debug)]
struct Many {
    buffer: Vec<u8>,
    /// There once the message is not short.
    decoder: Option<Box<Decoder>>,
}

impl Partial {
    pub(super) fn len(&self) -> usize {
        self.many.as_ref().map_or(self.few().len(), |many| many.buffer.len())
    }

    /// Decodes the message, with `fresh` behind what has arrived before, and keeps it where more is needed. Tells how many bytes there are.
    pub(super) fn decode<'a>(&'a mut self, fresh: &'a [u8], limits: &Limits) -> (Result<Status<'a>, Error>, usize) {
        let before = self.len();
        let len = before + fresh.len();
        if len <= FEW {
            self.keep_few(before, fresh);
            return (Decoder::new(*limits).decode(self.few()), len);
        }
        if before == 0 {
            // Nothing is copied where the first bytes are the whole message, as they usually are.
            let status = Decoder::new(*limits).decode(fresh);
            if status == Ok(Status::Incomplete) {
                self.many = Some(Box::new(Many { buffer: fresh.to_vec(), decoder: None }));
            }
            return (status, len);
        }
        let few = self.few.get(..before).unwrap_or_default();
        let many = self.many.get_or_insert_with(|| Box::new(Many { buffer: few.to_vec(), decoder: None }));
        many.buffer.extend_from_slice(fresh);
        (many.decode(limits), len)
    }

    /// What `refused` becomes where the bytes that have arrived have a better reason.
    pub(super) fn refuse(&mut self, refused: Error, limits: &Limits) -> Error {
        if let Some(Many { decoder: Some(decoder), .. }) = self.many.as_deref_mut() {
            return decoder.refuse(refused);
        }
        let mut decoder = Decoder::new(*limits);
        // It is incomplete, or there would be no other reason to refuse it.
        let _ = decoder.decode(self.many.as_deref().map_or(self.few(), |many| &many.buffer));
        decoder.refuse(refused)
    }

    fn few(&self) -> &[u8] {
        self.few.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn keep_few(&mut self, before: usize, fresh: &[u8]) {
        for (kept, byte) in self.few.iter_mut().skip(before).zip(fresh) {
            *kept = *byte;
            self.len += 1;
        }
    }
}

impl Many {
    fn decode(&mut self, limits: &Limits) -> Result<Status<'_>, Error> {
        if self.buffer.len() <= SHORT {
            return Decoder::new(*limits).decode(&self.buffer);
        }
        self.decoder.get_or_insert_with(|| Box::new(Decoder::new(*limits))).decode(&self.buffer)
    }
}
