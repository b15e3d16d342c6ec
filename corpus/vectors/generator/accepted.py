"""What every server has to accept: the captures, and what else the grammar allows."""

from itertools import permutations

from model import CONTROL_FLOW, HERE, ID, OTHER_ID, PROTECTION, Group, Repeat, capture, length_of, message

LEGACY = {"legacy": True}
SENDERS = [
    ("curl-post", "curl-7.88.1-post.http", "the shell monitor's message, through curl", ID, "primary", None),
    ("curl-post-empty-body", "curl-7.88.1-post-empty-body.http", "curl with an empty body", ID, "primary", None),
    ("http-client-post", "http.client-post.http", "Python's http.client", OTHER_ID, "fault", None),
    ("httplib2-get", "httplib2-0.32.1-get.http", "the Python 3 monitor's message, through httplib2", OTHER_ID, "backup", None),
    ("httplib2-get-master", "httplib2-0.9.2-get-master.http", "the Python 2 monitor's message, which says `master`", OTHER_ID, "primary", LEGACY),
]


def groups():
    return [captures(), truncations(), splits(), accepted_fields(), accepted_values(), accepted_at_the_limit()]


def captures():
    group = Group(
        "captures", "Captures", "Messages of real senders, byte for byte as in corpus/captures.", CONTROL_FLOW,
        "A real sender's notification is lost, and the agent acts on a state that the router no longer has.",
        rule="RFC 9112 section 2.1",
    )
    for name, file, title, router_id, state, legacy in SENDERS:
        group.accepted(name, title, capture(file), router_id=router_id, state=state, **{"with": legacy})
    old = capture("httplib2-0.9.2-get-master.http").replace("master", HERE + "master")
    group.refused(
        "httplib2-get-master-unasked", "state", "`master` where nobody asked for it", old,
        "A word of an old vocabulary is handed on as it is, and whoever compares it with `primary` does nothing.",
    )
    return group


def truncations():
    group = Group(
        "truncations", "Every truncation of each capture",
        "Each case stands for all the beginnings of its input, the empty one included: cut to n bytes and followed by the end "
        "of the input, it is refused at the offset n.",
        PROTECTION, "A sender that dies while it writes leaves half a notification, and the half is acted on.",
    )
    for name, file, title, _, _, legacy in SENDERS:
        group.refused(name, "truncated", f"{title}, cut off at each byte", capture(file), expand="truncations", **{"with": legacy})
    return group


def splits():
    group = Group(
        "splits", "Every split of each capture, and of refused messages",
        "Each case stands for all the ways to send its input in two pieces, with a pause between them; the verdict is that of the whole.",
        PROTECTION, "A stream has no message boundaries: what reads once and takes that for the whole misreads a state as `pri`.",
        rule="RFC 9112 section 2.2",
    )
    for name, file, title, router_id, state, legacy in SENDERS:
        group.accepted(
            name, f"{title}, in two pieces", capture(file), router_id=router_id, state=state, expand="splits", **{"with": legacy}
        )
    split_refusals(group)
    return group


def split_refusals(group):
    for name, error, text in [
        ("refused-state", "state", message(state="backup" + HERE + "s")),
        ("refused-router-id", "router-id", message(router_id=ID[:-1] + HERE)),
        ("refused-line-ending", "line-ending", message("A: b" + HERE + "\nC: d")),
        ("refused-bare-cr", "line-ending", message("A: b" + HERE + "\rC: d")),
        ("refused-target", "target", message(start="GET " + HERE + "/x HTTP/1.1")),
        ("refused-version", "version", message(start="GET / " + HERE + "HTTP/1.0")),
        ("refused-method", "method", message(start=HERE + "PUT / HTTP/1.1")),
        ("refused-duplicate", "duplicate-field", message(HERE + "x-neutron-state: backup")),
        ("refused-transfer-coding", "transfer-coding", message(HERE + "Transfer-Encoding: chunked", body="0\r\n\r\n")),
        ("refused-body", "body-too-long", message("Content-Length: " + HERE + "3", body="abc")),
    ]:
        group.refused(
            name, error, f"a message refused as `{error}`, in two pieces", text,
            "The verdict depends on how the bytes were split, so that a sender can choose it.", expand="splits",
            level="choice" if error in ("line-ending", "target", "version", "transfer-coding", "body-too-long") and "cr" not in name else "must",
        )


def accepted_fields():
    group = Group(
        "accepted-fields", "Fields in other order, spelling and company",
        "The order of fields, the case of their names, the white space around values and unknown fields change nothing.",
        CONTROL_FLOW, "A correct notification is refused or misread for its spelling, and the router's state is lost.",
        rule="RFC 9110 section 5.1",
    )
    lines = {"host": "Host: 127.0.0.1", "id": f"X-Neutron-Router-Id: {ID}", "state": "X-Neutron-State: primary"}
    for order in permutations(lines):
        text = message(*(lines[part] for part in order), host=None, router_id=None, state=None)
        group.accepted("order-" + "-".join(order), f"the required fields in the order {', '.join(order)}", text, rule="RFC 9110 section 5.3")
    for name, change in [("lower", str.lower), ("upper", str.upper), ("swapped", str.swapcase)]:
        names = ["Host: 127.0.0.1", f"X-Neutron-Router-Id: {ID}", "X-Neutron-State: primary"]
        changed = [change(line.split(":")[0]) + ":" + line.split(":", 1)[1] for line in names]
        group.accepted(f"names-in-{name}-case", f"names in {name} case", message(*changed, host=None, router_id=None, state=None))
    white_space(group)
    unknown_fields(group)
    return group


def white_space(group):
    for name, title, value in [
        ("no-white-space", "no white space before the value", "primary"),
        ("tab-before", "a tab before the value", "\tprimary"),
        ("spaces-before", "spaces before the value", "   primary"),
        ("space-behind", "a space behind the value", " primary "),
        ("tabs-behind", "tabs and spaces behind the value", " primary\t \t"),
    ]:
        text = message("X-Neutron-State:" + value, state=None)
        group.accepted(name, title, text, "White space that the grammar allows becomes part of the state.", rule="RFC 9112 section 5")
    text = message(f"X-Neutron-Router-Id:\t {ID}\t", router_id=None)
    group.accepted("white-space-around-id", "white space around the router id", text, rule="RFC 9112 section 5")
    group.accepted("white-space-around-host", "white space around the host", message(host="Host:  a \t"), rule="RFC 9112 section 5")


def unknown_fields(group):
    for name, title, lines in [
        ("unknown", "a field that nobody knows", ["A: b"]),
        ("unknown-empty", "an unknown field without a value", ["A:"]),
        ("unknown-white", "an unknown field with nothing but white space", ["A: \t "]),
        ("unknown-twice", "the same unknown field twice", ["A: b", "A: c"]),
        ("unknown-colons", "a value with colons", ["A: b: c: d"]),
        ("every-token-byte", "a name with every kind of byte that a token has", ["!#$%&'*+-.^`|~09AZaz: b"]),
        ("every-value-byte", "a value with every visible ASCII byte", ["A: " + "".join(map(chr, range(0x20, 0x7F))) + "\tb"]),
        ("longer-name", "a name that begins as a required one", ["X-Neutron-State-Of-Mind: calm"]),
        ("shorter-name", "a name that a required one begins with", ["X-Neutron: yes"]),
        ("numeric-name", "a name of digits", ["127: 0"]),
        ("proxy-fields", "fields of proxies and clients", ["Forwarded: for=a", "Via: 1.1 b", "Authorization: c", "Cookie: d=e"]),
        ("content-fields", "fields about content that isn't there", ["Content-Type: text/plain", "Content-Encoding: gzip"]),
        ("keep-alive-field", "a Keep-Alive field, which only hints", ["Keep-Alive: timeout=5"]),
        ("proxy-connection", "a Proxy-Connection field, which has no standing", ["Proxy-Connection: upgrade"]),
        ("x-transfer-encoding", "an X-Transfer-Encoding field, which is not the real one", ["X-Transfer-Encoding: chunked"]),
        ("te-like", "a name that begins with TE", ["Tea: earl grey"]),
    ]:
        group.accepted(name, title, message(*lines), "An unknown field stops a notification that is otherwise correct.", rule="RFC 9110 section 5.1")


def accepted_values():
    group = Group(
        "accepted-values", "Values that are allowed", "Every form of each value that the grammar allows.", CONTROL_FLOW,
        "A correct notification is refused, and the router's state is lost.", rule="RFC 9110 section 5.5",
    )
    for method in ("GET", "POST"):
        for state in ("primary", "backup", "fault"):
            text = message(start=f"{method} / HTTP/1.1", state=state)
            if (method, state) != ("POST", "primary"):
                group.accepted(f"{method.lower()}-{state}", f"{method} with the state {state}", text, state=state, rule="RFC 9110 section 9.1")
    ids(group)
    hosts(group)
    options(group)
    lengths(group)
    return group


def ids(group):
    for name, title, router_id in [
        ("id-digits", "an id of digits only", "12345678-1234-1234-1234-123456789012"),
        ("id-letters", "an id of letters only", "abcdefab-cdef-abcd-efab-cdefabcdefab"),
        ("id-all-f", "an id that is all ones", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("id-one", "the least id that is not nil", "00000000-0000-0000-0000-000000000001"),
        ("id-first-digit", "an id that is zero but for its first digit", "10000000-0000-0000-0000-000000000000"),
        ("id-version-1", "an id of UUID version 1", "c232ab00-9414-11ec-b3c8-9f6bdeced846"),
        ("id-version-7", "an id of UUID version 7", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        ("id-no-version", "an id of no known UUID version or variant", "9b3a1d8e-5c1f-0a57-1f5e-0a4c2f3b7d10"),
    ]:
        text = message(router_id=router_id)
        group.accepted(name, title, text, "A router with a lawful id can never be reported.", router_id=router_id, rule="RFC 9562 section 4")


def hosts(group):
    for name, title, host in [
        ("host-name", "a host name", "localhost"),
        ("host-port", "a host name with a port", "localhost:80"),
        ("host-port-0", "the port 0", "localhost:0"),
        ("host-port-65535", "the port 65535", "localhost:65535"),
        ("host-port-zeros", "a port with leading zeros", "localhost:00080"),
        ("host-ipv4-port", "an IPv4 address with a port", "127.0.0.1:8080"),
        ("host-ipv6", "an IPv6 address", "[::1]"),
        ("host-ipv6-port", "an IPv6 address with a port", "[2001:db8::1]:443"),
        ("host-ipv6-v4", "an IPv6 address that ends in an IPv4 one", "[::ffff:127.0.0.1]"),
        ("host-ip-future", "an address of a future IP version", "[v1f.a:b]"),
        ("host-percent", "a percent-encoded byte", "%61%2Fb"),
        ("host-unreserved", "every unreserved punctuation", "a-b.c_d~e"),
        ("host-sub-delims", "every sub-delimiter", "!$&'()*+,;="),
        ("host-trailing-dot", "a name with a dot at its end", "agent.example."),
    ]:
        group.accepted(name, title, message(host=f"Host: {host}"), "A lawful Host stops a notification.", rule="RFC 3986 section 3.2.2")


def options(group):
    for name, title, lines in [
        ("connection-close", "close", ["Connection: close"]),
        ("connection-keep-alive", "keep-alive, which the reply overrules", ["Connection: keep-alive"]),
        ("connection-case", "another case", ["Connection: Keep-ALIVE"]),
        ("connection-list", "a list of both", ["Connection: keep-alive, close"]),
        ("connection-tight-list", "a list without white space", ["Connection: close,keep-alive,close"]),
        ("connection-empty-elements", "a list with empty elements", ["Connection: , close, ,\t,keep-alive ,"]),
        ("connection-twice", "the field twice", ["Connection: close", "connection: keep-alive"]),
    ]:
        group.accepted(name, f"Connection: {title}", message(*lines), "A lawful Connection stops a notification.", rule="RFC 9110 section 7.6.1")


def lengths(group):
    group.accepted("content-length-0", "Content-Length: 0", message("Content-Length: 0"), rule="RFC 9110 section 8.6")
    group.accepted("content-length-0-get", "Content-Length: 0 with GET", message("content-length:0", start="GET / HTTP/1.1"), rule="RFC 9110 section 8.6")
    body = {"body": 5}
    for name, title, content in [
        ("body-at-limit", "a body as long as the limit lets it be", "hello"),
        ("body-below-limit", "a body below the limit", "hi"),
        ("body-like-message", "a body that looks like a field", "A: \r\n"),
        ("body-binary", "a body of bytes that no head could have", "\x00\r\n\xff\x7f"),
    ]:
        text = message(f"Content-Length: {len(content)}", body=content)
        group.accepted(name, title, text, "The body is taken for fields, or its end for that of the head.", rule="RFC 9112 section 6.3", **{"with": body})
    for word, state in [("master", "primary"), ("primary", "primary"), ("backup", "backup"), ("fault", "fault")]:
        text = message(f"X-Neutron-State: {word}", state=None, start="GET / HTTP/1.1")
        group.accepted(f"legacy-{word}", f"{word}, where `master` was asked for", text, state=state, **{"with": LEGACY})


def accepted_at_the_limit():
    group = Group(
        "accepted-at-the-limit", "Messages at a limit, and bytes behind a message",
        "Each limit is exact. What follows a whole message is not part of it, and changes nothing.", PROTECTION,
        "A limit that is off by one refuses what was promised to pass.", rule="RFC 6585 section 5", level="choice",
    )
    group.accepted("fields-32", "as many fields as the limit", [*around(Repeat("A: b\r\n", 29))])
    group.accepted("field-line-1024", "a field line as long as the limit", [*around("A: ", Repeat("b", 1019), "\r\n")])
    group.accepted("field-line-1024-name", "a name as long as the limit of its line lets it be", [*around(Repeat("a", 1021), ":\r\n")])
    group.accepted("field-line-1024-ows", "a value behind as much white space as fits", [*around("A:", Repeat(" ", 1019), "b\r\n")])
    used = length_of([*around("A: \r\n")]) + 7 * 1024
    group.accepted("head-8192", "a head as long as the limit", [*around(Repeat("A: " + "b" * 1019 + "\r\n", 7), "A: ", Repeat("b", 8192 - used), "\r\n")])
    whole = len(message())
    for name, title, behind in [
        ("behind-second-message", "a second message behind the first", message(state="backup")),
        ("behind-garbage", "garbage behind the message", "\x00\xff garbage"),
        ("behind-crlf", "an empty line behind the message", "\r\n"),
        ("behind-body", "a body that no Content-Length announces", "X-Neutron-State: fault\r\n\r\n"),
        ("behind-chunk", "a chunked body that no Transfer-Encoding announces", "0\r\nX-Neutron-State: fault\r\n\r\n"),
    ]:
        group.accepted(
            name, title, message() + behind, "What follows a message is read into it, or taken for one of its own.",
            length=whole, level="choice" if "message" in name else "must", rule="RFC 9112 section 6.3",
        )
    group.accepted("behind-head-64k", "64 KiB behind the message", [message(), Repeat("z", 65536)], "The sender's reply is lost because bytes are left unread.", length=whole, rule="RFC 9112 section 9.6")
    long = message("Content-Length: 3", body="abc")
    group.accepted("behind-whole-body", "more bytes than Content-Length says", long + "d", "What follows the body is read into the message.", length=len(long), level="must", rule="RFC 9112 section 6.3", **{"with": {"body": 5}})
    return group


def around(*parts):
    """An acceptable message with these parts before its blank line."""
    return [message()[:-2], *parts, "\r\n"]
