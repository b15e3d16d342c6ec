"""Messages with several faults: which one is told."""

from model import HERE, ID, CONTROL_FLOW, Group, Repeat, message

HEAD = f"Host: a\r\nX-Neutron-Router-Id: {ID}\r\n"


def groups():
    group = Group(
        "precedence", "Several faults in one message", "The first offending byte decides; docs/protocol.md says what that is for each rule.",
        CONTROL_FLOW, "Two implementations tell different faults for one message, and a verdict depends on how the bytes arrived.",
        level="choice",
    )
    for name, error, title, text in [
        ("method-before-target", "method", "a wrong method before a wrong target", HERE + "PUT /x HTTP/1.1\r\n\r\n"),
        ("target-before-version", "target", "a wrong target before a wrong version", "GET " + HERE + "/x HTTP/1.0\r\n\r\n"),
        ("syntax-before-version", "request-line", "a malformed line end before a wrong version", "GET / HTTP/1.0" + HERE + "\n\r\n"),
        ("syntax-before-target", "request-line", "a byte that can't be there before a wrong target is whole", "GET /x" + HERE + "\x00 HTTP/1.1\r\n\r\n"),
        ("method-not-whole", "request-line", "a byte that can't be there before a wrong method is whole", "PUT" + HERE + "\t/ HTTP/1.1\r\n\r\n"),
        ("version-before-fields", "version", "a wrong version before malformed fields", "GET / " + HERE + "HTTP/1.0\r\n: a\r\n\r\n"),
        ("name-before-missing", "field-name", "a malformed name before what is missing", "GET / HTTP/1.1\r\n" + HERE + ": a\r\n\r\n"),
        ("state-before-missing", "state", "a wrong state before a missing Host", "GET / HTTP/1.1\r\nX-Neutron-State: " + HERE + "x\r\n\r\n"),
        ("id-before-state", "router-id", "a wrong router id before a wrong state", message(router_id=HERE + "x", state="x")),
        ("state-before-id", "state", "a wrong state before a wrong router id", message(router_id=None, state=HERE + "x", host="Host: a").replace("\r\n\r\n", "\r\nX-Neutron-Router-Id: x\r\n\r\n")),
        ("host-before-all", "host", "a wrong Host before a wrong router id and state", message(host="Host: " + HERE + "@", router_id="x", state="x")),
        ("state-before-value", "state", "a wrong state before a byte that no value has, in one value", message(state=HERE + "x\x00")),
        ("state-before-line-end", "state", "a wrong state before a bare LF, in one line", message(state=HERE + "x\nA: b")),
        ("value-before-state", "field-value", "a byte that no value has before the state is wrong", message(state="prim" + HERE + "\x00x")),
        ("short-state-line-end", "line-ending", "a state that is too short, ended by a bare LF", message(state="prim" + HERE + "\nA: b")),
        ("short-id-value", "field-value", "a router id that is too short, ended by a NUL", message(router_id=ID[:10] + HERE + "\x00")),
        ("id-before-value", "router-id", "a wrong digit before a NUL, in one router id", message(router_id=ID[:10] + HERE + "Z\x00")),
        ("length-before-value", "content-length", "a sign before a NUL, in one Content-Length", message("Content-Length: " + HERE + "+\x00")),
        ("value-before-too-long", "field-value", "a NUL in a Content-Length that is over the limit", message("Content-Length: 9" + HERE + "\x00")),
        ("length-before-too-long", "content-length", "a letter in a Content-Length that is over the limit", message("Content-Length: 9" + HERE + "x")),
        ("duplicate-before-missing", "duplicate-field", "a second Host before a missing state", message(HERE + "Host: b", state=None)),
        ("duplicate-before-value", "duplicate-field", "a second state before a byte that no value has", message(HERE + "X-Neutron-State: \x00")),
        ("name-before-duplicate", "field-name", "a space in the second name, before it is known to be one", message(f"X-Neutron-State{HERE} : primary")),
        ("expect-before-value", "expectation", "an Expect before a byte that no value has", message(HERE + "Expect: \x00")),
        ("te-before-state", "transfer-coding", "a Transfer-Encoding before a wrong state", message(first=[HERE + "Transfer-Encoding: chunked"], state="x")),
        ("te-before-missing", "transfer-coding", "a Transfer-Encoding before what is missing", "GET / HTTP/1.1\r\n" + HERE + "Transfer-Encoding: chunked\r\n\r\n"),
        ("te-before-name", "transfer-coding", "a Transfer-Encoding before a malformed name", message(HERE + "Transfer-Encoding: chunked", ": a")),
        ("te-before-own-value", "transfer-coding", "a Transfer-Encoding before a bad byte of its own value", message(HERE + "Transfer-Encoding: a\x7f")),
        ("te-before-duplicate", "transfer-coding", "a Transfer-Encoding before a second state", message(HERE + "Transfer-Encoding: chunked", "X-Neutron-State: backup")),
        ("state-before-te", "state", "a wrong state before a Transfer-Encoding", message("Transfer-Encoding: chunked", state=HERE + "x")),
        ("connection-before-missing", "connection-option", "a wrong option before what is missing", "GET / HTTP/1.1\r\nConnection: " + HERE + "x\r\n\r\n"),
        ("underscore-before-name", "ambiguous-field-name", "an underscore before a byte that no name has", message("A" + HERE + "_\x00: b")),
        ("name-before-underscore", "field-name", "a byte that no name has before an underscore", message("A" + HERE + "\x00_: b")),
        ("limit-before-cr", "field-too-long", "a CR within the limit whose LF is over it", ["GET / HTTP/1.1\r\nA: ", Repeat("b", 1020), "\r" + HERE + "\n"]),
        ("limit-before-bare-cr", "field-too-long", "a bare CR that is the last byte within the limit", ["GET / HTTP/1.1\r\nA: ", Repeat("b", 1020), "\r" + HERE + "x"]),
        ("state-before-limit", "state", "a wrong state in a line over its limit", [message(state=None)[:-2], "X-Neutron-State: " + HERE + "x", Repeat("y", 1_100), "\r\n\r\n"]),
        ("expect-before-te", "expectation", "an Expect before a Transfer-Encoding", message(HERE + "Expect: 100-continue", "Transfer-Encoding: chunked")),
        ("te-before-expect", "transfer-coding", "a Transfer-Encoding before an Expect", message(HERE + "Transfer-Encoding: chunked", "Expect: 100-continue")),
    ]:
        group.refused(name, error, title, text)
    te = message("Content-Length: 0", HERE + "Transfer-Encoding: chunked", "X-Neutron-State: backup")
    group.refused("te-with-length-before-duplicate", "transfer-coding", "both framing fields before a second state", te, status=400, level="must")
    return [group]
