"""The request line: malformed, another method, target or version, and too long."""

from model import HERE, STANDARDS, PROTECTION, Group, Repeat, message, utf8


def groups():
    return [malformed(), methods(), targets(), versions(), too_long()]


def line(start):
    return message(start=start)


def malformed():
    group = Group(
        "request-line", "Malformed request lines",
        "Whatever is no `method SP target SP version CRLF`, and whatever is no HTTP at all.", STANDARDS,
        "Bytes that are no request are given a meaning, and two readers give them two.",
    )
    before_the_method(group)
    other_protocols(group)
    method_bytes(group)
    separators(group)
    target_bytes(group)
    version_bytes(group)
    line_ends(group)
    return group


def before_the_method(group):
    for name, title, start, level in [
        ("crlf-first", "an empty line first", "\r\n", "choice"),
        ("two-crlf-first", "two empty lines first", "\r\n\r\n", "choice"),
        ("lf-first", "a LF first", "\n", "choice"),
        ("cr-first", "a CR first", "\r", "must"),
        ("space-first", "a space first", " ", "must"),
        ("tab-first", "a tab first", "\t", "must"),
        ("nul-first", "a NUL first", "\x00", "must"),
        ("bom-first", "a byte order mark first", utf8("\ufeff"), "must"),
        ("nbsp-first", "a no-break space first", utf8("\u00a0"), "must"),
    ]:
        risk = "What comes before the message shifts where readers see it begin."
        group.refused(name, "request-line", title, HERE + start + message(), risk, level=level, rule="RFC 9112 section 2.2")


def other_protocols(group):
    for name, title, text in [
        ("tls", "a TLS ClientHello", HERE + "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
        ("tls-alert", "a TLS alert", HERE + "\x15\x03\x01\x00\x02\x02\x28"),
        ("proxy-v2", "the PROXY protocol, version 2", HERE + "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"),
        ("response", "a response in place of a request", "HTTP" + HERE + "/1.1 200 OK\r\n\r\n"),
        ("json", "JSON", HERE + '{"router_id":"a","state":"primary"}\n'),
        ("json-list", "a JSON list", HERE + "[]\r\n"),
        ("redis", "a Redis command", "*1" + HERE + "\r\n$4\r\nPING\r\n"),
        ("ssh", "an SSH banner", "SSH-2.0-OpenSSH_9.7" + HERE + "\r\n"),
        ("word", "one word and a line end", "primary" + HERE + "\r\n"),
        ("word-lf", "one word and a LF", "primary" + HERE + "\n"),
        ("dbus", "the NUL that begins D-Bus", HERE + "\x00AUTH EXTERNAL 30\r\n"),
        ("varlink", "Varlink", HERE + '{"method":"org.varlink.service.GetInfo"}\x00'),
        ("fields-only", "fields without a request line", "Host" + HERE + ": a\r\nX-Neutron-State: primary\r\n\r\n"),
        ("quoted", "a quoted request line", HERE + '"POST / HTTP/1.1"\r\n'),
        ("http2-settings", "an HTTP/2 frame without the preface", HERE + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
    ]:
        group.refused(name, "request-line", title, text, "Another protocol's bytes are taken for a notification.")


def method_bytes(group):
    for name, title, start in [
        ("method-tab", "a tab behind the method", f"POST{HERE}\t/ HTTP/1.1"),
        ("method-slash", "a slash in the method", f"PO{HERE}/ST / HTTP/1.1"),
        ("method-colon", "a colon behind the method", f"POST{HERE}: / HTTP/1.1"),
        ("method-non-ascii", "a non-ASCII byte in the method", f"POST{HERE}\xe9 / HTTP/1.1"),
        ("method-nul", "a NUL in the method", f"PO{HERE}\x00ST / HTTP/1.1"),
        ("method-del", "a DEL in the method", f"POST{HERE}\x7f / HTTP/1.1"),
        ("method-at", "an at sign in the method", f"POST{HERE}@ / HTTP/1.1"),
        ("method-bracket", "a bracket in the method", f"POST{HERE}(x) / HTTP/1.1"),
        ("method-alone", "a method and nothing else", f"POST{HERE}"),
        ("method-space", "a method and a space", f"POST {HERE}"),
        ("method-full-width", "a method in full-width letters", HERE + utf8("ＰＯＳＴ / HTTP/1.1")),
    ]:
        group.refused(name, "request-line", title, line(start), rule="RFC 9110 section 9.1")


def separators(group):
    for name, title, start in [
        ("two-spaces-first", "two spaces behind the method", f"POST {HERE} / HTTP/1.1"),
        ("two-spaces-second", "two spaces behind the target", f"POST / {HERE} HTTP/1.1"),
        ("tab-second", "a tab behind the target", f"POST /{HERE}\tHTTP/1.1"),
        ("vt", "a vertical tab for a space", f"POST{HERE}\x0b/ HTTP/1.1"),
        ("ff", "a form feed for a space", f"POST /{HERE}\x0cHTTP/1.1"),
        ("nbsp", "a no-break space for a space", f"POST /{HERE}\xa0HTTP/1.1"),
        ("space-behind", "a space behind the version", f"POST / HTTP/1.1{HERE} "),
        ("tab-behind", "a tab behind the version", f"POST / HTTP/1.1{HERE}\t"),
        ("fourth-word", "a fourth word", f"POST / HTTP/1.1{HERE} x"),
        ("no-space", "no space between method and target", f"POST{HERE}/ HTTP/1.1"),
    ]:
        risk = "Readers that split at other white space see another target or version."
        group.refused(name, "request-line", title, line(start), risk)


def target_bytes(group):
    for name, title, start in [
        ("target-fragment", "a fragment", f"POST /{HERE}#a HTTP/1.1"),
        ("target-only-fragment", "nothing but a fragment", f"POST {HERE}# HTTP/1.1"),
        ("target-nul", "a NUL in the target", f"POST /{HERE}\x00 HTTP/1.1"),
        ("target-control", "a control byte in the target", f"POST /a{HERE}\x01b HTTP/1.1"),
        ("target-escape", "an ESC in the target", f"POST /{HERE}\x1b[31m HTTP/1.1"),
        ("target-del", "a DEL in the target", f"POST /{HERE}\x7f HTTP/1.1"),
        ("target-non-ascii", "a non-ASCII byte in the target", f"POST /{HERE}\xff HTTP/1.1"),
        ("target-utf-8", "UTF-8 in the target", f"POST /{HERE}{utf8('é')} HTTP/1.1"),
    ]:
        risk = "A byte that no target has is handed on, to a log or to whoever looks the target up."
        group.refused(name, "request-line", title, line(start), risk, rule="RFC 9112 section 3.2")


def version_bytes(group):
    for name, title, start in [
        ("no-version", "no version, as in HTTP/0.9", f"GET /{HERE}"),
        ("version-empty", "a space and no version", f"GET / {HERE}"),
        ("version-lower", "a version in lower case", f"GET / {HERE}http/1.1"),
        ("version-mixed", "a version in mixed case", f"GET / H{HERE}ttp/1.1"),
        ("version-two-digits", "a major version of two digits", f"GET / HTTP/0{HERE}1.1"),
        ("version-minor-two-digits", "a minor version of two digits", f"GET / HTTP/1.1{HERE}0"),
        ("version-no-minor", "no minor version", f"GET / HTTP/1{HERE}"),
        ("version-dot-only", "a dot without a minor version", f"GET / HTTP/1.{HERE}"),
        ("version-no-major", "no major version", f"GET / HTTP/{HERE}.1"),
        ("version-no-digits", "no digits", f"GET / HTTP/{HERE}"),
        ("version-no-slash", "no slash", f"GET / HTTP{HERE}1.1"),
        ("version-space-for-slash", "a space for the slash", f"GET / HTTP{HERE} 1.1"),
        ("version-space-in", "a space before the number", f"GET / HTTP/{HERE} 1.1"),
        ("version-comma", "a comma for the dot", f"GET / HTTP/1{HERE},1"),
        ("version-sign", "a signed version", f"GET / HTTP/{HERE}-1.1"),
        ("version-letter", "a letter for a digit", f"GET / HTTP/1.{HERE}x"),
        ("version-https", "HTTPS", f"GET / HTTP{HERE}S/1.1"),
        ("version-other-name", "another protocol's name", f"GET / {HERE}ICY/1.1"),
        ("version-cut-name", "a shortened name", f"GET / HTT{HERE}/1.1"),
        ("version-full-width", "a full-width digit", f"GET / HTTP/1.{HERE}{utf8('１')}"),
        ("version-nul", "a NUL behind the version", f"GET / HTTP/1.1{HERE}\x00"),
    ]:
        risk = "Readers that forgive another spelling of the version disagree on the rules for where the message ends."
        group.refused(name, "request-line", title, line(start), risk, rule="RFC 9112 section 2.3")


def line_ends(group):
    tail = message().split("\r\n", 1)[1]
    for name, title, start, level in [
        ("lf-end", "a LF without CR at the end", f"POST / HTTP/1.1{HERE}\n", "choice"),
        ("cr-end", "a CR without LF at the end", f"POST / HTTP/1.1{HERE}\r", "must"),
        ("cr-cr-lf", "two CRs before the LF", f"POST / HTTP/1.1{HERE}\r\r\n", "must"),
        ("lf-cr", "LF CR in place of CR LF", f"POST / HTTP/1.1{HERE}\n\r", "must"),
        ("lf-in-target", "a LF in the target", f"POST /{HERE}\n HTTP/1.1\r\n", "must"),
        ("cr-in-method", "a CR in the method", f"PO{HERE}\rST / HTTP/1.1\r\n", "must"),
        ("cr-in-target", "a CR in the target", f"POST /{HERE}\r HTTP/1.1\r\n", "must"),
        ("nel-end", "a NEL at the end", f"POST / HTTP/1.1{HERE}\x85", "must"),
    ]:
        risk = "Readers that take another byte for a line end see other lines than the rest."
        group.refused(name, "request-line", title, start + tail, risk, level=level, rule="RFC 9112 section 2.2")


def methods():
    group = Group(
        "method", "Other methods", "A well-formed method that no sender uses; the reply carries `Allow: GET, POST`.", STANDARDS,
        "A request that asks for something else (to delete, to probe) is taken for a notification.",
    )
    for method in ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "QUERY"):
        group.refused(method.lower(), "method", f"the method {method}", line(f"{HERE}{method} / HTTP/1.1"))
    for name, title, method in [
        ("lower-case", "post in lower case: methods are case-sensitive", "post"),
        ("mixed-case", "Get in mixed case", "Get"),
        ("prefix", "the beginning of a method", "POS"),
        ("longer", "a method that begins as a known one", "POSTS"),
        ("joined", "two methods in one word", "GETPOST"),
        ("one-letter", "one letter", "P"),
        ("punctuation", "every kind of byte that a token has", "!#$%&'*+-.^_`|~09"),
    ]:
        group.refused(name, "method", title, line(f"{HERE}{method} / HTTP/1.1"), rule="RFC 9110 section 9.1")
    for name, title, text in [
        ("http2-preface", "the HTTP/2 preface", HERE + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("smtp", "an SMTP greeting", HERE + "EHLO localhost\r\n"),
        ("proxy-v1", "the PROXY protocol, version 1", HERE + "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"),
        ("memcached", "a memcached command", HERE + "get router\r\n"),
        ("status-text", "a line of words", HERE + "router is primary\r\n"),
    ]:
        group.refused(name, "method", title, text, "Another protocol's bytes are taken for a notification.")
    return group


def targets():
    group = Group(
        "target", "Other targets", "Any target of visible ASCII that is not `/`.", STANDARDS,
        "A request that was meant for something else is taken for a notification.", level="choice",
    )
    for name, title, target, level in [
        ("path", "another path", "/x", None),
        ("two-slashes", "two slashes", "//", None),
        ("query", "an empty query", "/?", None),
        ("query-state", "a query that names a state", "/?state=backup", None),
        ("absolute", "absolute-form", "http://127.0.0.1/", None),
        ("absolute-https", "absolute-form with another scheme", "https://a/", None),
        ("absolute-unix", "absolute-form with a Unix socket's path", "http+unix://%2Frun%2Fa/", None),
        ("authority", "authority-form", "127.0.0.1:80", "must"),
        ("asterisk", "asterisk-form", "*", "must"),
        ("relative", "a relative path", "x", "must"),
        ("dot", "a path that normalises to /", "/.", None),
        ("dot-dot", "a path that climbs", "/../", None),
        ("encoded-slash", "an encoded slash", "/%2f", None),
        ("encoded-nul", "an encoded NUL", "/%00", None),
        ("encoded-root", "the slash itself encoded", "%2F", "must"),
        ("parameter", "a path parameter", "/;a=b", None),
        ("backslash", "a backslash", "\\", "must"),
        ("quote", "a quotation mark, which no URI has", '/"', "must"),
        ("angle", "angle brackets, which no URI has", "</>", "must"),
        ("brace", "braces, which no URI has", "/{a}", "must"),
        ("index", "an index page", "/index.html", None),
        ("query-first", "a query without a path", "?a", "must"),
        ("colon", "a colon", ":", "must"),
    ]:
        more = {"level": level} if level else {}
        group.refused(name, "target", title, line(f"GET {HERE}{target} HTTP/1.1"), **more)
    return group


def versions():
    group = Group(
        "version", "Other versions", "Any well-formed version but HTTP/1.1.", STANDARDS,
        "Another version has other rules for where a message ends and for whether the connection goes on.", level="choice",
    )
    for version, level in [
        ("1.0", "choice"), ("1.2", "choice"), ("1.9", "choice"), ("0.9", "must"), ("0.0", "must"), ("0.1", "must"),
        ("2.0", "must"), ("2.1", "must"), ("3.0", "must"), ("9.9", "must"),
    ]:
        group.refused(version.replace(".", "-"), "version", f"HTTP/{version}", line(f"GET / {HERE}HTTP/{version}"), level=level)
    return group


def too_long():
    group = Group(
        "request-line-too-long", "Request lines over their limit",
        "A request line may have 64 bytes, its CRLF included; decided at the 65th byte, not later.", PROTECTION,
        "A line that never ends takes memory without bound, or time for as long as it lasts.", level="choice",
    )
    for name, title, text in [
        ("method-64", "a method that reaches the limit", [Repeat("M", 64), HERE + " / HTTP/1.1\r\n"]),
        ("method-endless", "a method that never ends", [Repeat("M", 64), HERE + "M", Repeat("M", 10_000)]),
        ("target-59", "a target that reaches the limit", ["GET /", Repeat("x", 59), HERE + " HTTP/1.1\r\n"]),
        ("target-endless", "a target that never ends", ["GET /", Repeat("x", 59), HERE + "x", Repeat("x", 10_000)]),
        ("target-megabyte", "a target of a megabyte", ["GET /", Repeat("x", 59), HERE + "x", Repeat("x", 1_048_576)]),
        ("bad-byte-at", "a byte that can't be there, right at the limit: the limit comes first", ["GET /", Repeat("x", 59), HERE + "\x00"]),
        ("cr-at", "a CR right at the limit", ["GET /", Repeat("x", 59), HERE + "\r\n"]),
    ]:
        group.refused(name, "request-line-too-long", title, text)
    exact = "One byte too early, and what should be told as another mistake is told as length."
    target = "x" * (64 - len("GET / HTTP/1.1\r\n"))
    group.refused("line-64", "target", "a line of 64 bytes, refused for its target", f"GET {HERE}/{target} HTTP/1.1\r\n", exact)
    group.refused("line-65", "target", "a line of 65 bytes, refused for its target before its length", f"GET {HERE}/{target}x HTTP/1.1\r\n", exact)
    group.refused("method-63", "method", "a method whose end is the last byte within the limit", [HERE + "M", Repeat("M", 62), " / HTTP/1.1\r\n"], exact)
    group.refused("target-58", "target", "a target whose end is the last byte within the limit", ["GET " + HERE + "/", Repeat("x", 58), " HTTP/1.1\r\n"], exact)
    group.refused("bad-byte-before", "request-line", "a byte that can't be there, the last within the limit", ["GET /", Repeat("x", 58), HERE + "\x00"], exact)
    group.refused("end-at", "truncated", "the limit reached, and then the end", ["GET /", Repeat("x", 59), HERE], exact)
    return group
