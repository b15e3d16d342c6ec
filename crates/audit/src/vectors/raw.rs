//! A vector file as JSON has it, and from there to cases.

use serde::Deserialize;

use super::{Case, Expand, Expected, Given, Group, Level, VectorError, Weakness, With};

/// The longest input that a file may ask for, in bytes.
const LONGEST: usize = 4 << 20;

/// The longest input that stands for many, one for each byte.
const LONGEST_EXPANDED: usize = 16 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    version: u64,
    group: String,
    title: String,
    about: String,
    cases: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    id: String,
    title: String,
    input: Vec<Part>,
    with: Option<With>,
    given: Option<Given>,
    expand: Option<Expand>,
    verdict: Verdict,
    status: u16,
    router_id: Option<String>,
    state: Option<String>,
    length: Option<usize>,
    error: Option<String>,
    offset: Option<usize>,
    field: Option<String>,
    level: Level,
    rule: String,
    cwe: Weakness,
    risk: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Accepted,
    Refused,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text(String),
    Bytes(Base64),
    Many(Many),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Base64 {
    base64: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Many {
    repeat: String,
    times: usize,
}

fn too_long(file: &str, id: &str) -> VectorError {
    let fault = "the inputs of all cases together are too long";
    VectorError::Case { file: file.to_owned(), id: id.to_owned(), fault }
}

/// The cases in the text of a file of this name. Their inputs take what they need of `room`, in bytes.
pub(super) fn group(file: &str, text: &str, room: &mut usize) -> Result<Group, VectorError> {
    let raw: RawFile =
        serde_json::from_str(text).map_err(|cause| VectorError::Json { file: file.to_owned(), cause })?;
    let fault = |fault| Err(VectorError::File { file: file.to_owned(), fault });
    if raw.version != 1 {
        return fault("only version 1 is understood");
    }
    if file != format!("{}.json", raw.group) {
        return fault("the group is not the file's name");
    }
    if raw.cases.is_empty() {
        return fault("there are no cases");
    }
    let mut cases = Vec::new();
    for case in raw.cases {
        let (id, length) = (case.id.clone(), length(&case.input));
        let read = case.read(&raw.group);
        let case = read.map_err(|fault| VectorError::Case { file: file.to_owned(), id: id.clone(), fault })?;
        *room = room.checked_sub(length).ok_or_else(|| too_long(file, &id))?;
        cases.push(case);
    }
    Ok(Group { name: raw.group, title: raw.title, about: raw.about, cases })
}

impl RawCase {
    fn read(self, group: &str) -> Result<Case, &'static str> {
        if !self.id.strip_prefix(group).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/')) {
            return Err("the id doesn't begin with the group and a slash");
        }
        let section = self.rule.strip_prefix("RFC ").and_then(|rule| rule.split_once(" section "));
        if !section.is_some_and(|(rfc, section)| rfc.parse::<u16>().is_ok() && !section.is_empty()) {
            return Err("the rule is no section of an RFC");
        }
        if !self.risk.ends_with('.') {
            return Err("the risk is no sentence");
        }
        let input = bytes(&self.input)?;
        if self.expand.is_some() && input.len() > LONGEST_EXPANDED {
            return Err("an input that stands for many is too long");
        }
        let expected = self.expected(input.len())?;
        Ok(Case {
            id: self.id,
            title: self.title,
            input,
            with: self.with.unwrap_or_default(),
            given: self.given,
            expand: self.expand,
            expected,
            level: self.level,
            rule: self.rule,
            cwe: self.cwe,
            risk: self.risk,
        })
    }

    fn expected(&self, len: usize) -> Result<Expected, &'static str> {
        let says = (self.router_id.clone(), self.state.clone(), self.length);
        match (&self.verdict, says, self.error.clone()) {
            (Verdict::Accepted, (Some(router_id), Some(state), Some(length)), None) => {
                if self.status != 200 || self.offset.is_some() || self.field.is_some() {
                    return Err("an accepted case has status 200, and nothing that a refusal has");
                }
                if length > len {
                    return Err("the message is longer than the input");
                }
                Ok(Expected::Accepted { router_id, state, length })
            }
            (Verdict::Accepted, ..) => Err("an accepted case needs router_id, state and length, and no error"),
            (Verdict::Refused, (None, None, None), Some(error)) if (400..600).contains(&self.status) => {
                let offset = match (self.offset, self.expand) {
                    (None, Some(Expand::Truncations)) => len,
                    (Some(offset), expand) if expand != Some(Expand::Truncations) && offset <= len => offset,
                    _ => {
                        return Err(
                            "a refused case needs an offset within its input, unless it expands to truncations",
                        );
                    }
                };
                Ok(Expected::Refused { error, status: self.status, offset, field: self.field.clone() })
            }
            (Verdict::Refused, ..) => {
                Err("a refused case needs an error and a status of 400 to 599, and no notification")
            }
        }
    }
}

/// How many bytes these parts are, at most; known before any of them is made.
fn length(parts: &[Part]) -> usize {
    let of = |part: &Part| match part {
        Part::Text(text) => text.len(),
        Part::Bytes(part) => part.base64.len() / 4 * 3,
        Part::Many(Many { repeat, times }) => repeat.len().saturating_mul(*times),
    };
    parts.iter().map(of).fold(0, usize::saturating_add)
}

fn bytes(parts: &[Part]) -> Result<Vec<u8>, &'static str> {
    if length(parts) > LONGEST {
        return Err("the input is too long");
    }
    let mut bytes = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) if text.is_ascii() => bytes.extend_from_slice(text.as_bytes()),
            Part::Bytes(part) => bytes.extend(base64(part.base64.as_bytes()).ok_or("malformed base64")?),
            Part::Many(Many { repeat, times }) if repeat.is_ascii() => {
                bytes.extend_from_slice(repeat.repeat(*times).as_bytes());
            }
            _ => return Err("text is ASCII: write other bytes in base64"),
        }
    }
    Ok(bytes)
}

/// RFC 4648 section 4, canonical: with its padding, and with no bits set that mean nothing.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (quads, []) = text.as_chunks::<4>() else { return None };
    for (at, quad) in quads.iter().enumerate() {
        let padding = quad.iter().rev().take_while(|&&byte| byte == b'=').count();
        if padding > 2 || (padding > 0 && at + 1 < quads.len()) {
            return None;
        }
        let digits = quad.iter().take(4 - padding).map(|&byte| sextet(byte));
        let mut word = 0u32;
        for digit in digits {
            word = word << 6 | u32::from(digit?);
        }
        let [_, triple @ ..] = (word << (6 * padding)).to_be_bytes();
        let (kept, dropped) = triple.split_at_checked(3 - padding)?;
        if dropped.iter().any(|&byte| byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_read_in_its_canonical_form_only() {
        for (text, bytes) in
            [("", &b""[..]), ("/w==", b"\xff"), ("+/8=", b"\xfb\xff"), ("AAAA", b"\0\0\0"), ("Zm9vYmE=", b"fooba")]
        {
            assert_eq!(base64(text.as_bytes()).as_deref(), Some(bytes), "{text}");
        }
        for text in ["A", "AA", "AAA", "/x==", "====", "A===", "AA=A", "AA==AAAA", "AA\n=", "-_8=", "é=="] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
    }
}
