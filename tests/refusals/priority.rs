//! Which refusal it is when there are several: the rules of `docs/protocol.md`, and each with its mirror image.

use hanotify::{ErrorKind as Kind, FieldName, Limits};

use crate::case::{Case, REQUIRED, fields, line, message, refused};

const DUPLICATE_HOST: Kind = Kind::DuplicateField { field: FieldName::Host };
const MISSING_STATE: Kind = Kind::MissingField { field: FieldName::State };
const TE: Kind = Kind::UnsupportedField { field: FieldName::Te };
const CODING: Kind = Kind::TransferCoding { with_content_length: false };
const CODING_AND_LENGTH: Kind = Kind::TransferCoding { with_content_length: true };

pub(crate) fn cases() -> Vec<Case> {
    [in_the_request_line(), in_one_field_line(), in_two_field_lines(), at_one_byte(), around_a_transfer_coding()]
        .concat()
}

fn in_the_request_line() -> Vec<Case> {
    vec![
        refused(Kind::Method, 405, line("‸PUT /x HTTP/1.0")),
        refused(Kind::Method, 405, line("‸PUT  / HTTP/1.1")),
        refused(Kind::RequestLine, 400, line("PUT‸\t/x HTTP/1.0")),
        refused(Kind::Target, 404, line("GET ‸/x HTTP/1.0")),
        refused(Kind::Target, 404, line("GET ‸/x http/1.1")),
        refused(Kind::RequestLine, 400, line("GET /x‸#y HTTP/1.0")),
        refused(Kind::Version, 505, line("GET / ‸HTTP/1.0\r\nnot a field")),
        refused(Kind::RequestLine, 400, line("GET / HTTP/1.0‸x")),
        refused(Kind::RequestLine, 400, line("GET / HTTP/2.0‸\n\0")),
        // A method, a target and a version are judged before the byte at which the line becomes too long, or not at
        // all.
        refused(Kind::Method, 405, line("‸PUT / HTTP/1.1")).under(Limits::DEFAULT.with_request_line(4)),
        refused(Kind::RequestLineTooLong, 414, line("PUT‸ / HTTP/1.1")).under(Limits::DEFAULT.with_request_line(3)),
        refused(Kind::Target, 404, line("GET ‸/x HTTP/1.1")).under(Limits::DEFAULT.with_request_line(7)),
        refused(Kind::RequestLineTooLong, 414, line("GET /x‸ HTTP/1.1")).under(Limits::DEFAULT.with_request_line(6)),
        refused(Kind::Version, 505, line("GET / ‸HTTP/1.0")).under(Limits::DEFAULT.with_request_line(16)),
        refused(Kind::RequestLineTooLong, 414, line("GET / HTTP/1.0‸")).under(Limits::DEFAULT.with_request_line(14)),
        // A CR is judged with the byte behind it, even where no CR can be.
        refused(Kind::RequestLineTooLong, 414, line("GET\r‸x / HTTP/1.1")).under(Limits::DEFAULT.with_request_line(4)),
        refused(Kind::RequestLine, 400, line("GET‸\rx / HTTP/1.1")).under(Limits::DEFAULT.with_request_line(5)),
        refused(Kind::RequestLineTooLong, 414, line(format!("GET /{}\r‸", "x".repeat(58)))),
        refused(Kind::RequestLine, 400, line(format!("GET /{}‸\r", "x".repeat(57)))),
        refused(Kind::Truncated, 400, message("GET\r‸")),
    ]
}

fn in_one_field_line() -> Vec<Case> {
    let long = "y".repeat(1_100);
    vec![
        refused(Kind::State, 400, fields("X-Neutron-State: ‸unknown\0")),
        refused(Kind::FieldValue, 400, fields("X-Neutron-State: primary‸\0unknown")),
        refused(Kind::FieldValue, 400, fields("X-Neutron-State: pri‸\0")),
        refused(Kind::FieldValue, 400, fields("X-Neutron-State: primary ‸\0")),
        refused(Kind::State, 400, fields("X-Neutron-State: primary ‸x\0")),
        // Behind a value that can't end there, white space is wrong at once.
        refused(Kind::State, 400, fields("X-Neutron-State: prim‸ \0")),
        refused(Kind::State, 400, fields("X-Neutron-State: prim‸ \n")),
        refused(Kind::RouterId, 400, fields("X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d1‸\t\0")),
        refused(Kind::Host, 400, fields("Host: a:‸ \0")),
        refused(Kind::ConnectionOption, 400, fields("Connection: clo‸ \0")),
        refused(Kind::FieldValue, 400, fields("X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 \t‸\0")),
        refused(Kind::FieldValue, 400, fields("Host: a ‸\0")),
        refused(Kind::FieldValue, 400, fields("Connection: close ‸\0")),
        refused(Kind::FieldValue, 400, fields("Content-Length: 0 ‸\0")),
        refused(Kind::RouterId, 400, fields("X-Neutron-Router-Id: ‸X\u{80}")),
        refused(Kind::RouterId, 400, fields("X-Neutron-Router-Id: 00000000-0000-0000-0000-00000000000‸0\0")),
        refused(Kind::Host, 400, fields("Host: a‸@\0")),
        refused(Kind::Host, 400, fields("Host: [‸zz]\0")),
        refused(Kind::FieldValue, 400, fields("Host: [zz‸\0]")),
        refused(Kind::FieldValue, 400, fields("Host: a:‸\0")),
        refused(Kind::ConnectionOption, 400, fields("Connection: ‸x\0")),
        refused(Kind::FieldValue, 400, fields("Connection: clo‸\0")),
        refused(Kind::FieldValue, 400, fields("Connection: , ‸\0")),
        refused(Kind::ContentLength, 400, fields("Content-Length: 0‸0\0")),
        // A number is held against the limit at the end of its line only.
        refused(Kind::FieldValue, 400, fields("Content-Length: 1‸\0")),
        refused(Kind::ContentLength, 400, fields("Content-Length: 1‸x")),
        refused(Kind::State, 400, fields("X-Neutron-State: ‸unknown\rx")),
        refused(Kind::LineEnding, 400, fields("X-Neutron-State: primary‸\runknown")),
        refused(Kind::Expectation, 417, fields("‸Expect: \0")),
        refused(TE, 400, fields("‸TE: \0")),
        refused(Kind::FieldName, 400, fields("TE‸ : \0")),
        refused(Kind::AmbiguousFieldName, 400, fields("a‸_(: \0")),
        refused(Kind::FieldName, 400, fields("a‸(_: \0")),
        refused(DUPLICATE_HOST, 400, fields("Host: a\r\n‸Host: \0")),
        refused(Kind::FieldName, 400, fields("Host: a\r\nHost‸ : \0")),
        // What is too long may have been wrong before.
        refused(Kind::FieldTooLong, 431, fields(format!("X: {}‸{long}", "y".repeat(1_021)))),
        refused(Kind::FieldValue, 400, fields(format!("X: ‸\0{long}"))),
        refused(Kind::State, 400, fields(format!("X-Neutron-State: ‸{long}"))),
        refused(Kind::Expectation, 417, fields(format!("‸Expect: {long}"))),
        refused(DUPLICATE_HOST, 400, fields(format!("Host: a\r\n‸Host: {long}"))),
        refused(
            Kind::ContentLength,
            400,
            fields(format!("Content-Length: 1844674407370955161‸6{}", "0".repeat(1_100))),
        ),
        refused(Kind::FieldTooLong, 431, message("POST / HTTP/1.1\r\nContent-Length: 1‸\r\n\r\n"))
            .under(Limits::DEFAULT.with_field_line(17)),
        refused(Kind::FieldTooLong, 431, message("POST / HTTP/1.1\r\nX-Neutron-State: prim\r‸\n\r\n"))
            .under(Limits::DEFAULT.with_field_line(22)),
    ]
}

fn in_two_field_lines() -> Vec<Case> {
    vec![
        refused(Kind::State, 400, fields("X-Neutron-State: ‸x\r\nHost: @")),
        refused(Kind::Host, 400, fields("Host: ‸@\r\nX-Neutron-State: x")),
        refused(Kind::Expectation, 417, fields("‸Expect: x\r\nTE: x")),
        refused(TE, 400, fields("‸TE: x\r\nExpect: x")),
        refused(Kind::FieldValue, 400, fields("X: ‸\0\r\nY_Z: a")),
        refused(Kind::AmbiguousFieldName, 400, fields("Y‸_Z: a\r\nX: \0")),
        refused(Kind::State, 400, fields("X-Neutron-State: ‸x\r\nX-Neutron-State: primary")),
        refused(Kind::BodyTooLong, 413, fields("Content-Length: ‸1\r\nContent-Length: 0")),
        refused(Kind::ContentLength, 400, fields("Content-Length: ‸x\r\nContent-Length: 0")),
        refused(Kind::ConnectionOption, 400, fields("Connection: close\r\nConnection: ‸x")),
        refused(Kind::Host, 400, message("POST / HTTP/1.1\r\nHost: ‸\r\n\r\n")),
        // What is missing is known at the blank line; any defect before it comes first.
        refused(Kind::Expectation, 417, message("POST / HTTP/1.1\r\n‸Expect: x\r\n\r\n")),
        refused(
            MISSING_STATE,
            400,
            message(format!("POST / HTTP/1.1\r\n{}\r\n{}\r\n‸\r\n\0", REQUIRED[0], REQUIRED[1])),
        ),
        refused(Kind::LineEnding, 400, message("POST / HTTP/1.1\r\nHost: a\r\n‸\n")),
    ]
}

fn at_one_byte() -> Vec<Case> {
    let limits = Limits::DEFAULT;
    let start = "POST / HTTP/1.1\r\n";
    let (line_and_head, head_only) = (limits.with_field_line(5).with_head(22), limits.with_field_line(6).with_head(22));
    let (both_lines, head_first) = (limits.with_request_line(9).with_head(9), limits.with_request_line(9).with_head(8));
    let full = |text: &str| message(format!("{start}Host: a\r\n{text}\r\n\r\n"));
    vec![
        // The line's limit before the head's.
        refused(Kind::FieldTooLong, 431, message(format!("{start}Host:‸ a\r\n\r\n"))).under(line_and_head),
        refused(Kind::HeadTooLong, 431, message(format!("{start}Host:‸ a\r\n\r\n"))).under(head_only),
        refused(Kind::RequestLineTooLong, 414, message("POST / HT‸TP/1.1\r\n")).under(both_lines),
        refused(Kind::HeadTooLong, 431, message("POST / H‸TTP/1.1\r\n")).under(head_first),
        // The head's before the number of fields'.
        refused(Kind::HeadTooLong, 431, message(format!("{start}‸Host: a"))).under(limits.with_head(17).with_fields(0)),
        refused(Kind::TooManyFields, 431, message(format!("{start}‸Host: a")))
            .under(limits.with_head(18).with_fields(0)),
        // A limit before the syntax.
        refused(Kind::FieldTooLong, 431, message(format!("{start}Host:‸\0 a\r\n\r\n"))).under(line_and_head),
        refused(Kind::HeadTooLong, 431, message(format!("{start}Host:‸\0 a\r\n\r\n"))).under(head_only),
        refused(Kind::RequestLineTooLong, 414, message("POST / HT‸\0P/1.1\r\n")).under(both_lines),
        refused(Kind::TooManyFields, 431, full("‸_")).under(limits.with_fields(1)),
        refused(Kind::TooManyFields, 431, full("‸Host: a")).under(limits.with_fields(1)),
        // But a line ending is no field.
        refused(Kind::LineEnding, 400, full("‸\n")).under(limits.with_fields(1)),
        refused(Kind::LineEnding, 400, full("‸\rHost: a")).under(limits.with_fields(1)),
        refused(Kind::LineEnding, 400, message(format!("{start}‸\n"))).under(limits.with_field_line(0)),
        refused(Kind::LineEnding, 400, message(format!("{start}‸\rHost: a"))).under(limits.with_field_line(0)),
        // The syntax before the meaning: a line ending before a value.
        refused(Kind::LineEnding, 400, fields("X-Neutron-State: prim‸\n")),
        refused(Kind::State, 400, fields("X-Neutron-State: prim‸")),
        refused(Kind::FieldValue, 400, fields("X-Neutron-State: prim‸\0")),
        refused(Kind::LineEnding, 400, fields("Host:‸\n")),
        refused(Kind::Host, 400, fields("Host:‸")),
        // A line ending before a name.
        refused(Kind::LineEnding, 400, fields("Host‸\n")),
        refused(Kind::FieldName, 400, fields("Host‸")),
        refused(Kind::FieldName, 400, fields("Host‸\0\n")),
    ]
}

fn around_a_transfer_coding() -> Vec<Case> {
    let start = "POST / HTTP/1.1\r\n";
    let alone = [
        "‸Transfer-Encoding: x\r\nX-Neutron-State: x",
        "‸Transfer-Encoding: x\r\nExpect: x",
        "‸Transfer-Encoding: x\r\nX: \0",
        "‸Transfer-Encoding: \0",
        "‸Transfer-Encoding: x\r\nX_Y: z",
        "‸Transfer-Encoding: x\r\nX: y\n",
        "‸Transfer-Encoding: x\r\nHost: a\r\nHost: a",
    ];
    let beside = [
        "‸Transfer-Encoding: x\r\nContent-Length: 1",
        "‸Transfer-Encoding: x\r\nContent-Length: 0\r\nExpect: x",
        "‸Transfer-Encoding: x\r\nContent-Length: 0\r\nContent-Length: 0",
        "Content-Length: 0\r\n‸Transfer-Encoding: x\r\nExpect: x",
        "Content-Length: 0\r\n‸Transfer-Encoding: \0",
    ];
    let others = vec![
        // Behind something else that is refused, it is not there yet.
        refused(Kind::Expectation, 417, fields("‸Expect: x\r\nTransfer-Encoding: x")),
        refused(Kind::BodyTooLong, 413, fields("Content-Length: ‸1\r\nTransfer-Encoding: x")),
        refused(Kind::FieldName, 400, fields("Transfer-Encoding‸ : chunked")),
        // Behind what is refused, a length is not there either.
        refused(CODING, 501, fields("‸Transfer-Encoding: x\r\nExpect: x\r\nContent-Length: 0")),
        refused(CODING, 501, message(format!("{start}‸Transfer-Encoding: x\r\n\r\n"))),
        refused(CODING_AND_LENGTH, 400, message(format!("{start}‸Transfer-Encoding: x\r\nContent-Length: 0\r\n\r\n"))),
        // At the end of what was sent, too.
        refused(CODING, 501, message(format!("{start}‸Transfer-Encoding: x\r\nHost"))),
        refused(CODING_AND_LENGTH, 400, message(format!("{start}‸Transfer-Encoding: x\r\nContent-Length: 0\r\nHost"))),
        refused(CODING, 501, message(format!("{start}‸Transfer-Encoding: x\r\nX: y\r\n\r\n")))
            .under(Limits::DEFAULT.with_fields(1)),
        refused(CODING, 501, message(format!("{start}‸Transfer-Encoding: x\r\nX: y\r\n\r\n")))
            .under(Limits::DEFAULT.with_head(41)),
        refused(Kind::Truncated, 400, message(format!("{start}Transfer-Encoding: x‸"))),
    ];
    let alone = alone.map(|text| refused(CODING, 501, fields(text)));
    let beside = beside.map(|text| refused(CODING_AND_LENGTH, 400, fields(text)));
    [&alone[..], &beside, &others].concat()
}
