"""What strict.py makes of a head: its parser, and each fault that one can have."""

import ipaddress
import re
import unicodedata
import urllib.parse

import strict_faults
from strict_faults import has, refuse

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NIL = b"00000000-0000-0000-0000-000000000000"
STATES = [b"primary", b"backup", b"fault"]
SPELLINGS = {b"Host", b"X-Neutron-Router-Id", b"X-Neutron-State", b"Connection"}
ONCE = {b"host", b"content-length", b"x-neutron-router-id", b"x-neutron-state"}
LINE, FIELD, HEAD, COUNT = 64, 1024, 8192, 32


def request_line(line):
    refuse(len(line) + 2 > LINE, 414)
    if has("many-spaces"):
        line = re.sub(rb" +", b" ", line.strip(b" "))
    if has("tabs"):
        line = line.replace(b"\t", b" ")
    if has("no-version") and line.count(b" ") == 1:
        line += b" HTTP/1.1"
    parts = line.split(b" ")
    refuse(len(parts) != 3)
    method, target, version = parts
    if has("lower-version"):
        version = version.upper()
    refuse(not TOKEN.fullmatch(method) or not re.fullmatch(rb"[!\"$-~]+", target))
    refuse(not re.fullmatch(rb"HTTP/[0-9]\.[0-9]", version), 400, "no-version")
    wanted = [b"GET", b"POST"] + ([b"HEAD"] if has("head-method") else [])
    refuse((method.upper() if has("lower-method") else method) not in wanted, 405, "any-method")
    refuse(method == b"GET" and has("no-get"))
    is_root = target == b"/" or has("query") and target.startswith(b"/?")
    is_root = is_root or has("absolute-form") and target.lower().startswith(b"http://")
    refuse(not is_root, 404, "any-target")
    refuse(version != b"HTTP/1.1" and not (has("http-1-0") and version == b"HTTP/1.0"), 505, "any-version")


def field_line(line):
    limit = FIELD + {"field-limit-off-by-one": 1, "field-limit-too-small": -1}.get(strict_faults.fault, 0)
    refuse(len(line) + 2 > limit, 431, "no-field-limit")
    refuse(b":" not in line, 400, "no-colon")
    name, _, value = line.partition(b":")
    if has("space-before-colon"):
        name = name.rstrip(b" \t")
    refuse(name == b"", 400, "empty-name", "any-name")
    refuse(name != b"" and not TOKEN.fullmatch(name), 400, "any-name", "no-colon")
    refuse(b"_" in name, 400, "underscore", "underscore-is-dash")
    if has("underscore-is-dash"):
        name = name.replace(b"_", b"-")
    value = value.strip(b" \t\xa0" if has("trims-nbsp") else b" \t")
    if has("percent-decodes"):
        value = urllib.parse.unquote_to_bytes(value)
    if has("unicode-digits"):
        text = value.decode("utf-8", "surrogateescape")
        text = "".join(str(unicodedata.digit(char, char)) for char in text)
        value = text.encode("utf-8", "surrogateescape")
    if has("cuts-at-nul"):
        value = value.split(b"\0")[0]
    for byte in value:
        allowed = byte == 9 or 32 <= byte < 127
        allowed = allowed or has("nul") and byte == 0 or has("del") and byte == 127
        allowed = allowed or has("high-bytes") and byte > 127 or has("accepts-cr") and byte == 13
        refuse(not allowed, 400, "strips-controls")
    if has("strips-controls"):
        value = bytes(byte for byte in value if byte == 9 or 32 <= byte < 127)
    if has("case-sensitive-names") and name not in SPELLINGS:
        return b"unknown-" + name, value
    return name.lower(), value


def check_host(value):
    refuse(value == b"", 400, "empty-host", "any-host")
    if has("userinfo"):
        value = value.rpartition(b"@")[2]
    match = re.fullmatch(rb"(\[[^\]]*\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::(.*))?", value, re.S)
    refuse(not match or match[1] == b"" and value != b"", 400, "any-host")
    if not match:
        return
    port, host = match[2], match[1]
    is_port = port is None or re.fullmatch(rb"[0-9]+", port) and int(port) <= 65535
    refuse(not is_port, 400, "any-port", "any-host")
    if host.startswith(b"["):
        refuse(has("no-ipv6"))
        address = host[1:-1].decode("latin-1")
        is_future = re.fullmatch(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+", address)
        try:
            ipaddress.IPv6Address(address if "%" not in address else "")
        except ValueError:
            refuse(not is_future, 400, "any-host")


def check_length(value):
    if has("length-ignored"):
        return
    if has("length-sign"):
        value = value.lstrip(b"+")
    if has("length-list"):
        value = value.split(b",")[0].strip()
    if has("length-zeros"):
        value = value.lstrip(b"0") or b"0"
    refuse(not re.fullmatch(rb"0|[1-9][0-9]*", value) or int(value) > 2**64 - 1)
    refuse(int(value) > 0, 413)


def check_id(value):
    if has("upper-id"):
        value = value.lower()
    if has("braces"):
        value = value.strip(b"{}")
    if has("urn"):
        value = value.removeprefix(b"urn:uuid:")
    if has("id-strips"):
        value = value.strip(b"\"' ")
    if has("no-dashes") and re.fullmatch(rb"[0-9a-f]{32}", value):
        return
    if has("joins-ids"):
        value = value.split(b", ")[0]
    is_id = ID.match(value) if has("id-prefix") else ID.fullmatch(value)
    refuse(not is_id, 400, "any-id")
    refuse(value == NIL, 400, "nil-id", "any-id")


def check_state(value):
    words = STATES + ([b"master"] if has("legacy") else [])
    if has("upper-state"):
        value = value.lower()
    if has("state-prefix"):
        value = next((word for word in words if value.startswith(word)), value)
    refuse(value not in words, 400, "any-state")


def parse(head):
    """The id and the state that a head says, the blank line included."""
    if has("empty-line-first"):
        head = head.removeprefix(b"\r\n")
    refuse(len(head) > HEAD, 431, "no-head-limit", "no-field-limit")
    if has("accepts-lf"):
        head = re.sub(rb"\r?\n", b"\r\n", head)
    if has("folds-lines"):
        head = re.sub(rb"\r\n[ \t]+", b" ", head)
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    refuse(any(b"\n" in line for line in lines))
    refuse(any(b"\r" in line for line in lines), 400, "accepts-cr", "strips-controls")
    request_line(lines[0])
    most = COUNT + {"count-limit-off-by-one": 1, "count-limit-too-small": -1}.get(strict_faults.fault, 0)
    refuse(len(lines) - 1 > most, 431, "no-count-limit")
    fields = {}
    for line in lines[1:]:
        name, value = field_line(line)
        known = {b"x-neutron-router-id": ("first-id-wins", "last-id-wins", "joins-ids"), b"host": ("two-hosts",)}
        known[b"x-neutron-state"] = ("first-state-wins", "last-state-wins")
        refuse(name in ONCE and name in fields, 400, *known.get(name, ("two-lengths",)))
        if name in fields and has("first-id-wins", "first-state-wins"):
            continue
        if name in fields and has("joins-ids"):
            value = fields[name] + b", " + value
        if name == b"connection":
            options = [option.strip(b" \t").lower() for option in value.split(b",")]
            options = [option for option in options if option]
            refuse(not options or not set(options) <= {b"close", b"keep-alive"}, 400, "any-connection")
        fields[name] = value
    check(fields)
    names = list(fields)
    out_of_order = has("order-of-fields") and names.index(b"x-neutron-state") < names.index(b"x-neutron-router-id")
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
