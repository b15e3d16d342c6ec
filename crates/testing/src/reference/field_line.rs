//! One line of the field section.

use hanotify::{Error, ErrorKind, FieldName, Limits};

use super::fault::{Fault, Misfit, Rank, first, over};
use super::grammar::Grammar;
use super::meaning::{Seen, Value};

/// A whole line, and where it ends.
pub(crate) enum Line {
    Field { end: usize },
    Blank { end: usize },
}

/// Reads the line at `start`; `None` if it isn't whole yet.
pub(crate) fn read(
    grammar: &Grammar,
    input: &[u8],
    start: usize,
    limits: &Limits,
    seen: &mut Seen,
) -> Result<Option<Line>, Error> {
    match input.get(start) {
        None => Ok(None),
        Some(b'\r' | b'\n') => blank(grammar, input, start, limits, seen),
        Some(_) => field(grammar, input, start, limits, seen),
    }
}

fn blank(grammar: &Grammar, input: &[u8], start: usize, limits: &Limits, seen: &Seen) -> Result<Option<Line>, Error> {
    let extent = grammar.blank_line.follow(input, start);
    let end = extent.end();
    let misfit = extent.departure().and_then(|at| Misfit::new(input, start, at));
    let syntax = misfit.map(|misfit| misfit.is(Rank::Syntax, ErrorKind::LineEnding));
    // It is not a field line: only the head's limit holds for it.
    let head = over(Rank::HeadLimit, limits.head(), ErrorKind::HeadTooLong, end.unwrap_or(input.len()));
    match first([head, syntax]) {
        Some(fault) => Err(seen.settle(fault.error)),
        None => Ok(end.map(|end| Line::Blank { end })),
    }
}

fn field(
    grammar: &Grammar,
    input: &[u8],
    start: usize,
    limits: &Limits,
    seen: &mut Seen,
) -> Result<Option<Line>, Error> {
    let extent = grammar.field_line.follow(input, start);
    let end = extent.end();
    let received = end.unwrap_or(input.len());
    let colon = grammar.name.follow(input, start).end().map(|end| end - 1);
    let wrong = first([
        over(Rank::LineLimit, start.saturating_add(limits.field_line()), ErrorKind::FieldTooLong, received),
        over(Rank::HeadLimit, limits.head(), ErrorKind::HeadTooLong, received),
        too_many(start, limits, seen),
        syntax(input, start, extent.departure(), colon),
    ]);
    if wrong.is_none() && end.is_none() {
        // A line that has neither ended nor been refused is not judged.
        return Ok(None);
    }
    let value = colon.and_then(|colon| Some(Value { name: known(&input[start..colon])?, start, colon }));
    let meaning = value.and_then(|value| seen.judge(grammar, input, &value, limits));
    let fault = first([wrong, meaning]);
    if let Some(value) = value.filter(|value| fault.is_none_or(|fault| value.colon < fault.judged)) {
        seen.note(&value);
    }
    match (fault, end) {
        (Some(fault), _) => Err(seen.settle(fault.error)),
        (None, Some(end)) => {
            seen.take(input, value, end);
            Ok(Some(Line::Field { end }))
        }
        (None, None) => Ok(None),
    }
}

/// The names that have a meaning. They are compared without regard to case.
fn known(name: &[u8]) -> Option<FieldName> {
    const KNOWN: [(&str, FieldName); 10] = [
        ("host", FieldName::Host),
        ("x-neutron-router-id", FieldName::RouterId),
        ("x-neutron-state", FieldName::State),
        ("content-length", FieldName::ContentLength),
        ("transfer-encoding", FieldName::TransferEncoding),
        ("expect", FieldName::Expect),
        ("te", FieldName::Te),
        ("trailer", FieldName::Trailer),
        ("upgrade", FieldName::Upgrade),
        ("connection", FieldName::Connection),
    ];
    KNOWN.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes())).map(|(_, known)| known)
}

/// The first byte of the field line over the limit of their number.
fn too_many(start: usize, limits: &Limits, seen: &Seen) -> Option<Fault> {
    (seen.fields >= limits.fields()).then(|| Fault {
        judged: start,
        rank: Rank::FieldsLimit,
        error: ErrorKind::TooManyFields.at(start),
    })
}

/// The first byte that no field line has there.
fn syntax(input: &[u8], start: usize, departure: Option<usize>, colon: Option<usize>) -> Option<Fault> {
    let misfit = Misfit::new(input, start, departure?)?;
    let kind = match (input[misfit.offset], colon) {
        _ if misfit.is_lone => ErrorKind::LineEnding,
        (_, Some(_)) => ErrorKind::FieldValue,
        (b'_', None) => ErrorKind::AmbiguousFieldName,
        (_, None) => ErrorKind::FieldName,
    };
    Some(misfit.is(Rank::Syntax, kind))
}
