//! Inputs in which one part of the parser does all the work.

const REQUIRED: &str =
    "Host: 127.0.0.1\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n";

/// Inputs of about `len` bytes, each of which makes another part of the parser do all the work; or of exactly so many
/// `times` what makes them long.
pub fn shapes(len: usize, times: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |part: &str| part.repeat(len / part.len() * times);
    let head = |lines: String| format!("POST / HTTP/1.1\r\n{REQUIRED}{lines}\r\n").into_bytes();
    let body = |len: usize| [head(format!("Content-Length: {len}\r\n")), vec![b'\r'; len]].concat();
    vec![
        ("a method", fill("M").into_bytes()),
        ("a target", format!("GET /{} HTTP/1.1\r\n", fill("a")).into_bytes()),
        ("many short fields", head(fill("X: y\r\n"))),
        ("many fields of a usual size", head(fill("User-Agent: curl/7.88.1 (x86_64-pc-linux-gnu)\r\n"))),
        ("many lists of options", head(fill("Connection: ,,close , keep-alive,,\r\n"))),
        ("a long name", head(format!("{}: y\r\n", fill("X")))),
        ("a long value", head(format!("X: {}\r\n", fill("y :")))),
        ("much white space before a value", head(format!("X:{}y\r\n", fill(" \t")))),
        ("much white space behind a value", head(format!("X: y{}\r\n", fill("\t ")))),
        ("a long list of options", head(format!("Connection: {}close\r\n", fill("keep-alive , ")))),
        ("a long list of nothing", head(format!("Connection: {}close\r\n", fill(", ")))),
        ("a long host", format!("POST / HTTP/1.1\r\nHost: {}\r\n\r\n", fill("%41a")).into_bytes()),
        ("a long port", format!("POST / HTTP/1.1\r\nHost: a:{}80\r\n\r\n", fill("0")).into_bytes()),
        ("a long address", format!("POST / HTTP/1.1\r\nHost: [{}]\r\n\r\n", fill("1:")).into_bytes()),
        ("a long number", format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", fill("1")).into_bytes()),
        ("a transfer coding before many fields", head(format!("Transfer-Encoding: a\r\n{}", fill("X: y\r\n")))),
        ("a body", body(len * times)),
    ]
}
