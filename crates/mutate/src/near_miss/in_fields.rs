//! Defects in the fields: their syntax, their number, and fields that must not be there.

use arbitrary::{Result, Unstructured};
use hanotify::{ErrorKind, FieldName};

use super::Defective;
use crate::message::{Line, Message};

/// The number of a line of the message.
fn any_line(source: &mut Unstructured<'_>, message: &Message) -> Result<usize> {
    source.int_in_range(0..=message.lines.len() - 1)
}

/// The message with these bytes put in at a place.
fn with(message: &Message, at: usize, inserted: &[u8], kind: ErrorKind) -> Defective {
    let bytes = message.to_bytes();
    let (before, behind) = bytes.split_at(at);
    Defective::new([before, inserted, behind].concat(), kind.at(at))
}

/// A byte that no name has, anywhere in one: also white space before the colon, and at the start of the line.
pub(super) fn stray_byte_in_name(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let line = any_line(source, message)?;
    let at = message.offset_of(line) + source.int_in_range(0..=message.lines[line].name.len())?;
    let byte = *source.choose(b" \t\0\x1f\x7f\x80\xff\"(),/;<=>?@[\\]{}")?;
    Ok(Some(with(message, at, &[byte], ErrorKind::FieldName)))
}

pub(super) fn no_name_or_no_colon(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const LINES: &[(&[u8], usize)] =
        &[(b":\r\n", 0), (b": a\r\n", 0), (b"a\r\n", 1), (b"Host\r\n", 4), (b"a b\r\n", 1), (b" folded\r\n", 0)];
    let at = source.int_in_range(0..=message.lines.len())?;
    let at = message.offset_of(at);
    let &(line, wrong) = source.choose(LINES)?;
    let defective = with(message, at, line, ErrorKind::FieldName);
    Ok(Some(Defective { refused: ErrorKind::FieldName.at(at + wrong), ..defective }))
}

pub(super) fn underscore(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let line = any_line(source, message)?;
    let at = message.offset_of(line) + source.int_in_range(0..=message.lines[line].name.len())?;
    Ok(Some(with(message, at, b"_", ErrorKind::AmbiguousFieldName)))
}

/// A byte that no value has, anywhere behind the colon.
pub(super) fn stray_byte_in_value(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let number = any_line(source, message)?;
    let line = &message.lines[number];
    let colon = line.name.len() + 1;
    let at = message.offset_of(number) + source.int_in_range(colon..=line.to_text().len() - 2)?;
    let byte = *source.choose(b"\0\x01\x08\x0b\x0c\x1b\x1f\x7f\x80\xa0\xff")?;
    Ok(Some(with(message, at, &[byte], ErrorKind::FieldValue)))
}

/// A CR or a LF where neither may be: anywhere in a line, before its own line ending too.
pub(super) fn stray_line_end(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let line = any_line(source, message)?;
    let at = message.offset_of(line) + source.int_in_range(0..=message.lines[line].to_text().len() - 2)?;
    let byte = *source.choose(b"\r\n")?;
    Ok(Some(with(message, at, &[byte], ErrorKind::LineEnding)))
}

/// A line ending of which one half is missing.
pub(super) fn half_line_end(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let next = 1 + any_line(source, message)?;
    let cr = message.offset_of(next) - 2;
    let mut bytes = message.to_bytes();
    // Either way, the half that is left stands at the place of the first.
    bytes.remove(cr + usize::from(source.arbitrary::<bool>()?));
    Ok(Some(Defective::new(bytes, ErrorKind::LineEnding.at(cr))))
}

const REQUIRED: [FieldName; 3] = [FieldName::Host, FieldName::RouterId, FieldName::State];

pub(super) fn missing(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let mut message = message.clone();
    let field = *source.choose(&REQUIRED)?;
    message.lines.retain(|line| FieldName::parse(line.name.as_bytes()) != Some(field));
    let blank = message.offset_of(message.lines.len());
    Ok(Some(Defective::new(message.to_bytes(), ErrorKind::MissingField { field }.at(blank))))
}

/// A field that is there already, again and further down, whatever its value.
pub(super) fn duplicate(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let mut message = message.clone();
    let once = [FieldName::Host, FieldName::RouterId, FieldName::State, FieldName::ContentLength];
    let field = *source.choose(&once)?;
    let Some(first) = message.find(field) else { return Ok(None) };
    let at = source.int_in_range(first + 1..=message.lines.len())?;
    let value = match source.choose(&["", "nonsense", "0"])? {
        &"" => message.lines[first].value.clone(),
        other => (*other).to_owned(),
    };
    message.lines.insert(at, Line::from_recipe(source, field.as_str(), &value)?);
    Ok(Some(Defective::new(message.to_bytes(), ErrorKind::DuplicateField { field }.at(message.offset_of(at)))))
}

/// The message with one line more, which is refused at its name.
fn unwanted(
    source: &mut Unstructured<'_>,
    message: &Message,
    name: FieldName,
    value: &str,
    kind: ErrorKind,
) -> Result<Option<Defective>> {
    let mut message = message.clone();
    let at = source.int_in_range(0..=message.lines.len())?;
    message.lines.insert(at, Line::from_recipe(source, name.as_str(), value)?);
    Ok(Some(Defective::new(message.to_bytes(), kind.at(message.offset_of(at)))))
}

pub(super) fn transfer_coding(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let with_content_length = message.find(FieldName::ContentLength).is_some();
    let value = *source.choose(&["chunked", "identity", "gzip, chunked", "", "\"\""])?;
    let kind = ErrorKind::TransferCoding { with_content_length };
    unwanted(source, message, FieldName::TransferEncoding, value, kind)
}

pub(super) fn expectation(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let value = *source.choose(&["100-continue", "", "200-ok"])?;
    unwanted(source, message, FieldName::Expect, value, ErrorKind::Expectation)
}

pub(super) fn unsupported(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let field = *source.choose(&[FieldName::Te, FieldName::Trailer, FieldName::Upgrade])?;
    let value = *source.choose(&["trailers", "", "h2c", "X-Neutron-State"])?;
    unwanted(source, message, field, value, ErrorKind::UnsupportedField { field })
}
