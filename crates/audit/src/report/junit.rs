//! The XML of `JUnit`: a suite for each weakness, a test case for each case and probe, as CI systems show it.

use std::fmt::Write as _;

use crate::results::{Entry, Outcome, Results, is_plain};
use crate::vectors::Weakness;

pub(super) fn page(audits: &[Results]) -> String {
    let mut page = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let entries = || audits.iter().flat_map(|audit| &audit.entries);
    let ended = audits.iter().filter(|audit| audit.ended.is_some()).count();
    let seconds: f64 = audits.iter().map(|audit| audit.seconds).sum();
    let _ = writeln!(
        page,
        "<testsuites name=\"hanotify audit\" tests=\"{}\" failures=\"{}\" errors=\"{ended}\" skipped=\"{}\" \
         time=\"{seconds:.3}\">",
        entries().count() + ended,
        entries().filter(|entry| is_failure(entry)).count(),
        entries().filter(|entry| is_skipped(entry)).count(),
    );
    for audit in audits {
        for cwe in Weakness::ALL {
            suite(audit, cwe, &mut page);
        }
        incomplete(audit, &mut page);
    }
    page.push_str("</testsuites>\n");
    page
}

fn suite(audit: &Results, cwe: Weakness, page: &mut String) {
    let (code, title) = cwe.code_and_title();
    let entries: Vec<_> = audit.entries.iter().filter(|entry| entry.cwe == cwe).collect();
    let seconds: f64 = entries.iter().map(|entry| entry.seconds).sum();
    let _ = writeln!(
        page,
        "  <testsuite name=\"{}: {code} {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" \
         time=\"{seconds:.3}\" timestamp=\"{}\">",
        xml(&audit.name),
        xml(title),
        entries.len(),
        entries.iter().filter(|entry| is_failure(entry)).count(),
        entries.iter().filter(|entry| is_skipped(entry)).count(),
        xml(audit.started_at.trim_end_matches('Z')),
    );
    for entry in entries {
        case(audit, entry, code, page);
    }
    page.push_str("  </testsuite>\n");
}

/// Whether it is a failure that is not known.
fn is_failure(entry: &Entry) -> bool {
    entry.outcome == Outcome::Fail && entry.known.is_none()
}

fn is_skipped(entry: &Entry) -> bool {
    entry.outcome == Outcome::NotSeen || entry.known.is_some()
}

fn case(audit: &Results, entry: &Entry, code: &str, page: &mut String) {
    let _ = write!(
        page,
        "    <testcase classname=\"{}: {code}\" name=\"{}: {}\" time=\"{:.3}\"",
        xml(&audit.name),
        xml(&entry.id),
        xml(&entry.title),
        entry.seconds,
    );
    match entry.outcome {
        Outcome::Pass => page.push_str("/>\n"),
        Outcome::Fail if entry.known.is_some() => {
            let known = format!("known: {}: {}", entry.known.as_deref().unwrap_or_default(), entry.why);
            let _ = writeln!(page, ">\n      <skipped message=\"{}\"/>\n    </testcase>", xml(&known));
        }
        Outcome::Fail => {
            let _ = write!(page, ">\n      <failure message=\"{}\">", xml(&entry.why));
            detail(entry, page);
            page.push_str("</failure>\n    </testcase>\n");
        }
        Outcome::NotSeen => {
            let _ = write!(page, ">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(&entry.why));
        }
        Outcome::Noted => {
            let _ = write!(page, ">\n      <system-out>noted: {}\n", xml(&entry.why));
            detail(entry, page);
            page.push_str("</system-out>\n    </testcase>\n");
        }
    }
}

/// What is known of an entry: a line for each member that says something.
fn detail(entry: &Entry, page: &mut String) {
    let events = entry.events.join("; ");
    let none = String::new();
    let lines = [
        ("remedy", entry.remedy.as_ref().unwrap_or(&none)),
        ("rule", &entry.rule),
        ("risk", &entry.risk),
        ("expected", &entry.expected),
        ("sent", &entry.sent),
        ("answer", &entry.answer),
        ("events", &events),
        ("again", entry.again.as_ref().unwrap_or(&none)),
    ];
    let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
    page.push_str(&lines.map(|(name, text)| format!("{name}: {}", xml(text))).collect::<Vec<_>>().join("\n"));
}

fn incomplete(audit: &Results, page: &mut String) {
    let Some(ended) = &audit.ended else { return };
    let _ = writeln!(
        page,
        "  <testsuite name=\"{}: the audit\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
         <testcase classname=\"audit\" name=\"complete\" time=\"0\">\n      \
         <error message=\"{}\"/>\n    </testcase>\n  </testsuite>",
        xml(&audit.name),
        xml(ended)
    );
}

/// Text for an attribute or an element: what XML 1.0 has no place for, or what is not plain, is escaped as Rust does.
fn xml(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ if !is_plain(char) => escaped.extend(char.escape_default()),
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(xml("a\u{202e}b\u{9b}c\u{200b}"), "a\\u{202e}b\\u{9b}c\\u{200b}");
        assert_eq!(xml("<a b='c'>&\"\u{1}\n\u{ffff}é"), "&lt;a b=&apos;c&apos;&gt;&amp;&quot;\\u{1}\\n\u{fffd}é");
    }
}
