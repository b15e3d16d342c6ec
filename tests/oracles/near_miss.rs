//! A valid message with exactly one defect of a named kind: it is refused with that kind, at that byte.

mod in_fields;
#[allow(clippy::unnecessary_wraps, reason = "each way to inject a defect has the same signature")]
mod in_limits;
mod in_request_line;
mod in_values;

use arbitrary::{Result, Unstructured};
use hanotify::{Error, Limits, decode_exact};

use super::message::Message;

/// A message with one defect, and how it has to be refused.
pub(crate) struct Defective {
    pub(crate) bytes: Vec<u8>,
    pub(crate) limits: Limits,
    pub(crate) refused: Error,
}

/// Puts one defect into a valid message. Nothing where the recipe asks for one that this message can't have.
pub(crate) type Inject = fn(&mut Unstructured<'_>, &Message) -> Result<Option<Defective>>;

/// One way at least for each row of the refusal table that the core decides.
pub(crate) const DEFECTS: &[(&str, Inject)] = &[
    ("request-line", in_request_line::malformed),
    ("request-line", in_request_line::stray_byte),
    ("method", in_request_line::method),
    ("target", in_request_line::target),
    ("version", in_request_line::version),
    ("request-line-too-long", in_request_line::endless),
    ("request-line-too-long", in_limits::request_line),
    ("field-name", in_fields::stray_byte_in_name),
    ("field-name", in_fields::no_name_or_no_colon),
    ("ambiguous-field-name", in_fields::underscore),
    ("field-value", in_fields::stray_byte_in_value),
    ("line-ending", in_fields::stray_line_end),
    ("line-ending", in_fields::half_line_end),
    ("field-too-long", in_limits::field_line),
    ("too-many-fields", in_limits::fields),
    ("head-too-long", in_limits::head),
    ("missing-field", in_fields::missing),
    ("duplicate-field", in_fields::duplicate),
    ("host", in_values::host),
    ("content-length", in_values::content_length),
    ("body-too-long", in_limits::body),
    ("transfer-coding", in_fields::transfer_coding),
    ("expectation", in_fields::expectation),
    ("unsupported-field", in_fields::unsupported),
    ("connection-option", in_values::connection),
    ("router-id", in_values::router_id),
    ("router-id", in_values::router_id_by_one_byte),
    ("state", in_values::state),
    ("truncated", in_limits::truncated),
    ("trailing-bytes", in_limits::trailing_bytes),
];

/// Room for the bodies that valid messages have here.
pub(crate) const LIMITS: Limits = Limits::DEFAULT.with_body(64);

/// The input is a recipe.
///
/// # Panics
///
/// Where the message is accepted, or refused for something else, or elsewhere; or where it is refused without the defect.
pub fn check(input: &[u8]) {
    let _ = from_recipe(&mut Unstructured::new(input));
}

/// The defect that was injected, if the recipe gave one.
pub(crate) fn from_recipe(source: &mut Unstructured<'_>) -> Result<Option<&'static str>> {
    let (name, inject) = source.choose(DEFECTS)?;
    let (notification, message) = Message::from_recipe(source)?;
    let whole = message.to_bytes();
    assert_eq!(decode_exact(&whole, &LIMITS), Ok(notification), "{}", whole.escape_ascii());
    let Some(Defective { bytes, limits, refused }) = inject(source, &message)? else { return Ok(None) };
    assert_eq!(refused.kind.name(), *name);
    assert_eq!(decode_exact(&bytes, &limits), Err(refused), "{}", bytes.escape_ascii());
    Ok(Some(name))
}

impl Defective {
    /// Under the limits that let the message in without its defect.
    pub(crate) fn new(bytes: Vec<u8>, refused: Error) -> Self {
        Self { bytes, limits: LIMITS, refused }
    }
}

#[test]
fn every_kind_that_the_core_decides_is_injected() {
    use std::collections::BTreeMap;

    let mut injected = BTreeMap::<&str, usize>::new();
    for input in super::generated::inputs(4_000) {
        if let Ok(Some(name)) = from_recipe(&mut Unstructured::new(&input)) {
            *injected.entry(name).or_default() += 1;
        }
    }
    let by_the_core = hanotify::ErrorKind::ALL.iter().map(hanotify::ErrorKind::name);
    for name in by_the_core.take_while(|name| *name != "deadline") {
        assert!(injected.get(name).is_some_and(|&count| count > 20), "{name} in {injected:?}");
    }
}
