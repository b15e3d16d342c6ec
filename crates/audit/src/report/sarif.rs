//! SARIF 2.1.0, as pages for code scanning read it: a run for each audit, a rule for each case and probe that failed,
//! and a result for each failure.

use serde_json::{Value, json};

use crate::results::{Entry, Outcome, Results};
use crate::vectors::Level;

use super::link;

pub(super) fn log(audits: &[Results]) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": audits.iter().map(run).collect::<Vec<_>>(),
    })
}

fn run(audit: &Results) -> Value {
    let failing: Vec<&Entry> = audit.entries.iter().filter(|entry| entry.outcome == Outcome::Fail).collect();
    let mut invocation = json!({ "executionSuccessful": audit.complete, "startTimeUtc": audit.started_at });
    if let (Some(ended), Some(members)) = (&audit.ended, invocation.as_object_mut()) {
        let notification = json!({ "level": "error", "message": { "text": ended } });
        members.insert("toolExecutionNotifications".into(), json!([notification]));
    }
    // Whatever a clock of another program has written: SARIF has a form for times.
    if !is_time(&audit.started_at)
        && let Some(members) = invocation.as_object_mut()
    {
        members.remove("startTimeUtc");
    }
    json!({
        "tool": { "driver": {
            "name": "hanotify audit",
            "version": audit.hanotify,
            "rules": failing.iter().map(|entry| rule(entry)).collect::<Vec<_>>(),
        }},
        "automationDetails": { "id": format!("hanotify-audit/{}/", audit.name) },
        "invocations": [invocation],
        "results": failing.iter().enumerate().map(|(at, entry)| result(audit, at, entry)).collect::<Vec<_>>(),
    })
}

/// Whether it is a time as RFC 3339 and this crate write it: `2026-01-01T00:00:00Z`.
fn is_time(text: &str) -> bool {
    let form = b"0000-00-00T00:00:00Z";
    let fits = |(wanted, byte): (&u8, u8)| if *wanted == b'0' { byte.is_ascii_digit() } else { *wanted == byte };
    text.len() == form.len() && form.iter().zip(text.bytes()).all(fits)
}

fn rule(entry: &Entry) -> Value {
    let (code, _) = entry.cwe.code_and_title();
    let mut rule = json!({
        "id": entry.id,
        "shortDescription": { "text": entry.title },
        "fullDescription": { "text": entry.risk },
        "help": { "text": help(entry) },
        "defaultConfiguration": { "level": level(entry) },
        "properties": { "tags": ["security", format!("external/cwe/{}", code.to_lowercase())] },
    });
    if let (Some(link), Some(members)) = (link::of_rule(&entry.rule), rule.as_object_mut()) {
        members.insert("helpUri".into(), link.into());
    }
    rule
}

/// What to change, and why.
fn help(entry: &Entry) -> String {
    let (code, about) = entry.cwe.code_and_title();
    let remedy = entry.remedy.as_deref().unwrap_or_default();
    let expected = format!("Expected: {}. Rule: {}. Weakness: {code}, {about}.", entry.expected, entry.rule);
    format!("{remedy} {expected}").trim_start().to_owned()
}

fn level(entry: &Entry) -> &'static str {
    match entry.level {
        Level::Must => "error",
        Level::Choice => "warning",
    }
}

fn result(audit: &Results, at: usize, entry: &Entry) -> Value {
    let suppressions: Vec<Value> =
        entry.known.iter().map(|reason| json!({ "kind": "external", "justification": reason })).collect();
    json!({
        "ruleId": entry.id,
        "ruleIndex": at,
        "level": level(entry),
        "message": { "text": format!("{}: {}", entry.title, entry.why) },
        // A page wants a file; a server at a socket has none, so the case stands for it.
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": link::percent(&entry.id) } },
            "logicalLocations": [{ "name": entry.id, "fullyQualifiedName": format!("{}/{}", audit.name, entry.id) }],
        }],
        "partialFingerprints": { "hanotifyAudit/v1": entry.id },
        "suppressions": suppressions,
    })
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn a_time_is_in_the_form_of_rfc_3339() {
        assert!(is_time("2026-11-29T10:00:00Z"));
        for text in ["", "2026-11-29", "2026-11-29T10:00:00+01:00", "2026-11-29 10:00:00Z", "</script>"] {
            assert!(!is_time(text), "{text}");
        }
    }
}
