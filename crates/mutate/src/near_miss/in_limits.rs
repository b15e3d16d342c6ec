//! One more than a limit lets in, and what is cut off or left over.

use arbitrary::{Result, Unstructured};
use hanotify::{Error, ErrorKind, FieldName, Limits, decode_exact};

use super::{Defective, LIMITS};
use crate::message::{Line, Message};

/// What is accepted at its limit, and refused when that is one less.
fn at_the_limit(bytes: Vec<u8>, limit: usize, set: fn(Limits, usize) -> Limits, refused: Error) -> Defective {
    let whole = decode_exact(&bytes, &set(LIMITS, limit));
    assert!(whole.is_ok(), "{whole:?} at the limit of {limit}: {}", bytes.escape_ascii());
    Defective { bytes, limits: set(LIMITS, limit - 1), refused }
}

pub(super) fn request_line(_: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let limit = message.offset_of(0);
    let refused = ErrorKind::RequestLineTooLong.at(limit - 1);
    Ok(Some(at_the_limit(message.to_bytes(), limit, Limits::with_request_line, refused)))
}

pub(super) fn field_line(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let mut message = message.clone();
    let value = "x".repeat(source.int_in_range(1..=900)?);
    let at = source.int_in_range(0..=message.lines.len())?;
    message.lines.insert(at, Line::from_recipe(source, "X-Long", &value)?);
    let lens: Vec<usize> = message.lines.iter().map(|line| line.to_text().len()).collect();
    let limit = lens.iter().copied().max().unwrap_or_default();
    let first = lens.iter().position(|&len| len == limit).unwrap_or_default();
    let refused = ErrorKind::FieldTooLong.at(message.offset_of(first) + limit - 1);
    Ok(Some(at_the_limit(message.to_bytes(), limit, Limits::with_field_line, refused)))
}

pub(super) fn fields(_: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let limit = message.lines.len();
    let refused = ErrorKind::TooManyFields.at(message.offset_of(limit - 1));
    Ok(Some(at_the_limit(message.to_bytes(), limit, Limits::with_fields, refused)))
}

pub(super) fn head(_: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let limit = message.offset_of(message.lines.len()) + 2;
    let refused = ErrorKind::HeadTooLong.at(limit - 1);
    Ok(Some(at_the_limit(message.to_bytes(), limit, Limits::with_head, refused)))
}

pub(super) fn body(_: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let Some(at) = message.find(FieldName::ContentLength) else { return Ok(None) };
    let limit = message.body.len();
    if limit == 0 {
        return Ok(None);
    }
    let value = message.offset_of(at) + message.lines[at].value_at();
    // Where the limit is one less than the number, its last digit takes it over.
    let refused = ErrorKind::BodyTooLong.at(value + limit.to_string().len() - 1);
    Ok(Some(at_the_limit(message.to_bytes(), limit, Limits::with_body, refused)))
}

pub(super) fn truncated(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let mut bytes = message.to_bytes();
    bytes.truncate(source.int_in_range(0..=bytes.len() - 1)?);
    let refused = ErrorKind::Truncated.at(bytes.len());
    Ok(Some(Defective::new(bytes, refused)))
}

pub(super) fn trailing_bytes(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let whole = message.to_bytes();
    let tails = [&b"\r\n"[..], b"\0", b" ", &whole];
    let more = source.choose(&tails)?;
    Ok(Some(Defective::new([&whole[..], more].concat(), ErrorKind::TrailingBytes.at(whole.len()))))
}
