//! A second reader of notifications, slow and simple: what `docs/protocol.md` says, as regular expressions and three
//! rules of order.
//!
//! It shares no code with the parser but the types of its verdict, which `tests/docs/` tests against the page.
//! Wherever the two disagree, the page decides which is wrong.
//!
//! Three steps, and nothing else:
//!
//! 1. Each line is tested by the regular expressions of its parts (`grammar`). The first byte with which a part can't
//!    become a match any more *can't be there*, which is just how the page puts it.
//! 2. Everything that is wrong with a line is collected, each with the byte at which it is judged (`fault`).
//! 3. What is judged first decides; at one and the same byte the limits, then the syntax, then the meaning.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    dead_code,
    reason = "it is for tests, which may panic, and of which not each uses all of it"
)]

mod fault;
mod field_line;
mod grammar;
mod meaning;
mod request_line;
mod rule;

use hanotify::{Error, ErrorKind, Limits, Notification, Status};

use self::field_line::Line;
use self::grammar::GRAMMAR;
use self::meaning::Seen;

/// What [`hanotify::decode`] has to say.
pub fn decode<'a>(input: &'a [u8], limits: &Limits) -> Result<Status<'a>, Error> {
    read(input, limits, &mut Seen::default())
}

/// What [`hanotify::decode_exact`] has to say.
pub fn decode_exact(input: &[u8], limits: &Limits) -> Result<Notification, Error> {
    let mut seen = Seen::default();
    match read(input, limits, &mut seen)? {
        Status::Complete { notification, consumed, .. } if consumed == input.len() => Ok(notification),
        Status::Complete { consumed, .. } => Err(ErrorKind::TrailingBytes.at(consumed)),
        Status::Incomplete => Err(seen.settle(ErrorKind::Truncated.at(input.len()))),
    }
}

/// Checks that the parser decides about `input` as this does, under the default limits, and under some that a small
/// input meets.
///
/// # Panics
///
/// Where it does not.
pub fn check(input: &[u8]) {
    let tight = Limits::DEFAULT.with_request_line(17).with_fields(5).with_field_line(59).with_head(160).with_body(3);
    for limits in [Limits::DEFAULT, tight.with_legacy_state(true)] {
        check_under(input, &limits);
    }
}

/// Checks that the parser decides about `input` as this does: verdict, kind and offset, and what an accepted message
/// says.
///
/// # Panics
///
/// Where it does not.
pub fn check_under(input: &[u8], limits: &Limits) {
    let (found, expected) = (hanotify::decode(input, limits), decode(input, limits));
    assert!(
        found == expected,
        "the parser says {found:?}\nthe reference says {expected:?}\nunder {limits:?}\nof \"{}\"",
        input.escape_ascii()
    );
    let (found, expected) = (hanotify::decode_exact(input, limits), decode_exact(input, limits));
    assert!(
        found == expected,
        "as exactly one message, the parser says {found:?}\nthe reference says {expected:?}\nunder {limits:?}\n\
         of \"{}\"",
        input.escape_ascii()
    );
}

fn read<'a>(input: &'a [u8], limits: &Limits, seen: &mut Seen) -> Result<Status<'a>, Error> {
    let Some(mut start) = request_line::read(&GRAMMAR, input, limits)? else { return Ok(Status::Incomplete) };
    loop {
        match field_line::read(&GRAMMAR, input, start, limits, seen)? {
            None => return Ok(Status::Incomplete),
            Some(Line::Field { end }) => start = end,
            Some(Line::Blank { end }) => {
                let (notification, len) = seen.finish(start)?;
                return Ok(match input[end..].get(..len) {
                    Some(body) => Status::Complete { notification, consumed: end + len, body },
                    None => Status::Incomplete,
                });
            }
        }
    }
}
