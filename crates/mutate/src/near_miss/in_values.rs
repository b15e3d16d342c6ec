//! Values that mean nothing here.

use arbitrary::{Result, Unstructured};
use hanotify::{ErrorKind, FieldName};

use super::Defective;
use crate::message::{Line, Message};

/// A value, and the first byte of it that can't be there: its length, where it ends too early.
type Wrong = (&'static str, usize);

/// The message with another value of the field, which is added where the message has none.
fn with(
    source: &mut Unstructured<'_>,
    message: &Message,
    (name, kind): (FieldName, ErrorKind),
    (value, wrong): (&str, usize),
) -> Result<Option<Defective>> {
    let mut message = message.clone();
    let at = if let Some(at) = message.find(name) {
        at
    } else {
        let at = source.int_in_range(0..=message.lines.len())?;
        message.lines.insert(at, Line::from_recipe(source, name.as_str(), "")?);
        at
    };
    let line = &mut message.lines[at];
    value.clone_into(&mut line.value);
    if wrong == value.len() {
        // White space behind it may or may not be wrong yet: that is for the tables of `tests/refusals`.
        line.behind = "";
    }
    let offset = message.offset_of(at) + message.lines[at].value_at() + wrong;
    Ok(Some(Defective::new(message.to_bytes(), kind.at(offset))))
}

pub(super) fn host(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const WRONG: &[Wrong] = &[
        ("", 0),
        (":80", 0),
        ("a b", 2),
        ("u@a", 1),
        ("a:", 2),
        ("a:x", 2),
        ("a:+1", 2),
        ("a:65536", 6),
        ("a:99999", 6),
        ("a:0080:", 6),
        ("a%4", 3),
        ("a%zz", 2),
        ("a/b", 1),
        ("a?", 1),
        ("\"a\"", 0),
        ("[::1", 4),
        ("[::g]", 1),
        ("[::1]a", 5),
        ("[1:2]", 1),
        ("[]", 1),
        ("http://a", 5),
    ];
    let wrong = *source.choose(WRONG)?;
    with(source, message, (FieldName::Host, ErrorKind::Host), wrong)
}

pub(super) fn content_length(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const WRONG: &[Wrong] = &[
        ("", 0),
        ("+0", 0),
        ("-1", 0),
        ("00", 1),
        ("01", 1),
        ("0x0", 1),
        ("1,1", 1),
        ("1, 1", 1),
        ("1 1", 2),
        ("0.0", 1),
        ("1e1", 1),
        ("\"0\"", 0),
        ("18446744073709551616", 19),
        ("99999999999999999999", 19),
    ];
    let wrong = *source.choose(WRONG)?;
    with(source, message, (FieldName::ContentLength, ErrorKind::ContentLength), wrong)
}

pub(super) fn connection(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const WRONG: &[Wrong] = &[
        ("", 0),
        (",", 1),
        ("upgrade", 0),
        ("clos", 4),
        ("closed", 5),
        ("close;", 5),
        ("close keep-alive", 6),
        ("close, te", 7),
        ("keep-alive, Upgrade", 12),
        ("keep_alive", 4),
        ("\"close\"", 0),
        ("keep-alive=1", 10),
    ];
    let wrong = *source.choose(WRONG)?;
    with(source, message, (FieldName::Connection, ErrorKind::ConnectionOption), wrong)
}

pub(super) fn state(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const WRONG: &[Wrong] = &[
        ("", 0),
        ("Primary", 0),
        ("PRIMARY", 0),
        ("primarY", 6),
        ("prim", 4),
        ("primaries", 6),
        ("primary,backup", 7),
        ("primary, backup", 7),
        ("backup primary", 7),
        ("fault;", 5),
        ("faulty", 5),
        ("master", 0),
        ("MASTER", 0),
        ("unknown", 0),
        ("\"primary\"", 0),
        ("b", 1),
        ("bAckup", 1),
    ];
    let wrong = *source.choose(WRONG)?;
    with(source, message, (FieldName::State, ErrorKind::State), wrong)
}

const ID: (FieldName, ErrorKind) = (FieldName::RouterId, ErrorKind::RouterId);

pub(super) fn router_id(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    const WRONG: &[Wrong] = &[
        ("", 0),
        ("00000000-0000-0000-0000-000000000000", 35),
        ("{9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10}", 0),
        ("urn:uuid:9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", 0),
        ("9b3a1d8e5c1f4a579f5e0a4c2f3b7d10", 8),
        ("9b3a1d8-e5c1f-4a57-9f5e-0a4c2f3b7d10", 7),
        ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d1", 35),
        ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d100", 36),
        ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10,9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", 36),
        ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", 37),
        ("\"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\"", 0),
        ("9B3A1D8E-5C1F-4A57-9F5E-0A4C2F3B7D10", 1),
    ];
    let wrong = *source.choose(WRONG)?;
    with(source, message, ID, wrong)
}

/// One byte of the id is another than any id has there, or one more.
pub(super) fn router_id_by_one_byte(source: &mut Unstructured<'_>, message: &Message) -> Result<Option<Defective>> {
    let Some(line) = message.find(FieldName::RouterId) else { return Ok(None) };
    let mut id = message.lines[line].value.clone();
    let at = source.int_in_range(0..=id.len() - 1)?;
    let digit = char::from(*source.choose(b"gGAF/:`@~!")?);
    let dash = char::from(*source.choose(b"0a_.~")?);
    let is_dash = id.as_bytes()[at] == b'-';
    let end = if source.arbitrary()? { at } else { at + 1 };
    // An inserted digit is wrong only where a dash has to be.
    id.replace_range(at..end, if is_dash { dash } else { digit }.encode_utf8(&mut [0; 4]));
    with(source, message, ID, (&id, at))
}
