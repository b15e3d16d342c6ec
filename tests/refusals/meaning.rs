//! The rows about which fields are there: absent ones, repeated ones, and those that are not supported.

use hanotify::{ErrorKind, FieldName, Limits};

use crate::case::{Case, REQUIRED, Row, accepted, fields, message, refused, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![missing_field(), duplicate_field(), body_too_long(), transfer_coding(), expectation(), unsupported_field()]
}

fn missing_field() -> Row {
    use FieldName::{Host, RouterId, State};
    let [host, router_id, state] = REQUIRED;
    let head = |lines: &[&str]| lines.iter().fold("POST / HTTP/1.1\r\n".to_owned(), |head, line| head + line + "\r\n");
    let missing = |field, lines: &[&str]| {
        refused(ErrorKind::MissingField { field }, 400, message(format!("{}‸\r\n", head(lines))))
    };
    row(
        "missing-field",
        [
            missing(Host, &[]),
            missing(Host, &["X: y"]),
            missing(Host, &[state]),
            missing(Host, &[router_id, state]),
            missing(Host, &["Hos: a", "Hosts: a", "X-Host: a", router_id, state]),
            missing(RouterId, &[host]),
            missing(RouterId, &[host, state]),
            missing(RouterId, &[host, "X-Neutron-RouterId: a", "Router-Id: a", state]),
            missing(State, &[host, router_id]),
            missing(State, &[router_id, host, "Connection: close", "Content-Length: 0"]),
            missing(State, &[host, router_id, "Neutron-State: primary", "X-Neutron-Stat: a"]),
            accepted(message(head(&[host, router_id, state]) + "\r\n")),
            accepted(message(head(&[state, router_id, host]) + "\r\n")),
        ],
    )
}

fn duplicate_field() -> Row {
    use FieldName::{ContentLength, Host, RouterId, State};
    let twice = |field: FieldName, value: &str, again: &[&str]| -> Vec<Case> {
        let name = field.as_str();
        let names = [name.to_owned(), name.to_ascii_lowercase(), name.to_ascii_uppercase()];
        let lines = names.iter().flat_map(|second| again.iter().map(move |again| format!("‸{second}:{again}")));
        lines
            .flat_map(|second| {
                let kind = ErrorKind::DuplicateField { field };
                let next = refused(kind, 400, fields(format!("{name}: {value}\r\n{second}")));
                [next, refused(kind, 400, fields(format!("{name}: {value}\r\nAccept: */*\r\n{second}\r\nX: y")))]
            })
            .collect()
    };
    let id = " 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";
    let other_id = " 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d11";
    row(
        "duplicate-field",
        [
            twice(Host, "a", &[" a", " b", "", " @", " a\0"]),
            twice(ContentLength, "0", &[" 0", "0", " 1", "", " x"]),
            twice(RouterId, id, &[id, other_id, "", " x"]),
            twice(State, "backup", &[" backup", " fault", "", " x", " master"]),
            vec![
                accepted(fields("Accept: a\r\nAccept: a\r\naccept: b")),
                accepted(fields("Connection: close\r\nConnection: close\r\nconnection: keep-alive")),
            ],
        ]
        .concat(),
    )
}

fn body_too_long() -> Row {
    let under = |body: usize, value: &str| {
        refused(ErrorKind::BodyTooLong, 413, fields(format!("Content-Length: {value}")))
            .under(Limits::DEFAULT.with_body(body))
    };
    // In the middle of the fields and at their end; the body follows the head.
    let fits = |len: usize| {
        let mut messages = fields(format!("Content-Length: {len}"));
        for message in &mut messages {
            message.bytes.extend(vec![b'\n'; len]);
        }
        accepted(messages)
    };
    let at_the_limit = [0, 1, 9, 10, 99, 100, 1_000].map(|len| fits(len).under(Limits::DEFAULT.with_body(len)));
    row(
        "body-too-long",
        [
            under(0, "‸1"),
            under(0, "‸10"),
            under(0, "‸1 \t"),
            under(0, "‸18446744073709551615"),
            under(1, "‸2"),
            under(1, "1‸0"),
            under(9, "1‸0"),
            under(10, "1‸1"),
            under(10, "2‸0"),
            under(99, "10‸0"),
            under(100, "10‸1"),
            under(1_000, "100‸1"),
            under(1_000, "200‸0"),
            under(1_000, "100‸10"),
            under(usize::MAX - 1, "1844674407370955161‸5"),
        ]
        .into_iter()
        .chain(at_the_limit)
        .chain([fits(3).under(Limits::DEFAULT.with_body(1_000))]),
    )
}

fn transfer_coding() -> Row {
    let alone = [
        "‸Transfer-Encoding: chunked",
        "‸TRANSFER-ENCODING: gzip, chunked",
        "‸transfer-encoding: identity",
        "‸Transfer-Encoding:",
        "‸Transfer-Encoding: \"",
        "‸Transfer-Encoding: a\r\nTransfer-Encoding: b",
    ];
    let beside = [
        "Content-Length: 0\r\n‸Transfer-Encoding: chunked",
        "‸Transfer-Encoding: chunked\r\nContent-Length: 0",
        "‸Transfer-Encoding:\r\nX: y\r\ncontent-length: 5",
        "‸Transfer-Encoding: chunked\r\nContent-Length: x",
        "‸Transfer-Encoding: a\r\nContent-Length: 0\r\nTransfer-Encoding: b",
    ];
    let case = |status, with_content_length| {
        move |text: &&str| refused(ErrorKind::TransferCoding { with_content_length }, status, fields(text))
    };
    row(
        "transfer-coding",
        alone.iter().map(case(501, false)).chain(beside.iter().map(case(400, true))).chain(
            ["X-Transfer-Encoding: chunked", "Transfer-Encodin: chunked", "Accept-Encoding: chunked"]
                .map(|text| accepted(fields(text))),
        ),
    )
}

fn expectation() -> Row {
    row(
        "expectation",
        ["‸Expect: 100-continue", "‸expect: 100-Continue", "‸EXPECT:", "‸Expect: x", "X: y\r\n‸Expect: 100-continue"]
            .map(|text| refused(ErrorKind::Expectation, 417, fields(text)))
            .into_iter()
            .chain(["Expected: 100-continue", "X-Expect: 100-continue", "Expec: a"].map(|text| accepted(fields(text)))),
    )
}

fn unsupported_field() -> Row {
    let refusals = [FieldName::Te, FieldName::Trailer, FieldName::Upgrade].into_iter().flat_map(|field| {
        let name = field.as_str();
        let names = [name.to_owned(), name.to_ascii_lowercase(), name.to_ascii_uppercase()];
        names.into_iter().flat_map(move |name| {
            [": trailers", ":", ": h2c, websocket"]
                .map(|value| refused(ErrorKind::UnsupportedField { field }, 400, fields(format!("‸{name}{value}"))))
        })
    });
    row(
        "unsupported-field",
        refusals.chain(
            ["T: x", "TEA: x", "Trailers: x", "X-Trailer: x", "Upgrades: x", "Upgrade-Insecure-Requests: 1"]
                .map(|text| accepted(fields(text))),
        ),
    )
}
