//! What has arrived of a message that isn't whole yet, in no more memory than it takes.

use std::boxed::Box;
use std::mem;
use std::vec::Vec;

use crate::decode::{Decoder, Status};
use crate::error::Error;
use crate::limits::Limits;

/// So few bytes are kept without an allocation: a sender that is silent or drips costs none. The enum is this large
/// anyway, because of the other variants.
const FEW: usize = 22;
/// Up to this length, a message is decoded from its first byte on whenever more of it comes. Real ones are shorter, and
/// come in two pieces at the most. To decode again costs less than the system call that brought the bytes, and a
/// decoder more memory than the message.
const SHORT: usize = 256;

/// The beginning of a message.
#[derive(Debug)]
pub(super) enum Partial {
    Few { len: u8, few: [u8; FEW] },
    // No vector, which keeps its capacity as well: there is one of these for each connection that is held.
    Short(Box<[u8]>),
    Long(Box<Long>),
}

#[derive(Debug)]
pub(super) struct Long {
    buffer: Vec<u8>,
    decoder: Decoder,
}

impl Default for Partial {
    fn default() -> Self {
        Self::Few { len: 0, few: [0; FEW] }
    }
}

impl Partial {
    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Decodes the message, with `fresh` after what has arrived before, and keeps the bytes where more are needed.
    /// Gives the status and the number of bytes.
    pub(super) fn decode<'a>(&'a mut self, fresh: &'a [u8], limits: &Limits) -> (Result<Status<'a>, Error>, usize) {
        let before = self.len();
        let len = before + fresh.len();
        if before == 0 && len > FEW {
            // Nothing is copied where the first bytes are the whole message, as they usually are.
            let status = Decoder::new(*limits).decode(fresh);
            if status == Ok(Status::Incomplete) {
                *self = Self::of(fresh.to_vec(), limits);
            }
            return (status, len);
        }
        self.extend(fresh, limits);
        let status = match self {
            Self::Long(long) => long.decoder.decode(&long.buffer),
            Self::Few { .. } | Self::Short(_) => Decoder::new(*limits).decode(self.bytes()),
        };
        (status, len)
    }

    /// What `refused` becomes where the bytes that have arrived have a better reason.
    pub(super) fn refuse(&mut self, refused: Error, limits: &Limits) -> Error {
        let mut anew = Decoder::new(*limits);
        let (decoder, bytes) = match self {
            Self::Long(long) => (&mut long.decoder, long.buffer.as_slice()),
            Self::Few { .. } | Self::Short(_) => (&mut anew, self.bytes()),
        };
        // It is incomplete, or there would be no other reason to refuse it.
        let _ = decoder.decode(bytes);
        decoder.refuse(refused)
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Few { len, few } => few.get(..usize::from(*len)).unwrap_or_default(),
            Self::Short(bytes) => bytes,
            Self::Long(long) => &long.buffer,
        }
    }

    fn extend(&mut self, fresh: &[u8], limits: &Limits) {
        match self {
            Self::Few { len, few } if usize::from(*len) + fresh.len() <= FEW => {
                for (kept, byte) in few.iter_mut().skip((*len).into()).zip(fresh) {
                    *kept = *byte;
                    *len += 1;
                }
            }
            Self::Long(long) => long.buffer.extend_from_slice(fresh),
            Self::Few { .. } | Self::Short(_) => {
                let mut bytes = match mem::take(self) {
                    Self::Short(bytes) => bytes.into_vec(),
                    few => few.bytes().to_vec(),
                };
                bytes.reserve_exact(fresh.len());
                bytes.extend_from_slice(fresh);
                *self = Self::of(bytes, limits);
            }
        }
    }

    /// More than a few bytes.
    fn of(bytes: Vec<u8>, limits: &Limits) -> Self {
        if bytes.len() <= SHORT {
            Self::Short(bytes.into_boxed_slice())
        } else {
            Self::Long(Box::new(Long { buffer: bytes, decoder: Decoder::new(*limits) }))
        }
    }
}
