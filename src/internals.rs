//! Doors for the oracles in `crates/testing`, which the fuzz targets share: not part of the interface, and free to
//! change.
//!
//! An integration test and a fuzz target are other crates, which `cfg(test)` doesn't reach. So there is a feature,
//! which nothing but this project's own tests turns on. Merely hidden items would be there for everybody. Nothing here
//! decides anything. What is here can't be done from outside:
//!
//! | door | law | why the public interface is not enough |
//! |---|---|---|
//! | [`decode_general`] | the quick path and the general one agree | [`decode`](crate::decode()) takes the quick path where it can, and [`validate`](crate::validate()) knows no offsets |
//! | `Machine`, `Want`, `Verdict` | a connection does what the model of the page does | a running server has a clock and a kernel of its own: no test could choose each time, each part of a write, each order |
//! | `Socket` | the server's own code does the same at a real socket | a running server polls on a thread of its own: no script of steps would run the same way twice |

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
