//! Where a rule or a weakness is explained.

use std::fmt::Write as _;

/// The address of a section of an RFC, or of a manual page; `None` for another rule.
pub(super) fn of_rule(rule: &str) -> Option<String> {
    if let Some((rfc, section)) = rule.strip_prefix("RFC ").and_then(|rest| rest.split_once(" section ")) {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        return (is_number(rfc) && is_number(section))
            .then(|| format!("https://www.rfc-editor.org/rfc/rfc{rfc}#section-{section}"));
    }
    let (page, number) = rule.strip_suffix(')')?.split_once('(')?;
    let is_plain = !page.is_empty() && page.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_number = matches!(number.as_bytes(), [b'1'..=b'9']);
    (is_plain && is_number).then(|| format!("https://man7.org/linux/man-pages/man{number}/{page}.{number}.html"))
}

/// A path of a URI with this text, in which every other character is escaped.
pub(super) fn percent(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_an_address_where_it_names_a_section() {
        let rfc = "https://www.rfc-editor.org/rfc/rfc9112#section-6.3";
        assert_eq!(of_rule("RFC 9112 section 6.3").as_deref(), Some(rfc));
        let manual = "https://man7.org/linux/man-pages/man7/unix.7.html";
        assert_eq!(of_rule("unix(7)").as_deref(), Some(manual));
        for rule in ["", "RFC 9112", "RFC x section 1", "RFC 1 section \"><script>", "a/b(7)", "unix(77)"] {
            assert_eq!(of_rule(rule), None, "{rule}");
        }
        assert_eq!(percent("a/b c\"é"), "a/b%20c%22%C3%A9");
    }
}
