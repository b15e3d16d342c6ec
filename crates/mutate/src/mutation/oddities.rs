//! The parts of the spellings: what servers were seen to trim, to skip, or to take for something else.

/// What stands before a value, or behind it, and is trimmed or skipped by somebody.
pub(super) const EDGES: &[&[u8]] = &[
    b"\xa0",
    b"\xc2\xa0",
    b"\x85",
    b"\x0b",
    b"\x0c",
    b"\0",
    b"\x1c",
    b"\x1f",
    b"\xe3\x80\x80",
    b"\xef\xbb\xbf",
    b"\"",
    b"'",
    b"+",
    b"-",
    b"0",
    b"0x",
    b"00",
    b",",
    b";",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"urn:uuid:",
    b"uuid:",
    b"user@",
    b"http://",
    b";q=1",
    b";a=b",
    b" a",
    b"a",
    b".",
    b"/",
    b":",
    b":0",
    b":99999",
    b":+80",
    b"#",
    b"?",
    b"\\",
    b"\x7f",
    b"\x01",
    b"%20",
    b"%00",
    b"_",
    b"=",
    b"*",
];
/// What stands around a value in pairs.
pub(super) const PAIRS: [(&[u8], &[u8]); 6] =
    [(b"\"", b"\""), (b"'", b"'"), (b"{", b"}"), (b"[", b"]"), (b"(", b")"), (b"<", b">")];
pub(super) const DASHES: [&[u8]; 5] = [b"", b"_", b"\xe2\x80\x93", b"\xe2\x88\x92", b" "];
pub(super) const ENDINGS: [&[u8]; 5] = [b"\n", b"\r", b"\n\r", b"\r\r\n", b" \n"];
pub(super) const FOLDS: [&[u8]; 4] = [b"\r\n ", b"\r\n\t", b"\n ", b"\r "];
/// Field lines about the framing and the connection, and what follows the head then.
pub(super) const FRAMES: &[(&str, &[u8])] = &[
    ("Transfer-Encoding: chunked", b"0\r\n\r\n"),
    ("Transfer-Encoding: chunked", b"1\r\na\r\n0\r\n\r\n"),
    ("Transfer-Encoding: gzip, chunked", b"0\r\n\r\n"),
    ("Transfer-Encoding: identity", b""),
    ("Transfer-Encoding: chunked\r\nContent-Length: 0", b"0\r\n\r\n"),
    ("Content-Length: 0\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
    ("Content-Length: 0", b""),
    ("Content-Length: 1", b"a"),
    ("Content-Length: +0", b""),
    ("Content-Length: +1", b"a"),
    ("Content-Length: -0", b""),
    ("Content-Length: -1", b""),
    ("Content-Length: 00", b""),
    ("Content-Length: 01", b"a"),
    ("Content-Length: 0x0", b""),
    ("Content-Length: 0_0", b""),
    ("Content-Length: 0,0", b""),
    ("Content-Length: 0, 0", b""),
    ("Content-Length: 0;", b""),
    ("Content-Length: 0.0", b""),
    ("Content-Length:", b""),
    ("Content-Length: \"0\"", b""),
    ("Content-Length: 18446744073709551616", b""),
    ("Content-Length: 0\r\nContent-Length: 0", b""),
    ("Content-Length: 0\r\nContent-Length: 1", b"a"),
    ("Content-Length: \u{660}", b""),
    ("Content-Length: \u{ff10}", b""),
    ("Expect: 100-continue", b""),
    ("Expect: a", b""),
    ("Upgrade: h2c", b""),
    ("TE: trailers", b""),
    ("Trailer: a", b""),
    ("Connection: upgrade", b""),
    ("Connection:", b""),
    ("Connection: close, a", b""),
    ("Host: a", b""),
    ("Proxy-Connection: close", b""),
];
pub(super) const METHODS: [&str; 7] = ["PUT", "HEAD", "OPTIONS", "DELETE", "post", "Get", "POSTS"];
pub(super) const TARGETS: [&str; 8] = ["/a", "//", "/?a", "/?", "*", "http://a/", "a", "/%2f"];
pub(super) const VERSIONS: [&str; 9] =
    ["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/01.1", "HTTP/1.10", "HTTP/1.1 ", ""];
pub(super) const GAPS: [&str; 4] = ["  ", "\t", " \t", ""];
/// What a sender of notifications says of a router.
pub(super) const STATES: [&[u8]; 7] = [b"primary", b"backup", b"fault", b"master", b"active", b"unknown", b""];
