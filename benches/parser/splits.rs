//! A message that arrives one byte at a time.

use std::hint::black_box;

use hanotify::{Decoder, Status};

use super::contestants::{Contestant, Httparse, LIMITS};

/// One decoder that goes on from byte to byte.
pub(crate) struct Resumed;

impl Contestant for Resumed {
    const NAME: &'static str = "hanotify, byte by byte";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut decoder = Decoder::new(*black_box(&LIMITS));
        let mut complete = false;
        for end in 1..=message.len() {
            let status = decoder.decode(black_box(&message[..end]));
            complete = matches!(status, Ok(Status::Complete { .. }));
        }
        complete
    }
}

/// A parser that remembers nothing begins anew with each byte.
pub(crate) struct Anew;

impl Contestant for Anew {
    const NAME: &'static str = "httparse, byte by byte";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut complete = false;
        for end in 1..=message.len() {
            complete = Httparse::take(black_box(&message[..end]));
        }
        complete
    }
}

/// A floor: as many calls, each of which looks at one byte more.
pub(crate) struct Looked;

impl Contestant for Looked {
    const NAME: &'static str = "a look at each byte";

    #[inline]
    fn take(message: &[u8]) -> bool {
        let mut state = 0u8;
        for end in 1..=message.len() {
            state = look(black_box(&message[..end]), state);
        }
        state == b'\n'
    }
}

#[inline(never)]
fn look(buffer: &[u8], state: u8) -> u8 {
    match buffer.last() {
        Some(&byte @ (b' '..=b'~' | b'\r' | b'\n')) => byte,
        _ => state,
    }
}
