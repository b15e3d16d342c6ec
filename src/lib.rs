//! hanotify.
#![no_std]

// The laws are stated in the words of a user of the crate.
#[cfg(test)]
extern crate self as hanotify;
#[cfg(any(feature = "std", test))]
extern crate std;

mod decode;
mod encode;
mod error;
#[cfg(any(feature = "arbitrary", feature = "uuid"))]
mod interop;
#[cfg(test)]
mod laws;
mod limits;
mod notification;
mod validate;
pub mod wire;

pub use decode::{Decoder, Status, decode, decode_exact};
pub use encode::{Encoded, encode};
pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use notification::{FieldName, HaState, Notification, RouterId};
pub use validate::validate;
#[cfg(feature = "http")]
pub use validate::validate_header_map;
