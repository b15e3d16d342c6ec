//! What has arrived of a message that isn't whole yet, in no more memory than it takes.

use std::boxed::Box;
use std::vec::Vec;

use crate::decode::{Decoder, Status};
use crate::error::Error;
use crate::limits::Limits;

/// So few bytes are decoded from the first one on whenever more of them come. That costs less time than the system call that brought them,
/// and a sender that is silent or drips costs no allocation.
const FEW: usize = 15;

/// The beginning of a message.
#[derive(Debug, Default)]
pub(super) struct Partial {
    len: u8,
    few: [u8; FEW],
    many: Option<Box<Many>>,
}

#[derive(Debug)]
struct Many {
    decoder: Decoder,
    buffer: Vec<u8>,
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
            let mut decoder = Decoder::new(*limits);
            let status = decoder.decode(fresh);
            if status == Ok(Status::Incomplete) {
                self.many = Some(Box::new(Many { decoder, buffer: fresh.to_vec() }));
            }
            return (status, len);
        }
        let few = self.few.get(..before).unwrap_or_default();
        let new = || Box::new(Many { decoder: Decoder::new(*limits), buffer: few.to_vec() });
        let Many { decoder, buffer } = &mut **self.many.get_or_insert_with(new);
        buffer.extend_from_slice(fresh);
        (decoder.decode(buffer), len)
    }

    /// What `refused` becomes where the bytes that have arrived have a better reason.
    pub(super) fn refuse(&mut self, refused: Error, limits: &Limits) -> Error {
        match &mut self.many {
            Some(many) => many.decoder.refuse(refused),
            // So few bytes can't have a field that outranks it.
            None => Decoder::new(*limits).refuse(refused),
        }
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
