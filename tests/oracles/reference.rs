//! The parser decides as the reference does, which reads notifications from `docs/protocol.md` alone: verdict, kind and offset, and what
//! an accepted message says.

#[path = "../reference/mod.rs"]
mod reader;

/// The input is a message.
///
/// # Panics
///
/// Where the two disagree.
pub fn check(input: &[u8]) {
    reader::check(input);
}
