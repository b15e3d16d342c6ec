//! Any bytes: no panic; what is borrowed lies in the input, where its offset says; every number is in range and every
//! limit kept; and laws 1 to 3 at one place. This is the target that runs most often, so it does each thing once; what
//! takes the square of the length is in `chunks`.

use hanotify::wire::{Fields, request_line};
use hanotify::{Error, ErrorKind, Limits, Status, decode, decode_exact};

use crate::laws;
use hanotify_mutate::Random;

/// Limits that a small input meets.
pub(crate) const TIGHT: Limits = Limits::DEFAULT
    .with_request_line(17)
    .with_fields(5)
    .with_field_line(59)
    .with_head(160)
    .with_body(3)
    .with_legacy_state(true);

/// The input is a message. Which of the limits it meets and at which place it is cut, its own bytes decide.
///
/// # Panics
///
/// Where a law does not hold.
pub fn check(input: &[u8]) {
    let mut random = Random::of(input);
    let limits = random.choose(&[&Limits::DEFAULT, &TIGHT]);
    let whole = decode(input, limits);
    match whole {
        Ok(Status::Incomplete) => assert!(input.len() <= limits.head().saturating_add(limits.body())),
        Ok(Status::Complete { notification, consumed, body }) => {
            accepted(input, limits, consumed, body);
            laws::round_trip(&notification);
        }
        Err(refused) => refused_in_range(input, limits, refused),
    }
    exactly(input, limits, whole);
    fields_are_borrowed(input, limits);
    match random.below(4) {
        0 => laws::extended(input, limits, whole, random.choose(&[b"\0", b"\r\n", b" ", b"0", b":"])),
        _ => laws::cut_in_two(input, limits, whole, random.below(input.len() + 1)),
    }
}

/// An accepted message obeys every limit, counted without the parser.
fn accepted(input: &[u8], limits: &Limits, consumed: usize, body: &[u8]) {
    assert!(consumed <= input.len() && body.len() <= limits.body(), "{}", input.escape_ascii());
    let (head, rest) = input[..consumed].split_at(consumed - body.len());
    assert!(std::ptr::eq(body, rest), "the body is borrowed from elsewhere: {}", input.escape_ascii());
    let mut lines = head.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::len);
    let request_line = lines.next().unwrap_or_default();
    let (mut fields, mut longest) = (0, 0);
    for len in lines {
        fields += 1;
        longest = longest.max(len);
    }
    // The blank line is not a field.
    let kept = request_line <= limits.request_line()
        && fields - 1 <= limits.fields()
        && longest <= limits.field_line()
        && head.len() <= limits.head();
    assert!(kept, "over {limits:?}: {}", input.escape_ascii());
}

/// A refusal has an offset in the input; that of a limit is where a count without the parser puts it.
fn refused_in_range(input: &[u8], limits: &Limits, refused: Error) {
    let Error { kind, offset, .. } = refused;
    let line_ends_before = |at: usize| at == 0 || input.get(at - 1) == Some(&b'\n');
    let fits = offset < input.len()
        && match kind {
            ErrorKind::RequestLineTooLong => offset == limits.request_line() && !input[..offset].contains(&b'\n'),
            ErrorKind::FieldTooLong => offset.checked_sub(limits.field_line()).is_some_and(line_ends_before),
            ErrorKind::HeadTooLong => offset == limits.head(),
            ErrorKind::TooManyFields => {
                line_ends_before(offset) && lines_in(&input[..offset]) == limits.fields().saturating_add(1)
            }
            ErrorKind::MissingField { .. } => input[offset..].starts_with(b"\r\n") && line_ends_before(offset),
            ErrorKind::Truncated | ErrorKind::TrailingBytes => false,
            other => decided_by_the_core(other),
        };
    assert!(fits, "{refused:?} under {limits:?}: {}", input.escape_ascii());
}

fn lines_in(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|&byte| byte == b'\n').count()
}

/// The kinds below `deadline` in the table are those of the server.
fn decided_by_the_core(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::Deadline | ErrorKind::PeerNotAllowed | ErrorKind::Overloaded | ErrorKind::SinkFailed)
}

/// What `decode_exact` says follows from what `decode` says.
fn exactly(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>) {
    let exact = decode_exact(input, limits);
    let follows = match whole {
        Ok(Status::Complete { notification, consumed, .. }) if consumed == input.len() => exact == Ok(notification),
        Ok(Status::Complete { consumed, .. }) => exact == Err(ErrorKind::TrailingBytes.at(consumed)),
        Err(refused) => exact == Err(refused),
        Ok(Status::Incomplete) => exact.is_err_and(|refused| match refused.kind {
            ErrorKind::TransferCoding { .. } => refused.offset < input.len(),
            kind => kind == ErrorKind::Truncated && refused.offset == input.len(),
        }),
    };
    assert!(follows, "{exact:?} of {whole:?}: {}", input.escape_ascii());
}

/// Every name and value that the wire layer yields lies in the input, where it says.
fn fields_are_borrowed(input: &[u8], limits: &Limits) {
    let Ok(Some((_, start))) = request_line(input, limits) else { return };
    let lies_at = |part: &[u8], at: usize| input.get(at..at + part.len()).is_some_and(|same| std::ptr::eq(part, same));
    let mut fields = Fields::new(input, start, *limits);
    let mut end = start;
    for field in fields.by_ref().map_while(Result::ok) {
        let value_end = field.value_offset + field.value.len();
        let in_order = end <= field.name_offset && field.name_offset + field.name.len() < field.value_offset;
        assert!(
            in_order && lies_at(field.name, field.name_offset) && lies_at(field.value, field.value_offset),
            "{field:?} of {}",
            input.escape_ascii()
        );
        end = value_end;
    }
    assert!(fields.head_len().is_none_or(|len| end < len && len <= input.len()));
}
