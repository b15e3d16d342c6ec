//! hanotify.
#![no_std]

#[cfg(any(feature = "std", test))]
#[cfg_attr(feature = "std", macro_use)]
extern crate std;

mod decode;
mod encode;
mod error;
mod limits;
mod notification;
pub mod reply;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "std")]
pub mod sink;
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
