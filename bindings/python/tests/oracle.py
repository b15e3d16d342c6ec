"""A second reader, in plain Python: whole messages that are acceptable, by docs/protocol.md. What is refused, and at
which byte, is not its business: the published vectors say that, and the Rust library's own reference."""

import ipaddress
import re
from typing import NamedTuple, Optional

TOKEN = rb"[!#$%&'*+.^`|~0-9A-Za-z-]+"
FIELD = re.compile(rb"(%s):([\t -~]*)\r\n" % TOKEN)
REQUEST = re.compile(rb"(GET|POST) / HTTP/1\.1\r\n")
HOST = re.compile(rb"(\[([0-9A-Za-z._~!$&'()*+,;=:-]*)\]|([0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(:([0-9]+))?")
FUTURE = re.compile(r"[vV][0-9A-Fa-f]+\..+")
ROUTER = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER = re.compile(rb"0|[1-9][0-9]{0,19}")
ONCE = (b"host", b"x-neutron-router-id", b"x-neutron-state", b"content-length")
NEVER = (b"transfer-encoding", b"expect", b"te", b"trailer", b"upgrade")


class Most(NamedTuple):
    """The limits, as in the page's table."""

    request_line: int = 64
    fields: int = 32
    field_line: int = 1024
    head: int = 8192
    body: int = 0
    legacy_state: bool = False


class Message(NamedTuple):
    """What an acceptable message says."""

    router_id: str
    state: str
    consumed: int
    body: bytes


def read(data: bytes, most: Most) -> Optional[Message]:
    """The message at the start of these bytes, if it is whole and acceptable."""
    begin = REQUEST.match(data)
    if begin is None or begin.end() > most.request_line:
        return None
    at, fields = begin.end(), list[tuple[bytes, bytes]]()
    while not data.startswith(b"\r\n", at):
        line = FIELD.match(data, at)
        if line is None or line.end() - at > most.field_line:
            return None
        fields.append((line[1].lower(), line[2].strip(b" \t")))
        at = line.end()
    at += 2
    if at > most.head or len(fields) > most.fields or not all(is_good(name, value) for name, value in fields):
        return None
    named = dict(fields)
    if any([name for name, _ in fields].count(name) > 1 for name in ONCE) or not {*ONCE[:3]} <= named.keys():
        return None
    state, length = named[b"x-neutron-state"].decode(), int(named.get(b"content-length", b"0"))
    if state == "master" and most.legacy_state:
        state = "primary"
    if state not in ("primary", "backup", "fault") or length > most.body or at + length > len(data):
        return None
    return Message(named[b"x-neutron-router-id"].decode(), state, at + length, data[at : at + length])


def is_good(name: bytes, value: bytes) -> bool:
    """Whether this field may be there, and has a value that it may have; of the state that is asked elsewhere."""
    if name == b"host":
        return is_host(value)
    if name == b"x-neutron-router-id":
        return ROUTER.fullmatch(value) is not None and value.strip(b"0-") != b""
    if name == b"content-length":
        return NUMBER.fullmatch(value) is not None and int(value) < 1 << 64
    if name == b"connection":
        options = [option.strip(b" \t").lower() for option in value.split(b",")]
        return set(options) <= {b"", b"close", b"keep-alive"} and set(options) != {b""}
    return name not in NEVER


def is_host(value: bytes) -> bool:
    found = HOST.fullmatch(value)
    if found is None or (found[5] is not None and int(found[5]) > 65535):
        return False
    return found[2] is None or is_address(found[2].decode())


def is_address(text: str) -> bool:
    if FUTURE.fullmatch(text):
        return True
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
