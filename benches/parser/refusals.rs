//! A message for each kind of refusal that the parser can give: an acceptable one, and what makes it unacceptable put
//! where the parser has done the most work by then.

use hanotify::{Error, Limits, Notification, Status, decode, decode_exact};

/// An acceptable message, and the same with one defect.
pub(crate) struct Refusal {
    /// The kind's name in `docs/protocol.md`.
    pub(crate) kind: &'static str,
    pub(crate) refused: Vec<u8>,
    pub(crate) accepted: Vec<u8>,
}

impl Refusal {
    /// Whether only `decode_exact` refuses so.
    pub(crate) fn is_of_exactly_one(&self) -> bool {
        matches!(self.kind, "truncated" | "trailing-bytes")
    }
}

/// Decides about a message that is refused with this kind.
#[allow(dead_code, reason = "what counts instructions has a function for each of the two ways")]
#[inline]
pub(crate) fn decide(refusal: &Refusal, message: &[u8], limits: &Limits) -> Result<Notification, Error> {
    if refusal.is_of_exactly_one() {
        return decode_exact(message, limits);
    }
    decode(message, limits).map(|status| match status {
        Status::Complete { notification, .. } => notification,
        Status::Incomplete => panic!("{}: incomplete", refusal.kind),
    })
}

/// Curl's fields in curl's order, but for the one that is damaged: that is the last.
const FIELDS: [&str; 6] = [
    "Host: 127.0.0.1",
    "User-Agent: curl/7.88.1",
    "Accept: */*",
    "X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10",
    "X-Neutron-State: primary",
    "Connection: close",
];

/// One for each kind that the parser has, in the order of the table in `docs/protocol.md`.
pub(crate) fn refusals() -> Vec<Refusal> {
    let default = Limits::DEFAULT;
    let long = |len: usize| format!("X-Long: {}", "v".repeat(len - "X-Long: \r\n".len()));
    let short = vec!["X: y".to_owned(); default.fields() - FIELDS.len()];
    // Curl's message has 178 bytes; the other lines fill the head up to its limit.
    let lines = |last: usize| [vec![long(1_000); 8], vec![long(last)]].concat();
    let fill = default.head() - super::messages::CURL.len() - 8_000;
    vec![
        request_line("request-line", "POST / HTTP/1.1\n"),
        request_line("method", "PUT / HTTP/1.1\r\n"),
        request_line("target", "POST /x HTTP/1.1\r\n"),
        request_line("version", "POST / HTTP/1.0\r\n"),
        request_line("request-line-too-long", &format!("POST /{} HTTP/1.1\r\n", "x".repeat(64))),
        added("field-name", "X : y"),
        added("ambiguous-field-name", "X_Neutron-State: primary"),
        added("field-value", "X: y\0"),
        added("line-ending", "X: y\ny"),
        with("field-too-long", &[long(default.field_line())], &[long(default.field_line() + 1)]),
        with("too-many-fields", &short, &[&short[..], &["X: y".to_owned()]].concat()),
        with("head-too-long", &lines(fill), &lines(fill + 1)),
        changed("missing-field", 4, None),
        added("duplicate-field", "X-Neutron-State: primary"),
        changed("host", 0, Some("Host: 127.0.0.@")),
        added("content-length", "Content-Length: 0x0"),
        added("body-too-long", "Content-Length: 1"),
        added("transfer-coding", "Transfer-Encoding: chunked"),
        added("expectation", "Expect: 100-continue"),
        added("unsupported-field", "Upgrade: h2c"),
        changed("connection-option", 5, Some("Connection: closx")),
        changed("router-id", 3, Some("X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d1G")),
        changed("state", 4, Some("X-Neutron-State: primarx")),
        whole("truncated", |message| message.truncate(message.len() - 1)),
        whole("trailing-bytes", |message| message.push(b'\n')),
    ]
}

fn message(request_line: &str, fields: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<u8> {
    let fields: Vec<String> = fields.into_iter().map(|field| format!("{}\r\n", field.as_ref())).collect();
    format!("{request_line}{}\r\n", fields.concat()).into_bytes()
}

fn with_request_line(request_line: &str) -> Vec<u8> {
    message(request_line, FIELDS)
}

fn with_fields<S: AsRef<str>>(behind: &[S]) -> Vec<u8> {
    message("POST / HTTP/1.1\r\n", FIELDS.into_iter().chain(behind.iter().map(AsRef::as_ref)))
}

fn request_line(kind: &'static str, line: &str) -> Refusal {
    Refusal { kind, refused: with_request_line(line), accepted: with_request_line("POST / HTTP/1.1\r\n") }
}

/// A field behind all the others that is refused, against the message without it.
fn added(kind: &'static str, line: &str) -> Refusal {
    Refusal { kind, refused: with_fields(&[line]), accepted: with_fields::<&str>(&[]) }
}

/// Fields behind all the others.
fn with(kind: &'static str, accepted: &[String], refused: &[String]) -> Refusal {
    Refusal { kind, refused: with_fields(refused), accepted: with_fields(accepted) }
}

/// The field that is at `at`, made the last and then damaged or left out.
fn changed(kind: &'static str, at: usize, damaged: Option<&str>) -> Refusal {
    let before: Vec<&str> =
        FIELDS.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, line)| *line).collect();
    let of = |last: Option<&str>| message("POST / HTTP/1.1\r\n", before.iter().copied().chain(last));
    Refusal { kind, refused: of(damaged), accepted: of(Some(FIELDS[at])) }
}

fn whole(kind: &'static str, damage: fn(&mut Vec<u8>)) -> Refusal {
    let accepted = with_fields::<&str>(&[]);
    let mut refused = accepted.clone();
    damage(&mut refused);
    Refusal { kind, refused, accepted }
}
