//! Holds a case against every way into the core.

use hanotify::{Error, ErrorKind, HaState, Limits, Notification, Status, decode, decode_exact, validate};

use crate::case::{Case, Message};
use hanotify_testing::{laws, reference};

/// Checks all the cases, and tells of all that fail.
pub(crate) fn check_all(cases: &[Case]) {
    let failed: Vec<String> =
        cases.iter().flat_map(|case| case.messages.iter().filter_map(|message| check(case, message).err())).collect();
    assert!(failed.is_empty(), "{} cases failed:\n\n{}", failed.len(), failed.join("\n\n"));
}

fn check(case: &Case, message: &Message) -> Result<(), String> {
    let expected = match (case.refused, message.offset) {
        (Some((kind, _)), Some(offset)) => Err(kind.at(offset)),
        _ => Ok(notification(&message.bytes)),
    };
    let escaped = message.bytes.escape_ascii();
    let report = |way: &str, found: &dyn std::fmt::Debug| {
        Err(format!("\"{escaped}\"\n  expected {expected:?}\n  {way}: {found:?}"))
    };
    let exact = decode_exact(&message.bytes, &case.limits);
    if exact != expected {
        return report("decode_exact", &exact);
    }
    let whole = decode(&message.bytes, &case.limits);
    if !is_as_expected(whole, expected, message.bytes.len()) {
        return report("decode", &whole);
    }
    // The reference is held against what people expect, too.
    let referred = reference::decode_exact(&message.bytes, &case.limits);
    if referred != expected {
        return report("the reference", &referred);
    }
    if let (Err(error), Some((_, status))) = (exact, case.refused)
        && error.status() != status
    {
        return report("status", &error.status());
    }
    if let Some(validated) = as_fields(&message.bytes, expected, &case.limits)
        && validated != expected.map_err(|error| error.kind)
    {
        return report("validate", &validated);
    }
    laws::check(&message.bytes, &case.limits, cuts(message));
    Ok(())
}

/// Where to cut a message in two: everywhere, or in a long one at the line ends, around the offending byte and at its
/// end.
fn cuts(message: &Message) -> Vec<usize> {
    let len = message.bytes.len();
    let offset = message.offset.unwrap_or(len);
    let is_of_interest =
        |at: usize| at.abs_diff(offset) <= 2 || message.bytes[..at].ends_with(b"\r\n") || at.is_multiple_of(101);
    (0..=len).filter(|&at| len <= 1_000 || is_of_interest(at)).collect()
}

fn is_as_expected(whole: Result<Status<'_>, Error>, expected: Result<Notification, Error>, len: usize) -> bool {
    match (whole, expected) {
        (Ok(Status::Complete { notification, consumed, .. }), Ok(expected)) => {
            (notification, consumed) == (expected, len)
        }
        // Only who knows that nothing follows can refuse these two.
        (Ok(Status::Complete { consumed, .. }), Err(error)) => error == ErrorKind::TrailingBytes.at(consumed),
        (Ok(Status::Incomplete), Err(error)) => error == ErrorKind::Truncated.at(len) || is_undecided_coding(error),
        (Err(found), Err(expected)) => found == expected,
        _ => false,
    }
}

/// A `Transfer-Encoding` of a head that doesn't end is refused when the message does.
fn is_undecided_coding(error: Error) -> bool {
    matches!(error.kind, ErrorKind::TransferCoding { .. })
}

/// What an accepted message says, read with no care at all.
fn notification(message: &[u8]) -> Notification {
    let text = String::from_utf8_lossy(message);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.to_ascii_lowercase().starts_with(name)).expect("a required field");
        line[name.len()..].trim().to_owned()
    };
    let state = match value("x-neutron-state:").as_str() {
        "master" => HaState::Primary,
        word => word.parse().expect("a state"),
    };
    Notification { router_id: value("x-neutron-router-id:").parse().expect("a router id"), state }
}

/// What `validate` makes of the message's fields; nothing if the case is about what another parser decides.
fn as_fields(
    message: &[u8],
    expected: Result<Notification, Error>,
    limits: &Limits,
) -> Option<Result<Notification, ErrorKind>> {
    use ErrorKind as Kind;
    let by_another = [
        Kind::RequestLine,
        Kind::Method,
        Kind::Target,
        Kind::Version,
        Kind::RequestLineTooLong,
        Kind::LineEnding,
        Kind::HeadTooLong,
        Kind::Truncated,
        Kind::TrailingBytes,
    ];
    let text: String = message.iter().copied().map(char::from).collect();
    let (_, lines) =
        text.split_once("\r\n").filter(|_| !expected.is_err_and(|error| by_another.contains(&error.kind)))?;
    let lines = if lines.starts_with("\r\n") { "" } else { lines.split_once("\r\n\r\n")?.0 };
    let bytes = |part: &str| part.chars().map(|character| character as u8).collect::<Vec<u8>>();
    let pairs: Option<Vec<_>> = lines.split_terminator("\r\n").map(|line| line.split_once(':')).collect();
    Some(validate(pairs?.into_iter().map(|(name, value)| (bytes(name), bytes(value))), limits))
}
