//! Where `docs/protocol.md` is stricter than the RFCs, and where it agrees with them: every example of its tables is
//! decided as the page says.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may panic"
)]

use std::fs;

use hanotify::{Limits, Status, decode};

const STRICTER: &str = "| rule | a sender may | example | here | why |";
const NO_LENIENCY: &str = "| rule | a recipient may | example | here | why |";
const AGREED: &str = "| rule | example | here |";
const REQUIRED: [&str; 3] =
    ["Host: 127.0.0.1", "X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", "X-Neutron-State: primary"];

/// A row: its rule, its examples, and what becomes of them, in the page's words.
struct Row {
    rule: String,
    examples: Vec<String>,
    here: String,
}

/// The rows of the table under this header, each with as many cells.
fn rows(header: &str) -> Vec<Row> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocol.md")).expect("the page");
    let columns: Vec<&str> = cells(header);
    let at = |name: &str| columns.iter().position(|column| *column == name).expect("the column");
    let rows: Vec<Row> = page
        .lines()
        .skip_while(|line| *line != header)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = cells(line);
            assert!(cells.len() == columns.len() && cells.iter().all(|cell| !cell.is_empty()), "{line}");
            let examples = code(cells[at("example")]);
            Row { rule: cells[at("rule")].to_owned(), examples, here: cells[at("here")].to_owned() }
        })
        .collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.examples.is_empty()), "under {header}");
    rows
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// An example's bytes: repetitions are written out, then escapes.
fn bytes(example: &str) -> Vec<u8> {
    let mut text = example.to_owned();
    while let Some((open, close, times)) = repetition(&text) {
        let start = if text[..open].ends_with(')') { text[..open].rfind('(').expect("a group") } else { open - 1 };
        let repeated = text[start..open].trim_matches(['(', ')']).repeat(times);
        text.replace_range(start..=close, &repeated);
    }
    unescape(text.as_bytes())
}

/// The first `{…}` with a number in it: where it begins and ends, and the number.
fn repetition(text: &str) -> Option<(usize, usize, usize)> {
    text.match_indices('{').find_map(|(open, _)| {
        let close = open + text[open..].find('}')?;
        Some((open, close, text[open + 1..close].parse().ok()?))
    })
}

fn unescape(text: &[u8]) -> Vec<u8> {
    match text {
        [] => Vec::new(),
        [b'\\', b'x', high, low, rest @ ..] => {
            let digits = [*high, *low];
            let byte = u8::from_str_radix(str::from_utf8(&digits).expect("ASCII"), 16).expect("two hexadecimal digits");
            [&[byte], &unescape(rest)[..]].concat()
        }
        [b'\\', escape, rest @ ..] => {
            let byte = [(b'r', b'\r'), (b'n', b'\n'), (b't', b'\t')].iter().find(|(letter, _)| letter == escape);
            [&[byte.expect("an escape").1], &unescape(rest)[..]].concat()
        }
        [byte, rest @ ..] => [&[*byte], &unescape(rest)[..]].concat(),
    }
}

/// The whole message of an example: with a request line where it has none, and with the required fields that it lacks.
fn message(example: &str) -> Vec<u8> {
    let own = bytes(example);
    let has = |name: &str| {
        let lines = own.split(|byte| *byte == b'\n');
        lines
            .filter_map(|line| line.split(|byte| *byte == b':').next())
            .any(|own| own.eq_ignore_ascii_case(name.as_bytes()))
    };
    let mut message = Vec::new();
    if !example.to_ascii_uppercase().contains("HTTP/") {
        message.extend(b"POST / HTTP/1.1\r\n");
    }
    message.extend(&own);
    message.extend(b"\r\n");
    for line in REQUIRED.iter().filter(|line| !has(&line[..line.find(':').expect("a name")])) {
        message.extend(line.bytes().chain(*b"\r\n"));
    }
    message.extend(b"\r\n");
    message
}

/// What becomes of a message, in the page's words.
fn verdict(message: &[u8]) -> String {
    match decode(message, &Limits::DEFAULT) {
        Ok(Status::Complete { consumed, .. }) if consumed == message.len() => "accepted".to_owned(),
        Ok(status) => panic!("{}: {status:?}", message.escape_ascii()),
        Err(error) => format!("`{}` {}", error.kind.name(), error.status()),
    }
}

fn check(rows: &[Row]) {
    let wrong: Vec<String> = rows
        .iter()
        .flat_map(|row| row.examples.iter().map(move |example| (row, example, verdict(&message(example)))))
        .filter(|(row, _, found)| *found != row.here)
        .map(|(row, example, found)| format!("{}: {example:?} is {found}, and the page says {}", row.rule, row.here))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_sender_may_do_is_refused_where_the_page_says_so() {
    check(&rows(STRICTER));
}

#[test]
fn what_a_recipient_may_put_up_with_is_refused_where_the_page_says_so() {
    check(&rows(NO_LENIENCY));
}

#[test]
fn what_was_walked_without_a_deviation_is_decided_as_the_page_says() {
    check(&rows(AGREED));
}

#[test]
fn a_deviation_is_a_refusal_and_names_where_its_rule_stands() {
    for row in rows(STRICTER).iter().chain(&rows(NO_LENIENCY)) {
        assert!(row.here != "accepted" && row.rule.contains(": RFC "), "{}", row.rule);
    }
}

/// What the published vectors call a choice of this format is a deviation, or a limit.
#[test]
fn every_kind_that_is_a_choice_in_the_vectors_is_in_the_tables() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/vectors");
    let files = fs::read_dir(folder).expect("the vectors").map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    let rows: Vec<Row> = [STRICTER, NO_LENIENCY, AGREED].into_iter().flat_map(rows).collect();
    let mut kinds = Vec::new();
    for file in files {
        let group: serde_json::Value = serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON");
        let cases = group["cases"].as_array().cloned().unwrap_or_default();
        let choices = cases.iter().filter(|case| case["level"] == "choice");
        kinds.extend(choices.filter_map(|case| case["error"].as_str()).map(str::to_owned));
    }
    assert!(kinds.len() > 100, "{} cases are choices", kinds.len());
    let of_the_format = ["truncated", "state"];
    kinds.retain(|kind| !of_the_format.contains(&kind.as_str()));
    kinds.retain(|kind| !rows.iter().any(|row| row.here.starts_with(&format!("`{kind}`"))));
    assert!(kinds.is_empty(), "{kinds:?}");
}

#[test]
fn an_example_is_written_out() {
    assert_eq!(bytes(r"a{3}b\r\n\t\x00\xff"), b"aaab\r\n\t\0\xff");
    assert_eq!(bytes("(ab{2} ){2}{x}"), b"abb abb {x}");
    assert_eq!(
        message("Host: a"),
        [b"POST / HTTP/1.1\r\nHost: a\r\n", REQUIRED[1].as_bytes(), b"\r\n", REQUIRED[2].as_bytes(), b"\r\n\r\n"]
            .concat()
    );
}
