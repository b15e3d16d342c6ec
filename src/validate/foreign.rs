//! The same strictness for fields that another HTTP stack has parsed.

use super::Validator;
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::notification::Notification;
use crate::wire::{Field, is_field_value_byte, is_name_byte, trim_ows};

/// Reads a notification from fields that another HTTP stack has parsed: pairs of name and value, every field line by itself.
///
/// Names and values are checked as [`decode`](crate::decode()) checks them. The request line is the caller's to check: the method is
/// `GET` or `POST`, the target `/`.
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
/// The first rule that a field breaks, in the order of the fields; at the end, what is missing. There is no offset, because the
/// bytes of the message are not known here.
pub fn validate<N, V>(fields: impl IntoIterator<Item = (N, V)>, limits: &Limits) -> Result<Notification, ErrorKind>
where
    N: AsRef<[u8]>,
    V: AsRef<[u8]>,
{
    let mut validator = Validator::default();
    let mut head = Head { fields: 0, len: 2 };
    for (name, value) in fields {
        let (name, value) = (name.as_ref(), value.as_ref());
        let field = Field { name, value: trim_ows(value), name_offset: 0, value_offset: 0, padding: 0 };
        let taken = match head.field(name, value, limits) {
            Ok(()) => validator.field(&field, limits),
            Err(kind) => Err(validator.settle(kind.at(0))),
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

/// The size of the head that the fields would make on the wire, at the least.
struct Head {
    fields: usize,
    len: usize,
}

impl Head {
    /// Checks what the wire layer would have checked of this field.
    fn field(&mut self, name: &[u8], value: &[u8], limits: &Limits) -> Result<(), ErrorKind> {
        if self.fields >= limits.fields() {
            return Err(ErrorKind::TooManyFields);
        }
        self.fields += 1;
        match name.iter().find(|&&byte| !is_name_byte(byte)) {
            Some(b'_') => return Err(ErrorKind::AmbiguousFieldName),
            None if !name.is_empty() => {}
            _ => return Err(ErrorKind::FieldName),
        }
        if !value.iter().all(|&byte| is_field_value_byte(byte)) {
            return Err(ErrorKind::FieldValue);
        }
        let line = name.len().saturating_add(value.len()).saturating_add(b":\r\n".len());
        self.len = self.len.saturating_add(line);
        match () {
            () if line > limits.field_line() => Err(ErrorKind::FieldTooLong),
            () if self.len > limits.head() => Err(ErrorKind::HeadTooLong),
            () => Ok(()),
        }
    }
}
