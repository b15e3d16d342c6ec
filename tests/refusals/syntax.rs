//! The rows about the grammar of a message: its field lines, and where it ends.

use hanotify::{ErrorKind, Limits};

use crate::case::{REQUIRED, Row, accepted, fields, message, refused, row};
use crate::request_line::{method, request_line, target, version};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        request_line(),
        method(),
        target(),
        version(),
        field_name(),
        ambiguous_field_name(),
        field_value(),
        line_ending(),
        truncated(),
        trailing_bytes(),
    ]
}

fn field_name() -> Row {
    let refusals = [
        "‸: x",
        "‸:",
        "‸ ",
        "‸ X: y",
        "‸\tX: y",
        "‸ X-Neutron-State: fault",
        "X‸",
        "X‸ : y",
        "X‸\t: y",
        "Host‸ : a",
        "X-Neutron-State‸ primary",
        "X‸\0: y",
        "X‸\x1b[31m: y",
        "X‸\x7f: y",
        "X‸\u{80}: y",
        "‸\u{ff}: y",
        "X‸\u{c3}\u{a9}: y",
        "‸\"X\": y",
        "X‸(Y): z",
        "X‸,Y: z",
        "X‸/Y: z",
        "X‸;Y: z",
        "X‸<Y: z",
        "X‸=Y: z",
        "X‸>Y: z",
        "X‸?Y: z",
        "X‸@Y: z",
        "X‸[Y: z",
        "X‸\\Y: z",
        "X‸]Y: z",
        "X‸{Y: z",
        "X‸}Y: z",
        "X‸)Y: z",
        "A: b\r\n‸ c",
        "A: b\r\n‸\tc",
        "A: b\r\n‸ \r\nC: d",
        "A: b\r\nC‸",
    ];
    let neighbours = ["X:", "X:y", "X:: y", "X: y: z", "!#$%&'*+-.^`|~09azAZ: x", "0: x", "-: x", "A: b\r\nC: d"];
    row(
        "field-name",
        refusals
            .into_iter()
            .map(|text| refused(ErrorKind::FieldName, 400, fields(text)))
            .chain(neighbours.into_iter().map(|text| accepted(fields(text)))),
    )
}

fn ambiguous_field_name() -> Row {
    let refusals = [
        "X‸_Y: z",
        "‸_: x",
        "X‸_: x",
        "a‸__: x",
        "X‸_Neutron-State: fault",
        "X-Neutron‸_State: fault",
        "X-Neutron-Router‸_Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d11",
        "Content‸_Length: 0",
        "Transfer‸_Encoding: chunked",
        "X‸_",
        "X‸_ : y",
    ];
    let neighbours = ["X-Y: a_b", "X: _"];
    row(
        "ambiguous-field-name",
        refusals
            .into_iter()
            .map(|text| refused(ErrorKind::AmbiguousFieldName, 400, fields(text)))
            .chain(neighbours.into_iter().map(|text| accepted(fields(text)))),
    )
}

fn field_value() -> Row {
    let refusals = [
        "X: ‸\0",
        "X:‸\0",
        "X: a‸\x01b",
        "X: a‸\x08",
        "X: a‸\x0b",
        "X: a‸\x0c",
        "X: a‸\x0eb",
        "X: ‸\x1b[31m",
        "X: a ‸\x1f",
        "X: a‸\x7f",
        "X: ‸\u{80}",
        "X: a‸\u{a0}b",
        "X: caf‸\u{c3}\u{a9}",
        "X: a‸\u{ff}",
        "Host: a‸\0",
        "Host: a ‸\u{85}",
        "X-Neutron-State: primary‸\0",
        "X-Neutron-State: pri‸\x7fmary",
        "Content-Length: 0‸\x0b",
        "Connection: close‸\u{80}",
        "X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10‸\0",
    ];
    let neighbours =
        ["X:", "X: ", "X: \t \t", "X: a\tb", "X: \t a  b \t", "X: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"];
    row(
        "field-value",
        refusals
            .into_iter()
            .map(|text| refused(ErrorKind::FieldValue, 400, fields(text)))
            .chain(neighbours.into_iter().map(|text| accepted(fields(text)))),
    )
}

fn line_ending() -> Row {
    let within = [
        "X: y‸\rz",
        "X: y‸\nz",
        "X: y‸\nX-Neutron-State: fault",
        "X: y‸\r",
        "X: y‸\n",
        "X:‸\n",
        "X: ‸\n",
        "X:‸\r",
        "X‸\n",
        "X‸\r",
        "X‸\nY: z",
        "X‸\rY: z",
        "‸\nX: y",
        "‸\rX: y",
        "‸\r\rX: y",
        "‸\n",
        "A: b\r\n‸\nC: d",
        "Host: a‸\n",
        "X-Neutron-State: primary‸\rfault",
    ];
    let head = format!("POST / HTTP/1.1\r\n{}\r\n", REQUIRED.join("\r\n"));
    let at_the_end = ["‸\n", "‸\rx", "‸\r\r\n", "‸\n\r\n"].map(|end| format!("{head}{end}"));
    row(
        "line-ending",
        within
            .into_iter()
            .map(|text| refused(ErrorKind::LineEnding, 400, fields(text)))
            .chain(at_the_end.into_iter().map(|text| refused(ErrorKind::LineEnding, 400, message(text))))
            .chain([accepted(fields("X: y")), accepted(message(format!("{head}\r\n")))]),
    )
}

fn truncated() -> Row {
    let whole = format!("POST / HTTP/1.1\r\n{}\r\n\r\n", REQUIRED.join("\r\n"));
    let beginnings = (0..whole.len()).map(|end| format!("{}‸", &whole[..end]));
    let with_length = |len: u64, body: &str| {
        message(format!("POST / HTTP/1.1\r\n{}\r\nContent-Length: {len}\r\n\r\n{body}", REQUIRED.join("\r\n")))
    };
    let endless = Limits::DEFAULT.with_body(usize::MAX);
    row(
        "truncated",
        beginnings.map(|text| refused(ErrorKind::Truncated, 400, message(text))).chain([
            refused(ErrorKind::Truncated, 400, with_length(3, "\0\n‸")).under(endless),
            refused(ErrorKind::Truncated, 400, with_length(u64::MAX >> 1, "abc‸")).under(endless),
            accepted(with_length(3, "\0\n\u{ff}")).under(endless),
            accepted(message(&whole)),
        ]),
    )
}

fn trailing_bytes() -> Row {
    let whole = format!("POST / HTTP/1.1\r\n{}\r\n\r\n", REQUIRED.join("\r\n"));
    let tails = ["\0", "\r\n", "\n", " ", "x", "\u{ff}", &whole];
    let body = |tail: &str| message(whole.replacen("\r\n\r\n", &format!("\r\nContent-Length: 2\r\n\r\n{tail}"), 1));
    let two = Limits::DEFAULT.with_body(2);
    row(
        "trailing-bytes",
        tails.into_iter().map(|tail| refused(ErrorKind::TrailingBytes, 400, message(format!("{whole}‸{tail}")))).chain(
            [
                refused(ErrorKind::TrailingBytes, 400, body("ab‸c")).under(two),
                accepted(body("ab")).under(two),
                accepted(message(&whole)),
            ],
        ),
    )
}
