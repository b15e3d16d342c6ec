//! The same strictness for fields that another HTTP stack has parsed.

use super::Validator;
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::notification::Notification;
use crate::wire::{Class, Field, trim_ows};

/// Reads a notification from fields that another HTTP stack has parsed: pairs of name and value, every field line by
/// itself.
///
/// Names and values are checked as [`decode`](crate::decode()) checks them. The request line is the caller's to check:
/// the method is `GET` or `POST`, the target `/`.
///
/// ```
/// use hanotify::{ErrorKind, HaState, Limits, validate};
///
/// let mut fields = vec![
///     ("host", "127.0.0.1"),
///     ("x-neutron-router-id", "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"),
///     ("x-neutron-state", "backup"),
/// ];
/// assert_eq!(validate(fields.iter().copied(), &Limits::DEFAULT)?.state, HaState::Backup);
///
/// fields.push(("X-Neutron-State", "primary"));
/// let refused = validate(fields, &Limits::DEFAULT).unwrap_err();
/// assert_eq!(refused.name(), "duplicate-field");
/// # Ok::<(), ErrorKind>(())
/// ```
///
/// # Errors
///
/// The first rule that a field breaks, in the order of the fields; at the end, what is missing. There is no offset,
/// because the bytes of the message are not known here.
pub fn validate<N, V>(fields: impl IntoIterator<Item = (N, V)>, limits: &Limits) -> Result<Notification, ErrorKind>
where
    N: AsRef<[u8]>,
    V: AsRef<[u8]>,
{
    let mut validator = Validator::new();
    let mut head = Head { fields: 0, len: 2 };
    for (name, value) in fields {
        let (name, value) = (name.as_ref(), value.as_ref());
        let taken = match head.field(name, value, limits) {
            Ok(()) => validator.field(&field(name, value), limits),
            Err(fault) => Err(validator.earliest(fault.good_part(name, value), limits, fault.kind.at(0))),
        };
        taken.map_err(|refused| refused.kind)?;
    }
    validator.finish(0).map(|(notification, _)| notification).map_err(|refused| refused.kind)
}

/// Reads a notification from the fields that hyper, axum or another stack on the `http` crate has parsed.
///
/// # Errors
///
/// As [`validate`] does.
#[cfg(feature = "http")]
pub fn validate_header_map(fields: &http::HeaderMap, limits: &Limits) -> Result<Notification, ErrorKind> {
    validate(fields.iter().map(|(name, value)| (name, value.as_bytes())), limits)
}

fn field<'a>(name: &'a [u8], value: &'a [u8]) -> Field<'a> {
    Field { name, value: trim_ows(value), name_offset: 0, value_offset: 0, padding: 0 }
}

/// The size of the head that the fields would make on the wire, at the least.
struct Head {
    fields: usize,
    len: usize,
}

/// What the wire layer would have refused in a field line, at which of its bytes.
struct Fault {
    at: usize,
    kind: ErrorKind,
}

impl Head {
    /// Checks what the wire layer would have checked of this field. At one byte, a limit comes before the syntax.
    fn field(&mut self, name: &[u8], value: &[u8], limits: &Limits) -> Result<(), Fault> {
        if self.fields >= limits.fields() {
            return Err(Fault { at: 0, kind: ErrorKind::TooManyFields });
        }
        self.fields += 1;
        let line = name.len().saturating_add(value.len()).saturating_add(b":\r\n".len());
        let len = self.len.saturating_add(line);
        let too_long =
            (line > limits.field_line()).then_some(Fault { at: limits.field_line(), kind: ErrorKind::FieldTooLong });
        let head_too_long = (len > limits.head())
            .then(|| Fault { at: limits.head().saturating_sub(self.len), kind: ErrorKind::HeadTooLong });
        self.len = len;
        let faults = [too_long, head_too_long, syntax(name, value)].into_iter().flatten();
        faults.min_by_key(|fault| fault.at).map_or(Ok(()), Err)
    }
}

impl Fault {
    /// The field as far as it is good; nothing if its name isn't.
    fn good_part<'a>(&self, name: &'a [u8], value: &'a [u8]) -> Option<Field<'a>> {
        let len = self.at.checked_sub(name.len())?.checked_sub(b":".len())?;
        let good = value.get(..len).unwrap_or(value);
        // White space at its end stays, as in the wire layer's unfinished fields.
        Some(Field { value: good.trim_ascii_start(), ..field(name, good) })
    }
}

/// `field-name ":" field-value`
fn syntax(name: &[u8], value: &[u8]) -> Option<Fault> {
    match name.iter().position(|&byte| !Class::NAME.has(byte)) {
        Some(at) if name.get(at) == Some(&b'_') => Some(Fault { at, kind: ErrorKind::AmbiguousFieldName }),
        Some(at) => Some(Fault { at, kind: ErrorKind::FieldName }),
        None if name.is_empty() => Some(Fault { at: 0, kind: ErrorKind::FieldName }),
        None => {
            let at = value.iter().position(|&byte| !Class::VALUE.has(byte))?;
            Some(Fault { at: name.len() + b":".len() + at, kind: ErrorKind::FieldValue })
        }
    }
}
