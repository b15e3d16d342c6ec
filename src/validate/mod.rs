//! Fields to a notification: what the fields mean, in one pass, without looking back.

mod foreign;
mod host;
mod value;

pub use foreign::validate;
#[cfg(feature = "http")]
pub use foreign::validate_header_map;

use crate::error::{Error, ErrorKind};
use crate::field_name::FieldName;
use crate::limits::Limits;
use crate::notification::{HaState, Notification, RouterId};
use crate::wire::Field;
use crate::wire::any_order::Seen;
use crate::wire::usual::TakeUsual;

/// What the fields of a head have said so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validator {
    host: bool,
    router_id: Option<RouterId>,
    state: Option<HaState>,
    body_len: usize,
    with_content_length: bool,
    transfer_coding: Option<usize>,
}

/// Whether a value is whole, or stops before a byte that the grammar refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Cut,
}

impl Validator {
    /// Before the first field.
    pub(crate) const fn new() -> Self {
        Self {
            host: false,
            router_id: None,
            state: None,
            body_len: 0,
            with_content_length: false,
            transfer_coding: None,
        }
    }

    /// Takes the next field.
    pub(crate) fn field(&mut self, field: &Field<'_>, limits: &Limits) -> Result<(), Error> {
        let Some(name) = FieldName::parse(field.name) else { return Ok(()) };
        self.judge(name, field, limits, Extent::Whole).map_err(|refused| self.settle(refused))
    }

    /// What the message is refused with, now that the grammar refuses a byte of a field that is good up to there: an
    /// earlier byte of that field may already have been wrong for what it means.
    pub(crate) fn earliest(&mut self, unfinished: Option<Field<'_>>, limits: &Limits, refused: Error) -> Error {
        let judged = unfinished
            .and_then(|field| Some((field, FieldName::parse(field.name)?)))
            .map_or(Ok(()), |(field, name)| self.judge(name, &field, limits, Extent::Cut));
        self.settle(judged.err().unwrap_or(refused))
    }

    /// A `Transfer-Encoding` outranks all that comes behind it. It is refused only when the head ends, or something
    /// else is refused, because its status depends on whether there is a `Content-Length` too.
    pub(crate) fn settle(&self, refused: Error) -> Error {
        self.transfer_coding.map_or(refused, |offset| {
            ErrorKind::TransferCoding { with_content_length: self.with_content_length }.at(offset)
        })
    }

    /// The notification and the length of its body in bytes, at the blank line that begins at `offset`.
    pub(crate) fn finish(&self, offset: usize) -> Result<(Notification, usize), Error> {
        let missing = |field| self.settle(ErrorKind::MissingField { field }.at(offset));
        match (self.host, self.router_id, self.state) {
            (true, Some(router_id), Some(state)) if self.transfer_coding.is_none() => {
                Ok((Notification { router_id, state }, self.body_len))
            }
            (true, Some(_), _) => Err(missing(FieldName::State)),
            (true, None, _) => Err(missing(FieldName::RouterId)),
            (false, ..) => Err(missing(FieldName::Host)),
        }
    }

    /// The fields so far that a message may have only once.
    #[inline]
    pub(crate) fn seen(&self) -> Seen {
        Seen::HOST
            .only_if(self.host)
            .and(Seen::CONTENT_LENGTH.only_if(self.with_content_length))
            .and(Seen::ROUTER_ID.only_if(self.router_id.is_some()))
            .and(Seen::STATE.only_if(self.state.is_some()))
    }

    /// Takes fields that were read elsewhere: none that was there already, and no body.
    #[inline]
    pub(crate) fn take(&mut self, seen: Seen, router_id: Option<RouterId>) {
        self.host |= seen.has(Seen::HOST);
        self.with_content_length |= seen.has(Seen::CONTENT_LENGTH);
        self.router_id = router_id.or(self.router_id);
        self.state = seen.state().or(self.state);
    }

    fn judge(&mut self, name: FieldName, field: &Field<'_>, limits: &Limits, extent: Extent) -> Result<(), Error> {
        if self.has_once(name) {
            return Err(ErrorKind::DuplicateField { field: name }.at(field.name_offset));
        }
        let judged = match name {
            FieldName::Host => host::check(field.value).map(|()| self.host = true),
            FieldName::RouterId => value::router_id(field.value).map(|id| self.router_id = Some(id)),
            FieldName::State => value::state(field.value, limits).map(|state| self.state = Some(state)),
            FieldName::Connection => value::connection(field.value, field.padding),
            FieldName::ContentLength => {
                self.with_content_length = true;
                value::content_length(field.value, limits).map(|len| self.body_len = len)
            }
            FieldName::TransferEncoding => {
                self.transfer_coding.get_or_insert(field.name_offset);
                Ok(())
            }
            FieldName::Expect => return Err(ErrorKind::Expectation.at(field.name_offset)),
            FieldName::Te | FieldName::Trailer | FieldName::Upgrade => {
                return Err(ErrorKind::UnsupportedField { field: name }.at(field.name_offset));
            }
        };
        match judged {
            Err(wrong) if extent == Extent::Whole || wrong.is_beyond_repair(field.value) => {
                Err(wrong.kind.at(field.value_offset + wrong.at))
            }
            _ => Ok(()),
        }
    }

    /// Whether this field, which is allowed only once, was there already.
    fn has_once(&self, name: FieldName) -> bool {
        match name {
            FieldName::Host => self.host,
            FieldName::RouterId => self.router_id.is_some(),
            FieldName::State => self.state.is_some(),
            FieldName::ContentLength => self.with_content_length,
            _ => false,
        }
    }
}

impl TakeUsual for Validator {
    #[inline]
    fn host(&mut self) -> bool {
        let first = !self.host;
        if first {
            self.host = true;
        }
        first
    }

    #[inline]
    fn router_id(&mut self, text: &[u8; RouterId::TEXT_LEN]) -> bool {
        let id = RouterId::parse_text(text).filter(|_| self.router_id.is_none());
        if id.is_some() {
            self.router_id = id;
        }
        id.is_some()
    }

    #[inline]
    fn state(&mut self, state: HaState) -> bool {
        let first = self.state.is_none();
        if first {
            self.state = Some(state);
        }
        first
    }

    #[inline]
    fn no_body(&mut self) -> bool {
        !core::mem::replace(&mut self.with_content_length, true)
    }
}
