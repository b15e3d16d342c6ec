//! The rows about the request line.

use hanotify::ErrorKind;

use crate::case::{Row, accepted, line, message, refused, row};

pub(crate) fn request_line() -> Row {
    let begins = [
        "‸\r\nGET / HTTP/1.1",
        "‸\rGET / HTTP/1.1",
        "‸\nGET / HTTP/1.1",
        "‸ GET / HTTP/1.1",
        "‸\tGET / HTTP/1.1",
        "‸",
        "‸\u{ef}\u{bb}\u{bf}GET / HTTP/1.1",
        "‸\u{ff}\u{fe}G\0E\0T\0",
        "‸\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03",
        "‸/ HTTP/1.1",
    ];
    let method = [
        "GET‸",
        "GET‸\t/ HTTP/1.1",
        "GET‸/ HTTP/1.1",
        "G‸\0T / HTTP/1.1",
        "G‸\u{c9}T / HTTP/1.1",
        "G‸\x7f / HTTP/1.1",
        "GET‸: / HTTP/1.1",
        "HTTP‸/1.1 200 OK",
        "P‸(T) / HTTP/1.1",
        "PUT‸\r / HTTP/1.1",
    ];
    let target = [
        "GET ‸",
        "GET /‸",
        "GET ‸ / HTTP/1.1",
        "GET ‸\t/ HTTP/1.1",
        "GET /‸\tHTTP/1.1",
        "GET /‸\r HTTP/1.1",
        "GET /‸\n HTTP/1.1",
        "GET /‸\0 HTTP/1.1",
        "GET /a‸\x7f HTTP/1.1",
        "GET /‸\u{80} HTTP/1.1",
        "GET /caf‸\u{c3}\u{a9} HTTP/1.1",
        "GET ‸# HTTP/1.1",
        "GET /‸#a HTTP/1.1",
        "GET http://a/‸#b HTTP/1.1",
    ];
    let version = [
        "GET / ‸",
        "GET / ‸ HTTP/1.1",
        "GET / ‸http/1.1",
        "GET / H‸ttp/1.1",
        "GET / HTTP‸S/1.1",
        "GET / HTTP‸ 1.1",
        "GET / HTTP/‸",
        "GET / HTTP/‸.1",
        "GET / HTTP/‸-1.1",
        "GET / HTTP/0‸1.1",
        "GET / HTTP/1‸",
        "GET / HTTP/1‸0.1",
        "GET / HTTP/1‸,1",
        "GET / HTTP/1.‸",
        "GET / HTTP/1.‸x",
        "GET / HTTP/1.1‸0",
        "GET / HTTP/1.0‸0",
        "GET / HTTP/1.1‸ ",
        "GET / HTTP/1.1‸\t",
        "GET / HTTP/1.1‸\0",
        "GET / HTTP/1.1‸ x",
        "GET / HTTP/1.1‸\r",
        "GET / HTTP/1.1‸\rHost: a",
        "GET / HTTP/1.1‸\nHost: a",
        "GET / HTTP/1.0‸\nHost: a",
    ];
    let refusals = [&begins[..], &method, &target, &version].concat();
    row(
        "request-line",
        refusals
            .into_iter()
            .map(|text| refused(ErrorKind::RequestLine, 400, line(text)))
            .chain([accepted(line("GET / HTTP/1.1")), accepted(line("POST / HTTP/1.1"))]),
    )
}

pub(crate) fn method() -> Row {
    let methods = [
        "HEAD",
        "PUT",
        "DELETE",
        "CONNECT",
        "OPTIONS",
        "TRACE",
        "PATCH",
        "get",
        "Post",
        "GE",
        "GETS",
        "POSTS",
        "G",
        "!#$%&'*+-.^_`|~09aZ",
    ];
    row(
        "method",
        methods.into_iter().map(|method| refused(ErrorKind::Method, 405, line(format!("‸{method} / HTTP/1.1")))).chain(
            [
                refused(ErrorKind::Method, 405, message("‸PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
                refused(ErrorKind::Method, 405, message("‸PUT \0")),
                accepted(line("GET / HTTP/1.1")),
                accepted(line("POST / HTTP/1.1")),
            ],
        ),
    )
}

pub(crate) fn target() -> Row {
    let targets = [
        "*",
        "//",
        "/.",
        "/?",
        "/?a=b",
        "/index.html",
        "/%2f",
        "%2f",
        "http://127.0.0.1/",
        "127.0.0.1:80",
        "/;",
        "?",
        "a",
        "/\"",
        "{",
        "~",
        "!",
    ];
    row(
        "target",
        targets
            .into_iter()
            .map(|target| refused(ErrorKind::Target, 404, line(format!("POST ‸{target} HTTP/1.1"))))
            .chain([accepted(line("POST / HTTP/1.1"))]),
    )
}

pub(crate) fn version() -> Row {
    let versions = ["0.0", "0.9", "1.0", "1.2", "1.9", "2.0", "2.1", "3.0", "9.9"];
    row(
        "version",
        versions
            .into_iter()
            .map(|version| refused(ErrorKind::Version, 505, line(format!("GET / ‸HTTP/{version}"))))
            .chain([accepted(line("GET / HTTP/1.1"))]),
    )
}
