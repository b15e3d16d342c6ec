//! What to do about a refusal, by the options of the command where it has one for it.

use hanotify::{Error, ErrorKind};

/// What to do, given the whole input.
pub(super) fn advice(refused: Error, input: &[u8]) -> Option<&'static str> {
    let from = input.get(refused.offset..).unwrap_or_default();
    match refused.kind {
        ErrorKind::BodyTooLong => Some("no sender has a body; --max-body-len N accepts one of up to N bytes"),
        ErrorKind::State if from.starts_with(b"master") => {
            Some("older senders say `master`: --legacy accepts it and reads it as `primary`")
        }
        _ => refused.advice(input),
    }
}
