//! What a case is, and how its text becomes a message.

use hanotify::{ErrorKind, Limits};

/// The cases of one row of the refusal table.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) cases: Vec<Case>,
}

/// The row called `name`.
pub(crate) fn row(name: &'static str, cases: impl IntoIterator<Item = Case>) -> Row {
    Row { name, cases: cases.into_iter().collect() }
}

/// Messages that are decided alike: refused with this kind and status, or accepted.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) messages: Vec<Message>,
    pub(crate) refused: Option<(ErrorKind, u16)>,
    pub(crate) limits: Limits,
}

/// A message, and the offset of the offending byte that its text marks.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) offset: Option<usize>,
}

pub(crate) fn refused(kind: ErrorKind, status: u16, messages: Vec<Message>) -> Case {
    assert!(messages.iter().all(|message| message.offset.is_some()), "a refused message marks its offending byte");
    Case { messages, refused: Some((kind, status)), limits: Limits::DEFAULT }
}

pub(crate) fn accepted(messages: Vec<Message>) -> Case {
    assert!(messages.iter().all(|message| message.offset.is_none()), "an accepted message has no offending byte");
    Case { messages, refused: None, limits: Limits::DEFAULT }
}

impl Case {
    pub(crate) fn under(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

pub(crate) const REQUIRED: [&str; 3] =
    ["Host: 127.0.0.1", "X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", "X-Neutron-State: primary"];

/// A whole message.
pub(crate) fn message(text: impl AsRef<str>) -> Vec<Message> {
    const MARK: char = '‸';
    let byte = |character: char| u8::try_from(character).expect("a character up to U+00FF");
    let (before, behind) = text.as_ref().split_once(MARK).unwrap_or((text.as_ref(), ""));
    let bytes = before.chars().chain(behind.chars()).map(byte).collect();
    let offset = text.as_ref().contains(MARK).then(|| before.chars().count());
    vec![Message { bytes, offset }]
}

/// A message with this request line.
pub(crate) fn line(request_line: impl AsRef<str>) -> Vec<Message> {
    message(format!("{}\r\n{}\r\n\r\n", request_line.as_ref(), REQUIRED.join("\r\n")))
}

/// Messages with these field lines at the end and at the start of their fields, and with the required ones that are not
/// among them.
pub(crate) fn fields(lines: impl AsRef<str>) -> Vec<Message> {
    let lines = lines.as_ref();
    let name = |line: &str| line.split(':').next().unwrap_or_default().replace('‸', "").to_ascii_lowercase();
    let own: Vec<String> = lines.split("\r\n").map(name).collect();
    let others = REQUIRED
        .into_iter()
        .filter(|line| !own.contains(&name(line)))
        .fold(String::new(), |all, line| all + line + "\r\n");
    let last = message(format!("POST / HTTP/1.1\r\n{others}{lines}\r\n\r\n"));
    let first = message(format!("GET / HTTP/1.1\r\n{lines}\r\n{others}\r\n"));
    [last, first].concat()
}
