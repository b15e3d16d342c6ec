//! Valid messages from a recipe: any order, any case, any white space, any fields that have no meaning.

use arbitrary::{Arbitrary, Result, Unstructured};
use hanotify::{FieldName, Notification};

/// A message in parts, so that one of them can be changed.
#[derive(Clone, Debug)]
pub struct Message {
    /// The method.
    pub method: &'static str,
    /// The field lines, in their order.
    pub lines: Vec<Line>,
    /// The body.
    pub body: Vec<u8>,
}

/// A field line: name, colon, white space, value, white space.
#[derive(Clone, Debug)]
pub struct Line {
    /// The field name.
    pub name: String,
    /// White space between the colon and the value.
    pub before: &'static str,
    /// The value.
    pub value: String,
    /// White space behind the value.
    pub behind: &'static str,
}

const OWS: [&str; 4] = ["", " ", "\t", " \t "];
const HOSTS: &[&str] = &[
    "127.0.0.1",
    "localhost",
    "a:0",
    "a.b-c_d~:65535",
    "[::1]",
    "[::ffff:1.2.3.4]:80",
    "[v1.a:b]",
    "a%41",
    "!$&'()*+,;=",
];
const CONNECTIONS: &[&str] = &["close", "keep-alive", "Close", "close, keep-alive", ",close,", "KEEP-ALIVE\t,,close"];
/// Fields of no meaning, some of them with a name that is nearly one that has.
const UNKNOWN: &[(&str, &str)] = &[
    ("User-Agent", "curl/7.88.1"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate"),
    ("X-Neutron-Stat", "primary"),
    ("X-Neutron-States", "primary, backup"),
    ("Hos", "a b"),
    ("Hosts", ""),
    ("T", "trailers"),
    ("Content-Lengt", "-1"),
    ("!#$%&'*+-.^`|~09", "any: \t value; of=\"no\" meaning"),
    ("Content-Type", "application/x-www-form-urlencoded"),
];

impl Message {
    /// A valid message and what it says. A recipe that ends early gives a short and simple one.
    ///
    /// # Errors
    ///
    /// When the recipe can't be read at all.
    pub fn from_recipe(source: &mut Unstructured<'_>) -> Result<(Notification, Self)> {
        let notification = Notification::arbitrary(source)?;
        let method = source.choose(&["POST", "GET"])?;
        let mut lines = vec![
            Line::chosen(source, FieldName::Host.as_str(), HOSTS)?,
            Line::from_recipe(source, FieldName::RouterId.as_str(), &notification.router_id.to_string())?,
            Line::from_recipe(source, FieldName::State.as_str(), notification.state.as_str())?,
        ];
        for _ in 0..source.int_in_range(0..=4)? {
            let (name, value) = *source.choose(UNKNOWN)?;
            lines.push(Line::from_recipe(source, name, value)?);
        }
        for _ in 0..source.int_in_range(0..=2)? {
            lines.push(Line::chosen(source, FieldName::Connection.as_str(), CONNECTIONS)?);
        }
        let mut body = Vec::new();
        if source.arbitrary()? {
            let len = source.int_in_range(0..=12)?;
            body = source.bytes(source.len().min(len))?.to_vec();
            lines.push(Line::from_recipe(source, FieldName::ContentLength.as_str(), &body.len().to_string())?);
        }
        for last in (1..lines.len()).rev() {
            lines.swap(last, source.int_in_range(0..=last)?);
        }
        Ok((notification, Self { method, lines, body }))
    }

    /// The message's head and body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let lines: String = self.lines.iter().map(Line::to_text).collect();
        let head = format!("{} / HTTP/1.1\r\n{lines}\r\n", self.method);
        [head.as_bytes(), &self.body].concat()
    }

    /// Bytes from the start of the message to the line `at`; to the blank line, if it is their number.
    #[must_use]
    pub fn offset_of(&self, at: usize) -> usize {
        let lines: usize = self.lines.iter().take(at).map(|line| line.to_text().len()).sum();
        self.method.len() + " / HTTP/1.1\r\n".len() + lines
    }

    /// Where the line with this name is, which has one.
    #[must_use]
    pub fn find(&self, name: FieldName) -> Option<usize> {
        self.lines.iter().position(|line| FieldName::parse(line.name.as_bytes()) == Some(name))
    }
}

impl Line {
    fn chosen(source: &mut Unstructured<'_>, name: &str, values: &[&str]) -> Result<Self> {
        let value = choose(source, values)?;
        Self::from_recipe(source, name, value)
    }

    /// A line with this name and value; the recipe decides on the name's case and the white space.
    ///
    /// # Errors
    ///
    /// When the recipe ends too early.
    pub fn from_recipe(source: &mut Unstructured<'_>, name: &str, value: &str) -> Result<Self> {
        let mut line = Self {
            name: name.to_owned(),
            before: choose(source, &OWS)?,
            value: value.to_owned(),
            behind: choose(source, &OWS)?,
        };
        match source.int_in_range(0..=3)? {
            1 => line.name.make_ascii_lowercase(),
            2 => line.name.make_ascii_uppercase(),
            3 => {
                let case: u32 = source.arbitrary()?;
                line.name = swap_case(&line.name, case);
            }
            _ => {}
        }
        Ok(line)
    }

    /// The line with its line ending.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { name, before, value, behind } = self;
        format!("{name}:{before}{value}{behind}\r\n")
    }

    /// Bytes from the start of the line to its value.
    #[must_use]
    pub fn value_at(&self) -> usize {
        self.name.len() + 1 + self.before.len()
    }
}

fn choose<'c>(source: &mut Unstructured<'_>, choices: &[&'c str]) -> Result<&'c str> {
    source.choose(choices).copied()
}

/// The name with its letters in the case that the bits say.
pub(crate) fn swap_case(name: &str, bits: u32) -> String {
    let swap = |(at, letter): (u32, char)| match bits >> (at % 32) & 1 {
        1 if letter.is_ascii_lowercase() => letter.to_ascii_uppercase(),
        1 => letter.to_ascii_lowercase(),
        _ => letter,
    };
    (0..).zip(name.chars()).map(swap).collect()
}
