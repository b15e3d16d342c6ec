//! Reports of results: as JSON, as `JUnit` for a CI, as SARIF for code scanning, and as a page.

mod html;
mod junit;
mod link;
mod sarif;

use std::fmt::Write as _;

use super::results::{FORMAT, Results, is_plain, quoted};

/// The JSON Schema (2020-12) of the JSON document of one audit.
pub const SCHEMA: &str = include_str!("../../schema/results.json");

/// The JSON document: an object for one audit, and an array for any other number.
///
/// # Errors
///
/// When it can't be written as JSON.
pub fn json(audits: &[Results]) -> Result<String, serde_json::Error> {
    let text = match audits {
        [audit] => serde_json::to_string_pretty(audit),
        audits => serde_json::to_string_pretty(audits),
    };
    Ok(printable_json(&text?) + "\n")
}

/// The XML document of `JUnit`: a suite for each weakness, a test case for each case and probe.
#[must_use]
pub fn junit(audits: &[Results]) -> String {
    junit::page(audits)
}

/// The log of SARIF 2.1.0: a run for each audit, and a result for each failure; a known one is suppressed.
///
/// # Errors
///
/// When it can't be written as JSON.
pub fn sarif(audits: &[Results]) -> Result<String, serde_json::Error> {
    Ok(printable_json(&serde_json::to_string_pretty(&sarif::log(audits))?) + "\n")
}

/// The same JSON value in plain characters: what would steer a terminal, or change the order of what it shows, is
/// escaped as JSON does.
#[must_use]
pub fn printable_json(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for char in json.chars() {
        if is_plain(char) || char == '\n' {
            plain.push(char);
            continue;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            let _ = write!(plain, "\\u{unit:04x}");
        }
    }
    plain
}

/// The page: one HTML file with all that it needs.
///
/// # Errors
///
/// When the results can't be written as JSON.
pub fn html(audits: &[Results]) -> Result<String, serde_json::Error> {
    html::page(audits)
}

/// The address of what a rule names: a section of an RFC, or a manual page.
#[must_use]
pub fn link_of_rule(rule: &str) -> Option<String> {
    link::of_rule(rule)
}

/// More seconds than any audit takes: a year.
const LONGEST: f64 = 366.0 * 24.0 * 3_600.0;

/// Why a text is not the JSON document of one audit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is another JSON document, or none.
    #[error("it is no audit: {}", quoted(&.0.to_string()))]
    Json(#[from] serde_json::Error),
    /// It is of another format or version.
    #[error("it is no audit of version 1")]
    Version,
    /// It says that the audit took longer than any audit may, or less than no time.
    #[error("its `seconds` is not the time of an audit")]
    Seconds,
}

/// Reads the results of one audit back.
///
/// # Errors
///
/// [`LoadError`] says why the text is not such a document.
pub fn load(text: &[u8]) -> Result<Results, LoadError> {
    let audit: Results = serde_json::from_slice(text)?;
    if audit.format != FORMAT || audit.version != 1 {
        return Err(LoadError::Version);
    }
    if !(0.0..=LONGEST).contains(&audit.seconds) {
        return Err(LoadError::Seconds);
    }
    Ok(audit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_in_plain_characters_is_the_same_value() {
        let value = "é語😀 a\u{9b}b\u{7f}c\u{202e}d\u{200b}e\u{e0001}f\n\u{1b}";
        let json = serde_json::to_string_pretty(&[value]).unwrap();
        let plain = printable_json(&json);
        assert_eq!(plain, "[\n  \"é語😀 a\\u009bb\\u007fc\\u202ed\\u200be\\udb40\\udc01f\\n\\u001b\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&plain).unwrap(), [value]);
    }
}
