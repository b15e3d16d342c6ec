//! What the fields mean.

use hanotify::{Error, ErrorKind, FieldName, HaState, Limits, Notification, RouterId};

use super::fault::{Fault, Misfit, Rank, first};
use super::grammar::Grammar;
use super::rule::Rule;

/// What the lines have said so far.
#[derive(Default)]
pub(crate) struct Seen {
    /// Number of fields.
    pub(crate) fields: usize,
    has_host: bool,
    router_id: Option<RouterId>,
    state: Option<HaState>,
    length: Option<usize>,
    has_length: bool,
    transfer_coding: Option<usize>,
}

/// A field that has a meaning: where its line starts, and its colon.
#[derive(Clone, Copy)]
pub(crate) struct Value {
    pub(crate) name: FieldName,
    pub(crate) start: usize,
    pub(crate) colon: usize,
}

impl Seen {
    /// What is wrong with a field, were its line not refused before that.
    pub(crate) fn judge(&self, grammar: &Grammar, input: &[u8], value: &Value, limits: &Limits) -> Option<Fault> {
        let field = value.name;
        let named =
            |kind: ErrorKind| Some(Fault { judged: value.colon, rank: Rank::Meaning, error: kind.at(value.start) });
        let departs = |rule: &Rule, kind| departure(rule, input, value, kind);
        match field {
            _ if self.has(field) => named(ErrorKind::DuplicateField { field }),
            FieldName::Host => first([departs(&grammar.host, ErrorKind::Host), no_address(grammar, input, value)]),
            FieldName::RouterId => {
                first([departs(&grammar.router_id, ErrorKind::RouterId), nil(grammar, input, value)])
            }
            FieldName::State if limits.legacy_state() => departs(&grammar.state_or_master, ErrorKind::State),
            FieldName::State => departs(&grammar.state, ErrorKind::State),
            FieldName::Connection => departs(&grammar.connection, ErrorKind::ConnectionOption),
            FieldName::ContentLength => first([
                departs(&grammar.content_length, ErrorKind::ContentLength),
                body_too_long(grammar, input, value, limits),
            ]),
            FieldName::TransferEncoding => None,
            FieldName::Expect => named(ErrorKind::Expectation),
            // `TE`, `Trailer` and `Upgrade`.
            _ => named(ErrorKind::UnsupportedField { field }),
        }
    }

    /// Whether a field that is allowed only once was there already.
    fn has(&self, field: FieldName) -> bool {
        match field {
            FieldName::Host => self.has_host,
            FieldName::RouterId => self.router_id.is_some(),
            FieldName::State => self.state.is_some(),
            FieldName::ContentLength => self.has_length,
            _ => false,
        }
    }

    /// Takes note of a name that decides what a refusal is, even one in the same line.
    pub(crate) fn note(&mut self, value: &Value) {
        match value.name {
            FieldName::ContentLength => self.has_length = true,
            FieldName::TransferEncoding => self.transfer_coding = self.transfer_coding.or(Some(value.start)),
            _ => {}
        }
    }

    /// Takes a good line that ends at `end`.
    pub(crate) fn take(&mut self, input: &[u8], value: Option<Value>, end: usize) {
        self.fields += 1;
        let Some(value) = value else { return };
        let text = std::str::from_utf8(&input[value.colon + 1..end]).expect("ASCII").trim();
        match value.name {
            FieldName::Host => self.has_host = true,
            FieldName::RouterId => self.router_id = id(text),
            FieldName::State => self.state = Some(word(text)),
            FieldName::ContentLength => self.length = text.parse().ok(),
            _ => {}
        }
    }

    /// A `Transfer-Encoding` outranks whatever is refused after it.
    pub(crate) fn settle(&self, refused: Error) -> Error {
        match self.transfer_coding {
            Some(at) => ErrorKind::TransferCoding { with_content_length: self.has_length }.at(at),
            None => refused,
        }
    }

    /// What the message says, and the length of its body, at the blank line that begins at `offset`.
    pub(crate) fn finish(&self, offset: usize) -> Result<(Notification, usize), Error> {
        let missing = |field| self.settle(ErrorKind::MissingField { field }.at(offset));
        if !self.has_host || self.transfer_coding.is_some() {
            return Err(missing(FieldName::Host));
        }
        let router_id = self.router_id.ok_or_else(|| missing(FieldName::RouterId))?;
        let state = self.state.ok_or_else(|| missing(FieldName::State))?;
        Ok((Notification { router_id, state }, self.length.unwrap_or(0)))
    }
}

/// The first byte that no acceptable value has there.
fn departure(rule: &Rule, input: &[u8], value: &Value, kind: ErrorKind) -> Option<Fault> {
    let at = rule.follow(input, value.colon + 1).departure()?;
    Some(Misfit::new(input, value.start, at)?.is(Rank::Meaning, kind))
}

/// An address in brackets is judged at its bracket, as a whole.
fn no_address(grammar: &Grammar, input: &[u8], value: &Value) -> Option<Fault> {
    let end = grammar.brackets.follow(input, value.colon + 1).end()?;
    let open = value.colon + input[value.colon..end].iter().position(|&byte| byte == b'[')?;
    let is_wrong = !grammar.address.matches(&input[open + 1..end - 1]);
    is_wrong.then(|| Fault { judged: end - 1, rank: Rank::Meaning, error: ErrorKind::Host.at(open + 1) })
}

/// The last digit of the nil UUID is what makes it nil.
fn nil(grammar: &Grammar, input: &[u8], value: &Value) -> Option<Fault> {
    let end = grammar.nil.follow(input, value.colon + 1).end()?;
    Some(Fault { judged: end - 1, rank: Rank::Meaning, error: ErrorKind::RouterId.at(end - 1) })
}

/// The digit that takes a `Content-Length` over the limit, which is judged at the end of the line.
fn body_too_long(grammar: &Grammar, input: &[u8], value: &Value, limits: &Limits) -> Option<Fault> {
    let end = grammar.content_length.follow(input, value.colon + 1).end()?;
    let mut length = 0u128;
    for (at, byte) in (value.colon + 1..end).zip(&input[value.colon + 1..end]).filter(|(_, byte)| byte.is_ascii_digit())
    {
        length = length * 10 + u128::from(byte - b'0');
        if length > limits.body() as u128 {
            return Some(Fault { judged: end - 1, rank: Rank::Meaning, error: ErrorKind::BodyTooLong.at(at) });
        }
    }
    None
}

fn id(text: &str) -> Option<RouterId> {
    let number = u128::from_str_radix(&text.replace('-', ""), 16).expect("hexadecimal digits");
    RouterId::from_bytes(number.to_be_bytes())
}

fn word(text: &str) -> HaState {
    match text {
        "primary" | "master" => HaState::Primary,
        "backup" => HaState::Backup,
        "fault" => HaState::Fault,
        _ => panic!("no state"),
    }
}
