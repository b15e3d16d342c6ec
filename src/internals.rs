//! Doors for the oracles in `tests/oracles`, which the fuzz targets share: not part of the interface, and free to
//! change.
//!
//! Two laws speak of what no user can reach: that the quick path and the general one agree, and what the connection
//! machine does under a clock of the test's own. An integration test and a fuzz target are other crates, which
//! `cfg(test)` doesn't reach. So there is a feature, which nothing but this project's own tests turns on: without it
//! the public interface is what it was, while items that are merely hidden would be there for everybody. Nothing here
//! decides anything.

#[cfg(feature = "server")]
pub use crate::server::internals::{Machine, Socket, Verdict, Want};
use crate::validate::Validator;
use crate::wire::{self, Line};
use crate::{Error, Limits, Notification};

/// What the general path makes of `input`, without the quick one: the notification and the length of head and body, if
/// the head is whole.
///
/// # Errors
///
/// As [`decode`](crate::decode()) has to refuse it.
pub fn decode_general(input: &[u8], limits: &Limits) -> Result<Option<(Notification, usize)>, Error> {
    let Some((_, mut start)) = wire::request_line(input, limits)? else { return Ok(None) };
    let (mut validator, mut count) = (Validator::new(), 0_usize);
    loop {
        match wire::line(input, start, count, limits) {
            Ok(None) => return Ok(None),
            Ok(Some((end, Line::Blank))) => {
                let (notification, body) = validator.finish(start)?;
                return Ok(Some((notification, end.saturating_add(body))));
            }
            Ok(Some((end, Line::Field(field)))) => {
                validator.field(&field, limits)?;
                start = end;
                count = count.saturating_add(1);
            }
            Err(refused) => {
                let unfinished = wire::unfinished_field(input, start, refused.offset);
                return Err(validator.earliest(unfinished, limits, refused));
            }
        }
    }
}
