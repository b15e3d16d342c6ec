"""A receiver that keeps to docs/protocol.md, with one fault if one is named: strict.py SOCKET [FAULT]

It has a thread for each connection, and writes each event in one write. FAULTS has what is wrong with each fault, and
what shows it: the cases and probes of which at least one has to fail, or to be noted where an RFC leaves a choice.
"""

import ipaddress
import json
import os
import re
import socket
import sys
import threading
import time
import unicodedata
import urllib.parse

# Each with the globs of the ids that are to see it.
FAULTS = {
    "reads-once": "splits/*",
    "acts-on-truncated": "truncated/*",
    "accepts-lf": "line-ending/*",
    "accepts-cr": "line-ending/*",
    "folds-lines": "field-name/*",
    "space-before-colon": "field-name/*",
    "no-colon": "field-name/*",
    "empty-name": "field-name/*",
    "any-name": "field-name/*",
    "underscore-is-dash": "ambiguous-field-name/*",
    "underscore": "ambiguous-field-name/*",
    "strips-controls": "field-value/*",
    "nul": "field-value/*",
    "del": "field-value/*",
    "high-bytes": "field-value/*",
    "cuts-at-nul": "field-value/*",
    "any-method": "method/*",
    "lower-method": "method/*",
    "head-method": "method/*",
    "any-target": "target/*",
    "query": "target/*",
    "absolute-form": "target/*",
    "empty-line-first": "request-line/*",
    "many-spaces": "request-line/*",
    "tabs": "request-line/*",
    "no-version": "request-line/*",
    "lower-version": "request-line/*",
    "http-1-0": "version/*",
    "any-version": "version/*",
    "no-field-limit": "field-too-long/*",
    "field-limit-off-by-one": "field-too-long/*",
    "field-limit-too-small": "accepted-at-the-limit/*",
    "no-count-limit": "too-many-fields/*",
    "count-limit-off-by-one": "too-many-fields/*",
    "count-limit-too-small": "accepted-at-the-limit/*",
    "no-head-limit": "head-too-long/*",
    "host-optional": "missing-field/*",
    "id-optional": "missing-field/*",
    "state-optional": "missing-field/*",
    "first-id-wins": "duplicate-field/*",
    "last-state-wins": "duplicate-field/*",
    "two-hosts": "duplicate-field/*",
    "two-lengths": "duplicate-field/*",
    "empty-host": "host/*",
    "userinfo": "host/*",
    "any-port": "host/*",
    "any-host": "host/*",
    "length-sign": "content-length/*",
    "length-zeros": "content-length/*",
    "length-list": "content-length/*",
    "length-ignored": "body-too-long/*",
    "chunked": "transfer-coding/*",
    "te-beside-length": "smuggling/*",
    "expects": "expectation/*",
    "upgrades": "unsupported-field/*",
    "any-connection": "connection-option/*",
    "upper-id": "router-id/*",
    "braces": "router-id/*",
    "urn": "router-id/*",
    "no-dashes": "router-id/*",
    "nil-id": "router-id/*",
    "id-strips": "router-id/*",
    "id-prefix": "router-id/*",
    "any-id": "router-id/*",
    "upper-state": "state/*",
    "state-prefix": "state/*",
    "any-state": "state/*",
    "legacy": "state/*",
    "no-get": "accepted-*/*",
    "case-sensitive-names": "accepted-fields/*",
    "order-of-fields": "accepted-fields/*",
    "no-ipv6": "accepted-values/*",
    "second-message": "probe/two-messages",
    "silent-refusal": "probe/always-a-reply",
    "lf-reply": "probe/reply-framing-lines-end-in-a-bare-lf",
    "wrong-length": "probe/reply-framing-content-length*",
    "no-close": "probe/reply-framing-it-doesn*",
    "keeps-open": "probe/reply-framing-the-connection*",
    "traceback": "probe/no-traceback",
    "echoes": "probe/echo",
    "answers-before-event": "captures/*",
    "loses-events": "captures/*",
    "doubles-events": "captures/*",
    "swaps-state": "captures/*",
    "open-mode": "probe/socket-mode",
    "leaks": "probe/descriptors",
    "trims-nbsp": "field-value/*",
    "unicode-digits": "content-length/*",
    "percent-decodes": "router-id/*",
    "joins-ids": "duplicate-field/*",
    "last-id-wins": "duplicate-field/*",
    "first-state-wins": "duplicate-field/*",
    "reads-4096-once": "accepted-at-the-limit/*",
    "crashes": "field-value/*",
}

FAULT = sys.argv[2] if len(sys.argv) > 2 and __name__ == "__main__" else ""
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NIL = b"00000000-0000-0000-0000-000000000000"
STATES = [b"primary", b"backup", b"fault"]
SPELLINGS = {b"Host", b"X-Neutron-Router-Id", b"X-Neutron-State", b"Connection"}
ONCE = {b"host", b"content-length", b"x-neutron-router-id", b"x-neutron-state"}
LINE, FIELD, HEAD, COUNT = 64, 1024, 8192, 32
kept = []


class Refused(Exception):
    def __init__(self, status):
        self.status = status


def refuse(is_wrong, status=400, *faults):
    """Refuses what is wrong, unless one of these faults lets it pass."""
    if is_wrong and FAULT not in faults:
        raise Refused(status)


def request_line(line):
    refuse(len(line) + 2 > LINE, 414)
    if FAULT == "many-spaces":
        line = re.sub(rb" +", b" ", line.strip(b" "))
    if FAULT == "tabs":
        line = line.replace(b"\t", b" ")
    if FAULT == "no-version" and line.count(b" ") == 1:
        line += b" HTTP/1.1"
    parts = line.split(b" ")
    refuse(len(parts) != 3)
    method, target, version = parts
    if FAULT == "lower-version":
        version = version.upper()
    refuse(not TOKEN.fullmatch(method) or not re.fullmatch(rb"[!\"$-~]+", target))
    refuse(not re.fullmatch(rb"HTTP/[0-9]\.[0-9]", version), 400, "no-version")
    wanted = [b"GET", b"POST"] + ([b"HEAD"] if FAULT == "head-method" else [])
    refuse((method.upper() if FAULT == "lower-method" else method) not in wanted, 405, "any-method")
    refuse(method == b"GET" and FAULT == "no-get")
    is_root = target == b"/" or FAULT == "query" and target.startswith(b"/?")
    is_root = is_root or FAULT == "absolute-form" and target.lower().startswith(b"http://")
    refuse(not is_root, 404, "any-target")
    refuse(version != b"HTTP/1.1" and not (FAULT == "http-1-0" and version == b"HTTP/1.0"), 505, "any-version")


def field_line(line):
    limit = FIELD + {"field-limit-off-by-one": 1, "field-limit-too-small": -1}.get(FAULT, 0)
    refuse(len(line) + 2 > limit, 431, "no-field-limit")
    refuse(b":" not in line, 400, "no-colon")
    name, _, value = line.partition(b":")
    if FAULT == "space-before-colon":
        name = name.rstrip(b" \t")
    refuse(name == b"", 400, "empty-name", "any-name")
    refuse(name != b"" and not TOKEN.fullmatch(name), 400, "any-name", "no-colon")
    refuse(b"_" in name, 400, "underscore", "underscore-is-dash")
    if FAULT == "underscore-is-dash":
        name = name.replace(b"_", b"-")
    value = value.strip(b" \t\xa0" if FAULT == "trims-nbsp" else b" \t")
    if FAULT == "percent-decodes":
        value = urllib.parse.unquote_to_bytes(value)
    if FAULT == "unicode-digits":
        text = value.decode("utf-8", "surrogateescape")
        text = "".join(str(unicodedata.digit(char, char)) for char in text)
        value = text.encode("utf-8", "surrogateescape")
    if FAULT == "cuts-at-nul":
        value = value.split(b"\0")[0]
    for byte in value:
        allowed = byte == 9 or 32 <= byte < 127
        allowed = allowed or FAULT == "nul" and byte == 0 or FAULT == "del" and byte == 127
        allowed = allowed or FAULT == "high-bytes" and byte > 127 or FAULT == "accepts-cr" and byte == 13
        refuse(not allowed, 400, "strips-controls")
    if FAULT == "strips-controls":
        value = bytes(byte for byte in value if byte == 9 or 32 <= byte < 127)
    if FAULT == "case-sensitive-names" and name not in SPELLINGS:
        return b"unknown-" + name, value
    return name.lower(), value


def check_host(value):
    refuse(value == b"", 400, "empty-host", "any-host")
    if FAULT == "userinfo":
        value = value.rpartition(b"@")[2]
    match = re.fullmatch(rb"(\[[^\]]*\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::(.*))?", value, re.S)
    refuse(not match or match[1] == b"" and value != b"", 400, "any-host")
    if not match:
        return
    port, host = match[2], match[1]
    is_port = port is None or re.fullmatch(rb"[0-9]+", port) and int(port) <= 65535
    refuse(not is_port, 400, "any-port", "any-host")
    if host.startswith(b"["):
        refuse(FAULT == "no-ipv6")
        address = host[1:-1].decode("latin-1")
        is_future = re.fullmatch(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+", address)
        try:
            ipaddress.IPv6Address(address if "%" not in address else "")
        except ValueError:
            refuse(not is_future, 400, "any-host")


def check_length(value):
    if FAULT == "length-ignored":
        return
    if FAULT == "length-sign":
        value = value.lstrip(b"+")
    if FAULT == "length-list":
        value = value.split(b",")[0].strip()
    if FAULT == "length-zeros":
        value = value.lstrip(b"0") or b"0"
    refuse(not re.fullmatch(rb"0|[1-9][0-9]*", value) or int(value) > 2**64 - 1)
    refuse(int(value) > 0, 413)


def check_id(value):
    if FAULT == "upper-id":
        value = value.lower()
    if FAULT == "braces":
        value = value.strip(b"{}")
    if FAULT == "urn":
        value = value.removeprefix(b"urn:uuid:")
    if FAULT == "id-strips":
        value = value.strip(b"\"' ")
    if FAULT == "no-dashes" and re.fullmatch(rb"[0-9a-f]{32}", value):
        return
    if FAULT == "joins-ids":
        value = value.split(b", ")[0]
    is_id = ID.match(value) if FAULT == "id-prefix" else ID.fullmatch(value)
    refuse(not is_id, 400, "any-id")
    refuse(value == NIL, 400, "nil-id", "any-id")


def check_state(value):
    words = STATES + ([b"master"] if FAULT == "legacy" else [])
    if FAULT == "upper-state":
        value = value.lower()
    if FAULT == "state-prefix":
        value = next((word for word in words if value.startswith(word)), value)
    refuse(value not in words, 400, "any-state")


def parse(head):
    """The id and the state that a head says, the blank line included."""
    if FAULT == "empty-line-first":
        head = head.removeprefix(b"\r\n")
    refuse(len(head) > HEAD, 431, "no-head-limit", "no-field-limit")
    if FAULT == "accepts-lf":
        head = re.sub(rb"\r?\n", b"\r\n", head)
    if FAULT == "folds-lines":
        head = re.sub(rb"\r\n[ \t]+", b" ", head)
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    refuse(any(b"\n" in line for line in lines))
    refuse(any(b"\r" in line for line in lines), 400, "accepts-cr", "strips-controls")
    request_line(lines[0])
    most = COUNT + {"count-limit-off-by-one": 1, "count-limit-too-small": -1}.get(FAULT, 0)
    refuse(len(lines) - 1 > most, 431, "no-count-limit")
    fields = {}
    for line in lines[1:]:
        name, value = field_line(line)
        known = {b"x-neutron-router-id": ("first-id-wins", "last-id-wins", "joins-ids"), b"host": ("two-hosts",)}
        known[b"x-neutron-state"] = ("first-state-wins", "last-state-wins")
        refuse(name in ONCE and name in fields, 400, *known.get(name, ("two-lengths",)))
        if name in fields and FAULT in ("first-id-wins", "first-state-wins"):
            continue
        if name in fields and FAULT == "joins-ids":
            value = fields[name] + b", " + value
        if name == b"connection":
            options = [option.strip(b" \t").lower() for option in value.split(b",")]
            options = [option for option in options if option]
            refuse(not options or not set(options) <= {b"close", b"keep-alive"}, 400, "any-connection")
        fields[name] = value
    check(fields)
    names = list(fields)
    out_of_order = FAULT == "order-of-fields" and names.index(b"x-neutron-state") < names.index(b"x-neutron-router-id")
    refuse(out_of_order)
    return fields.get(b"x-neutron-router-id"), fields.get(b"x-neutron-state")


def check(fields):
    if b"transfer-encoding" in fields:
        beside = b"content-length" in fields
        refuse(True, 400 if beside else 501, "te-beside-length" if beside else "chunked")
    refuse(b"expect" in fields, 417, "expects")
    refuse(any(name in fields for name in (b"te", b"trailer", b"upgrade")), 400, "upgrades")
    known = [(b"host", check_host, "host-optional"), (b"x-neutron-router-id", check_id, "id-optional")]
    for name, judge, optional in [*known, (b"x-neutron-state", check_state, "state-optional")]:
        refuse(name not in fields, 400, optional)
        if name in fields:
            judge(fields[name])
    if b"content-length" in fields:
        check_length(fields[b"content-length"])


def read_head(peer):
    """Reads through the blank line, but not for ever, and not without a limit."""
    end = b"\n\n" if FAULT == "accepts-lf" else b"\r\n\r\n"
    message, deadline = b"", time.monotonic() + 8
    while True:
        start = 2 if FAULT == "empty-line-first" and message.startswith(b"\r\n") else 0
        plain = message.replace(b"\r\n", b"\n") if FAULT == "accepts-lf" else message
        at = plain.find(end, start)
        if at >= 0:
            return plain[: at + len(end)] if FAULT == "accepts-lf" else message[: at + len(end)], message
        refuse(len(message) > 70_000, 431)
        peer.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            chunk = peer.recv(4096 if FAULT == "reads-4096-once" else 65536)
        except TimeoutError:
            raise Refused(408) from None
        if not chunk or (FAULT == "reads-once" and message):
            refuse(not message or FAULT != "acts-on-truncated")
            return message + b"\r\n\r\n", message
        message += chunk
        if FAULT == "crashes" and b"\xff" in message:
            os._exit(3)
        if FAULT in ("reads-once", "reads-4096-once"):
            refuse(b"\r\n\r\n" not in message)


def tell(router_id, state):
    text = [None if value is None else value.decode("latin-1") for value in (router_id, state)]
    if FAULT == "swaps-state":
        text[1] = {"primary": "backup", "backup": "primary"}.get(text[1], text[1])
    line = json.dumps({"router_id": text[0], "state": text[1]}).encode() + b"\n"
    is_own = text[0] is not None and text[0].startswith("ad17")
    if FAULT == "loses-events" and not is_own:
        return
    if FAULT == "answers-before-event" and not is_own:
        threading.Timer(0.5, os.write, (1, line)).start()
        return
    os.write(1, line * (2 if FAULT == "doubles-events" and not is_own else 1))


def answer(peer, status, message):
    length, end = (3, b"\n") if FAULT == "wrong-length" else (0, b"\r\n")
    end = b"\n" if FAULT == "lf-reply" else b"\r\n"
    content = b""
    if FAULT == "traceback" and status != 200:
        content = b"Traceback (most recent call last):\n"
    if FAULT == "echoes" and status != 200:
        content = message[:200]
    lines = [f"HTTP/1.1 {status} Reason".encode(), f"Content-Length: {length + len(content)}".encode()]
    lines += [] if FAULT == "no-close" else [b"Connection: close"]
    if FAULT != "silent-refusal" or status == 200:
        peer.sendall(end.join(lines) + end * 2 + content)
    if FAULT == "keeps-open":
        time.sleep(0.7)


def serve(peer):
    message = b""
    with peer:
        if FAULT == "leaks":
            kept.append(os.dup(peer.fileno()))
        try:
            try:
                head, message = read_head(peer)
                tell(*parse(head))
                rest = message[len(head):]
                if FAULT == "second-message" and rest.endswith(b"\r\n\r\n"):
                    tell(*parse(rest))
                status = 200
            except Refused as refused:
                status = refused.status
            answer(peer, status, message)
            # Until the peer has finished, so that the reply is not lost.
            peer.shutdown(socket.SHUT_WR)
            peer.settimeout(1)
            while peer.recv(65536):
                pass
        except OSError:
            pass


def main(path):
    os.umask(0 if FAULT == "open-mode" else 0o177)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1024)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    if FAULT and FAULT not in FAULTS:
        sys.exit(f"no such fault: {FAULT}")
    main(sys.argv[1])
