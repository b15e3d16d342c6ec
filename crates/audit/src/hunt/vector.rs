//! A finding as a vector file, as `in_folder` reads it.

use serde_json::{Value, json};

use super::finding::Finding;
use super::input::Delivery;
use crate::judge;
use crate::report::printable_json;
use crate::vectors::{Expected, With};

impl Finding {
    /// The text of a vector file that `in_folder` reads, with this as its only case; `None` where no vector can say how
    /// it is delivered.
    #[must_use]
    pub fn vector(&self) -> Option<String> {
        if self.delivery == Delivery::Gone || self.sequence.is_some() {
            return None;
        }
        let case = &self.case;
        let mut text = json!({
            "id": case.id, "title": case.title, "input": part(&case.input),
            "level": case.level, "rule": case.rule, "cwe": case.cwe, "risk": case.risk,
        });
        let members = text.as_object_mut()?;
        match &case.expected {
            Expected::Accepted { router_id, state, length } => {
                let verdict = json!({ "verdict": "accepted", "status": 200, "router_id": router_id, "state": state });
                members.extend(verdict.as_object().cloned().unwrap_or_default());
                members.insert("length".to_owned(), json!(length));
            }
            Expected::Refused { error, status, offset, field } => {
                let verdict = json!({ "verdict": "refused", "error": error, "status": status, "offset": offset });
                members.extend(verdict.as_object().cloned().unwrap_or_default());
                members.extend(field.iter().map(|field| ("field".to_owned(), json!(field))));
            }
        }
        members.extend(case.expand.map(|_| ("expand".to_owned(), json!("splits"))));
        members.extend(with(case.with).map(|with| ("with".to_owned(), with)));
        let about = format!("Found by a hunt. Seen: {}. Expected: {}.", self.why, judge::about(case).expected);
        let file = json!({
            "version": 1, "group": self.name, "title": case.title, "about": about, "cases": [text],
        });
        serde_json::to_string_pretty(&file).ok().map(|json| printable_json(&json) + "\n")
    }
}

/// How a server is configured, where that is not the default.
fn with(with: With) -> Option<Value> {
    match with {
        With { legacy: false, body: 0 } => None,
        With { legacy: true, body: 0 } => Some(json!({ "legacy": true })),
        With { legacy: false, body } => Some(json!({ "body": body })),
        With { legacy: true, body } => Some(json!({ "legacy": true, "body": body })),
    }
}

/// An input as a vector has it.
fn part(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok("") => json!([]),
        Ok(text) if text.is_ascii() => json!([text]),
        _ => json!([{ "base64": base64(bytes) }]),
    }
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| DIGITS.get((bits & 63) as usize).map_or('=', |&digit| char::from(digit));
    let mut text = String::new();
    for triple in bytes.chunks(3) {
        let word = (0..3).fold(0, |word, at| word << 8 | u32::from(triple.get(at).copied().unwrap_or_default()));
        let quad = [18, 12, 6, 0].map(|shift| digit(word >> shift));
        text.extend(quad.into_iter().take(triple.len().saturating_add(1)));
        text.extend((triple.len()..3).map(|_| '='));
    }
    text
}
