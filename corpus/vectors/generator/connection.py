"""What the connection decides: early ends, bytes behind the message, time, peers and the sink."""

from model import ACCESS, EXCEPTIONS, HERE, ID, PROTECTION, Group, Repeat, length_of, message

WHOLE = message()


def groups():
    return [truncated(), trailing(), conditions()]


def upto(part, text=WHOLE):
    """The message up to the end of the first place where this part stands."""
    return text[: text.index(part) + len(part)] + HERE


def truncated():
    group = Group(
        "truncated", "Messages that end early", "The sender finishes before the message is whole; the offset is the number of bytes it sent.",
        PROTECTION, "Half a message is acted on as if it were whole.",
    )
    five = message("Content-Length: 5")
    for name, title, text, asked in [
        ("nothing", "nothing at all", HERE, None),
        ("method", "in the method", upto("PO"), None),
        ("behind-method", "behind the method", upto("POST"), None),
        ("behind-target", "behind the target", upto("POST / "), None),
        ("version", "in the version", upto("HTTP/1."), None),
        ("request-line-cr", "between CR and LF of the request line", upto("HTTP/1.1\r"), None),
        ("request-line", "behind the request line", upto("HTTP/1.1\r\n"), None),
        ("name", "in a name", upto("X-Neutron-Ro"), None),
        ("colon", "behind a colon", upto("Host:"), None),
        ("white-space", "in the white space before a value", upto("Host: "), None),
        ("id", "in the router id", upto(ID[:20]), None),
        ("id-whole", "behind the last digit of the router id", upto(ID), None),
        ("state", "in the state", upto("X-Neutron-State: pri"), None),
        ("state-whole", "behind the state, before its line ends", upto("primary"), None),
        ("state-white-space", "in white space behind the state", upto("primary ", message(state="primary ")), None),
        ("field-cr", "between CR and LF of the last field", upto("primary\r"), None),
        ("no-blank-line", "before the blank line", upto("primary\r\n"), None),
        ("blank-line-cr", "between CR and LF of the blank line", upto("primary\r\n\r"), None),
        ("no-body", "before the body", five + HERE, {"body": 5}),
        ("body-short", "one byte before the end of the body", five + "hell" + HERE, {"body": 5}),
        ("bad-value-pending", "a wrong length that its line's end would tell", message("Content-Length: 9")[:-4] + HERE, None),
        ("bad-version-pending", "a wrong version that its line's end would tell", "GET / HTTP/1.0" + HERE, None),
        ("bad-method-pending", "a wrong method that a space would tell", "PUT" + HERE, None),
        ("bad-target-pending", "a wrong target that a space would tell", "GET /x" + HERE, None),
        ("bad-host-pending", "a wrong address that its bracket would tell", "GET / HTTP/1.1\r\nHost: [1" + HERE, None),
        ("cr-pending", "a CR in a value that the next byte would tell", message("A: b")[:-4] + "\r" + HERE, None),
        ("long-line", "in a long line, below its limit", [WHOLE[:-2], "A: ", Repeat("b", 1_000), HERE], None),
    ]:
        group.refused(name, "truncated", title, text, **{"with": asked})
    pending = message(HERE + "Transfer-Encoding: chunked")[:-2]
    group.refused("transfer-coding", "transfer-coding", "behind a Transfer-Encoding, which outranks the early end", pending, "A message that is refused in any case is waited for.", level="choice")
    twice = message(HERE + "Transfer-Encoding: chunked", "Content-Length: 0")[:-2]
    group.refused("transfer-coding-length", "transfer-coding", "behind a Transfer-Encoding and a Content-Length", twice, "A message that is refused in any case is waited for.", status=400)
    return group


def trailing():
    group = Group(
        "trailing-bytes", "Bytes behind the one message", "Where exactly one message is expected, as in a file, nothing may follow it.",
        PROTECTION, "What follows a message is lost without a word, or taken for another one.",
    )
    for name, title, behind in [
        ("lf", "a LF, as an editor adds it", "\n"),
        ("crlf", "an empty line", "\r\n"),
        ("nul", "a NUL", "\x00"),
        ("space", "a space", " "),
        ("second-message", "a second message", message(state="backup")),
        ("body", "a body that no Content-Length announces", "hello"),
    ]:
        group.refused(name, "trailing-bytes", title, WHOLE + HERE + behind, given="exactly-one")
    five = message("Content-Length: 5", body="hello")
    group.refused("behind-body", "trailing-bytes", "a byte behind the body", five + HERE + "!", given="exactly-one", **{"with": {"body": 5}})
    return group


def conditions():
    group = Group(
        "conditions", "What the server's own state decides", "Refusals that no byte of the message causes: time, the peer, the sink.",
        EXCEPTIONS, "The sender is told that an event was taken which is lost, or is told nothing.",
    )
    silent = "A connection that is never finished holds a thread or a place for good."
    for name, title, text in [
        ("deadline-nothing", "a peer that says nothing", HERE),
        ("deadline-request-line", "silence behind the request line", upto("HTTP/1.1\r\n")),
        ("deadline-value", "silence in a value", upto("X-Neutron-State: pri")),
        ("deadline-blank-line", "silence before the last LF", upto("primary\r\n\r")),
    ]:
        group.refused(name, "deadline", title, text, silent, given="deadline", cwe=PROTECTION)
    group.refused("deadline-body", "deadline", "silence in place of the body", message("Content-Length: 5") + HERE, silent, given="deadline", cwe=PROTECTION, **{"with": {"body": 5}})
    coded = message(HERE + "Transfer-Encoding: chunked")[:-2]
    group.refused("deadline-transfer-coding", "transfer-coding", "silence behind a Transfer-Encoding, which outranks the deadline", coded, silent, given="deadline", cwe=PROTECTION, level="choice")
    for state in ("primary", "backup", "fault"):
        text = message(state=state)
        group.refused(f"peer-{state}", "peer-not-allowed", f"{state}, from a peer that is not allowed", HERE + text, "Whoever reaches the socket takes a router over.", given="peer-not-allowed", cwe=ACCESS)
        group.refused(f"busy-{state}", "overloaded", f"{state}, while the sink is busy", text + HERE, given="sink-busy")
        group.refused(f"failed-{state}", "sink-failed", f"{state}, while the sink fails", text + HERE, given="sink-failed")
    five = message("Content-Length: 5", body="hello")
    group.refused("busy-body", "overloaded", "a message with a body, while the sink is busy", five + HERE, given="sink-busy", **{"with": {"body": 5}})
    group.refused("failed-trailing", "sink-failed", "a message with bytes behind it, while the sink fails", WHOLE + HERE + "xyz", given="sink-failed")
    group.refused("busy-and-wrong", "state", "a wrong message, while the sink is busy: the sink is not asked", message(state=HERE + "up"), given="sink-busy")
    return group
