//! The XML of `JUnit`: a suite for each weakness, a test case for each case and probe, as CI systems show it.

use std::fmt::Write as _;

use crate::results::{Entry, Outcome, Results};
use crate::vectors::Weakness;

pub(super) fn page(audits: &[Results]) -> String {
    let mut page = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hanotify audit\">\n");
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
    let failures = entries.iter().filter(|entry| entry.outcome == Outcome::Fail && entry.known.is_none()).count();
    let is_skipped = |entry: &&&Entry| entry.outcome == Outcome::NotSeen || entry.known.is_some();
    let _ = writeln!(
        page,
        "  <testsuite name=\"{}: {code} {}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" \
         timestamp=\"{}\">",
        xml(&audit.name),
        xml(title),
        entries.len(),
        failures,
        entries.iter().filter(is_skipped).count(),
        xml(audit.started_at.trim_end_matches('Z')),
    );
    for entry in entries {
        case(entry, code, page);
    }
    page.push_str("  </testsuite>\n");
}

fn case(entry: &Entry, code: &str, page: &mut String) {
    let _ = write!(page, "    <testcase classname=\"{code}\" name=\"{}: {}\"", xml(&entry.id), xml(&entry.title));
    let detail = |page: &mut String| {
        let _ = write!(
            page,
            "rule: {}\nrisk: {}\nexpected: {}\nsent: {}\nanswer: {}\nevents: {}",
            xml(&entry.rule),
            xml(&entry.risk),
            xml(&entry.expected),
            xml(&entry.sent),
            xml(&entry.answer),
            xml(&entry.events.join("; "))
        );
    };
    match entry.outcome {
        Outcome::Pass => page.push_str("/>\n"),
        Outcome::Fail if entry.known.is_some() => {
            let known = format!("known: {}: {}", entry.known.as_deref().unwrap_or_default(), entry.why);
            let _ = writeln!(page, ">\n      <skipped message=\"{}\"/>\n    </testcase>", xml(&known));
        }
        Outcome::Fail => {
            let _ = write!(page, ">\n      <failure message=\"{}\">", xml(&entry.why));
            detail(page);
            page.push_str("</failure>\n    </testcase>\n");
        }
        Outcome::NotSeen => {
            let _ = write!(page, ">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(&entry.why));
        }
        Outcome::Noted => {
            let _ = write!(page, ">\n      <system-out>noted: {}\n", xml(&entry.why));
            detail(page);
            page.push_str("</system-out>\n    </testcase>\n");
        }
    }
}

fn incomplete(audit: &Results, page: &mut String) {
    let Some(ended) = &audit.ended else { return };
    let _ = writeln!(
        page,
        "  <testsuite name=\"{}: the audit\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
         <testcase classname=\"audit\" name=\"complete\">\n      <error message=\"{}\"/>\n    </testcase>\n  \
         </testsuite>",
        xml(&audit.name),
        xml(ended)
    );
}

/// Text for an attribute or an element: what XML 1.0 has no place for is escaped as Rust does.
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
            _ if char.is_control() => escaped.extend(char.escape_default()),
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
        assert_eq!(xml("<a b='c'>&\"\u{1}\n\u{ffff}é"), "&lt;a b=&apos;c&apos;&gt;&amp;&quot;\\u{1}\\n\u{fffd}é");
    }
}
