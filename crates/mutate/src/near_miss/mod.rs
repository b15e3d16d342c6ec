//! A valid message with exactly one defect of a named kind: it is refused with that kind, at that byte.

mod in_fields;
#[allow(clippy::unnecessary_wraps, reason = "each way to inject a defect has the same signature")]
mod in_limits;
mod in_request_line;
mod in_values;

use arbitrary::{Result, Unstructured};
use hanotify::{Error, Limits, Notification};

use crate::message::Message;

/// A message with one defect, and how it has to be refused.
pub struct Defective {
    /// The message.
    pub bytes: Vec<u8>,
    /// The limits under which it is refused.
    pub limits: Limits,
    /// How it has to be refused.
    pub refused: Error,
}

/// Puts one defect into a valid message. Nothing where the recipe asks for one that this message can't have.
pub type Inject = fn(&mut Unstructured<'_>, &Message) -> Result<Option<Defective>>;

/// One way at least for each row of the refusal table that the core decides.
pub const DEFECTS: &[(&str, Inject)] = &[
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
pub const LIMITS: Limits = Limits::DEFAULT.with_body(64);

/// A valid message, what it says, and the same message with one defect.
pub struct NearMiss {
    /// The name of the defect's kind.
    pub kind: &'static str,
    /// What the valid message says.
    pub notification: Notification,
    /// The valid message, which [`LIMITS`] let in.
    pub valid: Vec<u8>,
    /// The message with the defect.
    pub defective: Defective,
}

/// A near miss from a recipe; `None` where the recipe asks for a defect that its message can't have.
///
/// # Errors
///
/// When the recipe ends too early.
pub fn from_recipe(source: &mut Unstructured<'_>) -> Result<Option<NearMiss>> {
    let (kind, inject) = source.choose(DEFECTS)?;
    let (notification, message) = Message::from_recipe(source)?;
    let defective = inject(source, &message)?;
    Ok(defective.map(|defective| NearMiss { kind, notification, valid: message.to_bytes(), defective }))
}

impl Defective {
    /// Under the limits that let the message in without its defect.
    #[must_use]
    pub fn new(bytes: Vec<u8>, refused: Error) -> Self {
        Self { bytes, limits: LIMITS, refused }
    }
}
